//! Why an operation on a vault failed: one type per operation.

use std::io;

use super::keychain::KeychainError;
use super::sealing::SealError;
use super::secrets::NoRandomness;

/// Why a vault was not made. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum CreateVaultError {
    /// There is a vault already; making another would lose the account in it.
    #[error("there is a vault already")]
    AlreadyExists,
    /// The keychain slot could not be filled.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The system gave no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The passphrase slot could not be computed (no memory for it).
    #[error("the passphrase slot could not be made")]
    Derivation,
    /// The vault file could not be written.
    #[error("the vault file cannot be written")]
    Io(#[from] io::Error),
}

/// Why a vault file was not read.
#[derive(Debug, thiserror::Error)]
pub enum LoadVaultError {
    /// There is none: no account in this profile yet.
    #[error("there is no vault")]
    Missing,
    /// A newer Sotto wrote it.
    #[error("the vault was written by a newer version ({found})")]
    TooNew {
        /// The file's version.
        found: u32,
    },
    /// It is not a vault file, or was damaged.
    #[error("the vault file is damaged")]
    Malformed,
    /// It could not be read.
    #[error("the vault file cannot be read")]
    Io(#[source] io::Error),
}

/// Why the keychain slot did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenKeychainSlotError {
    /// The vault has no keychain slot.
    #[error("this vault has no keychain slot")]
    NoSuchSlot,
    /// The keychain did not give the entry.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The entry is there, and is not this account's secrets.
    #[error("the keychain's entry for this account is damaged")]
    Malformed,
}

/// Why the passphrase slot did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenPassphraseSlotError {
    /// The vault has no passphrase slot.
    #[error("this vault has no passphrase slot")]
    NoSuchSlot,
    /// The passphrase is wrong or the vault was tampered with; deliberately the same.
    #[error("the passphrase does not open this vault")]
    NotOpened,
}

/// Why the recovery-code slot did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenRecoverySlotError {
    /// The vault has no recovery code.
    #[error("this vault has no recovery code")]
    NoSuchSlot,
    /// The code is another one, or the vault was tampered with; deliberately the same.
    #[error("the recovery code does not open this vault")]
    NotOpened,
}

/// Why what somebody typed does not prove that the account is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The passphrase does not.
    #[error(transparent)]
    Passphrase(#[from] OpenPassphraseSlotError),
    /// The recovery code does not.
    #[error(transparent)]
    RecoveryCode(#[from] OpenRecoverySlotError),
}

/// Why a slot was not filled. The vault is as it was.
#[derive(Debug, thiserror::Error)]
pub enum FillSlotError {
    /// The keychain slot could not be filled.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The system gave no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The slot could not be computed (no memory for it).
    #[error("the slot could not be made")]
    Derivation,
    /// The vault file could not be written.
    #[error("the vault file cannot be written")]
    Io(#[from] io::Error),
}

/// Why a slot was not removed. The vault is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RemoveSlotError {
    /// The vault has no slot of this kind.
    #[error("this vault has no such slot")]
    NoSuchSlot,
    /// It is the last one but for the recovery code: without it there is no way in for every day.
    #[error("the last slot of a vault cannot be removed")]
    LastSlot,
    /// The vault file could not be written.
    #[error("the vault file cannot be written")]
    Io(#[from] io::Error),
    /// The slot is removed from the vault, but the keychain still holds the entry.
    #[error("the keychain kept its entry")]
    EntryLeft(#[source] KeychainError),
}

macro_rules! from_seal_error {
    ($($error:ident),*) => {$(
        impl From<SealError> for $error {
            fn from(error: SealError) -> Self {
                match error {
                    SealError::NoRandomness(error) => Self::NoRandomness(error),
                    SealError::Derivation => Self::Derivation,
                }
            }
        }
    )*};
}
from_seal_error!(CreateVaultError, FillSlotError);
