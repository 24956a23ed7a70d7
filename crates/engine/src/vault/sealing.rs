//! What the slots in `vault.json` have in common: the account secrets under AES-256-GCM, by a key that the slot derives from
//! what somebody types.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::secrets::{AccountSecrets, NoRandomness, fill_random};

pub(super) const SALT_LENGTH: usize = 16;
pub(super) const NONCE_LENGTH: usize = 12;

/// How slots are sealed; a part of what is authenticated. Not the version of the file, which says what slots there may be.
pub(super) const SEAL_VERSION: u32 = 1;

/// The account secrets, sealed. All of it may be known to the attacker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) nonce: [u8; NONCE_LENGTH],
    pub(super) bytes: Vec<u8>,
}

/// Why a slot could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealError {
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error("the key derivation failed")]
    Derivation,
}

/// What was typed is wrong, or the slot was tampered with: nobody can tell which, and we do not try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the slot does not open")]
pub(super) struct NotOpened;

impl Sealed {
    pub(super) fn seal(
        key: &LessSafeKey,
        associated_data: &[u8],
        account: Uuid,
        secrets: &AccountSecrets,
    ) -> Result<Self, SealError> {
        let mut nonce = [0; NONCE_LENGTH];
        fill_random(&mut nonce)?;
        let plaintext = secrets.encode(account);
        // `plaintext` is encrypted in place of a copy that has room for the tag, and so is never left behind.
        let mut sealed = Zeroizing::new(Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len()));
        sealed.extend_from_slice(&plaintext);
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated_data),
            &mut *sealed,
        )
        .map_err(|_| SealError::Derivation)?;
        Ok(Self {
            nonce,
            bytes: sealed.to_vec(),
        })
    }

    pub(super) fn open(
        &self,
        key: &LessSafeKey,
        associated_data: &[u8],
        account: Uuid,
    ) -> Result<AccountSecrets, NotOpened> {
        let mut sealed = Zeroizing::new(self.bytes.clone());
        let plaintext = key
            .open_in_place(
                Nonce::assume_unique_for_key(self.nonce),
                Aad::from(associated_data),
                &mut sealed,
            )
            .map_err(|_| NotOpened)?;
        AccountSecrets::decode(plaintext, account).ok_or(NotOpened)
    }
}
