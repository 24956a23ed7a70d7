//! Curve25519 keys and their agreement (spec section 2).
//!
//! A public key is serialized as `0x05 || u`, a private key as its 32 clamped bytes. Agreement is X25519, and an
//! all-zero result is an error that aborts whatever was being computed. Which implementation computes it is the
//! business of `curve/x25519.rs` alone.
//!
//! Not here: signatures ([`crate::xeddsa`]), and the roles keys play in a handshake ([`crate::pqxdh`]).

mod x25519;

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The type byte in front of every serialized Curve25519 public key.
const TYPE_BYTE: u8 = 0x05;

/// The prime 2^255 - 19, little-endian.
const PRIME: [u8; 32] = {
    let mut bytes = [0xFF; 32];
    bytes[0] = 0xED;
    bytes[31] = 0x7F;
    bytes
};

/// A Curve25519 public key: the 32-byte little-endian Montgomery u coordinate, exactly as it was received.
///
/// Two keys are equal when their 32 bytes are; nothing is reduced first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

/// Why bytes are not a public or private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key has no bytes at all.
    #[error("a key of no bytes")]
    Empty,
    /// The first byte names another kind of key.
    #[error("a key of type {found:#04x}, expected {expected:#04x}")]
    Type {
        /// The type byte this kind of key has.
        expected: u8,
        /// The type byte found.
        found: u8,
    },
    /// There are too few bytes, or (for keys of exact length) too many.
    #[error("a key of {found} bytes, expected {expected}")]
    Length {
        /// The number of bytes, type byte included.
        expected: usize,
        /// The number of bytes found.
        found: usize,
    },
}

/// The agreed value was all zero: the peer's key is a point of small order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key agreement gave no secret")]
pub struct InvalidAgreement;

impl PublicKey {
    /// The length of the serialized form, type byte included.
    pub const SERIALIZED_LENGTH: usize = 33;

    /// The key with this u coordinate.
    pub const fn from_u(u: [u8; 32]) -> Self {
        Self(u)
    }

    /// Reads the serialized form. Bytes after the 33rd are dropped, as every implementation in the field does.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let (&found, rest) = bytes.split_first().ok_or(KeyError::Empty)?;
        if found != TYPE_BYTE {
            return Err(KeyError::Type {
                expected: TYPE_BYTE,
                found,
            });
        }
        match rest.first_chunk() {
            Some(u) => Ok(Self(*u)),
            None => Err(KeyError::Length {
                expected: Self::SERIALIZED_LENGTH,
                found: bytes.len(),
            }),
        }
    }

    /// The serialized form, `0x05 || u`: what is sent, signed, and authenticated.
    pub fn to_bytes(&self) -> [u8; Self::SERIALIZED_LENGTH] {
        let mut bytes = [TYPE_BYTE; Self::SERIALIZED_LENGTH];
        let (_, u) = bytes.split_at_mut(1);
        u.copy_from_slice(&self.0);
        bytes
    }

    /// The u coordinate.
    pub const fn u(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether this is the one encoding of a point in the prime-order subgroup of the curve (not of its twist).
    ///
    /// Asked of base keys only (spec section 15): each canonical key has one encoding, so that the memory of base
    /// keys already used cannot be passed by re-encoding one.
    pub fn is_canonical(&self) -> bool {
        let reduced = self.0.iter().rev().lt(PRIME.iter().rev());
        reduced
            && MontgomeryPoint(self.0)
                .to_edwards(0)
                .is_some_and(|point| is_torsion_free(&point))
    }
}

/// Whether L P is the identity, asked as (L - 1) P = -P: scalars are numbers modulo L, and L - 1 is the largest.
///
/// The point is public, so that time may depend on it; that saves a fifth.
fn is_torsion_free(point: &EdwardsPoint) -> bool {
    EdwardsPoint::vartime_double_scalar_mul_basepoint(&-Scalar::ONE, point, &Scalar::ZERO) == -point
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PublicKey(")?;
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// A Curve25519 private key: 32 clamped bytes, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PrivateKey([u8; 32]);

impl PrivateKey {
    /// Draws 32 bytes and clamps them.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let key = Self(clamp_integer(bytes));
        bytes.zeroize();
        key
    }

    /// Imports 32 bytes, clamping them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Length {
            expected: 32,
            found: bytes.len(),
        })?;
        Ok(Self(clamp_integer(bytes)))
    }

    /// The key of 32 bytes that were derived, which are clamped.
    pub(crate) fn clamped(bytes: zeroize::Zeroizing<[u8; 32]>) -> Self {
        Self(clamp_integer(*bytes))
    }

    /// The 32 clamped bytes, to be stored in a safe place.
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key that belongs to this one.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(x25519::public_key(&self.0))
    }

    /// X25519 with the peer's public key.
    pub fn agree(&self, their: &PublicKey) -> Result<Agreement, InvalidAgreement> {
        x25519::agree(&self.0, &their.0)
            .map(Agreement)
            .ok_or(InvalidAgreement)
    }
}

/// The 32 bytes two keys agreed on; never all zero. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Agreement([u8; 32]);

impl Agreement {
    /// The agreed bytes, which are input for a key derivation and nothing else.
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A private key beside its public key, so that the latter is computed once.
#[derive(Clone)]
pub struct KeyPair {
    public: PublicKey,
    private: PrivateKey,
}

impl KeyPair {
    /// Draws 32 bytes for a fresh pair.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        PrivateKey::generate(rng).into()
    }

    /// The public half.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The private half.
    pub const fn private(&self) -> &PrivateKey {
        &self.private
    }

    /// Puts stored halves together again without computing anything. The caller vouches that they belong together.
    pub(crate) const fn from_stored(public: PublicKey, private: PrivateKey) -> Self {
        Self { public, private }
    }
}

impl From<PrivateKey> for KeyPair {
    fn from(private: PrivateKey) -> Self {
        Self {
            public: private.public_key(),
            private,
        }
    }
}

/// The public key by which a person is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct IdentityKey(PublicKey);

impl IdentityKey {
    /// The identity that this public key is.
    pub const fn new(key: PublicKey) -> Self {
        Self(key)
    }

    /// Reads the 33-byte form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        PublicKey::from_bytes(bytes).map(Self)
    }

    /// The 33-byte form.
    pub fn to_bytes(&self) -> [u8; PublicKey::SERIALIZED_LENGTH] {
        self.0.to_bytes()
    }

    /// The key itself, for agreement and for checking signatures.
    pub const fn public_key(&self) -> &PublicKey {
        &self.0
    }
}

/// The long-term key pair of a person: everything else is signed with it.
#[derive(Clone)]
pub struct IdentityKeyPair(KeyPair);

impl IdentityKeyPair {
    /// Draws 32 bytes for a new identity.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(KeyPair::generate(rng))
    }

    /// The identity of an imported private key.
    pub fn from_private(private: PrivateKey) -> Self {
        Self(private.into())
    }

    /// The public identity.
    pub const fn identity_key(&self) -> IdentityKey {
        IdentityKey(self.0.public)
    }

    /// The private half.
    pub const fn private_key(&self) -> &PrivateKey {
        &self.0.private
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::EIGHT_TORSION;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_point_is_torsion_free_when_the_library_says_so(seed: [u8; 32], torsion in 0..8usize) {
            let point = EdwardsPoint::mul_base_clamped(seed) + EIGHT_TORSION[torsion];
            prop_assert_eq!(is_torsion_free(&point), point.is_torsion_free());
            prop_assert_eq!(is_torsion_free(&point), torsion == 0);
        }
    }
}
