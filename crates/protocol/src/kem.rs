//! The KEM of the handshake: CRYSTALS-Kyber-1024 as submitted to NIST's round 3 (spec section 4).
//!
//! Not ML-KEM-1024: the lattice is the same, the hashing around it is not, and the two do not interoperate. Every
//! serialized form carries the type byte `0x08` in front.

use libcrux_ml_kem::{kyber1024, mlkem1024};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use crate::curve::KeyError;

/// The type byte of Kyber-1024, round 3.
const TYPE_BYTE: u8 = 0x08;

const PUBLIC_LENGTH: usize = 1568;
const SECRET_LENGTH: usize = 3168;
const CIPHERTEXT_LENGTH: usize = 1568;

/// Checks type byte and exact length, and returns what comes after the type byte.
fn untyped<const N: usize>(bytes: &[u8]) -> Result<Box<[u8; N]>, KeyError> {
    let (&found, rest) = bytes.split_first().ok_or(KeyError::Empty)?;
    if found != TYPE_BYTE {
        return Err(KeyError::Type {
            expected: TYPE_BYTE,
            found,
        });
    }
    <[u8; N]>::try_from(rest)
        .map(Box::new)
        .map_err(|_| KeyError::Length {
            expected: N + 1,
            found: bytes.len(),
        })
}

/// Puts the type byte in front.
fn typed(bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(bytes.len() + 1);
    all.push(TYPE_BYTE);
    all.extend_from_slice(bytes);
    all
}

/// A Kyber-1024 public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Box<[u8; PUBLIC_LENGTH]>);

impl PublicKey {
    /// The length of the serialized form, type byte included.
    pub const SERIALIZED_LENGTH: usize = PUBLIC_LENGTH + 1;

    /// Reads the serialized form; its length must be exact. No modulus check is made.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        untyped(bytes).map(Self)
    }

    /// The serialized form, type byte included: what a prekey's signature covers.
    pub fn to_bytes(&self) -> Vec<u8> {
        typed(self.0.as_slice())
    }

    /// Makes a secret that only the owner of the secret key can recover from the ciphertext. Draws 32 bytes.
    pub fn encapsulate(&self, rng: &mut impl CryptoRng) -> (Ciphertext, SharedSecret) {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let (ciphertext, mut secret) =
            kyber1024::encapsulate(&mlkem1024::MlKem1024PublicKey::from(&*self.0), seed);
        seed.zeroize();
        let shared = SharedSecret(secret);
        secret.zeroize();
        (Ciphertext(Box::new(*ciphertext.as_slice())), shared)
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("kem::PublicKey(..)")
    }
}

/// A Kyber-1024 secret key, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey(Box<[u8; SECRET_LENGTH]>);

impl SecretKey {
    /// The length of the serialized form, type byte included.
    pub const SERIALIZED_LENGTH: usize = SECRET_LENGTH + 1;

    /// Reads the serialized form; its length must be exact.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        untyped(bytes).map(Self)
    }

    /// The serialized form, type byte included, to be stored in a safe place.
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(typed(self.0.as_slice()))
    }

    /// Recovers the secret. A ciphertext made for another key gives a pseudorandom value, not an error.
    pub fn decapsulate(&self, ciphertext: &Ciphertext) -> SharedSecret {
        let mut secret = mlkem1024::MlKem1024PrivateKey::from(&*self.0);
        let mut shared =
            kyber1024::decapsulate(&secret, &mlkem1024::MlKem1024Ciphertext::from(&*ciphertext.0));
        secret[..SECRET_LENGTH].zeroize();
        let result = SharedSecret(shared);
        shared.zeroize();
        result
    }
}

/// A ciphertext: what the initiator of a session sends so that the responder finds the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Ciphertext(Box<[u8; CIPHERTEXT_LENGTH]>);

impl Ciphertext {
    /// The length of the serialized form, type byte included.
    pub const SERIALIZED_LENGTH: usize = CIPHERTEXT_LENGTH + 1;

    /// Reads the serialized form; its length must be exact.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        untyped(bytes).map(Self)
    }

    /// The serialized form, type byte included.
    pub fn to_bytes(&self) -> Vec<u8> {
        typed(self.0.as_slice())
    }
}

impl std::fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("kem::Ciphertext(..)")
    }
}

/// The 32 bytes both sides of an encapsulation share. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SharedSecret([u8; 32]);

impl SharedSecret {
    /// The shared bytes, which are input for a key derivation and nothing else.
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A Kyber-1024 key pair.
#[derive(Clone)]
pub struct KeyPair {
    public: PublicKey,
    secret: SecretKey,
}

impl KeyPair {
    /// Draws 64 bytes for a fresh pair.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 64];
        rng.fill_bytes(&mut seed);
        let (mut secret, public) = kyber1024::generate_key_pair(seed).into_parts();
        seed.zeroize();
        let pair = Self {
            public: PublicKey(Box::new(*public.as_slice())),
            secret: SecretKey(Box::new(*secret.as_slice())),
        };
        secret[..SECRET_LENGTH].zeroize();
        pair
    }

    /// Puts stored halves together. The caller vouches that they belong together.
    pub const fn from_parts(public: PublicKey, secret: SecretKey) -> Self {
        Self { public, secret }
    }

    /// The public half.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The secret half.
    pub const fn secret(&self) -> &SecretKey {
        &self.secret
    }
}
