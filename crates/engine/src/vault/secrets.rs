//! The account secrets, and the one form in which a slot holds them.

use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of either key.
pub const SECRET_KEY_LENGTH: usize = 32;

/// The identity private key, as bytes. Signs for the account and agrees on sessions; whoever has it is the account.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct IdentitySecret([u8; SECRET_KEY_LENGTH]);

/// The random key of the account's SQLCipher database.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DatabaseKey([u8; SECRET_KEY_LENGTH]);

macro_rules! secret_bytes {
    ($name:ident) => {
        impl $name {
            /// Takes the key over; the caller wipes its own copy.
            pub fn from_bytes(bytes: [u8; SECRET_KEY_LENGTH]) -> Self {
                Self(bytes)
            }

            /// The key itself.
            pub fn expose_secret(&self) -> &[u8; SECRET_KEY_LENGTH] {
                &self.0
            }
        }
    };
}
secret_bytes!(IdentitySecret);
secret_bytes!(DatabaseKey);

impl DatabaseKey {
    /// A new key from the system's random source.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut key = Self([0; SECRET_KEY_LENGTH]);
        fill_random(&mut key.0)?;
        Ok(key)
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source failed")]
pub struct NoRandomness;

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    use ring::rand::SecureRandom;
    ring::rand::SystemRandom::new()
        .fill(bytes)
        .map_err(|_| NoRandomness)
}

/// What every slot of a vault holds: all that is needed to be the account and to read its database.
#[derive(Clone)]
pub struct AccountSecrets {
    /// The identity private key.
    pub identity: IdentitySecret,
    /// The database key.
    pub database: DatabaseKey,
}

const ENCODED_VERSION: u8 = 1;

impl AccountSecrets {
    /// Version byte, account id, identity private key, database key.
    pub(crate) const ENCODED_LENGTH: usize = 1 + 16 + 2 * SECRET_KEY_LENGTH;

    /// Whether these are the same secrets; takes as long whatever they are.
    pub fn are(&self, other: &Self) -> bool {
        let identity = self.identity.0.ct_eq(&other.identity.0);
        (identity & self.database.0.ct_eq(&other.database.0)).into()
    }

    /// The form that slots hold. The account id is part of it, so that the entry of one account is never taken for
    /// that of another.
    pub(crate) fn encode(&self, account: Uuid) -> Zeroizing<Vec<u8>> {
        // Full capacity from the start: a vector that grows leaves a copy behind that nobody wipes.
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::ENCODED_LENGTH));
        bytes.push(ENCODED_VERSION);
        bytes.extend_from_slice(account.as_bytes());
        bytes.extend_from_slice(self.identity.expose_secret());
        bytes.extend_from_slice(self.database.expose_secret());
        bytes
    }

    /// Reads what [`AccountSecrets::encode`] wrote for this account, and nothing else.
    pub(super) fn decode(bytes: &[u8], account: Uuid) -> Option<Self> {
        Self::decode_any(bytes).and_then(|(of, secrets)| (of == account).then_some(secrets))
    }

    /// Reads what [`AccountSecrets::encode`] wrote, and for which account.
    pub(crate) fn decode_any(bytes: &[u8]) -> Option<(Uuid, Self)> {
        let (&version, rest) = bytes.split_first()?;
        let (of, rest) = rest.split_first_chunk::<16>()?;
        let (identity, database) = rest.split_first_chunk::<SECRET_KEY_LENGTH>()?;
        let database: &[u8; SECRET_KEY_LENGTH] = database.try_into().ok()?;
        let secrets = || Self {
            identity: IdentitySecret::from_bytes(*identity),
            database: DatabaseKey::from_bytes(*database),
        };
        (version == ENCODED_VERSION).then(|| (Uuid::from_bytes(*of), secrets()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alices() -> AccountSecrets {
        AccountSecrets {
            identity: IdentitySecret([7; 32]),
            database: DatabaseKey([9; 32]),
        }
    }

    #[test]
    fn secrets_come_back_for_their_own_account_only() {
        let (alice, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let bytes = alices().encode(alice);
        assert_eq!(bytes.len(), AccountSecrets::ENCODED_LENGTH);
        let back = AccountSecrets::decode(&bytes, alice).unwrap();
        assert_eq!(back.identity.expose_secret(), &[7; 32]);
        assert_eq!(back.database.expose_secret(), &[9; 32]);
        assert!(AccountSecrets::decode(&bytes, bob).is_none());
    }

    #[test]
    fn secrets_of_another_length_or_version_are_refused() {
        let alice = Uuid::from_u128(1);
        let bytes = alices().encode(alice);
        for cut in 0..bytes.len() {
            assert!(AccountSecrets::decode(&bytes[..cut], alice).is_none());
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert!(AccountSecrets::decode(&longer, alice).is_none());
        let mut newer = bytes.to_vec();
        newer[0] = 2;
        assert!(AccountSecrets::decode(&newer, alice).is_none());
    }

    #[test]
    fn two_new_database_keys_differ() {
        let (one, other) = (DatabaseKey::generate().unwrap(), DatabaseKey::generate().unwrap());
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
