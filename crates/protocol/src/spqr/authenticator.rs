//! The authenticator: what ties the exchanged keys and ciphertexts to the session and to each other (`spqr.md`
//! section 5).
//!
//! ```text
//! start:           root = MAC key = 0*32, then update(1, PQ0)
//! update(e, k):    root || MAC key = HKDF(0*32, root || k, "...:Authenticator Update" || BE64(e), 64)
//! header MAC       = HMAC(MAC key, "...:ekheader" || BE64(e) || hdr)
//! ciphertext MAC   = HMAC(MAC key, "...:ciphertext" || BE64(e) || ct1 || ct2)
//! epoch secret     = HKDF(0*32, shared secret, "...:SCKA Key" || BE64(e), 32)
//! ```

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::kdf::{hkdf, hmac_of};
use crate::spqr::Epoch;
use crate::spqr::kem::{Ciphertext1, Ciphertext2, Header, SharedSecret};

const UPDATE_LABEL: &[u8] = b"Signal_PQCKA_V1_MLKEM768:Authenticator Update";
const HEADER_LABEL: &[u8] = b"Signal_PQCKA_V1_MLKEM768:ekheader";
const CIPHERTEXT_LABEL: &[u8] = b"Signal_PQCKA_V1_MLKEM768:ciphertext";
const EPOCH_SECRET_LABEL: &[u8] = b"Signal_PQCKA_V1_MLKEM768:SCKA Key";

/// The length of a MAC.
pub(super) const MAC_LENGTH: usize = 32;

/// PQ0: the key the post-quantum ratchet starts from, out of the key agreement. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct AuthenticationKey([u8; 32]);

impl AuthenticationKey {
    pub(crate) const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// ES: what a completed exchange gives to the chains and to the authenticator. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct EpochSecret([u8; 32]);

impl EpochSecret {
    pub(super) fn derive(shared: &SharedSecret, epoch: Epoch) -> Self {
        let [secret] = *hkdf(None, shared.expose_bytes(), &labelled(EPOCH_SECRET_LABEL, epoch));
        Self(secret)
    }

    pub(super) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    #[cfg(test)]
    pub(super) const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// A MAC that was received, to be compared in constant time; or one to be sent.
#[derive(Clone, Copy)]
pub(super) struct Mac(pub(super) [u8; MAC_LENGTH]);

impl Mac {
    pub(super) fn verifies(&self, received: &Self) -> bool {
        self.0.ct_eq(&received.0).into()
    }
}

/// The keys both sides have for a given epoch. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Authenticator {
    root: [u8; 32],
    mac_key: [u8; 32],
}

impl Authenticator {
    pub(super) fn start(key: &AuthenticationKey) -> Self {
        Self::from_parts([0; 32], [0; 32]).update(Epoch::FIRST, key.expose_bytes())
    }

    pub(super) const fn from_parts(root: [u8; 32], mac_key: [u8; 32]) -> Self {
        Self { root, mac_key }
    }

    /// The root and the MAC key.
    pub(super) const fn expose_parts(&self) -> (&[u8; 32], &[u8; 32]) {
        (&self.root, &self.mac_key)
    }

    /// The keys after an exchange.
    pub(super) fn after(&self, epoch: Epoch, secret: &EpochSecret) -> Self {
        self.update(epoch, secret.expose_bytes())
    }

    fn update(&self, epoch: Epoch, key: &[u8; 32]) -> Self {
        let input = Zeroizing::new([self.root, *key]);
        let [root, mac_key] = *hkdf(None, input.as_flattened(), &labelled(UPDATE_LABEL, epoch));
        Self { root, mac_key }
    }

    pub(super) fn header_mac(&self, epoch: Epoch, header: &Header) -> Mac {
        let epoch = epoch.number().to_be_bytes();
        Mac(hmac_of(&self.mac_key, &[HEADER_LABEL, &epoch, &header.0]))
    }

    pub(super) fn ciphertext_mac(&self, epoch: Epoch, first: &Ciphertext1, second: &Ciphertext2) -> Mac {
        let epoch = epoch.number().to_be_bytes();
        Mac(hmac_of(
            &self.mac_key,
            &[CIPHERTEXT_LABEL, &epoch, first.0.as_bytes(), &second.0],
        ))
    }
}

fn labelled(label: &[u8], epoch: Epoch) -> Vec<u8> {
    [label, &epoch.number().to_be_bytes()].concat()
}
