//! The name of a distribution.

use uuid::Uuid;

use crate::message::MalformedMessage;

/// The UUID under which the members of a group keep one sender's keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DistributionId(Uuid);

impl DistributionId {
    /// The distribution with this UUID.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The distribution whose UUID has these bytes, in network order.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The UUID.
    pub const fn uuid(&self) -> Uuid {
        self.0
    }

    /// The 16 bytes of the UUID, in network order.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Reads field 1 of both messages.
    pub(super) fn from_field(field: Option<Vec<u8>>) -> Result<Self, MalformedMessage> {
        let bytes = field.ok_or(MalformedMessage::MissingField { number: 1 })?;
        let bytes = <[u8; 16]>::try_from(bytes.as_slice()).map_err(|_| MalformedMessage::Length {
            number: 1,
            expected: 16,
            found: bytes.len(),
        })?;
        Ok(Self::from_bytes(bytes))
    }
}
