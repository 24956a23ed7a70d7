//! Why an operation failed.

use crate::curve::{InvalidAgreement, KeyError};
use crate::sealed_sender::InvalidSenderCertificate;

/// Why bytes are not a server or sender certificate. Whether a certificate can be trusted is another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCertificate {
    /// Not protobuf, or a field of the wrong type.
    #[error("a certificate that is not protobuf")]
    Protobuf,
    /// A field that must be there is not.
    #[error("a certificate without its field {number}")]
    MissingField {
        /// The field's number; of two of which one must be there, the first.
        number: u32,
    },
    /// Two fields are there of which only one may be.
    #[error("a certificate with both fields {first} and {second}")]
    BothFields {
        /// One field's number.
        first: u32,
        /// The other's.
        second: u32,
    },
    /// A field holds a key that is none.
    #[error("a certificate with a malformed key")]
    Key(#[source] KeyError),
    /// The device id is not between 1 and 127.
    #[error("a certificate for device {found}")]
    Device {
        /// The device id found.
        found: u32,
    },
    /// The binary UUID has not 16 bytes.
    #[error("a certificate with a UUID of {found} bytes")]
    Uuid {
        /// How many it has.
        found: usize,
    },
}

/// Why bytes are not a sealed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedSealedMessage {
    /// There are none.
    #[error("a sealed message of no bytes")]
    Empty,
    /// A version that is not spoken.
    #[error("unknown sealed sender version {found}")]
    UnknownVersion {
        /// The version: the high half of the first byte.
        found: u8,
    },
    /// Not protobuf (version 1), or a field of the wrong type.
    #[error("a sealed message that is not protobuf")]
    Protobuf,
    /// A field that must be there is not (version 1).
    #[error("a sealed message without its field {number}")]
    MissingField {
        /// The field's number.
        number: u32,
    },
    /// The ephemeral key is none (version 1).
    #[error("a sealed message with a malformed key")]
    Key(#[source] KeyError),
    /// Too few bytes (version 2).
    #[error("a sealed message of {found} bytes")]
    TooShort {
        /// How many there are.
        found: usize,
    },
}

/// Why a sealed message was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was not sealed for us by the owner of the certificate's identity. Why is deliberately not told.
    #[error("the seal does not open")]
    Seal,
    /// Whoever sealed it wrote a content that cannot be read.
    #[error(transparent)]
    Content(#[from] MalformedContent),
}

/// Why the inside of a sealed message is not a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedContent {
    /// Not protobuf, or a field of the wrong type.
    #[error("a content that is not protobuf")]
    Protobuf,
    /// A field that must be there is not.
    #[error("a content without its field {number}")]
    MissingField {
        /// The field's number.
        number: u32,
    },
    /// A message of a kind that is not known.
    #[error("a content of type {found}")]
    Type {
        /// The type found.
        found: u32,
    },
    /// The sender certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] MalformedCertificate),
}

/// Why an opened content is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValidateError {
    /// No trust root stands behind the sender certificate, or it has expired.
    #[error(transparent)]
    Certificate(#[from] InvalidSenderCertificate),
    /// We sent it ourselves, from this device.
    #[error("a message from ourselves")]
    SelfSend,
}

/// Why a content could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The certificate in the content is for another identity than the one that seals: nobody could open it.
    #[error("the sender certificate is not for the sealing identity")]
    ForeignCertificate,
    /// A recipient's identity key is of small order.
    #[error(transparent)]
    InvalidAgreement(#[from] InvalidAgreement),
    /// There are more recipients than can be counted in 32 bits.
    #[error("too many recipients")]
    TooManyRecipients,
    /// The content is too long for the cipher of version 2.
    #[error("a content that is too long")]
    TooLong,
}

/// Why somebody cannot be a recipient of a message for many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// No device is given; whom a message is not for is excluded instead.
    #[error("a recipient without devices")]
    NoDevices,
    /// A registration id has more than 14 bits.
    #[error("a registration id of more than 14 bits: {found}")]
    RegistrationId {
        /// The registration id.
        found: u32,
    },
}

/// Why bytes are not a message for many as it is sent to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedMultiRecipient {
    /// A version that is not spoken.
    #[error("unknown version byte {found:#04x}")]
    UnknownVersion {
        /// The version byte.
        found: u8,
    },
    /// The bytes end too early.
    #[error("a message for many that is truncated")]
    Truncated,
    /// The number of recipients is not one of 32 bits.
    #[error("a malformed number of recipients")]
    Count,
    /// A recipient's name is not a service id.
    #[error("a recipient that is not a service id")]
    ServiceId,
    /// A device id is not between 1 and 127.
    #[error("a recipient's device {found}")]
    Device {
        /// The device id found.
        found: u8,
    },
    /// A recipient is both among the excluded ones and among the others.
    #[error("a recipient both with and without devices")]
    Contradiction,
}

/// Why bytes are not a plaintext content, or not a report of a message that did not decrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPlaintextContent {
    /// The first byte is not 0xC0.
    #[error("a plaintext content with a wrong first byte")]
    Marker,
    /// The last byte is not 0x80.
    #[error("a plaintext content with a wrong last byte")]
    Padding,
    /// Not protobuf, or a field of the wrong type.
    #[error("a plaintext content that is not protobuf")]
    Protobuf,
    /// A field that must be there is not.
    #[error("a plaintext content without its field {number}")]
    MissingField {
        /// The field's number.
        number: u32,
    },
    /// The ratchet key is none.
    #[error("a report with a malformed ratchet key")]
    Key(#[source] KeyError),
}
