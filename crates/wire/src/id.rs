//! Names of accounts, devices, envelopes, messages and requests.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use uuid::Uuid;

use crate::key::WrongLength;

/// An account: a random UUID that its owner chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Uuid);

/// The text or bytes are not a random (version 4) UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a random UUID")]
pub struct InvalidAccountId;

impl AccountId {
    /// Accepts version 4 UUIDs, the only ones that say nothing about who made them.
    pub fn new(uuid: Uuid) -> Result<Self, InvalidAccountId> {
        if uuid.get_version() == Some(uuid::Version::Random) {
            Ok(Self(uuid))
        } else {
            Err(InvalidAccountId)
        }
    }

    /// A new random account.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Reads the 16 bytes of the UUID.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidAccountId> {
        Uuid::from_slice(bytes)
            .map_err(|_| InvalidAccountId)
            .and_then(Self::new)
    }

    /// The 16 bytes of the UUID.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The UUID.
    pub fn uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text)
            .map_err(|_| InvalidAccountId)
            .and_then(Self::new)
    }
}

/// A device of an account, 1 to 127 as in the Signal Protocol; 1 is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(u8);

/// The number is not from 1 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a device is a number from 1 to 127")]
pub struct InvalidDeviceId;

impl DeviceId {
    /// The first device of an account.
    pub const FIRST: Self = Self(1);

    /// Accepts 1 to 127.
    pub fn new(number: u32) -> Result<Self, InvalidDeviceId> {
        match u8::try_from(number) {
            Ok(number @ 1..=127) => Ok(Self(number)),
            _ => Err(InvalidDeviceId),
        }
    }

    /// The number.
    pub fn number(self) -> u32 {
        self.0.into()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The relay's name for a stored envelope. Random, so that a relay restored from a backup never gives one twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnvelopeId([u8; 16]);

/// The sender's name for a delivery: 16 random bytes, the same ones each time it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientMessageId([u8; 16]);

macro_rules! sixteen_bytes {
    ($name:ident) => {
        impl $name {
            /// A new random one.
            pub fn random() -> Self {
                // All 128 bits but the six of the UUID's version are random.
                Self(Uuid::new_v4().into_bytes())
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl From<[u8; 16]> for $name {
            fn from(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = WrongLength;

            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                bytes.try_into().map(Self).map_err(|_| WrongLength {
                    expected: 16,
                    actual: bytes.len(),
                })
            }
        }
    };
}

sixteen_bytes!(EnvelopeId);
sixteen_bytes!(ClientMessageId);

/// The client's name for a request, repeated in its answer. Unique among the requests under way on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(NonZeroU32);

impl RequestId {
    /// The first of a connection.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The one after this one; after the last comes the first.
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).unwrap_or(NonZeroU32::MIN))
    }

    /// `None` for 0, which marks what is not a request.
    pub(crate) fn from_wire(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    pub(crate) fn to_wire(self) -> u32 {
        self.0.get()
    }
}

impl From<NonZeroU32> for RequestId {
    fn from(number: NonZeroU32) -> Self {
        Self(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_a_random_uuid() {
        let account = AccountId::random();
        assert_eq!(account.to_string().parse(), Ok(account));
        assert_eq!(AccountId::from_slice(account.as_bytes()), Ok(account));
        // The nil UUID, and one that tells when and where it was made.
        for bad in [
            "00000000-0000-0000-0000-000000000000",
            "c232ab00-9414-11ec-b3c8-9f6bdeced846",
            "alice",
        ] {
            assert_eq!(bad.parse::<AccountId>(), Err(InvalidAccountId));
        }
    }

    #[test]
    fn after_the_last_request_id_comes_the_first() {
        assert_eq!(RequestId::from(NonZeroU32::MAX).next(), RequestId::FIRST);
        assert_eq!(RequestId::from_wire(0), None);
    }
}
