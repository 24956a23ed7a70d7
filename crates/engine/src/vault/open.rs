//! Making a vault, and opening it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::document::{Document, ReadError};
use super::error::{
    CreateVaultError, LoadVaultError, OpenKeychainSlotError, OpenPassphraseSlotError, OpenRecoverySlotError,
    ProveError,
};
use super::keychain::{Keychain, KeychainEntry, KeychainError};
use super::passphrase::{ChosenPassphrase, KdfCost, Passphrase, PassphraseSlot};
use super::recovery_code::RecoveryCode;
use super::sealing::SealError;
use super::secrets::AccountSecrets;

/// The kinds of slot; a vault has at most one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// The secrets are in the operating system's keychain.
    Keychain,
    /// The secrets are sealed in `vault.json` by a passphrase.
    Passphrase,
    /// The secrets are sealed in `vault.json` by a random code that the user wrote down.
    RecoveryCode,
}

/// What somebody types to prove that the account is theirs.
pub enum Proof {
    /// The passphrase.
    Passphrase(Passphrase),
    /// The recovery code.
    RecoveryCode(RecoveryCode),
}

/// The slots of a new vault: at least one, which the type sees to.
pub enum NewSlots {
    /// The keychain only.
    Keychain,
    /// A passphrase only.
    Passphrase(ChosenPassphrase),
    /// Both.
    KeychainAndPassphrase(ChosenPassphrase),
}

/// A vault file that has been read: it knows its slots, and holds no secret.
pub struct Vault {
    pub(super) path: PathBuf,
    pub(super) keychain: Arc<dyn Keychain>,
    pub(super) document: Document,
}

impl Vault {
    /// Makes the vault of a new account at `path`.
    pub async fn create(
        path: PathBuf,
        keychain: Arc<dyn Keychain>,
        account: Uuid,
        secrets: &AccountSecrets,
        slots: NewSlots,
    ) -> Result<Self, CreateVaultError> {
        if path.try_exists()? {
            return Err(CreateVaultError::AlreadyExists);
        }
        let (use_keychain, chosen) = match slots {
            NewSlots::Keychain => (true, None),
            NewSlots::Passphrase(chosen) => (false, Some(chosen)),
            NewSlots::KeychainAndPassphrase(chosen) => (true, Some(chosen)),
        };
        let passphrase = match chosen {
            Some(chosen) => Some(seal(account, secrets, chosen).await?),
            None => None,
        };
        if use_keychain {
            write_entry(&keychain, account, secrets).await?;
        }
        let document = Document {
            account,
            keychain: use_keychain,
            passphrase,
            recovery_code: None,
        };
        if let Err(error) = write_document(&path, &document).await {
            if use_keychain {
                // The file is what counts; an entry without one is only litter, so a failure here changes nothing.
                let _ = delete_entry(&keychain, account).await;
            }
            return Err(CreateVaultError::Io(error));
        }
        Ok(Self {
            path,
            keychain,
            document,
        })
    }

    /// Reads the vault file at `path`; opens no slot.
    pub fn load(path: PathBuf, keychain: Arc<dyn Keychain>) -> Result<Self, LoadVaultError> {
        let document = Document::read(&path).map_err(|error| match error {
            ReadError::Missing => LoadVaultError::Missing,
            ReadError::TooNew { found } => LoadVaultError::TooNew { found },
            ReadError::Malformed => LoadVaultError::Malformed,
            ReadError::Io(error) => LoadVaultError::Io(error),
        })?;
        Ok(Self {
            path,
            keychain,
            document,
        })
    }

    /// Takes the vault of an account back that was not made after all.
    pub async fn discard(self) {
        if self.document.keychain {
            // The file is what counts; an entry without one is only litter, so a failure here changes nothing.
            let _ = delete_entry(&self.keychain, self.document.account).await;
        }
        if let Err(error) = tokio::fs::remove_file(&self.path).await {
            tracing::error!(kind = ?error.kind(), "the vault of an account that was not made stays behind");
        }
    }

    /// The account whose secrets these are. It is not authenticated until a slot has opened.
    pub fn account(&self) -> Uuid {
        self.document.account
    }

    /// The slots there are.
    pub fn slots(&self) -> Vec<SlotKind> {
        let keychain = self.document.keychain.then_some(SlotKind::Keychain);
        let passphrase = self.document.passphrase.as_ref().map(|_| SlotKind::Passphrase);
        let recovery_code = self
            .document
            .recovery_code
            .as_ref()
            .map(|_| SlotKind::RecoveryCode);
        keychain
            .into_iter()
            .chain(passphrase)
            .chain(recovery_code)
            .collect()
    }

    /// Whether there is a slot of this kind.
    pub fn has_slot(&self, kind: SlotKind) -> bool {
        self.slots().contains(&kind)
    }

    /// Asks the keychain, which may ask the user.
    pub async fn open_with_keychain(&self) -> Result<AccountSecrets, OpenKeychainSlotError> {
        if !self.document.keychain {
            return Err(OpenKeychainSlotError::NoSuchSlot);
        }
        let account = self.document.account;
        let encoded = with_keychain(&self.keychain, move |keychain| {
            keychain.read(&KeychainEntry::for_account(account))
        })
        .await?;
        let bytes = BASE64.decode(&*encoded).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| OpenKeychainSlotError::Malformed)?;
        AccountSecrets::decode(&bytes, account).ok_or(OpenKeychainSlotError::Malformed)
    }

    /// Takes about half a second, on a thread of its own.
    pub async fn open_with_passphrase(
        &self,
        passphrase: Passphrase,
    ) -> Result<AccountSecrets, OpenPassphraseSlotError> {
        let slot = self
            .document
            .passphrase
            .clone()
            .ok_or(OpenPassphraseSlotError::NoSuchSlot)?;
        let account = self.document.account;
        let opened = tokio::task::spawn_blocking(move || slot.open(account, &passphrase)).await;
        match opened {
            Ok(Ok(secrets)) => Ok(secrets),
            Ok(Err(_)) | Err(_) => Err(OpenPassphraseSlotError::NotOpened),
        }
    }

    /// Asks nobody, and takes no time.
    pub fn open_with_recovery_code(
        &self,
        code: &RecoveryCode,
    ) -> Result<AccountSecrets, OpenRecoverySlotError> {
        let slot = self.document.recovery_code.as_ref();
        let slot = slot.ok_or(OpenRecoverySlotError::NoSuchSlot)?;
        slot.open(self.document.account, code)
            .map_err(|_| OpenRecoverySlotError::NotOpened)
    }

    /// Opens the slot that a proof is for.
    pub async fn open_with(&self, proof: Proof) -> Result<AccountSecrets, ProveError> {
        Ok(match proof {
            Proof::Passphrase(passphrase) => self.open_with_passphrase(passphrase).await?,
            Proof::RecoveryCode(code) => self.open_with_recovery_code(&code)?,
        })
    }
}

pub(super) async fn write_document(path: &Path, document: &Document) -> io::Result<()> {
    let (path, document) = (path.to_owned(), document.clone());
    tokio::task::spawn_blocking(move || document.write(&path))
        .await
        .map_err(io::Error::other)?
}

pub(super) async fn seal(
    account: Uuid,
    secrets: &AccountSecrets,
    passphrase: ChosenPassphrase,
) -> Result<PassphraseSlot, SealError> {
    let secrets = secrets.clone();
    tokio::task::spawn_blocking(move || PassphraseSlot::seal(account, &secrets, &passphrase, KdfCost::CHOSEN))
        .await
        .map_err(|_| SealError::Derivation)?
}

/// The entry is base64 of the encoded secrets: KDE's wallet keeps text only.
pub(super) async fn write_entry(
    keychain: &Arc<dyn Keychain>,
    account: Uuid,
    secrets: &AccountSecrets,
) -> Result<(), KeychainError> {
    let encoded = Zeroizing::new(BASE64.encode(&*secrets.encode(account)));
    with_keychain(keychain, move |keychain| {
        keychain.write(&KeychainEntry::for_account(account), encoded.as_bytes())
    })
    .await
}

pub(super) async fn delete_entry(keychain: &Arc<dyn Keychain>, account: Uuid) -> Result<(), KeychainError> {
    with_keychain(keychain, move |keychain| {
        keychain.delete(&KeychainEntry::for_account(account))
    })
    .await
}

/// A keychain blocks for as long as a prompt is open.
async fn with_keychain<T: Send + 'static>(
    keychain: &Arc<dyn Keychain>,
    call: impl FnOnce(&dyn Keychain) -> Result<T, KeychainError> + Send + 'static,
) -> Result<T, KeychainError> {
    let keychain = Arc::clone(keychain);
    tokio::task::spawn_blocking(move || call(&*keychain))
        .await
        .map_err(|_| KeychainError::Other)?
}
