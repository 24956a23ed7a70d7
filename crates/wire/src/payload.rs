//! What is carried and not looked into.

use std::fmt;

use bytes::Bytes;

use crate::limits::{MAX_PAYLOAD_BYTES, MIN_PAYLOAD_BYTES};

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

    /// Whether it is as long as padded payloads are; see [`padded_length`].
    pub fn is_padded(&self) -> bool {
        self.0.len() >= MIN_PAYLOAD_BYTES && self.0.len().is_power_of_two()
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

/// How long a payload becomes when it is padded: the next power of two, [`MIN_PAYLOAD_BYTES`] or more; `None` if it is
/// longer than [`MAX_PAYLOAD_BYTES`]. The padding itself lies inside the seal.
pub fn padded_length(bytes: usize) -> Option<usize> {
    let padded = bytes.max(MIN_PAYLOAD_BYTES).checked_next_power_of_two()?;
    (padded <= MAX_PAYLOAD_BYTES).then_some(padded)
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_sees_nine_lengths_and_no_other() {
        let lengths: std::collections::BTreeSet<_> = (0..=MAX_PAYLOAD_BYTES).map(padded_length).collect();
        let expected = (8..=16).map(|power| Some(1 << power)).collect();
        assert_eq!(lengths, expected);
        assert_eq!(padded_length(MAX_PAYLOAD_BYTES + 1), None);
        assert_eq!(padded_length(usize::MAX), None);
        for bytes in [1, 255, 257, 1000] {
            let payload = |length| Payload::new(vec![0; length]).unwrap();
            assert!(!payload(bytes).is_padded());
            assert!(payload(padded_length(bytes).unwrap()).is_padded());
        }
    }
}
