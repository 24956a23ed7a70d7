//! What an operation changed: to be stored in one transaction, row by row.

use std::sync::Arc;

use crate::sender_keys::{SenderChainId, SenderKeyState, SenderMessageSeed, SkippedSenderKeyId};

/// What one successful operation on a sender key record changed.
///
/// A store applies it in the order of the fields; so does [`SenderKeyRecord::apply`] to a record that the caller
/// keeps in memory. All rows belong to the record's sender address and distribution id.
///
/// [`SenderKeyRecord::apply`]: crate::sender_keys::SenderKeyRecord::apply
#[must_use = "what is not stored has not happened"]
#[derive(Default)]
pub struct SenderKeyChanges {
    /// States to delete, with all their skipped seeds. A state put below may have the id of one that is deleted.
    pub removed: Vec<SenderChainId>,
    /// The state to insert or replace, if any.
    pub put: Option<SenderKeyRow>,
    /// The skipped seed that this message was decrypted with, to be deleted.
    pub skipped_used: Option<SkippedSenderKeyId>,
    /// Skipped seeds pushed out by newer ones, to be deleted.
    pub skipped_evicted: Vec<SkippedSenderKeyId>,
    /// Seeds of messages that have not come yet, to be inserted.
    pub skipped_added: Vec<SkippedSenderKey>,
}

/// A state and where it stands in its record.
#[derive(Clone)]
pub struct SenderKeyRow {
    /// The larger, the nearer to the front. Unique in the record.
    pub rank: u64,
    /// The state; its [`SenderKeyState::id`] is the row's key, within the record.
    pub state: Arc<SenderKeyState>,
}

/// The seed of a message that has not come yet.
#[derive(Clone)]
pub struct SkippedSenderKey {
    /// Which message it is for.
    pub id: SkippedSenderKeyId,
    /// What its keys derive from.
    pub seed: SenderMessageSeed,
}
