//! A bounded memory of certificates whose signatures have verified.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};

/// Certificates remembered of each kind: somebody in conversation with more senders than that verifies some of them
/// again, no more. 16 KiB.
pub const MAX_VERIFIED_CERTIFICATES: usize = 256;

/// The hashes of certificates that have verified, oldest first. Only those enter, so that forged ones push none out.
#[derive(Clone, Default)]
pub(super) struct VerifiedCertificates(VecDeque<[u8; 32]>);

impl VerifiedCertificates {
    /// Whether `certificate` verifies: remembered, or found out by `verify`.
    pub(super) fn check(&mut self, certificate: &[u8], verify: impl FnOnce() -> bool) -> bool {
        let hash: [u8; 32] = Sha256::digest(certificate).into();
        if self.0.contains(&hash) {
            return true;
        }
        if !verify() {
            return false;
        }
        if self.0.len() == MAX_VERIFIED_CERTIFICATES {
            self.0.pop_front();
        }
        self.0.push_back(hash);
        true
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_verified_once() {
        let mut verified = VerifiedCertificates::default();
        assert!(verified.check(b"alice", || true));
        assert!(verified.check(b"alice", || unreachable!("it is remembered")));
        assert!(!verified.check(b"mallory", || false));
        assert!(
            !verified.check(b"mallory", || false),
            "what fails is not remembered"
        );
    }

    #[test]
    fn the_oldest_is_forgotten_when_there_are_too_many() {
        let mut verified = VerifiedCertificates::default();
        for sender in 0..=MAX_VERIFIED_CERTIFICATES {
            assert!(verified.check(&sender.to_be_bytes(), || true));
        }
        assert_eq!(verified.0.len(), MAX_VERIFIED_CERTIFICATES);
        assert!(verified.check(&1usize.to_be_bytes(), || false));
        assert!(!verified.check(&0usize.to_be_bytes(), || false));
    }
}
