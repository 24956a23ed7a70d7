//! HMAC-SHA-256 and HKDF-SHA-256 as the specification writes them (section 1).

use std::sync::LazyLock;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// `HMAC(key, ·)`, ready for its message.
pub(crate) fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key shorter than a block is padded with zeros to one: doing it here leaves no length that could be wrong.
    let mut block = Zeroizing::new([0; 64]);
    block
        .iter_mut()
        .zip(key)
        .for_each(|(padded, byte)| *padded = *byte);
    Hmac::new((&*block).into())
}

/// `HMAC(key, parts...)`, 32 bytes.
pub(crate) fn hmac_of(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = hmac(key);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// HMAC under the key that no salt stands for. The same for every derivation, and two of the blocks that it hashes.
static UNSALTED: LazyLock<Hmac<Sha256>> = LazyLock::new(|| hmac(&[0; 32]));

/// `HKDF(salt, ikm, info, K * B)`, cut into K pieces of B bytes. No salt is the same as 32 zero bytes.
pub(crate) fn hkdf<const B: usize, const K: usize>(
    salt: Option<&[u8; 32]>,
    ikm: &[u8],
    info: &[u8],
) -> Zeroizing<[[u8; B]; K]> {
    let extractor = salt.map_or_else(|| UNSALTED.clone(), hmac);
    let key: Zeroizing<[u8; 32]> = Zeroizing::new(extractor.chain_update(ikm).finalize().into_bytes().into());
    #[expect(
        clippy::expect_used,
        reason = "the only error is a key below the 32 bytes this one has"
    )]
    expand(&Hkdf::from_prk(&*key).expect("a key of 32 bytes"), info)
}

/// [`hkdf`] with a salt of any length.
pub(crate) fn hkdf_salted<const B: usize, const K: usize>(
    salt: &[u8],
    ikm: &[u8],
    info: &[u8],
) -> Zeroizing<[[u8; B]; K]> {
    expand(&Hkdf::new(Some(salt), ikm), info)
}

fn expand<const B: usize, const K: usize>(hkdf: &Hkdf<Sha256>, info: &[u8]) -> Zeroizing<[[u8; B]; K]> {
    const { assert!(B * K <= 255 * 32, "HKDF-SHA-256 gives at most 255 blocks") };
    let mut okm = Zeroizing::new([[0; B]; K]);
    let expanded = hkdf.expand(info, okm.as_flattened_mut());
    #[expect(
        clippy::expect_used,
        reason = "the only error is a length above the one asserted at compile time"
    )]
    expanded.expect("an output of at most 255 blocks");
    okm
}
