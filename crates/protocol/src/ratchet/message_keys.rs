//! The keys of one message.
//!
//! ```text
//! cipher key (32) || MAC key (32) || IV (16) = HKDF(post-quantum key or none, seed, "WhisperMessageKeys", 80)
//! ```

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::kdf::hkdf;
use crate::spqr::PostQuantumKey;

const LABEL: &[u8] = b"WhisperMessageKeys";

/// What the keys of one message derive from. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MessageSeed([u8; 32]);

impl MessageSeed {
    /// Takes stored bytes for a seed.
    pub const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, to be stored in a safe place.
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The body's length is not that of a ciphertext, or its padding is wrong.
pub(crate) struct DecryptionFailed;

/// The keys of one message, used for it once. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct MessageKeys {
    cipher_key: [u8; 32],
    mac_key: [u8; 32],
    iv: [u8; 16],
}

impl MessageKeys {
    pub(crate) fn derive(seed: &MessageSeed, post_quantum: Option<&PostQuantumKey>) -> Self {
        let okm = hkdf::<80, 1>(post_quantum.map(PostQuantumKey::expose_bytes), &seed.0, LABEL);
        let [okm] = &*okm;
        let mut keys = Self {
            cipher_key: [0; 32],
            mac_key: [0; 32],
            iv: [0; 16],
        };
        keys.cipher_key.copy_from_slice(&okm[..32]);
        keys.mac_key.copy_from_slice(&okm[32..64]);
        keys.iv.copy_from_slice(&okm[64..]);
        keys
    }

    pub(crate) const fn mac_key(&self) -> &[u8; 32] {
        &self.mac_key
    }

    /// AES-256-CBC with PKCS#7 padding.
    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        cbc::Encryptor::<Aes256>::new(&self.cipher_key.into(), &self.iv.into())
            .encrypt_padded_vec::<Pkcs7>(plaintext)
    }

    /// Undoes [`Self::encrypt`]. Only for a body whose MAC has verified: bad padding must tell an attacker nothing.
    pub(crate) fn decrypt(&self, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
        cbc::Decryptor::<Aes256>::new(&self.cipher_key.into(), &self.iv.into())
            .decrypt_padded_vec::<Pkcs7>(body)
            .map(Zeroizing::new)
            .map_err(|_| DecryptionFailed)
    }

    #[cfg(test)]
    pub(crate) const fn expose_parts(&self) -> (&[u8; 32], &[u8; 32], &[u8; 16]) {
        (&self.cipher_key, &self.mac_key, &self.iv)
    }
}
