//! Safety numbers: fingerprints that two people compare (`fingerprint.md`).
//!
//! ```text
//! h = SHA512(0x00 0x00 || key || identifier || key), then n - 1 times h = SHA512(h || key)
//! ```

mod displayable;
mod scannable;

pub use displayable::DisplayableFingerprint;
pub use scannable::{ScanError, ScannableFingerprint, Scanned};

use sha2::{Digest, Sha512};

use crate::curve::{IdentityKey, PublicKey};

/// How often a fingerprint is hashed in practice: what makes searching for a similar one slow.
pub const ITERATIONS: u32 = 5200;

/// The format number in front of what is hashed.
const FORMAT: [u8; 2] = [0, 0];

/// One person's part of a safety number.
///
/// It depends on nothing but that person's identifier and key, and nearly all the work of a safety number is in it:
/// compute our own once and keep it, and each comparison costs half.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint([u8; 64]);

/// The number of iterations is not between 2 and 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{found} iterations, expected 2 to 1000000")]
pub struct IterationsOutOfRange {
    /// The number asked for.
    pub found: u32,
}

impl Fingerprint {
    /// The fingerprint of a person under a stable identifier, hashed [`ITERATIONS`] times.
    ///
    /// The identifier is [`ServiceId::to_variable_width`](crate::address::ServiceId::to_variable_width) for
    /// scannable fingerprints of version 2.
    pub fn new(identifier: &[u8], identity: &IdentityKey) -> Self {
        Self::iterate(identifier, identity, ITERATIONS)
    }

    /// The same with another number of iterations.
    pub fn with_iterations(
        identifier: &[u8],
        identity: &IdentityKey,
        iterations: u32,
    ) -> Result<Self, IterationsOutOfRange> {
        match iterations {
            2..=1_000_000 => Ok(Self::iterate(identifier, identity, iterations)),
            found => Err(IterationsOutOfRange { found }),
        }
    }

    fn iterate(identifier: &[u8], identity: &IdentityKey, iterations: u32) -> Self {
        let key = identity.to_bytes();
        let first = Sha512::new()
            .chain_update(FORMAT)
            .chain_update(key)
            .chain_update(identifier)
            .chain_update(key)
            .finalize();
        let mut input = [0; 64 + PublicKey::SERIALIZED_LENGTH];
        input[..64].copy_from_slice(&first);
        input[64..].copy_from_slice(&key);
        for _ in 1..iterations {
            // One block each time. RustCrypto's SHA-512 is 12 % faster at it than ring's.
            let hash = Sha512::digest(input);
            input[..64].copy_from_slice(&hash);
        }
        let mut result = [0; 64];
        result.copy_from_slice(&input[..64]);
        Self(result)
    }
}
