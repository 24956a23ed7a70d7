//! The server pepper: a key beside the database, so that a stolen database lists no user name and opens no mailbox.

use std::path::Path;

use ring::hmac;
use sotto_wire::{AccountId, CurveKey, DeliveryToken, UserName};

use crate::bus::BusKey;
use crate::hashes::{MeterKey, TokenHash, UserNameHash};
use crate::secret_file::{self, SecretFileError};
use crate::store::admission::Admission;

/// In front of what is hashed: one label for each purpose.
mod label {
    pub(super) const USER_NAME: &[u8] = b"user name\0";
    pub(super) const DELIVERY_TOKEN: &[u8] = b"delivery token\0";
    pub(super) const LOOK_UP: &[u8] = b"look-up\0";
    pub(super) const FINGERPRINT: &[u8] = b"fingerprint\0";
    pub(super) const RELAY_INVITE: &[u8] = b"relay invite\0";
    pub(super) const METER: &[u8] = b"meter\0";
    pub(super) const BUS: &[u8] = b"bus\0";
}

/// How long a look-up opens a mailbox: enough for a first message that is typed at once.
pub(crate) const LOOK_UP_MS: u64 = 10 * 60 * 1000;

/// How long a token of ours is: the moment it expires, and the MAC.
const LOOK_UP_BYTES: usize = 8 + 32;

/// The key; no `Debug`, never shown.
pub(crate) struct Pepper(hmac::Key);

impl Pepper {
    /// Reads the file, or makes it if the relay is new.
    pub(crate) fn open(path: &Path, relay_is_new: bool) -> Result<Self, SecretFileError> {
        let bytes = secret_file::open(path, relay_is_new)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice())))
    }

    /// The keyed hash of a user name.
    pub(crate) fn user_name(&self, name: &UserName) -> UserNameHash {
        UserNameHash(self.hash(label::USER_NAME, name.as_str().as_bytes()))
    }

    /// The keyed hash of a token of an owner's choice.
    pub(crate) fn delivery_token(&self, token: &DeliveryToken) -> TokenHash {
        TokenHash(self.hash(label::DELIVERY_TOKEN, token.as_bytes()))
    }

    /// What shows that an invite to this relay is its own.
    pub(crate) fn relay_invite(&self, head: &[u8]) -> [u8; 10] {
        // Proof: a hash is longer.
        self.hash(label::RELAY_INVITE, head)
            .first_chunk()
            .copied()
            .unwrap_or_default()
    }

    /// Whether an invite to this relay is its own. The two MACs are compared by MACs of theirs: how far a guess is right
    /// cannot be timed.
    pub(crate) fn is_relay_invite(&self, head: &[u8], mac: &[u8]) -> bool {
        let expected = hmac::sign(&self.0, &self.relay_invite(head));
        hmac::verify(&self.0, mac, expected.as_ref()).is_ok()
    }

    /// The key of a meter: whose it is cannot be told from it.
    pub(crate) fn meter(&self, of: &str, whose: &[u8]) -> MeterKey {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(label::METER);
        context.update(of.as_bytes());
        context.update(whose);
        // HMAC-SHA-256 has 32 bytes.
        MeterKey(context.sign().as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// What tells these secrets of a relay from those of others, and nothing else about them.
    pub(crate) fn fingerprint(&self, trust_root: &CurveKey) -> [u8; 32] {
        self.hash(label::FINGERPRINT, trust_root.as_bytes())
    }

    /// The key of what nodes tell each other.
    pub(crate) fn bus_key(&self) -> BusKey {
        let key = hmac::sign(&self.0, label::BUS);
        BusKey::new(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// What a token admits to, as far as can be said without the store.
    pub(crate) fn admission(&self, token: &DeliveryToken, account: AccountId, now_ms: u64) -> Admission {
        if self.is_look_up_token(token, account, now_ms) {
            Admission::LookUp
        } else {
            Admission::Token(self.delivery_token(token))
        }
    }

    fn is_look_up_token(&self, token: &DeliveryToken, account: AccountId, now_ms: u64) -> bool {
        let Some((expires, mac)) = token.as_bytes().split_first_chunk::<8>() else {
            return false;
        };
        let expires_at_ms = u64::from_be_bytes(*expires);
        let ours = hmac::verify(&self.0, &looked_up(account, expires_at_ms), mac).is_ok();
        ours && (now_ms..=now_ms.saturating_add(LOOK_UP_MS)).contains(&expires_at_ms)
    }

    /// A token for who looked the account's user name up, and when it expires. Nothing is stored of it.
    pub(crate) fn look_up_token(&self, account: AccountId, now_ms: u64) -> (DeliveryToken, u64) {
        let expires_at_ms = now_ms.saturating_add(LOOK_UP_MS);
        let mut token = [0; LOOK_UP_BYTES];
        let (expires, mac) = token.split_at_mut(8);
        expires.copy_from_slice(&expires_at_ms.to_be_bytes());
        mac.copy_from_slice(hmac::sign(&self.0, &looked_up(account, expires_at_ms)).as_ref());
        (token.into(), expires_at_ms)
    }

    fn hash(&self, label: &[u8], what: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(label);
        context.update(what);
        let mut hash = [0; 32];
        // HMAC-SHA-256 has 32 bytes.
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }
}

/// What the MAC in a look-up token is of.
fn looked_up(account: AccountId, expires_at_ms: u64) -> Vec<u8> {
    [label::LOOK_UP, account.as_bytes(), &expires_at_ms.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_opens_the_mailbox_it_was_made_for_and_not_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let pepper = Pepper::open(&folder.path().join("pepper"), true).unwrap();
        let (alice, bob, now) = (AccountId::random(), AccountId::random(), 1_800_000_000_000);
        let (token, expires) = pepper.look_up_token(alice, now);
        assert_eq!(pepper.admission(&token, alice, now), Admission::LookUp);
        assert_eq!(pepper.admission(&token, alice, expires), Admission::LookUp);
        for (account, at) in [(bob, now), (alice, expires + 1), (alice, 0)] {
            assert_ne!(pepper.admission(&token, account, at), Admission::LookUp);
        }
        // Any node that has the pepper knows it again; no other relay does.
        let again = Pepper::open(&folder.path().join("pepper"), false).unwrap();
        assert_eq!(again.admission(&token, alice, now), Admission::LookUp);
        let other = Pepper::open(&folder.path().join("other"), true).unwrap();
        assert_ne!(other.admission(&token, alice, now), Admission::LookUp);
    }

    #[test]
    fn a_look_up_token_cannot_be_made_to_last_longer() {
        let folder = tempfile::tempdir().unwrap();
        let pepper = Pepper::open(&folder.path().join("pepper"), true).unwrap();
        let (alice, now) = (AccountId::random(), 1_800_000_000_000);
        let (token, _) = pepper.look_up_token(alice, now);
        for at in 0..token.as_bytes().len() {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] ^= 1;
            let forged = DeliveryToken::new(bytes).unwrap();
            assert_ne!(pepper.admission(&forged, alice, now), Admission::LookUp);
        }
    }
}
