//! Why an operation was not carried out: the classes of spec section 19, and the caller's own mistakes.

use std::convert::Infallible;
use std::fmt::Display;

use sotto_protocol::curve::{InvalidAgreement, KeyError};
use sotto_protocol::message::MalformedMessage;
use sotto_protocol::session::{
    DecryptError, EncryptError, InvalidMessage, MissingPreKey, PreKeyDecryptError, ProcessBundleError,
};
use sotto_protocol::trust::UntrustedIdentity;

/// The code of a refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Duplicate,
    UntrustedIdentity,
    NoSession,
    InvalidMessage,
    Malformed,
    MissingPreKey,
    BadSignature,
    InvalidAgreement,
    BadRequest,
}

/// An operation that was not carried out, and has changed nothing.
pub(crate) struct Refusal {
    class: Class,
    message: String,
}

impl Refusal {
    /// A refusal whose reason says what went wrong.
    pub(super) fn new(class: Class, reason: impl Display) -> Self {
        Self {
            class,
            message: reason.to_string(),
        }
    }

    /// The caller's own mistake.
    pub(super) fn bad_request(reason: impl Display) -> Self {
        Self::new(Class::BadRequest, reason)
    }

    /// The class, as it is spelled on the line.
    pub(super) const fn code(&self) -> &'static str {
        match self.class {
            Class::Duplicate => "duplicate",
            Class::UntrustedIdentity => "untrusted_identity",
            Class::NoSession => "no_session",
            Class::InvalidMessage => "invalid_message",
            Class::Malformed => "malformed",
            Class::MissingPreKey => "missing_prekey",
            Class::BadSignature => "bad_signature",
            Class::InvalidAgreement => "invalid_agreement",
            Class::BadRequest => "bad_request",
        }
    }

    /// The reason, for people.
    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

/// Errors that belong to one class whatever they say.
macro_rules! class_of {
    ($($error:ty => $class:ident),+ $(,)?) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::new(Class::$class, error)
            }
        }
    )+};
}

pub(super) use class_of;

class_of! {
    KeyError => Malformed,
    UntrustedIdentity => UntrustedIdentity,
    InvalidAgreement => InvalidAgreement,
    InvalidMessage => InvalidMessage,
    MissingPreKey => MissingPreKey,
}

impl From<MalformedMessage> for Refusal {
    fn from(error: MalformedMessage) -> Self {
        let class = match error {
            MalformedMessage::KyberFields => Class::InvalidMessage,
            _ => Class::Malformed,
        };
        Self::new(class, error)
    }
}

impl From<ProcessBundleError> for Refusal {
    fn from(error: ProcessBundleError) -> Self {
        match error {
            ProcessBundleError::Untrusted(error) => error.into(),
            ProcessBundleError::SignedPreKeySignature | ProcessBundleError::KyberPreKeySignature => {
                Self::new(Class::BadSignature, error)
            }
            ProcessBundleError::InvalidAgreement(error) => error.into(),
        }
    }
}

impl From<EncryptError> for Refusal {
    fn from(error: EncryptError) -> Self {
        match error {
            // A session whose chain is used up is none to send in.
            EncryptError::NoSession | EncryptError::ChainExhausted => Self::new(Class::NoSession, error),
            EncryptError::Untrusted(error) => error.into(),
        }
    }
}

impl From<DecryptError<Infallible>> for Refusal {
    fn from(error: DecryptError<Infallible>) -> Self {
        match error {
            DecryptError::Duplicate => Self::new(Class::Duplicate, error),
            DecryptError::NoSession => Self::new(Class::NoSession, error),
            DecryptError::Untrusted(error) => error.into(),
            DecryptError::Invalid(error) => error.into(),
            DecryptError::Store(never) => match never {},
        }
    }
}

impl From<PreKeyDecryptError<Infallible>> for Refusal {
    fn from(error: PreKeyDecryptError<Infallible>) -> Self {
        match error {
            PreKeyDecryptError::Duplicate => Self::new(Class::Duplicate, error),
            PreKeyDecryptError::Untrusted(error) => error.into(),
            PreKeyDecryptError::MissingPreKey(error) => error.into(),
            PreKeyDecryptError::Invalid(error) => error.into(),
            PreKeyDecryptError::KyberCiphertext(error) => error.into(),
            PreKeyDecryptError::InvalidAgreement(error) => error.into(),
            PreKeyDecryptError::Store(never) => match never {},
        }
    }
}
