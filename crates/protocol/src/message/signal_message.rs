//! `SignalMessage`, the plain message (spec section 10).
//!
//! ```text
//! version byte || protobuf || first 8 bytes of HMAC(MAC key, sender identity || receiver identity || all before)
//! ```

use prost::Message as _;
use subtle::ConstantTimeEq;

use crate::address::{ProtocolAddress, ServiceId};
use crate::curve::{IdentityKey, PublicKey};
use crate::kdf::hmac_of;
use crate::message::proto::SignalFields;
use crate::message::{MalformedMessage, Version, key};

const MAC_LENGTH: usize = 8;

/// A plain message: parsed, not yet authenticated.
#[derive(Clone)]
pub struct SignalMessage {
    bytes: Vec<u8>,
    version: Version,
    ratchet_key: PublicKey,
    counter: u32,
    previous_counter: u32,
    body: Vec<u8>,
    post_quantum: Vec<u8>,
    addresses: Option<Vec<u8>>,
}

/// What a message is made of, before its MAC.
pub(crate) struct Contents {
    pub(crate) ratchet_key: PublicKey,
    pub(crate) counter: u32,
    pub(crate) previous_counter: u32,
    pub(crate) body: Vec<u8>,
    /// Field 5, left out when empty.
    pub(crate) post_quantum: Vec<u8>,
    pub(crate) addresses: Option<AddressPair>,
}

/// The two identities a message is authenticated for.
#[derive(Clone, Copy)]
pub(crate) struct Parties<'a> {
    pub(crate) sender: &'a IdentityKey,
    pub(crate) receiver: &'a IdentityKey,
}

/// Field 6: who sends to whom.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct AddressPair([u8; 36]);

impl AddressPair {
    /// `None` unless both names are service ids.
    pub(crate) fn new(sender: &ProtocolAddress, recipient: &ProtocolAddress) -> Option<Self> {
        const HALF: usize = ServiceId::FIXED_WIDTH + 1;
        let mut pair = [0; 2 * HALF];
        pair[..HALF - 1].copy_from_slice(&sender.service_id()?.to_fixed_width());
        pair[HALF - 1] = sender.device().get();
        pair[HALF..2 * HALF - 1].copy_from_slice(&recipient.service_id()?.to_fixed_width());
        pair[2 * HALF - 1] = recipient.device().get();
        Some(Self(pair))
    }
}

impl SignalMessage {
    /// Reads the wire form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMessage> {
        let too_short = MalformedMessage::TooShort { found: bytes.len() };
        let Some((&version, rest)) = bytes.split_first() else {
            return Err(too_short);
        };
        let Some((fields, _mac)) = rest.split_last_chunk::<MAC_LENGTH>() else {
            return Err(too_short);
        };
        let version = Version::from_byte(version)?;
        let fields = SignalFields::decode(fields).map_err(|_| MalformedMessage::Protobuf)?;
        let missing = |number| MalformedMessage::MissingField { number };
        Ok(Self {
            version,
            ratchet_key: key(1, &fields.ratchet_key)?,
            counter: fields.counter.ok_or(missing(2))?,
            previous_counter: fields.previous_counter.unwrap_or(0),
            body: fields.ciphertext.ok_or(missing(4))?,
            post_quantum: fields.post_quantum.unwrap_or_default(),
            addresses: fields.addresses,
            bytes: bytes.to_vec(),
        })
    }

    /// The wire form, exactly as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The version it was written under.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The sender's ratchet key.
    pub const fn ratchet_key(&self) -> &PublicKey {
        &self.ratchet_key
    }

    /// The message's number in its chain.
    pub const fn counter(&self) -> u32 {
        self.counter
    }

    /// The counter of the last message of the chain before. Nothing uses it.
    pub const fn previous_counter(&self) -> u32 {
        self.previous_counter
    }

    /// The encrypted plaintext.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Field 5, the post-quantum ratchet's message ([`crate::spqr::Message`]); empty when absent.
    pub fn post_quantum(&self) -> &[u8] {
        &self.post_quantum
    }

    /// Writes a message and authenticates it.
    pub(crate) fn new(contents: Contents, mac_key: &[u8; 32], parties: Parties<'_>) -> Self {
        let fields = SignalFields {
            ratchet_key: Some(contents.ratchet_key.to_bytes().to_vec()),
            counter: Some(contents.counter),
            previous_counter: Some(contents.previous_counter),
            ciphertext: Some(contents.body),
            post_quantum: Some(contents.post_quantum).filter(|message| !message.is_empty()),
            addresses: contents.addresses.map(|pair| pair.0.to_vec()),
        };
        let mut bytes = Vec::with_capacity(1 + fields.encoded_len() + MAC_LENGTH);
        bytes.push(Version::CURRENT_BYTE);
        fields.encode_raw(&mut bytes);
        let mac = mac(mac_key, parties, &bytes);
        bytes.extend_from_slice(&mac);
        Self {
            bytes,
            version: Version::Current,
            ratchet_key: contents.ratchet_key,
            counter: contents.counter,
            previous_counter: contents.previous_counter,
            body: fields.ciphertext.unwrap_or_default(),
            post_quantum: fields.post_quantum.unwrap_or_default(),
            addresses: fields.addresses,
        }
    }

    /// Whether the MAC is right, over the bytes as received.
    pub(crate) fn verify_mac(&self, mac_key: &[u8; 32], parties: Parties<'_>) -> bool {
        let Some((covered, found)) = self.bytes.split_last_chunk::<MAC_LENGTH>() else {
            return false;
        };
        mac(mac_key, parties, covered).ct_eq(found).into()
    }

    /// Whether field 6, if it is there, says what we believe.
    pub(crate) fn verify_addresses(&self, believed: Option<AddressPair>) -> bool {
        match (&self.addresses, believed) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(found), Some(believed)) => *found == believed.0,
        }
    }
}

fn mac(key: &[u8; 32], parties: Parties<'_>, covered: &[u8]) -> [u8; MAC_LENGTH] {
    let full = hmac_of(
        key,
        &[&parties.sender.to_bytes(), &parties.receiver.to_bytes(), covered],
    );
    let mut mac = [0; MAC_LENGTH];
    mac.copy_from_slice(&full[..MAC_LENGTH]);
    mac
}
