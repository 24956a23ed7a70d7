//! The recovery-code slot: a random code that is written down once, and HKDF instead of a dear derivation, since 160 random
//! bits are nobody's to guess.
//!
//! ```text
//! key    = HKDF-SHA-256(salt, code, label)
//! sealed = AES-256-GCM(key, nonce, secrets, aad = label ‖ seal version ‖ account ‖ salt)
//! ```

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hkdf;
use uuid::Uuid;

use super::recovery_code::RecoveryCode;
use super::sealing::{NotOpened, SALT_LENGTH, SEAL_VERSION, SealError, Sealed};
use super::secrets::{AccountSecrets, fill_random};

const LABEL: &[u8] = b"sotto vault recovery-code slot";

/// The account secrets, sealed by a recovery code. All of it may be known to the attacker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecoverySlot {
    pub(super) salt: [u8; SALT_LENGTH],
    pub(super) sealed: Sealed,
}

impl RecoverySlot {
    pub(super) fn seal(
        account: Uuid,
        secrets: &AccountSecrets,
        code: &RecoveryCode,
    ) -> Result<Self, SealError> {
        let mut salt = [0; SALT_LENGTH];
        fill_random(&mut salt)?;
        let key = derive(code, &salt).ok_or(SealError::Derivation)?;
        let sealed = Sealed::seal(&key, &associated_data(account, &salt), account, secrets)?;
        Ok(Self { salt, sealed })
    }

    pub(super) fn open(&self, account: Uuid, code: &RecoveryCode) -> Result<AccountSecrets, NotOpened> {
        let key = derive(code, &self.salt).ok_or(NotOpened)?;
        self.sealed
            .open(&key, &associated_data(account, &self.salt), account)
    }
}

fn derive(code: &RecoveryCode, salt: &[u8]) -> Option<LessSafeKey> {
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(code.expose_secret());
    let key = extracted.expand(&[LABEL], &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(key)))
}

fn associated_data(account: Uuid, salt: &[u8]) -> Vec<u8> {
    let mut data = LABEL.to_vec();
    data.extend_from_slice(&SEAL_VERSION.to_be_bytes());
    data.extend_from_slice(account.as_bytes());
    data.extend_from_slice(salt);
    data
}
