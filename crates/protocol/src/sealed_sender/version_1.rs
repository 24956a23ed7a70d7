//! Version 1: for one recipient (spec section 4).
//!
//! ```text
//! salt                = "UnidentifiedDelivery" || R || E
//! chain || ck1 || mk1 = HKDF(salt, DH(E, R), "", 96)
//! encrypted static    = SEAL(ck1, mk1, S)
//! _ || ck2 || mk2     = HKDF(chain || encrypted static, DH(S, R), "", 96)
//! encrypted message   = SEAL(ck2, mk2, content)
//!
//! SEAL(ck, mk, x)     = c || first 10 bytes of HMAC(mk, c), c = AES-256-CTR(ck, x)
//! ```
//!
//! S, R and E are the keys of sender, recipient and this message, in their 33-byte form where they are data.

use aes::Aes256;
use ctr::Ctr32BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use prost::Message as _;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::curve::{Agreement, IdentityKey, IdentityKeyPair, InvalidAgreement, KeyPair, PublicKey};
use crate::kdf::{hkdf_salted, hmac_of};
use crate::sealed_sender::MalformedSealedMessage;

/// The first byte of what we write: version 1, readable from version 1 on.
const VERSION_BYTE: u8 = 0x11;

const LABEL: &[u8; 20] = b"UnidentifiedDelivery";

const MAC_LENGTH: usize = 10;

/// The length of a sealed public key.
const STATIC_LENGTH: usize = PublicKey::SERIALIZED_LENGTH + MAC_LENGTH;

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Fields {
    #[prost(bytes = "vec", optional, tag = "1")]
    ephemeral: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "2")]
    sender: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "3")]
    message: Option<Vec<u8>>,
}

/// A message of version 1: parsed, not yet authenticated.
pub(super) struct SealedV1 {
    ephemeral: PublicKey,
    encrypted_sender: Vec<u8>,
    encrypted_message: Vec<u8>,
}

/// What was inside, and the identity that sealed it.
pub(super) struct OpenedV1 {
    pub(super) sender: PublicKey,
    pub(super) content: Zeroizing<Vec<u8>>,
}

impl SealedV1 {
    /// Reads what follows the version byte.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedSealedMessage> {
        let fields = Fields::decode(bytes).map_err(|_| MalformedSealedMessage::Protobuf)?;
        let missing = |number| MalformedSealedMessage::MissingField { number };
        let ephemeral = fields.ephemeral.ok_or(missing(1))?;
        Ok(Self {
            ephemeral: PublicKey::from_bytes(&ephemeral).map_err(MalformedSealedMessage::Key)?,
            encrypted_sender: fields.sender.ok_or(missing(2))?,
            encrypted_message: fields.message.ok_or(missing(3))?,
        })
    }

    /// `None` if it was not sealed for this recipient.
    pub(super) fn open(&self, recipient: &IdentityKeyPair) -> Option<OpenedV1> {
        let private = recipient.private_key();
        let agreement = private.agree(&self.ephemeral).ok()?;
        let outer = OuterKeys::derive(&agreement, &recipient.identity_key(), &self.ephemeral);
        let sender = outer.keys.open(&self.encrypted_sender)?;
        let sender = PublicKey::from_bytes(&sender).ok()?;
        let agreement = private.agree(&sender).ok()?;
        let content = outer
            .inner(&agreement, &self.encrypted_sender)
            .open(&self.encrypted_message)?;
        Some(OpenedV1 { sender, content })
    }
}

/// Seals a content.
pub(super) fn seal(
    content: &[u8],
    sender: &IdentityKeyPair,
    recipient: &IdentityKey,
    ephemeral: &KeyPair,
) -> Result<Vec<u8>, InvalidAgreement> {
    let agreement = ephemeral.private().agree(recipient.public_key())?;
    let outer = OuterKeys::derive(&agreement, recipient, ephemeral.public());
    let encrypted_sender = outer.keys.seal(&sender.identity_key().to_bytes());
    let agreement = sender.private_key().agree(recipient.public_key())?;
    let encrypted_message = outer.inner(&agreement, &encrypted_sender).seal(content);
    let fields = Fields {
        ephemeral: Some(ephemeral.public().to_bytes().to_vec()),
        sender: Some(encrypted_sender),
        message: Some(encrypted_message),
    };
    let mut bytes = Vec::with_capacity(1 + fields.encoded_len());
    bytes.push(VERSION_BYTE);
    fields.encode_raw(&mut bytes);
    Ok(bytes)
}

/// How long the sealed form of a content is.
pub(super) fn sealed_length(content: usize) -> usize {
    let field = |bytes: usize| 1 + prost::length_delimiter_len(bytes) + bytes;
    1 + field(PublicKey::SERIALIZED_LENGTH) + field(STATIC_LENGTH) + field(content + MAC_LENGTH)
}

/// A cipher key and a MAC key, used for one thing.
struct SealingKeys {
    cipher_key: Zeroizing<[u8; 32]>,
    mac_key: Zeroizing<[u8; 32]>,
}

impl SealingKeys {
    fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(plaintext.len() + MAC_LENGTH);
        sealed.extend_from_slice(plaintext);
        self.apply_cipher(&mut sealed);
        let mac = self.mac(&sealed);
        sealed.extend_from_slice(&mac);
        sealed
    }

    fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (ciphertext, mac) = sealed.split_last_chunk::<MAC_LENGTH>()?;
        if !bool::from(self.mac(ciphertext).ct_eq(mac)) {
            return None;
        }
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        self.apply_cipher(&mut plaintext);
        Some(plaintext)
    }

    /// Counter mode from an all-zero block, counting in its last 4 bytes.
    fn apply_cipher(&self, data: &mut [u8]) {
        Ctr32BE::<Aes256>::new((&*self.cipher_key).into(), &[0; 16].into()).apply_keystream(data);
    }

    fn mac(&self, ciphertext: &[u8]) -> [u8; MAC_LENGTH] {
        let full = hmac_of(&self.mac_key, &[ciphertext]);
        let mut mac = [0; MAC_LENGTH];
        mac.copy_from_slice(&full[..MAC_LENGTH]);
        mac
    }
}

/// What derives from the ephemeral key: the keys for the sender's identity, and what the inner keys are salted with.
struct OuterKeys {
    chain: Zeroizing<[u8; 32]>,
    keys: SealingKeys,
}

impl OuterKeys {
    fn derive(agreement: &Agreement, recipient: &IdentityKey, ephemeral: &PublicKey) -> Self {
        let mut salt = [0; LABEL.len() + 2 * PublicKey::SERIALIZED_LENGTH];
        salt[..20].copy_from_slice(LABEL);
        salt[20..53].copy_from_slice(&recipient.to_bytes());
        salt[53..].copy_from_slice(&ephemeral.to_bytes());
        let okm = hkdf_salted::<32, 3>(&salt, agreement.expose_bytes(), b"");
        let [chain, cipher_key, mac_key] = okm.map(Zeroizing::new);
        Self {
            chain,
            keys: SealingKeys { cipher_key, mac_key },
        }
    }

    /// The keys for the content.
    fn inner(&self, agreement: &Agreement, encrypted_sender: &[u8]) -> SealingKeys {
        let mut salt = Zeroizing::new(Vec::with_capacity(32 + STATIC_LENGTH));
        salt.extend_from_slice(&*self.chain);
        salt.extend_from_slice(encrypted_sender);
        let okm = hkdf_salted::<32, 3>(&salt, agreement.expose_bytes(), b"");
        let [_, cipher_key, mac_key] = okm.map(Zeroizing::new);
        SealingKeys { cipher_key, mac_key }
    }
}
