//! What is carried and not looked into.

use std::fmt;

use bytes::Bytes;

use crate::limits::{MAX_DELIVERY_TOKEN_BYTES, MAX_PAYLOAD_BYTES};

/// The content of an envelope: opaque to relay and wire alike, 1 to [`MAX_PAYLOAD_BYTES`] bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payload(Bytes);

/// A payload of a length that it may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// There is nothing to carry.
    #[error("the payload is empty")]
    Empty,
    /// No relay would take it.
    #[error("the payload has {actual} bytes, more than the {limit} allowed")]
    TooLarge {
        /// What is allowed.
        limit: usize,
        /// What was given.
        actual: usize,
    },
}

impl Payload {
    /// Takes bytes of an allowed length.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, PayloadError> {
        let bytes = bytes.into();
        match bytes.len() {
            0 => Err(PayloadError::Empty),
            1..=MAX_PAYLOAD_BYTES => Ok(Self(bytes)),
            actual => Err(PayloadError::TooLarge {
                limit: MAX_PAYLOAD_BYTES,
                actual,
            }),
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, shared.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

/// What will one day show that the sender may deliver to this mailbox, without showing who they are. Reserved: a
/// relay of this version does not look at it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryToken(Bytes);

impl DeliveryToken {
    /// `None` unless there are 1 to [`MAX_DELIVERY_TOKEN_BYTES`] bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Option<Self> {
        let bytes = bytes.into();
        (1..=MAX_DELIVERY_TOKEN_BYTES)
            .contains(&bytes.len())
            .then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn to_wire(token: Option<&Self>) -> Bytes {
        token.map(|token| token.0.clone()).unwrap_or_default()
    }

    pub(crate) fn from_wire(bytes: Bytes) -> Result<Option<Self>, crate::DecodeError> {
        if bytes.is_empty() {
            return Ok(None);
        }
        Self::new(bytes).map(Some).ok_or(crate::DecodeError::Invalid {
            field: "delivery_token",
        })
    }
}

impl fmt::Debug for DeliveryToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeliveryToken(..)")
    }
}
