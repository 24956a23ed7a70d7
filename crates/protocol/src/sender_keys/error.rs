//! Why an operation failed. Every failure has changed nothing.
//!
//! `E` is the error of the caller's own store.

use crate::sender_keys::DistributionId;

/// Why a group message could not be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupEncryptError {
    /// The record has no state: create a sender key.
    #[error("no sender key")]
    NoSenderKey,
    /// The newest state came from somebody else's distribution message.
    #[error("a sender key that is not our own")]
    NotOurs,
    /// The chain has come to the last number there is: create a sender key anew.
    #[error("the sender's chain is exhausted")]
    ChainExhausted,
}

/// Why a group message could not be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupDecryptError<E> {
    /// There is no sender key for it: its distribution message has not come, or is too long ago.
    #[error("no sender key")]
    NoSenderKey,
    /// It was decrypted before, or it was sent before we joined, or so long ago that its key is gone.
    #[error("a message decrypted before")]
    Duplicate,
    /// It is not signed by the sender. Anyone can check that, so telling it apart tells nobody anything.
    #[error("the signature does not verify")]
    BadSignature,
    /// The sender signed it, and it does not decrypt, or is too far ahead.
    #[error("decryption failed")]
    Invalid,
    /// The caller's store failed.
    #[error("the store failed")]
    Store(#[source] E),
}

/// A distribution message was given to the record of another distribution: the caller's mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a distribution message for another distribution")]
pub struct OtherDistribution {
    /// The record's distribution.
    pub expected: DistributionId,
    /// The message's.
    pub found: DistributionId,
}
