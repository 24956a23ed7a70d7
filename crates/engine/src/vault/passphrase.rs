//! The passphrase slot: Argon2id (RFC 9106) makes a key of the passphrase, AES-256-GCM seals the account secrets with it.
//!
//! ```text
//! key    = Argon2id(passphrase, salt, memory, passes, lanes)
//! sealed = AES-256-GCM(key, nonce, secrets, aad = label ‖ seal version ‖ memory ‖ passes ‖ lanes ‖ account ‖ salt)
//! ```
//!
//! The parameters stand in `vault.json`, which anybody who can write to the disk may change: they are bounded when read,
//! and authenticated as associated data, so that neither a machine's memory nor the slot's strength is theirs to choose.

use argon2::{Algorithm, Argon2, Params, Version};
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::sealing::{NotOpened, SALT_LENGTH, SEAL_VERSION, SealError, Sealed};
use super::secrets::{AccountSecrets, fill_random};

/// The fewest characters of a passphrase that someone may choose.
///
/// An attacker who has the file can guess without limit, and Argon2id only makes each guess dear: at [`KdfCost::CHOSEN`]
/// some ten guesses a second and core. Eight characters as people choose them fall in days; twelve are four random words,
/// or what NIST SP 800-63B (rev. 4) and OWASP ask for with some margin, and leave short habits ("hunter2!") out. No
/// rule about kinds of characters: such rules make passphrases predictable, not strong.
pub const MIN_PASSPHRASE_CHARS: usize = 12;

/// The longest passphrase, in bytes: more than anyone types, and a bound on what is hashed.
pub const MAX_PASSPHRASE_BYTES: usize = 1024;

/// A passphrase as it was typed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes the passphrase over, and wipes it in the end.
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// The passphrase as good enough to protect a new slot.
    pub fn choose(self) -> Result<ChosenPassphrase, WeakPassphrase> {
        let long_enough = self.0.chars().count() >= MIN_PASSPHRASE_CHARS;
        let varied = self.0.chars().any(|c| !self.0.starts_with(c));
        if long_enough && varied && self.0.len() <= MAX_PASSPHRASE_BYTES {
            Ok(ChosenPassphrase(self))
        } else {
            Err(WeakPassphrase)
        }
    }
}

/// A passphrase that has passed the rule for new ones; what new slots are made of.
pub struct ChosenPassphrase(Passphrase);

/// The passphrase is too short (or absurdly long, or one character repeated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a passphrase has at least {MIN_PASSPHRASE_CHARS} characters")]
pub struct WeakPassphrase;

/// What one guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KdfCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl KdfCost {
    /// Twice the memory of RFC 9106's second recommended option, one lane: about half a second on a laptop of 2020, paid
    /// once per start.
    pub(super) const CHOSEN: Self = Self {
        memory_kib: 128 * 1024,
        passes: 3,
        lanes: 1,
    };

    /// The most that a `vault.json` may ask for: what any machine that shows our window can spare.
    const MOST: Self = Self {
        memory_kib: 512 * 1024,
        passes: 16,
        lanes: 4,
    };

    /// The least that RFC 9106 and OWASP consider at all; below it a slot would be a gift.
    const LEAST: Self = Self {
        memory_kib: 8 * 1024,
        passes: 1,
        lanes: 1,
    };

    /// The cost as a vault file states it, if it is within bounds.
    pub(super) fn parse(memory_kib: u32, passes: u32, lanes: u32) -> Option<Self> {
        let within = (Self::LEAST.memory_kib..=Self::MOST.memory_kib).contains(&memory_kib)
            && (Self::LEAST.passes..=Self::MOST.passes).contains(&passes)
            && (Self::LEAST.lanes..=Self::MOST.lanes).contains(&lanes);
        within.then_some(Self {
            memory_kib,
            passes,
            lanes,
        })
    }

    pub(super) fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    pub(super) fn passes(self) -> u32 {
        self.passes
    }

    pub(super) fn lanes(self) -> u32 {
        self.lanes
    }
}

const AAD_LABEL: &[u8] = b"sotto vault passphrase slot";

/// The account secrets, sealed by a passphrase. All of it may be known to the attacker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PassphraseSlot {
    pub(super) cost: KdfCost,
    pub(super) salt: [u8; SALT_LENGTH],
    pub(super) sealed: Sealed,
}

impl PassphraseSlot {
    /// Takes about half a second and [`KdfCost`]'s memory.
    pub(super) fn seal(
        account: Uuid,
        secrets: &AccountSecrets,
        passphrase: &ChosenPassphrase,
        cost: KdfCost,
    ) -> Result<Self, SealError> {
        let mut salt = [0; SALT_LENGTH];
        fill_random(&mut salt)?;
        let key = derive(&passphrase.0, cost, &salt).ok_or(SealError::Derivation)?;
        let sealed = Sealed::seal(&key, &associated_data(account, cost, &salt), account, secrets)?;
        Ok(Self { cost, salt, sealed })
    }

    /// Takes about half a second and [`KdfCost`]'s memory.
    pub(super) fn open(&self, account: Uuid, passphrase: &Passphrase) -> Result<AccountSecrets, NotOpened> {
        let key = derive(passphrase, self.cost, &self.salt).ok_or(NotOpened)?;
        self.sealed
            .open(&key, &associated_data(account, self.cost, &self.salt), account)
    }
}

fn derive(passphrase: &Passphrase, cost: KdfCost, salt: &[u8]) -> Option<LessSafeKey> {
    let mut key = Zeroizing::new([0; 32]);
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(key.len())).ok()?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, &mut *key)
        .ok()?;
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).ok()?))
}

fn associated_data(account: Uuid, cost: KdfCost, salt: &[u8]) -> Vec<u8> {
    let mut data = AAD_LABEL.to_vec();
    for number in [SEAL_VERSION, cost.memory_kib, cost.passes, cost.lanes] {
        data.extend_from_slice(&number.to_be_bytes());
    }
    data.extend_from_slice(account.as_bytes());
    data.extend_from_slice(salt);
    data
}
