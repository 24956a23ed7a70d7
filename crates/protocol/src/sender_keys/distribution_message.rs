//! The distribution message, by which members learn a sender key (spec section 2).

use prost::Message as _;
use prost::bytes::Bytes;
use zeroize::Zeroizing;

use crate::curve::{KeyError, PublicKey};
use crate::message::{MalformedMessage, key};
use crate::sender_keys::chain::SenderChainKey;
use crate::sender_keys::{DistributionId, SenderChainId, SenderKeyState, VERSION_BYTE, after_version};

/// The protobuf behind the version byte.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Fields {
    #[prost(bytes = "vec", optional, tag = "1")]
    distribution: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "2")]
    chain: Option<u32>,
    #[prost(uint32, optional, tag = "3")]
    iteration: Option<u32>,
    /// A part of a buffer that is wiped with its last part: a copy of it would not be.
    #[prost(bytes = "bytes", optional, tag = "4")]
    chain_key: Option<Bytes>,
    #[prost(bytes = "vec", optional, tag = "5")]
    verifying_key: Option<Vec<u8>>,
}

/// What lets a member read a sender's messages from now on. A secret: it travels inside pairwise sessions.
#[derive(Clone)]
pub struct DistributionMessage {
    bytes: Zeroizing<Vec<u8>>,
    distribution: DistributionId,
    chain: SenderChainId,
    chain_key: SenderChainKey,
    verifying_key: PublicKey,
}

impl DistributionMessage {
    /// Reads the wire form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMessage> {
        let fields = Fields::decode(wiped(after_version(bytes)?)).map_err(|_| MalformedMessage::Protobuf)?;
        let missing = |number| MalformedMessage::MissingField { number };
        let distribution = DistributionId::from_field(fields.distribution)?;
        let chain = SenderChainId(fields.chain.ok_or(missing(2))?);
        let iteration = fields.iteration.ok_or(missing(3))?;
        let chain_key = fields.chain_key.as_deref().ok_or(missing(4))?;
        let chain_key =
            Zeroizing::new(
                <[u8; 32]>::try_from(chain_key).map_err(|_| MalformedMessage::Length {
                    number: 4,
                    expected: 32,
                    found: chain_key.len(),
                })?,
            );
        let verifying_key = key(5, &fields.verifying_key)?;
        // Elsewhere bytes after the 33rd are dropped; here they are refused.
        let found = fields.verifying_key.as_ref().map_or(0, Vec::len);
        if found != PublicKey::SERIALIZED_LENGTH {
            let source = KeyError::Length {
                expected: PublicKey::SERIALIZED_LENGTH,
                found,
            };
            return Err(MalformedMessage::Key { number: 5, source });
        }
        Ok(Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            distribution,
            chain,
            chain_key: SenderChainKey::from_parts(*chain_key, iteration),
            verifying_key,
        })
    }

    /// What a sender tells about its state as it now is.
    pub(super) fn new(distribution: DistributionId, state: &SenderKeyState) -> Self {
        let fields = Fields {
            distribution: Some(distribution.as_bytes().to_vec()),
            chain: Some(state.id.0),
            iteration: Some(state.chain_key.iteration()),
            chain_key: Some(wiped(state.chain_key.expose_bytes())),
            verifying_key: Some(state.verifier.public_key().to_bytes().to_vec()),
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 + fields.encoded_len()));
        bytes.push(VERSION_BYTE);
        fields.encode_raw(&mut *bytes);
        Self {
            bytes,
            distribution,
            chain: state.id,
            chain_key: state.chain_key.clone(),
            verifying_key: *state.verifier.public_key(),
        }
    }

    /// The wire form, exactly as received. It holds secrets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which distribution it is for: with the sender's address, which record to process it in.
    pub const fn distribution(&self) -> DistributionId {
        self.distribution
    }

    /// The chain it tells about.
    pub const fn chain(&self) -> SenderChainId {
        self.chain
    }

    /// The number of the first message that can be read with it.
    pub const fn iteration(&self) -> u32 {
        self.chain_key.iteration()
    }

    pub(super) const fn chain_key(&self) -> &SenderChainKey {
        &self.chain_key
    }

    pub(super) const fn verifying_key(&self) -> &PublicKey {
        &self.verifying_key
    }
}

/// Bytes that are wiped when the last part of them is dropped.
fn wiped(bytes: &[u8]) -> Bytes {
    Bytes::from_owner(Zeroizing::new(bytes.to_vec()))
}
