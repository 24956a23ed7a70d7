//! Version 2: a content encrypted once, its seed wrapped for every recipient (spec section 5).
//!
//! ```text
//! e          = HKDF(none, seed, "Sealed Sender v2: r (2023-08)", 32), clamped; E its public key
//! ck         = HKDF(none, seed, "Sealed Sender v2: K", 32)
//! wrapped_i  = seed XOR HKDF(none, DH(e, R_i) || E || R_i, "Sealed Sender v2: DH", 32)
//! tag_i      = HKDF(none, DH(S, R_i) || E || wrapped_i || S || R_i, "Sealed Sender v2: DH-sender", 16)
//! ciphertext = AES-256-GCM-SIV(ck, nonce 0, content)
//!
//! received   = 0x22 || wrapped || tag || u of E || ciphertext
//! ```
//!
//! The nonce is constant because every content has a key of its own; the SIV mode forgives if a seed ever came twice.

use aes_gcm_siv::aead::Aead;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::curve::{
    Agreement, IdentityKey, IdentityKeyPair, InvalidAgreement, KeyPair, PrivateKey, PublicKey,
};
use crate::kdf::hkdf;
use crate::sealed_sender::{Content, MalformedContent, MalformedSealedMessage, OpenError, SealError};

/// The first byte of the form that a recipient gets.
const RECEIVED_VERSION_BYTE: u8 = 0x22;

const EPHEMERAL_LABEL: &[u8] = b"Sealed Sender v2: r (2023-08)";
const KEY_LABEL: &[u8] = b"Sealed Sender v2: K";
const MASK_LABEL: &[u8] = b"Sealed Sender v2: DH";
const TAG_LABEL: &[u8] = b"Sealed Sender v2: DH-sender";

/// What everything in one message derives from. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Seed([u8; 32]);

impl Seed {
    fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Self([0; 32]);
        rng.fill_bytes(&mut seed.0);
        seed
    }

    fn ephemeral(&self) -> KeyPair {
        let [bytes] = *hkdf::<32, 1>(None, &self.0, EPHEMERAL_LABEL);
        PrivateKey::clamped(Zeroizing::new(bytes)).into()
    }

    fn content_key(&self) -> Zeroizing<[u8; 32]> {
        let [key] = *hkdf::<32, 1>(None, &self.0, KEY_LABEL);
        Zeroizing::new(key)
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new((&*self.content_key()).into())
    }

    /// Wraps the seed, and unwraps it again.
    fn masked(&self, mask: &[u8; 32]) -> Self {
        let mut masked = Self(self.0);
        masked
            .0
            .iter_mut()
            .zip(mask)
            .for_each(|(byte, mask)| *byte ^= mask);
        masked
    }
}

/// What only one recipient gets: the wrapped seed, and the tag that proves who sent it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ForRecipient {
    pub(super) wrapped: [u8; 32],
    pub(super) tag: [u8; 16],
}

impl ForRecipient {
    pub(super) const LENGTH: usize = 48;
}

/// What every recipient gets: E without its type byte, and the ciphertext.
#[derive(Clone)]
pub(super) struct Shared {
    ephemeral: PublicKey,
    ciphertext: Vec<u8>,
}

impl Shared {
    /// Reads it; `None` if there are fewer bytes than E has.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (ephemeral, ciphertext) = bytes.split_first_chunk()?;
        Some(Self {
            ephemeral: PublicKey::from_u(*ephemeral),
            ciphertext: ciphertext.to_vec(),
        })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.ephemeral.u());
        bytes.extend_from_slice(&self.ciphertext);
    }

    pub(super) const fn length(&self) -> usize {
        32 + self.ciphertext.len()
    }
}

/// A content in the making: encrypted, to be wrapped for its recipients.
pub(super) struct Sealing<'a> {
    sender: &'a IdentityKeyPair,
    seed: Seed,
    ephemeral: KeyPair,
    shared: Shared,
}

impl<'a> Sealing<'a> {
    /// Encrypts a content. Draws 32 bytes.
    pub(super) fn start(
        content: &[u8],
        sender: &'a IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SealError> {
        let seed = Seed::generate(rng);
        let ephemeral = seed.ephemeral();
        let ciphertext = seed.cipher().encrypt(&Nonce::default(), content);
        let shared = Shared {
            ephemeral: *ephemeral.public(),
            ciphertext: ciphertext.map_err(|_| SealError::TooLong)?,
        };
        Ok(Self {
            sender,
            seed,
            ephemeral,
            shared,
        })
    }

    /// Wraps the seed for a recipient.
    pub(super) fn wrap(&self, recipient: &IdentityKey) -> Result<ForRecipient, InvalidAgreement> {
        let agreement = self.ephemeral.private().agree(recipient.public_key())?;
        let wrapped = self
            .seed
            .masked(&mask(&agreement, self.ephemeral.public(), recipient))
            .0;
        let agreement = self.sender.private_key().agree(recipient.public_key())?;
        let tag = tag(
            &agreement,
            self.ephemeral.public(),
            &wrapped,
            &self.sender.identity_key(),
            recipient,
        );
        Ok(ForRecipient { wrapped, tag })
    }

    pub(super) fn into_shared(self) -> Shared {
        self.shared
    }
}

/// A message of version 2 as one recipient gets it: parsed, not yet authenticated.
pub(super) struct SealedV2 {
    for_us: ForRecipient,
    shared: Shared,
}

impl SealedV2 {
    pub(super) const fn new(for_us: ForRecipient, shared: Shared) -> Self {
        Self { for_us, shared }
    }

    /// Reads what follows the version byte.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedSealedMessage> {
        let parse = || {
            let (wrapped, rest) = bytes.split_first_chunk()?;
            let (tag, rest) = rest.split_first_chunk()?;
            Some(Self {
                for_us: ForRecipient {
                    wrapped: *wrapped,
                    tag: *tag,
                },
                shared: Shared::from_bytes(rest)?,
            })
        };
        parse().ok_or(MalformedSealedMessage::TooShort {
            found: bytes.len() + 1,
        })
    }

    /// The form that is received, version byte included.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + ForRecipient::LENGTH + self.shared.length());
        bytes.push(RECEIVED_VERSION_BYTE);
        bytes.extend_from_slice(&self.for_us.wrapped);
        bytes.extend_from_slice(&self.for_us.tag);
        self.shared.write(&mut bytes);
        bytes
    }

    /// Works backwards: the seed, whether it made E, the content, and whether the sender it names wrapped the seed.
    pub(super) fn open(&self, recipient: &IdentityKeyPair) -> Result<Content, OpenError> {
        let private = recipient.private_key();
        let ephemeral = &self.shared.ephemeral;
        let identity = recipient.identity_key();

        let agreement = private.agree(ephemeral).map_err(|_| OpenError::Seal)?;
        let seed = Seed(self.for_us.wrapped).masked(&mask(&agreement, ephemeral, &identity));
        if seed.ephemeral().public() != ephemeral {
            return Err(OpenError::Seal);
        }
        let content = seed
            .cipher()
            .decrypt(&Nonce::default(), &*self.shared.ciphertext)
            .map_err(|_| OpenError::Seal)?;
        let content =
            Content::from_bytes(&Zeroizing::new(content)).map_err(|error: MalformedContent| error)?;

        let sender = &content.claims().identity;
        let agreement = private.agree(sender.public_key()).map_err(|_| OpenError::Seal)?;
        let expected = tag(&agreement, ephemeral, &self.for_us.wrapped, sender, &identity);
        if bool::from(expected.ct_eq(&self.for_us.tag)) {
            Ok(content)
        } else {
            Err(OpenError::Seal)
        }
    }
}

fn mask(agreement: &Agreement, ephemeral: &PublicKey, recipient: &IdentityKey) -> Zeroizing<[u8; 32]> {
    let parts = [
        &agreement.expose_bytes()[..],
        &ephemeral.to_bytes(),
        &recipient.to_bytes(),
    ];
    let material = Zeroizing::new(parts.concat());
    let [mask] = *hkdf::<32, 1>(None, &material, MASK_LABEL);
    Zeroizing::new(mask)
}

fn tag(
    agreement: &Agreement,
    ephemeral: &PublicKey,
    wrapped: &[u8; 32],
    sender: &IdentityKey,
    recipient: &IdentityKey,
) -> [u8; 16] {
    let parts = [
        &agreement.expose_bytes()[..],
        &ephemeral.to_bytes(),
        wrapped,
        &sender.to_bytes(),
        &recipient.to_bytes(),
    ];
    let material = Zeroizing::new(parts.concat());
    let [tag] = *hkdf::<16, 1>(None, &material, TAG_LABEL);
    tag
}

/// What the vectors say about a seed.
#[cfg(test)]
pub(crate) struct Parts {
    pub(crate) ephemeral: KeyPair,
    pub(crate) content_key: [u8; 32],
}

/// What derives from a seed.
#[cfg(test)]
pub(crate) fn parts(seed: [u8; 32]) -> Parts {
    let seed = Seed(seed);
    Parts {
        ephemeral: seed.ephemeral(),
        content_key: *seed.content_key(),
    }
}
