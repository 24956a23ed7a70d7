//! The Secret Service of freedesktop.org (GNOME Keyring, KWallet, KeePassXC), over D-Bus.
//!
//! Each call connects anew: the daemon may have come, gone or been restarted since the last one, and the calls are few.
//! Secrets cross the bus encrypted (the service's Diffie–Hellman session).

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Duration;

use secret_service::blocking::{Collection, Item, SecretService};
use secret_service::{EncryptionType, Error};
use zeroize::Zeroizing;

use super::{Keychain, KeychainEntry, KeychainError, KeychainStatus, SERVICE};

/// How long [`Keychain::status`] waits. Starting a daemon by D-Bus activation takes a second or two; a bus that names a
/// daemon which never comes up would otherwise hold the start screen for ever.
const STATUS_PATIENCE: Duration = Duration::from_secs(5);

/// The collection that the user's login unlocks.
const DEFAULT_COLLECTION: &str = "default";

/// The Secret Service of the user's session.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn name(&self) -> &'static str {
        "Secret Service"
    }

    fn status(&self) -> KeychainStatus {
        let (answer, answered) = mpsc::sync_channel(1);
        let looking = std::thread::Builder::new()
            .name("sotto-keychain".to_owned())
            .spawn(move || {
                // Nobody may be listening any more.
                let _ = answer.send(look());
            });
        match looking {
            Ok(_) => answered
                .recv_timeout(STATUS_PATIENCE)
                .unwrap_or(KeychainStatus::Unavailable),
            Err(_) => KeychainStatus::Unavailable,
        }
    }

    fn read(&self, entry: &KeychainEntry) -> Result<Zeroizing<Vec<u8>>, KeychainError> {
        with_item(entry, |item| {
            Ok(Zeroizing::new(item.get_secret().map_err(meaning)?))
        })
    }

    fn write(&self, entry: &KeychainEntry, secret: &[u8]) -> Result<(), KeychainError> {
        let service = connect()?;
        let collection = default_collection(&service)?;
        unlock(&collection)?;
        let label = format!("Sotto: keys of {}", entry.as_str());
        // `true`: an item with these attributes is replaced.
        let created = collection.create_item(&label, attributes(entry), secret, true, "text/plain");
        created.map(drop).map_err(meaning)
    }

    fn delete(&self, entry: &KeychainEntry) -> Result<(), KeychainError> {
        with_item(entry, |item| item.delete().map_err(meaning))
    }
}

fn look() -> KeychainStatus {
    let locked = connect().and_then(|service| default_collection(&service)?.is_locked().map_err(meaning));
    match locked {
        Ok(false) => KeychainStatus::Available,
        Ok(true) => KeychainStatus::Locked,
        Err(_) => KeychainStatus::Unavailable,
    }
}

fn connect<'a>() -> Result<SecretService<'a>, KeychainError> {
    // No bus, no daemon on it, or one that does not answer as it should: for us, none.
    SecretService::connect(EncryptionType::Dh).map_err(|_| KeychainError::Unavailable)
}

fn default_collection<'a>(service: &'a SecretService<'a>) -> Result<Collection<'a>, KeychainError> {
    match service.get_collection_by_alias(DEFAULT_COLLECTION) {
        Ok(collection) => Ok(collection),
        // A daemon without a default collection (under WSL, or before a first login): nothing to keep a key in.
        Err(Error::NoResult) => Err(KeychainError::Unavailable),
        Err(error) => Err(meaning(error)),
    }
}

/// Asks the user, if it is locked and there is somebody to ask.
fn unlock(collection: &Collection<'_>) -> Result<(), KeychainError> {
    if !collection.is_locked().map_err(meaning)? {
        return Ok(());
    }
    collection.unlock().map_err(meaning_of_unlocking)?;
    if collection.is_locked().map_err(meaning)? {
        Err(KeychainError::Locked)
    } else {
        Ok(())
    }
}

fn with_item<T>(
    entry: &KeychainEntry,
    call: impl FnOnce(&Item<'_>) -> Result<T, KeychainError>,
) -> Result<T, KeychainError> {
    let service = connect()?;
    let found = service.search_items(attributes(entry)).map_err(meaning)?;
    if let Some(item) = found.unlocked.first() {
        return call(item);
    }
    if let Some(item) = found.locked.first() {
        item.unlock().map_err(meaning_of_unlocking)?;
        if item.is_locked().map_err(meaning)? {
            return Err(KeychainError::Locked);
        }
        return call(item);
    }
    // Some services do not find items of a locked collection: unlock it, and look once more.
    let collection = default_collection(&service)?;
    if !collection.is_locked().map_err(meaning)? {
        return Err(KeychainError::Missing);
    }
    unlock(&collection)?;
    let found = service.search_items(attributes(entry)).map_err(meaning)?;
    call(found.unlocked.first().ok_or(KeychainError::Missing)?)
}

/// The attributes that other programs, such as `secret-tool`, find the item by.
fn attributes(entry: &KeychainEntry) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", entry.as_str())])
}

fn meaning(error: Error) -> KeychainError {
    match error {
        Error::Locked => KeychainError::Locked,
        Error::Prompt => KeychainError::Denied,
        Error::Unavailable => KeychainError::Unavailable,
        Error::NoResult => KeychainError::Missing,
        _ => KeychainError::Other,
    }
}

/// A daemon that cannot show its prompt (no display, no prompter installed) fails in its own way; for the user the
/// keychain is then simply locked.
fn meaning_of_unlocking(error: Error) -> KeychainError {
    match meaning(error) {
        KeychainError::Denied => KeychainError::Denied,
        KeychainError::Unavailable => KeychainError::Unavailable,
        KeychainError::Locked | KeychainError::Missing | KeychainError::Other => KeychainError::Locked,
    }
}
