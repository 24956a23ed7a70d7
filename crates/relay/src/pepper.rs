//! The server pepper: a key beside the database, so that a stolen database lists no user name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use sotto_wire::{UserName, WrongLength};
use zeroize::Zeroizing;

use crate::bus::BusKey;

const BYTES: usize = 32;

/// In front of what is hashed, so that the pepper can serve other purposes too.
const USER_NAME: &[u8] = b"user name\0";

const BUS: &[u8] = b"bus\0";

/// The key; no `Debug`, never shown.
pub(crate) struct Pepper(hmac::Key);

/// A user name as the database knows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UserNameHash([u8; 32]);

impl UserNameHash {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A delivery token as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

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

/// Why there is no pepper.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PepperError {
    #[error("the pepper file is missing")]
    Missing,
    #[error("the pepper file is not one")]
    Damaged,
    #[error("the pepper file cannot be read or written")]
    Io(#[from] io::Error),
}

impl Pepper {
    /// Reads the file, or makes it if the relay is new.
    pub(crate) fn open(path: &Path, relay_is_new: bool) -> Result<Self, PepperError> {
        match File::open(path) {
            Ok(file) => Self::read(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound && relay_is_new => Self::create(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(PepperError::Missing),
            Err(error) => Err(error.into()),
        }
    }

    /// The keyed hash of a user name.
    pub(crate) fn user_name(&self, name: &UserName) -> UserNameHash {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(USER_NAME);
        context.update(name.as_str().as_bytes());
        let mut hash = [0; 32];
        // HMAC-SHA-256 has 32 bytes.
        hash.copy_from_slice(context.sign().as_ref());
        UserNameHash(hash)
    }

    /// The key of what nodes tell each other.
    pub(crate) fn bus_key(&self) -> BusKey {
        let key = hmac::sign(&self.0, BUS);
        BusKey::new(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    fn read(file: File) -> Result<Self, PepperError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES + 1));
        file.take(BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() != BYTES {
            return Err(PepperError::Damaged);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Written beside and renamed, so that a crash leaves a whole pepper or none.
    fn create(path: &Path) -> Result<Self, PepperError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        SystemRandom::new()
            .fill(bytes.as_mut_slice())
            .map_err(|_| io::Error::other("no randomness from the system"))?;
        let beside = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(bytes.as_slice())?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice())))
    }
}
