//! The root key and its step.
//!
//! ```text
//! new root key || new chain key = HKDF(root key, DH(own ratchet key, their ratchet key), "WhisperRatchet", 64)
//! ```

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::curve::{InvalidAgreement, PrivateKey, PublicKey};
use crate::kdf::hkdf;
use crate::ratchet::ChainKey;

const LABEL: &[u8] = b"WhisperRatchet";

/// The key that every ratchet step renews. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct RootKey([u8; 32]);

impl RootKey {
    pub(crate) const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The next root key, and the chain that starts with it.
    pub(crate) fn step(
        &self,
        own: &PrivateKey,
        their: &PublicKey,
    ) -> Result<(Self, ChainKey), InvalidAgreement> {
        let [root, chain] = *hkdf(Some(&self.0), own.agree(their)?.expose_bytes(), LABEL);
        Ok((Self(root), ChainKey::first(chain)))
    }
}
