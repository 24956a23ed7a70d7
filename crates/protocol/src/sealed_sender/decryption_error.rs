//! The report of a message that did not decrypt (spec section 7).

use prost::Message as _;

use crate::curve::PublicKey;
use crate::message::CiphertextMessage;
use crate::prekey::Timestamp;
use crate::sealed_sender::{ContentMessage, MalformedPlaintextContent};

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Fields {
    #[prost(bytes = "vec", optional, tag = "1")]
    ratchet_key: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "2")]
    sent: Option<u64>,
    #[prost(uint32, optional, tag = "3")]
    device: Option<u32>,
}

/// Says to a sender which message did not decrypt.
///
/// The sender recognises a pairwise session that is broken by
/// [`SessionRecord::is_current_ratchet_key`](crate::session::SessionRecord::is_current_ratchet_key).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecryptionError {
    /// The ratchet key of the message; none for a group message.
    pub ratchet_key: Option<PublicKey>,
    /// When the message was sent.
    pub sent: Timestamp,
    /// The sender's device, as the report says; 0 if it says nothing.
    pub device: u32,
}

impl DecryptionError {
    /// Reports a message that was sent at a time by a device. `None` for a plaintext content, which is not encrypted.
    pub fn for_message(message: &ContentMessage, sent: Timestamp, device: u32) -> Option<Self> {
        let ratchet_key = match message {
            ContentMessage::Pairwise(CiphertextMessage::Signal(message)) => Some(*message.ratchet_key()),
            ContentMessage::Pairwise(CiphertextMessage::PreKeySignal(message)) => {
                Some(*message.message().ratchet_key())
            }
            ContentMessage::SenderKey(_) => None,
            ContentMessage::Plaintext(_) => return None,
        };
        Some(Self {
            ratchet_key,
            sent,
            device,
        })
    }

    /// Reads the serialized form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedPlaintextContent> {
        let fields = Fields::decode(bytes).map_err(|_| MalformedPlaintextContent::Protobuf)?;
        let ratchet_key = fields.ratchet_key.map(|key| PublicKey::from_bytes(&key));
        let sent = fields
            .sent
            .ok_or(MalformedPlaintextContent::MissingField { number: 2 })?;
        Ok(Self {
            ratchet_key: ratchet_key.transpose().map_err(MalformedPlaintextContent::Key)?,
            sent: Timestamp(sent),
            device: fields.device.unwrap_or(0),
        })
    }

    /// The serialized form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let fields = Fields {
            ratchet_key: self.ratchet_key.map(|key| key.to_bytes().to_vec()),
            sent: Some(self.sent.0),
            device: Some(self.device),
        };
        fields.encode_to_vec()
    }
}
