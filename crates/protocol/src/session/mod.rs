//! Sessions: one operation at a time, its result returned together with what has to be stored.
//!
//! ```text
//! SessionRecord (per peer)  = the current state, if any, and at most 40 archived ones, newest first
//! SessionState  (one row)   = keys, sending chain, up to 5 receiving chains, post-quantum ratchet: the head, small
//! skipped keys  (one row each) = seeds and post-quantum keys of messages that have not come yet, looked up when they do
//! ```
//!
//! [`Session`] joins what every operation needs to know and has the four operations: process a bundle, encrypt,
//! decrypt a plain message, decrypt a prekey message. Each leaves its inputs alone and returns [`SessionChanges`],
//! which the caller stores in one transaction; an operation that fails returns none.

mod changes;
mod decrypt;
mod encrypt;
mod error;
mod establish;
mod lookup;
mod operations;
mod post_quantum;
mod record;
mod state;
mod summary;

pub use changes::{
    Place, PostQuantumChanges, PostQuantumEviction, PreKeysUsed, SessionChanges, SkippedKey,
    SkippedPostQuantumKey, StateRow,
};
pub use decrypt::{MAX_FORWARD_JUMP, MAX_SKIPPED_KEYS};
pub use error::{
    DecryptError, EncryptError, InvalidMessage, MissingPreKey, PreKeyDecryptError, ProcessBundleError,
};
pub use lookup::{ChainId, PostQuantumKeyId, PreKeys, SkippedKeyId, SkippedKeys};
pub use operations::{Decrypted, Encrypted, LocalParty, Session};
pub use record::{MAX_ARCHIVED_STATES, SessionRecord};
pub use state::{MAX_RECEIVING_CHAINS, MAX_UNACKNOWLEDGED_AGE, SessionState, StateId};
pub use summary::{ChainSummary, SessionSummary};
