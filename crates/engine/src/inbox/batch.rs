//! What several envelopes in one transaction came to.

use std::collections::{BTreeMap, HashMap};

use sotto_protocol::sealed_sender::TrustRoots;
use sotto_wire::AccountId;

use crate::envelope::trust_roots;
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
    /// The trust roots met so far, which remember the certificates that they stand behind.
    roots: HashMap<[u8; 33], TrustRoots>,
}

impl Batch {
    /// A relay's trust root.
    pub(super) fn trust_roots(&mut self, root: &[u8; 33]) -> &mut TrustRoots {
        self.roots.entry(*root).or_insert_with(|| trust_roots(root))
    }
}
