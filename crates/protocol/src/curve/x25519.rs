//! X25519 on bytes, by the fastest implementation this machine can run (`docs/adr/0030-x25519.md`).
//!
//! ```text
//! x86-64 and 64-bit ARM with the instructions it needs   graviola (formally verified assembly of s2n-bignum)
//! everything else                                        x25519-dalek
//! ```
//!
//! Both compute RFC 7748, and both clamp the private key and ignore the top bit of u; the tests below hold them
//! together on keys of every kind.

use subtle::ConstantTimeEq;

/// The public key of a private one.
pub(super) fn public_key(private: &[u8; 32]) -> [u8; 32] {
    accelerated::public_key(private).unwrap_or_else(|| portable::public_key(private))
}

/// The agreed value; `None` if it is all zero.
pub(super) fn agree(private: &[u8; 32], their: &[u8; 32]) -> Option<[u8; 32]> {
    let agreed = accelerated::agree(private, their).unwrap_or_else(|| portable::agree(private, their));
    (!bool::from(agreed.ct_eq(&[0; 32]))).then_some(agreed)
}

mod portable {
    use x25519_dalek::{PublicKey, StaticSecret, x25519};

    pub(super) fn public_key(private: &[u8; 32]) -> [u8; 32] {
        PublicKey::from(&StaticSecret::from(*private)).to_bytes()
    }

    pub(super) fn agree(private: &[u8; 32], their: &[u8; 32]) -> [u8; 32] {
        x25519(*private, *their)
    }
}

/// Answers `None` where it does not run.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod accelerated {
    use graviola::key_agreement::x25519::{PublicKey, StaticPrivateKey};

    pub(super) fn public_key(private: &[u8; 32]) -> Option<[u8; 32]> {
        runs().then(|| StaticPrivateKey::from_array(private).public_key().as_bytes())
    }

    pub(super) fn agree(private: &[u8; 32], their: &[u8; 32]) -> Option<[u8; 32]> {
        runs().then(|| {
            StaticPrivateKey::from_array(private)
                .diffie_hellman(&PublicKey::from_array(their))
                // Its one error is the all-zero result.
                .map_or([0; 32], |shared| shared.as_bytes())
        })
    }

    /// Whether the processor has what graviola asserts (its README), and BMI2, which its multiplications use. Asking
    /// costs a few loads: the standard library remembers the answer.
    #[cfg(target_arch = "x86_64")]
    fn runs() -> bool {
        use std::arch::is_x86_feature_detected as has;
        has!("adx")
            && has!("bmi1")
            && has!("bmi2")
            && has!("avx")
            && has!("avx2")
            && has!("aes")
            && has!("pclmulqdq")
    }

    /// Whether the processor has what graviola asserts (its README).
    #[cfg(target_arch = "aarch64")]
    fn runs() -> bool {
        use std::arch::is_aarch64_feature_detected as has;
        has!("neon") && has!("aes") && has!("pmull") && has!("sha2")
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod accelerated {
    pub(super) fn public_key(_private: &[u8; 32]) -> Option<[u8; 32]> {
        None
    }

    pub(super) fn agree(_private: &[u8; 32], _their: &[u8; 32]) -> Option<[u8; 32]> {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Coordinates at which implementations have differed: around zero, the prime and 2^255, and points of small
    /// order, on the curve and on its twist, with and without the top bit.
    fn odd_coordinates() -> Vec<[u8; 32]> {
        let mut all = Vec::new();
        let mut push = |low: u8, middle: u8, high: u8| {
            let mut u = [middle; 32];
            (u[0], u[31]) = (low, high);
            all.push(u);
        };
        for top in [0x00, 0x80] {
            (0..=32).for_each(|low| push(low, 0x00, top));
            (0xD0..=0xFF).for_each(|low| push(low, 0xFF, 0x7F | top));
        }
        for of_order_8 in [
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        ] {
            let mut u = [0; 32];
            hex::decode_to_slice(of_order_8, &mut u).unwrap();
            all.push(u);
            u[31] |= 0x80;
            all.push(u);
        }
        all
    }

    fn held_together(private: &[u8; 32], their: &[u8; 32]) {
        if let Some(agreed) = accelerated::agree(private, their) {
            assert_eq!(agreed, portable::agree(private, their));
        }
        if let Some(public) = accelerated::public_key(private) {
            assert_eq!(public, portable::public_key(private));
        }
    }

    #[test]
    fn both_agree_at_coordinates_that_are_odd_or_have_no_secret() {
        let mut without_secret = 0;
        for u in odd_coordinates() {
            for private in [[0; 32], [0xFF; 32], [0x42; 32]] {
                held_together(&private, &u);
                without_secret += usize::from(agree(&private, &u).is_none());
            }
        }
        // 0, 1, p - 1, p, p + 1 and the two of order 8, with and without the top bit, for three keys.
        assert_eq!(without_secret, 7 * 2 * 3);
    }

    proptest! {
        #[test]
        fn both_agree(private: [u8; 32], their: [u8; 32]) {
            held_together(&private, &their);
        }
    }
}
