//! The keychains of macOS and Windows.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::{Keychain, KeychainEntry, KeychainError, KeychainStatus, SERVICE};

/// The login keychain of macOS, or the Credential Manager of Windows.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn name(&self) -> &'static str {
        if cfg!(windows) {
            "Windows Credential Manager"
        } else {
            "macOS Keychain"
        }
    }

    /// Both are there for every user and open with the login; macOS tells of a locked one when it is used.
    fn status(&self) -> KeychainStatus {
        match Entry::store_status() {
            Ok(()) => KeychainStatus::Available,
            Err(_) => KeychainStatus::Unavailable,
        }
    }

    fn read(&self, entry: &KeychainEntry) -> Result<Zeroizing<Vec<u8>>, KeychainError> {
        let secret = open(entry)?.get_secret().map_err(meaning)?;
        Ok(Zeroizing::new(secret))
    }

    fn write(&self, entry: &KeychainEntry, secret: &[u8]) -> Result<(), KeychainError> {
        open(entry)?.set_secret(secret).map_err(meaning)
    }

    fn delete(&self, entry: &KeychainEntry) -> Result<(), KeychainError> {
        open(entry)?.delete_credential().map_err(meaning)
    }
}

fn open(entry: &KeychainEntry) -> Result<Entry, KeychainError> {
    Entry::new(SERVICE, entry.as_str()).map_err(meaning)
}

fn meaning(error: Error) -> KeychainError {
    match error {
        Error::NoEntry => KeychainError::Missing,
        // macOS: the user declined, or the keychain is locked and nobody is there to unlock it. Either way it is there,
        // and asking again is the way forward.
        Error::NoStorageAccess(_) => KeychainError::Locked,
        Error::NoDefaultStore => KeychainError::Unavailable,
        _ => KeychainError::Other,
    }
}
