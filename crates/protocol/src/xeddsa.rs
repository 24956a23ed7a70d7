//! XEdDSA: signatures made with Curve25519 keys (spec section 3).
//!
//! XEd25519 with one deviation from the published scheme: the sign of the Edwards public key is not normalised to 0
//! but carried in the top bit of the signature.
//!
//! ```text
//! a = k mod L,  A = enc(a B)
//! r = SHA512(0xFE || 0xFF * 31 || k || M || Z) mod L,  R = enc(r B)
//! h = SHA512(R || A || M) mod L
//! s = r + h a mod L
//! signature = R || s, with the sign of A in its last bit
//! ```

use std::sync::{Arc, OnceLock};

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::scalar::Scalar;
use rand_core::CryptoRng;
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, Zeroizing};

use crate::curve::{IdentityKey, IdentityKeyPair, PrivateKey, PublicKey};

/// What is hashed in front of the private key, so that the nonce's hash is never that of anything else.
const NONCE_PREFIX: [u8; 32] = {
    let mut bytes = [0xFF; 32];
    bytes[0] = 0xFE;
    bytes
};

/// What an identity signs to say that another identity is its own, in front of that identity's 33 bytes.
const ALTERNATE_IDENTITY_PREFIX: [&[u8]; 2] = [&[0xFF; 32], b"Signal_PNI_Signature"];

/// The bit of a signature's last byte that carries the sign of the signer's Edwards point.
const SIGN_BIT: u8 = 0x80;

/// The bits of s's last byte that are zero in every s below 2^253.
const TOO_LARGE: u8 = 0xE0;

/// An XEdDSA signature, not yet checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// The number of bytes of every signature.
    pub const LENGTH: usize = 64;

    /// Takes 64 bytes for a signature; whether it is one shows when it is verified.
    pub const fn from_array(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Takes bytes for a signature; `None` unless there are 64.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// The signature is not by this key over this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

impl PrivateKey {
    /// Signs the concatenation of `parts`. Draws 64 bytes.
    pub fn sign(&self, parts: &[&[u8]], rng: &mut impl CryptoRng) -> Signature {
        self.sign_as(&self.edwards_point(), parts, rng)
    }

    /// A: what half of the time of a signature goes into, and the same in all of them.
    fn edwards_point(&self) -> CompressedEdwardsY {
        let key = Zeroizing::new(Scalar::from_bytes_mod_order(*self.expose_bytes()));
        EdwardsPoint::mul_base(&key).compress()
    }

    fn sign_as(&self, public: &CompressedEdwardsY, parts: &[&[u8]], rng: &mut impl CryptoRng) -> Signature {
        let mut random = Zeroizing::new([0; 64]);
        rng.fill_bytes(random.as_mut());
        let key = Zeroizing::new(Scalar::from_bytes_mod_order(*self.expose_bytes()));

        let mut hash = Sha512::new()
            .chain_update(NONCE_PREFIX)
            .chain_update(self.expose_bytes());
        parts.iter().for_each(|part| hash.update(part));
        let mut wide: [u8; 64] = hash.chain_update(random.as_ref()).finalize().into();
        let nonce = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&wide));
        wide.zeroize();

        let commitment = EdwardsPoint::mul_base(&nonce).compress();
        let challenge = challenge(commitment.as_bytes(), public, parts);
        let s = *nonce + challenge * *key;

        let mut signature = [0; 64];
        let (left, right) = signature.split_at_mut(32);
        left.copy_from_slice(commitment.as_bytes());
        right.copy_from_slice(s.as_bytes());
        // s is below 2^253, so the bit is free.
        signature[63] |= public.as_bytes()[31] & SIGN_BIT;
        Signature(signature)
    }
}

/// A private key that signs many messages: its Edwards point is computed once and kept beside it.
#[derive(Clone)]
pub(crate) struct SigningKey {
    private: PrivateKey,
    point: CompressedEdwardsY,
}

impl SigningKey {
    /// Draws 32 bytes for a fresh key.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let private = PrivateKey::generate(rng);
        Self {
            point: private.edwards_point(),
            private,
        }
    }

    /// Signs the concatenation of `parts`. Draws 64 bytes.
    pub(crate) fn sign(&self, parts: &[&[u8]], rng: &mut impl CryptoRng) -> Signature {
        self.private.sign_as(&self.point, parts, rng)
    }

    /// The key whose signatures are checked with [`PublicKey::verify`].
    pub(crate) fn public_key(&self) -> PublicKey {
        self.private.public_key()
    }

    /// The private key and its Edwards point, to be stored in a safe place.
    pub(crate) fn expose_parts(&self) -> (&[u8; 32], &[u8; 32]) {
        (self.private.expose_bytes(), self.point.as_bytes())
    }

    /// Puts stored parts together again without computing anything.
    pub(crate) const fn from_stored(private: PrivateKey, point: [u8; 32]) -> Self {
        Self {
            private,
            point: CompressedEdwardsY(point),
        }
    }
}

impl PublicKey {
    /// Checks a signature over the concatenation of `parts`.
    pub fn verify(&self, parts: &[&[u8]], signature: &Signature) -> Result<(), BadSignature> {
        let (sign, s) = sign_and_response(signature)?;
        let signer = Signer::of(self, sign).ok_or(BadSignature)?;
        signer.verify(parts, signature, &s)
    }
}

/// Checks many signatures of one key. Its Edwards point, a quarter of the work, is computed for the first and kept;
/// clones share it.
#[derive(Clone)]
pub struct Verifier {
    key: PublicKey,
    /// The key as the points of either sign, once asked for; `None` if it has none. All good signatures carry the same
    /// sign, and a forged one of the other does not push it out.
    signers: Arc<[OnceLock<Option<Signer>>; 2]>,
}

/// A key as Edwards point of one sign.
struct Signer {
    negated: EdwardsPoint,
    encoded: CompressedEdwardsY,
}

impl Verifier {
    /// Will check signatures of this key.
    pub fn new(key: PublicKey) -> Self {
        Self {
            key,
            signers: Arc::default(),
        }
    }

    /// Whose signatures it checks.
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// Checks a signature over the concatenation of `parts`.
    pub fn verify(&self, parts: &[&[u8]], signature: &Signature) -> Result<(), BadSignature> {
        let (sign, s) = sign_and_response(signature)?;
        let [positive, negative] = &*self.signers;
        let kept = if sign == 0 { positive } else { negative };
        let signer = kept.get_or_init(|| Signer::of(&self.key, sign));
        signer.as_ref().ok_or(BadSignature)?.verify(parts, signature, &s)
    }
}

impl Signer {
    /// `None` if the key is on the twist.
    fn of(key: &PublicKey, sign: u8) -> Option<Self> {
        let point = MontgomeryPoint(*key.u()).to_edwards(sign)?;
        Some(Self {
            negated: -point,
            encoded: point.compress(),
        })
    }

    fn verify(&self, parts: &[&[u8]], signature: &Signature, s: &Scalar) -> Result<(), BadSignature> {
        let (commitment, _) = halves(&signature.0);
        let challenge = challenge(commitment, &self.encoded, parts);
        let expected = EdwardsPoint::vartime_double_scalar_mul_basepoint(&challenge, &self.negated, s);
        if expected.compress().as_bytes() == commitment {
            Ok(())
        } else {
            Err(BadSignature)
        }
    }
}

/// The sign of the signer's point, and s.
fn sign_and_response(signature: &Signature) -> Result<(u8, Scalar), BadSignature> {
    let (_, s) = halves(&signature.0);
    let sign = s[31] >> 7;
    let mut s = *s;
    s[31] &= !SIGN_BIT;
    if s[31] & TOO_LARGE != 0 {
        return Err(BadSignature);
    }
    // s need not be below L: the equation is the same for s and s + L.
    Ok((sign, Scalar::from_bytes_mod_order(s)))
}

impl IdentityKeyPair {
    /// Signs, as identity 1, that `other` is an identity of the same account. Draws 64 bytes.
    pub fn sign_alternate_identity(&self, other: &IdentityKey, rng: &mut impl CryptoRng) -> Signature {
        let [padding, label] = ALTERNATE_IDENTITY_PREFIX;
        self.private_key().sign(&[padding, label, &other.to_bytes()], rng)
    }
}

impl IdentityKey {
    /// Checks this identity's statement that `other` is an identity of the same account.
    pub fn verify_alternate_identity(&self, other: &Self, signature: &Signature) -> Result<(), BadSignature> {
        let [padding, label] = ALTERNATE_IDENTITY_PREFIX;
        self.public_key()
            .verify(&[padding, label, &other.to_bytes()], signature)
    }
}

/// h = SHA512(R || A || M) mod L.
fn challenge(commitment: &[u8; 32], public: &CompressedEdwardsY, parts: &[&[u8]]) -> Scalar {
    let mut hash = Sha512::new()
        .chain_update(commitment)
        .chain_update(public.as_bytes());
    parts.iter().for_each(|part| hash.update(part));
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// R and s, with the sign bit still in the latter.
fn halves(signature: &[u8; 64]) -> (&[u8; 32], &[u8; 32]) {
    let (left, right) = signature.split_at(32);
    // Proof: both halves of 64 bytes split at 32 have 32 bytes.
    (
        left.first_chunk().unwrap_or(&[0; 32]),
        right.first_chunk().unwrap_or(&[0; 32]),
    )
}
