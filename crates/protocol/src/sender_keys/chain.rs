//! The sender's chain, one step per group message, and the keys of one message (spec section 1).
//!
//! ```text
//! message seed i = HMAC(chain key i, 0x01)
//! chain key i+1  = HMAC(chain key i, 0x02)
//! IV (16) || cipher key (32) = HKDF(none, message seed i, "WhisperGroup", 48)
//! ```

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::kdf::hkdf;
use crate::ratchet::{ChainKey, MessageSeed};

const LABEL: &[u8] = b"WhisperGroup";

/// The chain key of one sender in one group. It steps as a pairwise chain does, and is never used as one. Wiped when
/// dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SenderChainKey(ChainKey);

impl SenderChainKey {
    /// Draws 32 bytes for a chain's first key.
    pub(super) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(key.as_mut());
        Self(ChainKey::first(*key))
    }

    /// The key a chain has come to.
    pub(super) const fn from_parts(key: [u8; 32], iteration: u32) -> Self {
        Self(ChainKey::from_parts(key, iteration))
    }

    /// The number of the chain's next message.
    pub(super) const fn iteration(&self) -> u32 {
        self.0.index()
    }

    pub(super) const fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    /// The seed of message [`Self::iteration`], and the chain after it. `None` after the last number there is.
    pub(super) fn step(&self) -> Option<(SenderMessageSeed, Self)> {
        let (seed, next) = self.0.step()?;
        Some((SenderMessageSeed(seed), Self(next)))
    }

    /// The chain after message [`Self::iteration`], for whose seed there is no use.
    pub(super) fn skip(&self) -> Option<Self> {
        self.0.skip().map(Self)
    }
}

/// What the keys of one group message derive from. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SenderMessageSeed(MessageSeed);

impl SenderMessageSeed {
    /// Takes stored bytes for a seed.
    pub const fn from_array(bytes: [u8; 32]) -> Self {
        Self(MessageSeed::from_array(bytes))
    }

    /// The 32 bytes, to be stored in a safe place.
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    pub(super) fn keys(&self) -> SenderMessageKeys {
        let okm = hkdf::<48, 1>(None, self.expose_bytes(), LABEL);
        let [okm] = &*okm;
        let mut keys = SenderMessageKeys {
            iv: [0; 16],
            cipher_key: [0; 32],
        };
        keys.iv.copy_from_slice(&okm[..16]);
        keys.cipher_key.copy_from_slice(&okm[16..]);
        keys
    }
}

/// The keys of one group message, used for it once. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct SenderMessageKeys {
    iv: [u8; 16],
    cipher_key: [u8; 32],
}

impl SenderMessageKeys {
    /// AES-256-CBC with PKCS#7 padding.
    pub(super) fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        cbc::Encryptor::<Aes256>::new(&self.cipher_key.into(), &self.iv.into())
            .encrypt_padded_vec::<Pkcs7>(plaintext)
    }

    /// Undoes [`Self::encrypt`]; `None` if there is nothing to undo. Only for a body whose signature has verified:
    /// bad padding must tell an attacker nothing.
    pub(super) fn decrypt(&self, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        cbc::Decryptor::<Aes256>::new(&self.cipher_key.into(), &self.iv.into())
            .decrypt_padded_vec::<Pkcs7>(body)
            .map(Zeroizing::new)
            .ok()
    }
}

/// What the vectors say about one step of a chain.
#[cfg(test)]
pub(crate) struct ChainStep {
    pub(crate) iteration: u32,
    pub(crate) seed: [u8; 32],
    pub(crate) iv: [u8; 16],
    pub(crate) cipher_key: [u8; 32],
    pub(crate) next_chain_key: [u8; 32],
}

/// The first steps of a chain, with everything they derive.
#[cfg(test)]
pub(crate) fn chain_steps(chain_key: [u8; 32], count: usize) -> Vec<ChainStep> {
    let mut chain_key = SenderChainKey::from_parts(chain_key, 0);
    (0..count)
        .map(|_| {
            let iteration = chain_key.iteration();
            let (seed, next) = chain_key.step().unwrap();
            chain_key = next;
            let keys = seed.keys();
            ChainStep {
                iteration,
                seed: *seed.expose_bytes(),
                iv: keys.iv,
                cipher_key: keys.cipher_key,
                next_chain_key: *chain_key.expose_bytes(),
            }
        })
        .collect()
}
