//! What goes over the wire (spec sections 10 and 11).

mod prekey_signal_message;
mod proto;
mod signal_message;
mod version;

pub(crate) use prekey_signal_message::Header;
pub use prekey_signal_message::PreKeySignalMessage;
pub use signal_message::SignalMessage;
pub(crate) use signal_message::{AddressPair, Contents, Parties};
pub use version::Version;

use crate::curve::{KeyError, PublicKey};

/// What encrypting gives: a plain message, or one that also starts the session at the peer's.
#[derive(Clone)]
pub enum CiphertextMessage {
    /// Type 2.
    Signal(SignalMessage),
    /// Type 3.
    PreKeySignal(PreKeySignalMessage),
}

impl CiphertextMessage {
    /// The number by which the surrounding application tells the kinds apart: 2 or 3.
    pub const fn type_number(&self) -> u8 {
        match self {
            Self::Signal(_) => 2,
            Self::PreKeySignal(_) => 3,
        }
    }

    /// Reads a message of the kind that `type_number` (2 or 3) says.
    pub fn from_bytes(type_number: u8, bytes: &[u8]) -> Result<Self, MalformedMessage> {
        match type_number {
            2 => SignalMessage::from_bytes(bytes).map(Self::Signal),
            3 => PreKeySignalMessage::from_bytes(bytes).map(Self::PreKeySignal),
            found => Err(MalformedMessage::Type { found }),
        }
    }

    /// The bytes to send.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Signal(message) => message.as_bytes(),
            Self::PreKeySignal(message) => message.as_bytes(),
        }
    }
}

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedMessage {
    /// Neither 2 nor 3.
    #[error("message type {found}")]
    Type {
        /// The type number.
        found: u8,
    },
    /// Too few bytes to be a message.
    #[error("a message of {found} bytes")]
    TooShort {
        /// How many there are.
        found: usize,
    },
    /// A version that is no longer spoken.
    #[error("legacy message version {found}")]
    LegacyVersion {
        /// The version.
        found: u8,
    },
    /// A version that is not spoken yet.
    #[error("unknown message version {found}")]
    UnknownVersion {
        /// The version.
        found: u8,
    },
    /// Not protobuf, or a field of the wrong type.
    #[error("a message that is not protobuf")]
    Protobuf,
    /// A field that must be there is not.
    #[error("a message without its field {number}")]
    MissingField {
        /// The field's number.
        number: u32,
    },
    /// A prekey message without its Kyber prekey's id, or without what was encapsulated to it, or without both.
    ///
    /// Seen while reading, like everything else here, but spec section 19 counts it among the invalid messages.
    #[error("a prekey message without its Kyber fields")]
    KyberFields,
    /// A field of fixed length has another one.
    #[error("a message with {found} bytes in field {number}, expected {expected}")]
    Length {
        /// The field's number.
        number: u32,
        /// The length it must have.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// A field holds a key that is none.
    #[error("a message with a malformed key in field {number}")]
    Key {
        /// The field's number.
        number: u32,
        /// What is wrong with it.
        #[source]
        source: KeyError,
    },
}

/// The public key in a required field.
pub(crate) fn key(number: u32, field: &Option<Vec<u8>>) -> Result<PublicKey, MalformedMessage> {
    let bytes = field.as_ref().ok_or(MalformedMessage::MissingField { number })?;
    PublicKey::from_bytes(bytes).map_err(|source| MalformedMessage::Key { number, source })
}
