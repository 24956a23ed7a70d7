//! The versioned binary form of everything that is kept (spec section 20 leaves it to us).

use zeroize::Zeroizing;

use crate::curve::{KeyPair, PrivateKey, PublicKey};

/// Why bytes are not a stored form that this version can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoredFormError {
    /// A newer version of this crate wrote it.
    #[error("stored form of version {found}, this program reads up to {newest}")]
    Version {
        /// The version found.
        found: u8,
        /// The newest version this program reads.
        newest: u8,
    },
    /// An older version of this crate wrote it, and it cannot be made use of any more.
    #[error("stored form of version {found}, this program reads from {oldest}")]
    Outdated {
        /// The version found.
        found: u8,
        /// The oldest version this program reads.
        oldest: u8,
    },
    /// The bytes end too early.
    #[error("a stored form is truncated")]
    Truncated,
    /// There are bytes left over.
    #[error("a stored form has bytes left over")]
    Trailing,
    /// A value in it is impossible.
    #[error("a stored form holds an impossible value")]
    Value,
}

/// The version of a stored form that has never changed.
pub(crate) const FIRST_VERSION: u8 = 1;

/// Writes a stored form: a version byte, then fields in a fixed order, integers big-endian. Wiped when dropped.
pub(crate) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    /// Starts a form of at most `capacity` bytes: growing would leave copies of secrets behind.
    pub(crate) fn new(capacity: usize) -> Self {
        Self::of_version(FIRST_VERSION, capacity)
    }

    /// Like [`Self::new`], for a form that has changed.
    pub(crate) fn of_version(version: u8, capacity: usize) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
        bytes.push(version);
        Self(bytes)
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Bytes whose number the reader knows.
    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }

    /// A private key and its public key, the latter so that reading computes nothing.
    pub(crate) fn key_pair(&mut self, pair: &KeyPair) {
        self.bytes(pair.private().expose_bytes());
        self.bytes(pair.public().u());
    }

    pub(crate) fn finish(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

/// Reads what a [`Writer`] wrote.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, StoredFormError> {
        Self::of_version(FIRST_VERSION, bytes)
    }

    /// Like [`Self::new`], for a form that has changed: only this version of it is read.
    pub(crate) fn of_version(version: u8, bytes: &'a [u8]) -> Result<Self, StoredFormError> {
        Self::of_versions(version, version, bytes).map(|(_, reader)| reader)
    }

    /// Like [`Self::new`], for a form of which several versions are read; answers which one this is.
    pub(crate) fn of_versions(
        oldest: u8,
        newest: u8,
        bytes: &'a [u8],
    ) -> Result<(u8, Self), StoredFormError> {
        let mut reader = Self(bytes);
        match reader.u8()? {
            0 => Err(StoredFormError::Value),
            found if found < oldest => Err(StoredFormError::Outdated { found, oldest }),
            found if found > newest => Err(StoredFormError::Version { found, newest }),
            found => Ok((found, reader)),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoredFormError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(StoredFormError::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn slice(&mut self, length: usize) -> Result<&'a [u8], StoredFormError> {
        let (slice, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(StoredFormError::Truncated)?;
        self.0 = rest;
        Ok(slice)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, StoredFormError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, StoredFormError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, StoredFormError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, StoredFormError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A byte that is 0 or 1.
    pub(crate) fn flag(&mut self) -> Result<bool, StoredFormError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StoredFormError::Value),
        }
    }

    pub(crate) fn public_key(&mut self) -> Result<PublicKey, StoredFormError> {
        self.array().map(PublicKey::from_u)
    }

    pub(crate) fn key_pair(&mut self) -> Result<KeyPair, StoredFormError> {
        let private = PrivateKey::from_bytes(self.slice(32)?).map_err(|_| StoredFormError::Value)?;
        Ok(KeyPair::from_stored(self.public_key()?, private))
    }

    pub(crate) fn finish(self) -> Result<(), StoredFormError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(StoredFormError::Trailing)
        }
    }
}
