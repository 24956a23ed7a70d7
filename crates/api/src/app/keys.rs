//! The ways into the account: what the user types, and what becomes of it.

use std::sync::atomic::Ordering;

use sotto_engine::vault::{self, RecoveryCode, SlotKind};
use zeroize::Zeroizing;

use super::Account;
use crate::error::{ApiError, ErrorCode};
use crate::model::{
    Me, NewRecoveryCode, Passphrase, Proof, RecoveryCodeCheck, RecoveryCodeReading, TypedCode, VaultSlot,
};

/// A recovery code that is being written down, and the groups that are to be typed back.
pub(super) struct NewCode {
    code: RecoveryCode,
    asked: [usize; RecoveryCode::ASKED],
}

/// What the user typed, as the vault takes it.
pub(super) fn read(proof: &Proof) -> Result<vault::Proof, ApiError> {
    Ok(match proof {
        Proof::Passphrase { passphrase } => vault::Proof::Passphrase(typed(passphrase)),
        Proof::RecoveryCode { code } => vault::Proof::RecoveryCode(RecoveryCode::parse(code.expose())?),
    })
}

pub(super) fn typed(passphrase: &Passphrase) -> vault::Passphrase {
    vault::Passphrase::new(passphrase.expose().to_owned())
}

/// The slots that something typed opens.
pub(super) fn typed_ways(slots: &[SlotKind]) -> Vec<VaultSlot> {
    let typed = slots.iter().copied().filter(|&kind| kind != SlotKind::Keychain);
    typed.map(VaultSlot::from).collect()
}

pub(super) fn reading(typed: &TypedCode) -> RecoveryCodeReading {
    let reading = RecoveryCode::read(typed.expose());
    RecoveryCodeReading {
        groups: number(reading.groups),
        mistyped: reading.mistyped.into_iter().map(number).collect(),
        complete: reading.code.is_some(),
    }
}

/// What is typed is bounded, and so is the number of its groups.
fn number(groups: usize) -> u32 {
    u32::try_from(groups).unwrap_or(u32::MAX)
}

impl Account {
    pub(super) async fn typed_ways(&self) -> Vec<VaultSlot> {
        typed_ways(&self.engine.vault_slots().await)
    }

    async fn has(&self, slot: SlotKind) -> bool {
        self.engine.vault_slots().await.contains(&slot)
    }

    pub(super) async fn has_passphrase(&self) -> bool {
        self.has(SlotKind::Passphrase).await
    }

    /// Lets somebody change the ways in who proves that the account is theirs. Without a passphrase there is nothing to prove it
    /// by.
    async fn proved(&self, proof: Option<Proof>) -> Result<(), ApiError> {
        match proof {
            Some(proof) => Ok(self.engine.prove(read(&proof)?).await?),
            None if self.has_passphrase().await => Err(ErrorCode::WrongPassphrase.into()),
            None => Ok(()),
        }
    }

    pub(super) async fn set_passphrase(
        &self,
        passphrase: &Passphrase,
        proof: Option<Proof>,
    ) -> Result<Me, ApiError> {
        let chosen = typed(passphrase).choose()?;
        // Forgotten is what made it necessary; used up before the account is told of, with the new passphrase in place.
        let recovered = self.recovered.swap(false, Ordering::Relaxed);
        if !recovered {
            self.proved(proof).await?;
        }
        let changed = self.engine.set_passphrase(chosen).await.inspect_err(|_| {
            self.recovered.store(recovered, Ordering::Relaxed);
        })?;
        Ok(self.describe(changed).await)
    }

    pub(super) async fn keep_in_keychain(&self, proof: Option<Proof>) -> Result<Me, ApiError> {
        if !self.has(SlotKind::Keychain).await {
            self.proved(proof).await?;
        }
        let changed = self.engine.set_keychain().await?;
        Ok(self.describe(changed).await)
    }

    pub(super) async fn remove_way_in(&self, slot: VaultSlot, proof: Option<Proof>) -> Result<Me, ApiError> {
        self.proved(proof).await?;
        let changed = self.engine.remove_slot(slot.into()).await?;
        Ok(self.describe(changed).await)
    }

    pub(super) async fn create_recovery_code(
        &self,
        proof: Option<Proof>,
    ) -> Result<NewRecoveryCode, ApiError> {
        self.proved(proof).await?;
        let (code, asked) = (RecoveryCode::generate()?, RecoveryCode::groups_to_ask()?);
        let shown = NewRecoveryCode {
            groups: code
                .groups()
                .iter_mut()
                .map(|group: &mut Zeroizing<String>| std::mem::take(&mut **group))
                .collect(),
            asked: asked
                .into_iter()
                .filter_map(|group| u8::try_from(group).ok())
                .collect(),
        };
        *self.new_code.lock().await = Some(NewCode { code, asked });
        Ok(shown)
    }

    pub(super) async fn check_recovery_code(
        &self,
        typed: &[TypedCode],
    ) -> Result<RecoveryCodeCheck, ApiError> {
        let mut new = self.new_code.lock().await;
        let NewCode { code, asked } = new.as_ref().ok_or(ErrorCode::NotFound)?;
        if typed.len() != asked.len() {
            return Err(ErrorCode::InvalidInput.into());
        }
        let differs = asked.iter().zip(typed);
        let differs = differs.filter(|&(&group, typed)| !code.has_group(group, typed.expose()));
        let groups: Vec<u8> = differs
            .filter_map(|(&group, _)| u8::try_from(group).ok())
            .collect();
        if !groups.is_empty() {
            return Ok(RecoveryCodeCheck::Differs { groups });
        }
        let changed = self.engine.set_recovery_code(code).await?;
        *new = None;
        Ok(RecoveryCodeCheck::Kept {
            me: self.describe(changed).await,
        })
    }
}
