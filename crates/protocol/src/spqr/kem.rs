//! ML-KEM-768 with its public key and ciphertext cut in two, so that the first part of the ciphertext can be made
//! before the large part of the key has arrived (`spqr.md` section 3).
//!
//! ```text
//! header  hdr (64)   = rho || H(EK)          first ciphertext part  ct1 (960) = u
//! vector  ek (1152)  = t-hat, encoded        second ciphertext part ct2 (128) = v
//! step 1:  hdr, m -> ct1, shared secret      step 2:  hdr, m, ek -> ct2
//! ```
//!
//! `ct1 || ct2` is what standard encapsulation of m to EK gives. What is kept between the steps is m (32 bytes) and the
//! header, not the implementation's 2080 bytes; likewise the seed (64 bytes) stands for the decapsulation key (2400).
//! Each is worked out again once per epoch.

use std::sync::Arc;

use libcrux_ml_kem::mlkem768::incremental;
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::spqr::erasure::Value;

/// Chunks of `ek`.
pub(super) const EK_CHUNKS: usize = 36;
/// Chunks of `ct1`.
pub(super) const CT1_CHUNKS: usize = 30;

/// The length of `hdr`.
pub(super) const HEADER_LENGTH: usize = 64;
/// The length of `ct2`.
pub(super) const CT2_LENGTH: usize = 128;

const SECRET_KEY_LENGTH: usize = 2400;
const VECTOR_LENGTH: usize = 1152;

/// `hdr`: the small part of a public key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Header(pub(super) [u8; HEADER_LENGTH]);

/// `ek`: the large part of a public key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct EncapsulationKey(pub(super) Value<EK_CHUNKS>);

/// `ct1`: the first part of a ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Ciphertext1(pub(super) Value<CT1_CHUNKS>);

/// `ct2`: the second part of a ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Ciphertext2(pub(super) [u8; CT2_LENGTH]);

/// d || z, from which a key pair follows. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct KeySeed([u8; 64]);

/// m, from which an encapsulation follows. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct EncapsulationSeed([u8; 32]);

/// What both sides of an exchange know in the end. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct SharedSecret([u8; 32]);

/// An encapsulation key that belongs to the header and is a valid encoding: only with one is step 2 done.
#[derive(Clone)]
pub(super) struct MatchingKey(EncapsulationKey);

/// The encapsulation key is not the header's, or has a coefficient that is not below 3329.
pub(super) struct KeyMismatch;

/// A key pair, worked out from its seed. Wiped when dropped.
pub(super) struct KeyPair(Zeroizing<[u8; SECRET_KEY_LENGTH]>);

impl KeySeed {
    /// Draws 64 bytes, into the one place where they stay.
    pub(super) fn generate(rng: &mut impl CryptoRng) -> Arc<Self> {
        let mut seed = Arc::new(Self([0; 64]));
        rng.fill_bytes(&mut Arc::make_mut(&mut seed).0);
        seed
    }

    pub(super) const fn from_array(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    pub(super) const fn expose_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    pub(super) fn key_pair(&self) -> KeyPair {
        let mut secret = Zeroizing::new([0; SECRET_KEY_LENGTH]);
        incremental::generate_key_pair_compressed(self.0, &mut secret);
        KeyPair(secret)
    }
}

impl KeyPair {
    // The standard decapsulation key is s-hat (1152) || t-hat (1152) || rho (32) || H(EK) (32) || z (32).

    pub(super) fn header(&self) -> Header {
        let [_, _, rest] = self.parts();
        let mut header = Header([0; HEADER_LENGTH]);
        header.0.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        header
    }

    pub(super) fn encapsulation_key(&self) -> EncapsulationKey {
        let [_, key, _] = self.parts();
        #[expect(clippy::expect_used, reason = "`parts` cuts it to this length")]
        Value::from_bytes(key).map(EncapsulationKey).expect("36 pieces")
    }

    /// Recovers the shared secret. A ciphertext made for another key gives a pseudorandom value, not an error.
    pub(super) fn decapsulate(&self, first: &Ciphertext1, second: &Ciphertext2) -> SharedSecret {
        let first = incremental::Ciphertext1 {
            value: first.0.to_array(),
        };
        let second = incremental::Ciphertext2 { value: second.0 };
        SharedSecret(incremental::decapsulate_compressed_key(&self.0, &first, &second))
    }

    fn parts(&self) -> [&[u8]; 3] {
        let (private, rest) = self.0.split_at(VECTOR_LENGTH);
        let (public, rest) = rest.split_at(VECTOR_LENGTH);
        [private, public, rest]
    }

    #[cfg(test)]
    pub(super) fn expose_bytes(&self) -> &[u8; SECRET_KEY_LENGTH] {
        &self.0
    }
}

impl Header {
    /// Checks that a key belongs to this header, and its encoding.
    pub(super) fn check(&self, key: EncapsulationKey) -> Result<MatchingKey, KeyMismatch> {
        match incremental::validate_pk_bytes(&self.0, key.0.as_bytes()) {
            Ok(()) => Ok(MatchingKey(key)),
            Err(_) => Err(KeyMismatch),
        }
    }
}

impl MatchingKey {
    /// Takes a key that was checked before it was stored.
    pub(super) const fn from_stored(key: EncapsulationKey) -> Self {
        Self(key)
    }

    pub(super) const fn key(&self) -> &EncapsulationKey {
        &self.0
    }
}

impl EncapsulationSeed {
    /// Draws 32 bytes, into the one place where they stay.
    pub(super) fn generate(rng: &mut impl CryptoRng) -> Arc<Self> {
        let mut seed = Arc::new(Self([0; 32]));
        rng.fill_bytes(&mut Arc::make_mut(&mut seed).0);
        seed
    }

    pub(super) const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Step 1.
    pub(super) fn first(&self, header: &Header) -> (Ciphertext1, SharedSecret) {
        let (first, secret, _) = self.begin(header);
        (first, secret)
    }

    /// Both steps: the whole ciphertext.
    pub(super) fn both(&self, header: &Header, key: &MatchingKey) -> (Ciphertext1, Ciphertext2) {
        let (first, _, between) = self.begin(header);
        let second = incremental::encapsulate2(&between, &key.0.0.to_array());
        (first, Ciphertext2(second.value))
    }

    fn begin(&self, header: &Header) -> (Ciphertext1, SharedSecret, Zeroizing<Between>) {
        let mut between = Zeroizing::new([0; incremental::encaps_state_len()]);
        let mut secret = SharedSecret([0; 32]);
        let first = incremental::encapsulate1(&header.0, self.0, &mut *between, &mut secret.0);
        #[expect(
            clippy::expect_used,
            reason = "the only errors are lengths, which are constants here"
        )]
        let first = first.expect("buffers of the lengths asked for");
        #[expect(clippy::expect_used, reason = "`Ciphertext1` has the length of the array")]
        let first = Value::from_bytes(&first.value).expect("30 pieces");
        (Ciphertext1(first), secret, between)
    }
}

/// What the implementation keeps between the steps. Secret.
type Between = [u8; incremental::encaps_state_len()];

impl SharedSecret {
    pub(super) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    #[cfg(test)]
    pub(super) const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}
