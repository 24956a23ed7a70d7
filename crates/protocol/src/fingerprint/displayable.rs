//! Sixty digits, the same on both sides.
//!
//! ```text
//! of each side the first 30 bytes, as six big-endian 40-bit numbers, modulo 100000, five digits each;
//! the smaller half first
//! ```

use std::fmt::Write as _;

use crate::fingerprint::Fingerprint;

/// Sixty digits, the same on both sides.
#[derive(Clone, PartialEq, Eq)]
pub struct DisplayableFingerprint(String);

impl DisplayableFingerprint {
    /// Puts both people's parts together.
    pub fn new(local: &Fingerprint, remote: &Fingerprint) -> Self {
        let (local, remote) = (half(local), half(remote));
        Self(if local < remote {
            local + &remote
        } else {
            remote + &local
        })
    }

    /// The sixty digits, without spaces.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// One side's thirty digits.
fn half(fingerprint: &Fingerprint) -> String {
    let (groups, _) = fingerprint.0[..30].as_chunks::<5>();
    groups
        .iter()
        .fold(String::with_capacity(60), |mut digits, group| {
            let number = group
                .iter()
                .fold(0, |number: u64, &byte| number << 8 | u64::from(byte));
            // Proof: writing to a String does not fail.
            let _ = write!(digits, "{:05}", number % 100_000);
            digits
        })
}
