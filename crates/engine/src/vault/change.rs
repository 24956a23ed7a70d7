//! Changing the slots of a vault.

use std::io;

use super::document::Document;
use super::error::{FillSlotError, RemoveSlotError};
use super::keychain::KeychainError;
use super::open::{SlotKind, Vault, delete_entry, seal, write_document, write_entry};
use super::passphrase::ChosenPassphrase;
use super::recovery::RecoverySlot;
use super::recovery_code::RecoveryCode;
use super::secrets::AccountSecrets;

/// The secrets that these take are this vault's, from any of its slots.
impl Vault {
    /// Puts the secrets into the keychain: again, if it is a slot already, whose entry may have vanished or be damaged.
    pub async fn set_keychain_slot(&mut self, secrets: &AccountSecrets) -> Result<(), FillSlotError> {
        let account = self.document.account;
        write_entry(&self.keychain, account, secrets).await?;
        if self.document.keychain {
            return Ok(());
        }
        let changed = Document {
            keychain: true,
            ..self.document.clone()
        };
        if let Err(error) = self.replace(changed).await {
            // The file is what counts; an entry without one is only litter, so a failure here changes nothing.
            let _ = delete_entry(&self.keychain, account).await;
            return Err(FillSlotError::Io(error));
        }
        Ok(())
    }

    /// Seals the secrets by a passphrase, in place of the one there is, if there is one.
    pub async fn set_passphrase_slot(
        &mut self,
        secrets: &AccountSecrets,
        passphrase: ChosenPassphrase,
    ) -> Result<(), FillSlotError> {
        let slot = seal(self.document.account, secrets, passphrase).await?;
        self.replace(Document {
            passphrase: Some(slot),
            ..self.document.clone()
        })
        .await?;
        Ok(())
    }

    /// Seals the secrets by a recovery code, in place of the one there is, if there is one: that one opens nothing any more.
    pub async fn set_recovery_slot(
        &mut self,
        secrets: &AccountSecrets,
        code: &RecoveryCode,
    ) -> Result<(), FillSlotError> {
        let slot = RecoverySlot::seal(self.document.account, secrets, code)?;
        self.replace(Document {
            recovery_code: Some(slot),
            ..self.document.clone()
        })
        .await?;
        Ok(())
    }

    /// Removes a slot, but never the last that opens the account every day.
    pub async fn remove_slot(&mut self, kind: SlotKind) -> Result<(), RemoveSlotError> {
        if !self.has_slot(kind) {
            return Err(RemoveSlotError::NoSuchSlot);
        }
        let mut changed = self.document.clone();
        match kind {
            SlotKind::Keychain => changed.keychain = false,
            SlotKind::Passphrase => changed.passphrase = None,
            SlotKind::RecoveryCode => changed.recovery_code = None,
        }
        if !changed.opens_every_day() {
            return Err(RemoveSlotError::LastSlot);
        }
        // The file first: a slot that is named but gone would be worse than an entry that nothing names.
        self.replace(changed).await?;
        if kind == SlotKind::Keychain {
            match delete_entry(&self.keychain, self.document.account).await {
                Ok(()) | Err(KeychainError::Missing) => {}
                Err(error) => return Err(RemoveSlotError::EntryLeft(error)),
            }
        }
        Ok(())
    }

    async fn replace(&mut self, changed: Document) -> io::Result<()> {
        write_document(&self.path, &changed).await?;
        self.document = changed;
        Ok(())
    }
}
