//! A keychain in memory, which a test can lock, lose and empty.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sotto_engine::vault::{Keychain, KeychainEntry, KeychainError, KeychainStatus};
use sotto_wire::AccountId;
use zeroize::Zeroizing;

/// Keeps entries as long as it lives. Everyone in a world has their own, as if each sat at their own machine.
pub struct MemoryKeychain {
    inside: Mutex<Inside>,
}

struct Inside {
    status: KeychainStatus,
    entries: HashMap<KeychainEntry, Zeroizing<Vec<u8>>>,
}

impl Default for MemoryKeychain {
    fn default() -> Self {
        Self {
            inside: Mutex::new(Inside {
                status: KeychainStatus::Available,
                entries: HashMap::new(),
            }),
        }
    }
}

impl MemoryKeychain {
    /// From now on it is locked, and the user does not unlock it.
    pub fn lock(&self) {
        self.with(|inside| inside.status = KeychainStatus::Locked);
    }

    /// From now on there is none: no daemon, no session.
    pub fn vanish(&self) {
        self.with(|inside| inside.status = KeychainStatus::Unavailable);
    }

    /// There again, and unlocked.
    pub fn come_back(&self) {
        self.with(|inside| inside.status = KeychainStatus::Available);
    }

    /// Loses every entry, as when a user resets their keychain.
    pub fn forget_everything(&self) {
        self.with(|inside| inside.entries.clear());
    }

    /// All that it keeps: what must not be found anywhere on a disk.
    pub fn contents(&self) -> Vec<Vec<u8>> {
        self.with(|inside| inside.entries.values().map(|secret| secret.to_vec()).collect())
    }

    /// The one account it keeps.
    pub fn account(&self) -> AccountId {
        AccountId::from_slice(&self.secrets()[1..17]).expect("an account's id")
    }

    /// The identity private key of the one account it keeps.
    pub fn identity_key(&self) -> [u8; 32] {
        self.secrets()[17..49].try_into().expect("32 bytes")
    }

    /// The database key of the one account it keeps.
    pub fn database_key(&self) -> [u8; 32] {
        self.secrets()[49..81].try_into().expect("32 bytes")
    }

    /// Puts another identity private key in the place of the one it keeps: what a thief, or somebody who begins anew,
    /// would have.
    pub fn replace_identity_key(&self, key: &[u8; 32]) {
        let mut secrets = self.secrets();
        secrets[17..49].copy_from_slice(key);
        let encoded = BASE64.encode(&secrets).into_bytes();
        self.with(|inside| {
            inside
                .entries
                .values_mut()
                .for_each(|entry| *entry = Zeroizing::new(encoded.clone()))
        });
    }

    /// Another keychain with the same entries: what a thief takes away.
    pub fn copied(&self) -> Self {
        let entries = self.with(|inside| inside.entries.clone());
        let copy = Self::default();
        copy.with(|inside| inside.entries = entries);
        copy
    }

    /// Version, account, identity private key, database key: what the engine's vault writes (`vault/secrets.rs`).
    fn secrets(&self) -> Vec<u8> {
        let entries = self.contents();
        let [entry] = entries.as_slice() else {
            panic!("{} entries in place of one", entries.len())
        };
        let secrets = BASE64.decode(entry).expect("the vault writes base64");
        assert_eq!(
            (secrets.len(), secrets[0]),
            (81, 1),
            "the vault writes another form by now"
        );
        secrets
    }

    pub(crate) fn holding(entries: impl IntoIterator<Item = (KeychainEntry, Vec<u8>)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(entry, secret)| (entry, Zeroizing::new(secret)));
        let keychain = Self::default();
        keychain.with(|inside| inside.entries = entries.collect());
        keychain
    }

    fn with<T>(&self, look: impl FnOnce(&mut Inside) -> T) -> T {
        look(&mut self.inside.lock().expect("no holder of this lock panics"))
    }

    fn opened<T>(
        &self,
        look: impl FnOnce(&mut Inside) -> Result<T, KeychainError>,
    ) -> Result<T, KeychainError> {
        self.with(|inside| match inside.status {
            KeychainStatus::Available => look(inside),
            KeychainStatus::Locked => Err(KeychainError::Locked),
            KeychainStatus::Unavailable => Err(KeychainError::Unavailable),
        })
    }
}

impl Keychain for MemoryKeychain {
    fn name(&self) -> &'static str {
        "Memory"
    }

    fn status(&self) -> KeychainStatus {
        self.with(|inside| inside.status)
    }

    fn read(&self, entry: &KeychainEntry) -> Result<Zeroizing<Vec<u8>>, KeychainError> {
        self.opened(|inside| inside.entries.get(entry).cloned().ok_or(KeychainError::Missing))
    }

    fn write(&self, entry: &KeychainEntry, secret: &[u8]) -> Result<(), KeychainError> {
        self.opened(|inside| {
            inside
                .entries
                .insert(entry.clone(), Zeroizing::new(secret.to_vec()));
            Ok(())
        })
    }

    fn delete(&self, entry: &KeychainEntry) -> Result<(), KeychainError> {
        self.opened(|inside| {
            inside
                .entries
                .remove(entry)
                .map(drop)
                .ok_or(KeychainError::Missing)
        })
    }
}
