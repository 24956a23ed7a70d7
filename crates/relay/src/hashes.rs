//! What the relay keeps instead of names, tokens and addresses: keyed hashes, which only the [pepper](crate::pepper) makes.

use sotto_wire::WrongLength;

/// A user name as the database knows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UserNameHash(pub(crate) [u8; 32]);

impl UserNameHash {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A delivery token as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

impl TokenHash {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<&[u8]> for TokenHash {
    type Error = WrongLength;

    fn try_from(bytes: &[u8]) -> Result<Self, WrongLength> {
        bytes.try_into().map(Self).map_err(|_| WrongLength {
            expected: 32,
            actual: bytes.len(),
        })
    }
}

/// Whose bucket it is: a keyed hash, so that neither memory nor the bus shows addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MeterKey(pub(crate) [u8; 16]);
