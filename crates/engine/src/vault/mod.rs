//! The vault: where an account's secrets are kept while the app is not running.
//!
//! Slots in the manner of LUKS: each holds the same [`AccountSecrets`], and any one of them opens the account.
//! `vault.json` says which slots there are; it holds no secret in the clear. Plaintext is never a slot.
//!
//! This layer does not know what the secrets are for, and does not keep them: it hands them out and forgets.

mod change;
mod document;
mod error;
mod keychain;
mod open;
mod passphrase;
mod recovery;
mod recovery_code;
mod sealing;
mod secrets;
#[cfg(test)]
mod tests;

pub use error::{
    CreateVaultError, FillSlotError, LoadVaultError, OpenKeychainSlotError, OpenPassphraseSlotError,
    OpenRecoverySlotError, ProveError, RemoveSlotError,
};
pub use keychain::{Keychain, KeychainEntry, KeychainError, KeychainStatus, SystemKeychain};
pub use open::{NewSlots, Proof, SlotKind, Vault};
pub use passphrase::{
    ChosenPassphrase, MAX_PASSPHRASE_BYTES, MIN_PASSPHRASE_CHARS, Passphrase, WeakPassphrase,
};
pub use recovery_code::{MistypedRecoveryCode, RECOVERY_CODE_GROUPS, RecoveryCode, RecoveryCodeReading};
pub(crate) use secrets::fill_random;
pub use secrets::{AccountSecrets, DatabaseKey, IdentitySecret, NoRandomness, SECRET_KEY_LENGTH};
