//! What several envelopes in one transaction came to.

use std::collections::BTreeMap;

use sotto_wire::AccountId;

use crate::model::ContactId;
use crate::store::table::messages::ContentId;

/// What is told beside the events of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// A contact writes, or stopped to.
    Typing { contact: ContactId, typing: bool },
    /// A contact has sent a text, and so does not write it any more.
    Text { contact: ContactId },
}

/// What is collected over a batch.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) received: Vec<Received>,
    /// The texts to confirm, by their author: one receipt for all of them.
    pub(super) arrived: BTreeMap<AccountId, Vec<ContentId>>,
}
