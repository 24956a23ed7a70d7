//! Why an operation failed (spec section 19). Every failure has changed nothing.
//!
//! `E` is the error of the caller's own store.

use crate::curve::{InvalidAgreement, KeyError};
use crate::prekey::{KyberPreKeyId, OneTimePreKeyId, SignedPreKeyId};
use crate::trust::UntrustedIdentity;

/// Why no session could be started from a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProcessBundleError {
    /// The bundle's identity is not trusted for sending.
    #[error(transparent)]
    Untrusted(#[from] UntrustedIdentity),
    /// The signed prekey is not signed by the bundle's identity.
    #[error("the signed prekey's signature does not verify")]
    SignedPreKeySignature,
    /// The Kyber prekey is not signed by the bundle's identity.
    #[error("the Kyber prekey's signature does not verify")]
    KyberPreKeySignature,
    /// A key in the bundle is of small order.
    #[error(transparent)]
    InvalidAgreement(#[from] InvalidAgreement),
}

/// Why a message could not be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// There is no session to send in, or the peer has not answered in it for 30 days: fetch a bundle.
    #[error("no session to send in")]
    NoSession,
    /// The session's identity is not trusted for sending.
    #[error(transparent)]
    Untrusted(#[from] UntrustedIdentity),
    /// The sending chain has come to the last counter there is.
    #[error("the sending chain is exhausted")]
    ChainExhausted,
}

/// Why a plain message could not be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecryptError<E> {
    /// It was decrypted before, or so long ago that its key is gone.
    #[error("a message decrypted before")]
    Duplicate,
    /// There is no session with the sender.
    #[error("no session with the sender")]
    NoSession,
    /// The sender's identity is not trusted; the message can be decrypted once it is.
    #[error(transparent)]
    Untrusted(#[from] UntrustedIdentity),
    /// It does not decrypt. Why is deliberately not told.
    #[error(transparent)]
    Invalid(#[from] InvalidMessage),
    /// The caller's store failed.
    #[error("the store failed")]
    Store(#[source] E),
}

/// Why a prekey message could not be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PreKeyDecryptError<E> {
    /// It was decrypted before, or so long ago that its key is gone.
    #[error("a message decrypted before")]
    Duplicate,
    /// The sender's identity is not trusted; the message can be decrypted once it is.
    #[error(transparent)]
    Untrusted(#[from] UntrustedIdentity),
    /// A prekey it names is not (any more) there.
    #[error(transparent)]
    MissingPreKey(#[from] MissingPreKey),
    /// It does not decrypt, or may not be accepted.
    #[error(transparent)]
    Invalid(#[from] InvalidMessage),
    /// Its Kyber ciphertext has the wrong length or type: a malformed message.
    #[error("a malformed Kyber ciphertext")]
    KyberCiphertext(#[source] KeyError),
    /// A key in it is of small order.
    #[error(transparent)]
    InvalidAgreement(#[from] InvalidAgreement),
    /// The caller's store failed.
    #[error("the store failed")]
    Store(#[source] E),
}

/// A message that is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessage {
    /// It decrypts in no session state with the peer.
    #[error("decryption failed")]
    DecryptionFailed,
    /// It starts a session of a version without Kyber (X3DH), which is no longer done.
    #[error("a session without Kyber")]
    WithoutKyber,
    /// Its base key is not the canonical encoding of a point of the curve's large subgroup.
    #[error("a base key that is not canonical")]
    BaseKeyNotCanonical,
    /// Its base key made a session with the same last-resort prekey before.
    #[error("a base key that was used before")]
    BaseKeyReused,
}

/// A prekey that a message names is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MissingPreKey {
    /// The one-time prekey.
    #[error("one-time prekey {} is not there", .0.0)]
    OneTime(OneTimePreKeyId),
    /// The signed prekey.
    #[error("signed prekey {} is not there", .0.0)]
    Signed(SignedPreKeyId),
    /// The Kyber prekey.
    #[error("Kyber prekey {} is not there", .0.0)]
    Kyber(KyberPreKeyId),
}

/// How an attempt in one state ended without a plaintext.
pub(super) enum AttemptError<E> {
    /// This message was decrypted in this state before: no other state is tried.
    Duplicate,
    /// It does not belong here, or is forged.
    Failed,
    /// The caller's store failed.
    Store(E),
}
