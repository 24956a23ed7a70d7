//! What commitment and words are made of.
//!
//! ```text
//! context    = SHA-256("Sotto words context v1" || ceremony || initiator || responder)
//!              a person: account (16) || length of the relay's address (2, big-endian) || the address || identity key (33)
//! commitment = SHA-256("Sotto words commitment v1" || context || initiator's nonce)
//! words      = HMAC-SHA-256(key: initiator's nonce || responder's nonce, "Sotto words v1" || context),
//!              of which the first eight bytes are four numbers of two bytes, big-endian; of each, the lowest eleven bits:
//!              the initiator reads out the first two words, the responder the other two
//! ```
//! Both sides compute all of it from what *they* believe: their own key, and the key they have of the other.

use rand::CryptoRng;
use ring::digest;
use ring::hmac;
use sotto_protocol::curve::IdentityKey;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::list::Word;
use crate::model::Address;

const CONTEXT: &[u8] = b"Sotto words context v1";
const COMMITMENT: &[u8] = b"Sotto words commitment v1";
const WORDS: &[u8] = b"Sotto words v1";

/// The name of one ceremony: 16 random bytes, drawn by who begins it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CeremonyId(pub(crate) [u8; 16]);

/// What one side adds to the words, and keeps to itself until the other side cannot change its own any more.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Nonce([u8; Self::LENGTH]);

impl Nonce {
    /// Its length.
    pub(crate) const LENGTH: usize = 32;

    /// A new one.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut nonce = Self([0; Self::LENGTH]);
        rng.fill_bytes(&mut nonce.0);
        nonce
    }

    /// Takes the bytes of a message or of the database.
    pub(crate) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub(crate) const fn expose_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// What the initiator says of their nonce before they show it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commitment(pub(crate) [u8; 32]);

impl PartialEq for Commitment {
    /// Takes the same time whatever the answer.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Commitment {}

/// One of the two, as one of the two believes them to be.
pub(crate) struct Side<'a> {
    /// Where they are reached.
    pub(crate) address: &'a Address,
    /// Their identity key.
    pub(crate) key: &'a IdentityKey,
}

/// Who compares with whom, and in which ceremony.
#[derive(Clone, Copy)]
pub(crate) struct Context([u8; 32]);

/// The four words of a ceremony.
pub(super) struct Words {
    /// What the initiator reads out.
    pub(super) initiators: [Word; 2],
    /// What the responder reads out.
    pub(super) responders: [Word; 2],
}

impl Context {
    /// That of a ceremony between two.
    pub(crate) fn new(ceremony: CeremonyId, initiator: &Side<'_>, responder: &Side<'_>) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(CONTEXT);
        hash.update(&ceremony.0);
        for side in [initiator, responder] {
            let relay = side.address.relay.to_string();
            hash.update(side.address.account.as_bytes());
            // A relay's address is at most 300 bytes long.
            hash.update(&u16::try_from(relay.len()).unwrap_or(u16::MAX).to_be_bytes());
            hash.update(relay.as_bytes());
            hash.update(&side.key.to_bytes());
        }
        Self(array(hash.finish()))
    }

    pub(super) fn commitment(&self, nonce: &Nonce) -> Commitment {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(COMMITMENT);
        hash.update(&self.0);
        hash.update(&nonce.0);
        Commitment(array(hash.finish()))
    }

    pub(super) fn words(&self, initiators: &Nonce, responders: &Nonce) -> Words {
        let mut both = [initiators.0, responders.0].concat();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &both);
        both.zeroize();
        let mut mac = hmac::Context::with_key(&key);
        mac.update(WORDS);
        mac.update(&self.0);
        let tag = mac.sign();
        let mut numbers = tag.as_ref().chunks_exact(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        });
        // Proof: the tag is 32 bytes long, so that there are sixteen numbers.
        let mut word = || Word::chosen_by(numbers.next().unwrap_or_default());
        Words {
            initiators: [word(), word()],
            responders: [word(), word()],
        }
    }
}

fn array(digest: digest::Digest) -> [u8; 32] {
    let mut bytes = [0; 32];
    // Proof: SHA-256 is 32 bytes long.
    bytes.copy_from_slice(digest.as_ref());
    bytes
}
