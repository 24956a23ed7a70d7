//! What shows that somebody holds an invite.

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The one-time secret of an invite: 16 random bytes. Whoever holds it can become a contact.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct InviteSecret([u8; Self::LENGTH]);

impl InviteSecret {
    /// Its length.
    pub(crate) const LENGTH: usize = 16;

    /// A new one.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self([0; Self::LENGTH]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// Takes the bytes of a link or a message.
    pub(crate) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub(crate) const fn expose_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl PartialEq for InviteSecret {
    /// Takes the same time whatever the answer.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for InviteSecret {}
