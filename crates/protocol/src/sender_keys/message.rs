//! The group message (spec section 3).
//!
//! ```text
//! version byte || protobuf || XEdDSA signature over all before
//! ```

use prost::Message as _;
use rand_core::CryptoRng;

use crate::message::MalformedMessage;
use crate::sender_keys::{DistributionId, SenderChainId, VERSION_BYTE, after_version};
use crate::xeddsa::{BadSignature, Signature, SigningKey, Verifier};

/// The protobuf between version byte and signature. Zero values are written.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Fields {
    #[prost(bytes = "vec", optional, tag = "1")]
    distribution: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "2")]
    chain: Option<u32>,
    #[prost(uint32, optional, tag = "3")]
    iteration: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "4")]
    ciphertext: Option<Vec<u8>>,
}

/// A group message: parsed, its signature not yet checked.
#[derive(Clone)]
pub struct SenderKeyMessage {
    bytes: Vec<u8>,
    distribution: DistributionId,
    chain: SenderChainId,
    iteration: u32,
    ciphertext: Vec<u8>,
}

/// What a group message is made of, before its signature.
pub(super) struct Contents {
    pub(super) distribution: DistributionId,
    pub(super) chain: SenderChainId,
    pub(super) iteration: u32,
    pub(super) ciphertext: Vec<u8>,
}

impl SenderKeyMessage {
    /// The number by which applications tell the kinds of message apart.
    pub const TYPE_NUMBER: u8 = 7;

    /// Reads the wire form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMessage> {
        let too_short = MalformedMessage::TooShort { found: bytes.len() };
        let (fields, _signature) = after_version(bytes)?
            .split_last_chunk::<{ Signature::LENGTH }>()
            .ok_or(too_short)?;
        let fields = Fields::decode(fields).map_err(|_| MalformedMessage::Protobuf)?;
        let missing = |number| MalformedMessage::MissingField { number };
        Ok(Self {
            bytes: bytes.to_vec(),
            distribution: DistributionId::from_field(fields.distribution)?,
            chain: SenderChainId(fields.chain.ok_or(missing(2))?),
            iteration: fields.iteration.ok_or(missing(3))?,
            ciphertext: fields.ciphertext.ok_or(missing(4))?,
        })
    }

    /// Writes a message and signs it. Draws 64 bytes.
    pub(super) fn new(contents: Contents, key: &SigningKey, rng: &mut impl CryptoRng) -> Self {
        let fields = Fields {
            distribution: Some(contents.distribution.as_bytes().to_vec()),
            chain: Some(contents.chain.0),
            iteration: Some(contents.iteration),
            ciphertext: Some(contents.ciphertext),
        };
        let mut bytes = Vec::with_capacity(1 + fields.encoded_len() + Signature::LENGTH);
        bytes.push(VERSION_BYTE);
        fields.encode_raw(&mut bytes);
        let signature = key.sign(&[&bytes], rng);
        bytes.extend_from_slice(signature.as_bytes());
        Self {
            bytes,
            distribution: contents.distribution,
            chain: contents.chain,
            iteration: contents.iteration,
            ciphertext: fields.ciphertext.unwrap_or_default(),
        }
    }

    /// The wire form, exactly as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which distribution it belongs to: with the sender's address, which record to decrypt it in.
    pub const fn distribution(&self) -> DistributionId {
        self.distribution
    }

    /// The sender's chain.
    pub const fn chain(&self) -> SenderChainId {
        self.chain
    }

    /// The message's number in its chain.
    pub const fn iteration(&self) -> u32 {
        self.iteration
    }

    pub(super) fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// Checks the signature, over the bytes as received.
    pub(super) fn verify(&self, sender: &Verifier) -> Result<(), BadSignature> {
        let (covered, signature) = self
            .bytes
            .split_last_chunk::<{ Signature::LENGTH }>()
            .ok_or(BadSignature)?;
        sender.verify(&[covered], &Signature::from_array(*signature))
    }
}
