//! PQXDH: the key agreement that starts a session (spec section 7).
//!
//! ```text
//! secret = 0xFF * 32 || DH(IKA, SPKB) || DH(EKA, IKB) || DH(EKA, SPKB) [ || DH(EKA, OPKB) ] || KEM shared secret
//! RK0 || CK0 || PQ0 = HKDF(none, secret, "WhisperText_X25519_SHA-256_CRYSTALS-KYBER-1024", 96)
//! ```
//!
//! Not here: checking signatures, trust and canonical encodings, which comes before ([`crate::session`]).

use zeroize::Zeroizing;

use crate::curve::{IdentityKey, IdentityKeyPair, InvalidAgreement, KeyPair, PublicKey};
use crate::kdf::hkdf;
use crate::kem;
use crate::ratchet::{ChainKey, RootKey};
use crate::spqr::AuthenticationKey;

const LABEL: &[u8] = b"WhisperText_X25519_SHA-256_CRYSTALS-KYBER-1024";

/// What stands in front of the agreed values: never the start of an encoded curve point.
const PREFIX: [u8; 32] = [0xFF; 32];

/// Alice's side: her keys, and those of Bob's bundle.
pub(crate) struct Initiator<'a> {
    pub(crate) identity: &'a IdentityKeyPair,
    pub(crate) base: &'a KeyPair,
    pub(crate) their_identity: &'a IdentityKey,
    pub(crate) their_signed: &'a PublicKey,
    pub(crate) their_one_time: Option<&'a PublicKey>,
}

/// Bob's side: his prekeys, and the keys of Alice's message.
pub(crate) struct Responder<'a> {
    pub(crate) identity: &'a IdentityKeyPair,
    pub(crate) signed: &'a KeyPair,
    pub(crate) one_time: Option<&'a KeyPair>,
    pub(crate) their_identity: &'a IdentityKey,
    pub(crate) their_base: &'a PublicKey,
}

/// The secret as far as curves agree on it: all but what comes from the KEM. Wiped when dropped.
///
/// A step of its own, for Bob decapsulates last: of a message with a weak key and a malformed Kyber ciphertext, the
/// weak key is what he reports.
pub(crate) struct Agreed(Secret);

/// The secret both sides compute; wiped when dropped.
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

/// What a session starts with.
pub(crate) struct InitialKeys {
    /// RK0.
    pub(crate) root_key: RootKey,
    /// CK0, of Bob's first sending chain, in which nothing is ever sent.
    pub(crate) chain_key: ChainKey,
    /// PQ0.
    pub(crate) authentication_key: AuthenticationKey,
}

impl Initiator<'_> {
    pub(crate) fn agree(&self) -> Result<Agreed, InvalidAgreement> {
        let base = self.base.private();
        let mut secret = Secret::start();
        secret.push(
            self.identity
                .private_key()
                .agree(self.their_signed)?
                .expose_bytes(),
        );
        secret.push(base.agree(self.their_identity.public_key())?.expose_bytes());
        secret.push(base.agree(self.their_signed)?.expose_bytes());
        if let Some(one_time) = self.their_one_time {
            secret.push(base.agree(one_time)?.expose_bytes());
        }
        Ok(Agreed(secret))
    }
}

impl Responder<'_> {
    pub(crate) fn agree(&self) -> Result<Agreed, InvalidAgreement> {
        let mut secret = Secret::start();
        secret.push(
            self.signed
                .private()
                .agree(self.their_identity.public_key())?
                .expose_bytes(),
        );
        secret.push(self.identity.private_key().agree(self.their_base)?.expose_bytes());
        secret.push(self.signed.private().agree(self.their_base)?.expose_bytes());
        if let Some(one_time) = self.one_time {
            secret.push(one_time.private().agree(self.their_base)?.expose_bytes());
        }
        Ok(Agreed(secret))
    }
}

impl Agreed {
    pub(crate) fn with(mut self, kem_secret: &kem::SharedSecret) -> Secret {
        self.0.push(kem_secret.expose_bytes());
        self.0
    }
}

impl Secret {
    fn start() -> Self {
        // Room for all six pieces, so that no copy is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(6 * 32));
        bytes.extend_from_slice(&PREFIX);
        Self(bytes)
    }

    fn push(&mut self, piece: &[u8; 32]) {
        self.0.extend_from_slice(piece);
    }

    pub(crate) fn keys(&self) -> InitialKeys {
        let [root, chain, authentication] = *hkdf(None, &self.0, LABEL);
        InitialKeys {
            root_key: RootKey::from_array(root),
            chain_key: ChainKey::first(chain),
            authentication_key: AuthenticationKey::from_array(authentication),
        }
    }

    #[cfg(test)]
    pub(crate) fn expose_bytes(&self) -> &[u8] {
        &self.0
    }
}
