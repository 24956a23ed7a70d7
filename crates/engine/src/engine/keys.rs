//! Who has the keys: the slots of the vault, and the lock in front of the window.

use super::Engine;
use crate::error::{FillError, RemoveError, StorageError};
use crate::lock;
use crate::model::Account;
use crate::vault::{
    ChosenPassphrase, OpenPassphraseSlotError, OpenRecoverySlotError, Proof, ProveError, RecoveryCode,
    RemoveSlotError, SlotKind,
};

impl Engine {
    /// Which slots the vault has: asks no disk, and cannot fail.
    pub async fn vault_slots(&self) -> Vec<SlotKind> {
        self.core.vault.lock().await.slots()
    }

    /// Whether what somebody typed opens this account. One at a time, and a passphrase takes half a second: that is all that
    /// slows guessing down, as it must be for who has a copy of the file.
    pub async fn prove(&self, proof: Proof) -> Result<(), ProveError> {
        let refused = match proof {
            Proof::Passphrase(_) => ProveError::from(OpenPassphraseSlotError::NotOpened),
            Proof::RecoveryCode(_) => ProveError::from(OpenRecoverySlotError::NotOpened),
        };
        let secrets = self.core.vault.lock().await.open_with(proof).await?;
        // A slot of somebody else's making would hold other secrets.
        if secrets.are(&self.core.secrets) {
            Ok(())
        } else {
            Err(refused)
        }
    }

    /// Fills the passphrase slot, in place of the passphrase there is, if there is one.
    pub async fn set_passphrase(&self, passphrase: ChosenPassphrase) -> Result<Account, FillError> {
        let mut vault = self.core.vault.lock().await;
        vault.set_passphrase_slot(&self.core.secrets, passphrase).await?;
        drop(vault);
        Ok(self.account_changed().await?)
    }

    /// Fills the recovery-code slot; the code there was, if there was one, opens nothing any more.
    pub async fn set_recovery_code(&self, code: &RecoveryCode) -> Result<Account, FillError> {
        let mut vault = self.core.vault.lock().await;
        vault.set_recovery_slot(&self.core.secrets, code).await?;
        drop(vault);
        Ok(self.account_changed().await?)
    }

    /// Fills the keychain slot, also if it is one whose entry has vanished.
    pub async fn set_keychain(&self) -> Result<Account, FillError> {
        let mut vault = self.core.vault.lock().await;
        vault.set_keychain_slot(&self.core.secrets).await?;
        drop(vault);
        Ok(self.account_changed().await?)
    }

    /// Takes a slot away. Without a passphrase there is no lock either.
    pub async fn remove_slot(&self, kind: SlotKind) -> Result<Account, RemoveError> {
        let removed = self.core.vault.lock().await.remove_slot(kind).await;
        let entry_left = match removed {
            Ok(()) => None,
            Err(error @ RemoveSlotError::EntryLeft(_)) => Some(error),
            Err(error) => return Err(error.into()),
        };
        if kind == SlotKind::Passphrase {
            self.core.change(lock::give_up).await?;
        }
        let account = self.account_changed().await?;
        match entry_left {
            None => Ok(account),
            Some(error) => Err(error.into()),
        }
    }

    /// Whether the window was locked when the account was last open.
    pub async fn is_locked(&self) -> Result<bool, StorageError> {
        self.core.store.read(lock::is_locked).await
    }

    /// Remembers whether the window is locked, beyond the end of the program.
    pub async fn set_locked(&self, locked: bool) -> Result<(), StorageError> {
        self.core
            .store
            .write(move |transaction| lock::set_locked(transaction, locked))
            .await
    }
}
