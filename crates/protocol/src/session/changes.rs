//! What an operation changed: to be stored in one transaction, row by row.

use std::sync::Arc;

use crate::curve::{IdentityKey, PublicKey};
use crate::prekey::{KyberPreKeyId, KyberUse, OneTimePreKeyId, SignedPreKeyId};
use crate::ratchet::MessageSeed;
use crate::session::record::RowChanges;
use crate::session::{ChainId, PostQuantumKeyId, SessionState, SkippedKeyId, StateId};
use crate::spqr::{ChainEpoch, PostQuantumKey};

/// What one successful operation on a session record changed.
///
/// A store applies it in the order of the fields; so does [`SessionRecord::apply`] to a record that the caller
/// keeps in memory.
///
/// [`SessionRecord::apply`]: crate::session::SessionRecord::apply
#[must_use = "what is not stored has not happened"]
pub struct SessionChanges {
    /// The identity to save for the peer's address. It often is the one on file already.
    pub identity: IdentityKey,
    /// States to delete, with all their skipped keys.
    pub removed: Vec<StateId>,
    /// States to insert or replace, two at most: the current one, and one that was archived for it.
    pub put: Vec<StateRow>,
    /// Receiving chains that were given up: all their skipped keys are to be deleted.
    pub chains_dropped: Vec<ChainId>,
    /// The skipped key that this message was decrypted with, to be deleted.
    pub skipped_used: Option<SkippedKeyId>,
    /// Skipped keys pushed out by newer ones, to be deleted.
    pub skipped_evicted: Vec<SkippedKeyId>,
    /// Keys of messages that have not come yet, to be inserted.
    pub skipped_added: Vec<SkippedKey>,
    /// What becomes of the post-quantum ratchet's skipped keys.
    pub post_quantum: PostQuantumChanges,
    /// The prekeys that a new session was made with.
    pub prekeys_used: Option<PreKeysUsed>,
}

/// A session state and where it stands in its record.
#[derive(Clone)]
pub struct StateRow {
    /// Where it stands.
    pub place: Place,
    /// The state; its [`SessionState::id`] is the row's key, within the peer's record.
    pub state: Arc<SessionState>,
}

/// Where a state stands in its record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// The one that is used for sending. A record has at most one.
    Current,
    /// Kept for messages that may still come.
    Archived {
        /// The larger, the later it was archived. Unique in the record.
        rank: u64,
    },
}

/// The key of a message that has not come yet.
#[derive(Clone)]
pub struct SkippedKey {
    /// Which message it is for.
    pub id: SkippedKeyId,
    /// What its keys derive from.
    pub seed: MessageSeed,
}

/// What becomes of the post-quantum ratchet's skipped keys, in the order of the fields.
#[derive(Clone, Default)]
pub struct PostQuantumChanges {
    /// Keys that are too old now, to be deleted.
    pub evicted: Option<PostQuantumEviction>,
    /// The key that this message was decrypted with, to be deleted.
    pub used: Option<PostQuantumKeyId>,
    /// Keys of messages that have not come yet, to be inserted.
    pub added: Vec<SkippedPostQuantumKey>,
}

/// Post-quantum keys to be deleted, as a range of their ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PostQuantumEviction {
    /// All of a state's epochs before this one.
    Epochs {
        /// The state.
        state: StateId,
        /// The first epoch that is kept.
        before: ChainEpoch,
    },
    /// All of an epoch with a smaller index than this one.
    Keys {
        /// The state.
        state: StateId,
        /// The epoch.
        epoch: ChainEpoch,
        /// The first index that is kept.
        before: u32,
    },
}

/// The post-quantum key of a message that has not come yet.
#[derive(Clone)]
pub struct SkippedPostQuantumKey {
    /// Which message it is for.
    pub id: PostQuantumKeyId,
    /// The key.
    pub key: PostQuantumKey,
}

/// The prekeys that a new session was made with.
///
/// The store deletes the one-time prekey and, if [`KyberUse::OneTime`], the Kyber prekey. For
/// [`KyberUse::LastResort`] it keeps the Kyber prekey and remembers `base_key` for the pair (`kyber`, `signed`), so
/// that [`PreKeys::was_base_key_used`] answers yes from now on.
///
/// [`PreKeys::was_base_key_used`]: crate::session::PreKeys::was_base_key_used
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PreKeysUsed {
    /// The one-time prekey, if the message named one.
    pub one_time: Option<OneTimePreKeyId>,
    /// The signed prekey; it stays.
    pub signed: SignedPreKeyId,
    /// The Kyber prekey.
    pub kyber: KyberPreKeyId,
    /// What becomes of the Kyber prekey.
    pub kyber_use: KyberUse,
    /// The peer's base key.
    pub base_key: PublicKey,
}

impl SessionChanges {
    /// Changes of rows only.
    pub(super) fn of_rows(identity: IdentityKey, rows: RowChanges) -> Self {
        Self {
            identity,
            removed: rows.removed,
            put: rows.put,
            chains_dropped: Vec::new(),
            skipped_used: None,
            skipped_evicted: Vec::new(),
            skipped_added: Vec::new(),
            post_quantum: PostQuantumChanges::default(),
            prekeys_used: None,
        }
    }
}
