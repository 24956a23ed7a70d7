//! The operating system's keychain, as far as the vault needs it: a small named secret, written, read, deleted.

#[cfg(any(windows, target_vendor = "apple"))]
#[path = "native.rs"]
mod system;
#[cfg(not(any(windows, target_vendor = "apple")))]
#[path = "secret_service.rs"]
mod system;

pub use system::SystemKeychain;

use zeroize::Zeroizing;

/// Whether this machine can keep keys for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeychainStatus {
    /// It is there and unlocked.
    Available,
    /// It is there; using it will ask the user to unlock it.
    Locked,
    /// There is none: no daemon, no session, no default collection.
    Unavailable,
}

/// Why the keychain did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeychainError {
    /// There is no keychain on this machine, or it is not running.
    #[error("this machine has no keychain")]
    Unavailable,
    /// It is locked, and could not be unlocked.
    #[error("the keychain is locked")]
    Locked,
    /// The user, or a policy of the machine, declined.
    #[error("the keychain was not opened")]
    Denied,
    /// It holds no entry of this name.
    #[error("the keychain has no entry for this account")]
    Missing,
    /// It failed in a way that the user can do nothing particular about.
    #[error("the keychain failed")]
    Other,
}

/// A keychain. Its calls block, for as long as the user takes to answer a prompt: call it where blocking is allowed
/// (the vault does).
pub trait Keychain: Send + Sync + 'static {
    /// What the user knows it as: "macOS Keychain", "Windows Credential Manager", "Secret Service".
    fn name(&self) -> &'static str;

    /// Looks without asking the user anything.
    fn status(&self) -> KeychainStatus;

    /// The secret under `entry`.
    fn read(&self, entry: &KeychainEntry) -> Result<Zeroizing<Vec<u8>>, KeychainError>;

    /// Stores the secret under `entry`, replacing one that is there.
    fn write(&self, entry: &KeychainEntry, secret: &[u8]) -> Result<(), KeychainError>;

    /// Removes `entry`; [`KeychainError::Missing`] if there is none.
    fn delete(&self, entry: &KeychainEntry) -> Result<(), KeychainError>;
}

/// What our entries are filed under, beside their own name.
const SERVICE: &str = "sotto";

/// The name of one secret in the keychain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeychainEntry(String);

impl KeychainEntry {
    /// The entry that holds the secrets of `account`.
    pub fn for_account(account: uuid::Uuid) -> Self {
        Self(format!("account {account}"))
    }

    /// The name as the keychain stores it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
