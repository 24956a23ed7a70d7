//! The payload of a delivery: a ciphertext and, until envelopes are sealed, who sent it.
//!
//! Nothing else in the engine knows how the sender is named on the way. Sealing replaces this file: the relay then sees
//! ciphertext only (`docs/adr/0010-the-envelope-before-sealing.md`).

use prost::Message as _;
use sotto_protocol::message::CiphertextMessage;
use sotto_wire::{AccountId, DeviceId, Payload, PayloadError};

use crate::model::Address;
use crate::proto::envelope as proto;

/// Who sent an envelope, as the envelope claims: nothing is proven until its ciphertext decrypts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClaimedSender {
    /// Where they are reached.
    pub(crate) address: Address,
    /// Which of their devices.
    pub(crate) device: DeviceId,
}

/// An envelope taken apart.
pub(crate) struct Envelope {
    /// Who sent it, as it claims.
    pub(crate) sender: ClaimedSender,
    /// 2 or 3, as [`CiphertextMessage::from_bytes`] knows them.
    pub(crate) message_type: u8,
    /// What is to be decrypted.
    pub(crate) ciphertext: Vec<u8>,
}

/// The payload is no envelope of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payload that is no envelope")]
pub(crate) struct MalformedEnvelope;

impl Envelope {
    /// Puts an encrypted message of ours into an envelope.
    pub(crate) fn pack(message: &CiphertextMessage, sender: &ClaimedSender) -> Result<Payload, PayloadError> {
        Self::write(message.type_number(), message.as_bytes(), sender)
    }

    fn write(message_type: u8, ciphertext: &[u8], sender: &ClaimedSender) -> Result<Payload, PayloadError> {
        let envelope = proto::Envelope {
            r#type: message_type.into(),
            sender_account: sender.address.account.as_bytes().to_vec(),
            sender_device: sender.device.number(),
            sender_relay: sender.address.relay.to_string(),
            ciphertext: ciphertext.to_vec(),
        };
        Payload::new(envelope.encode_to_vec())
    }

    /// Takes a payload apart.
    pub(crate) fn parse(payload: &Payload) -> Result<Self, MalformedEnvelope> {
        let envelope = proto::Envelope::decode(payload.as_bytes()).map_err(|_| MalformedEnvelope)?;
        let account = AccountId::from_slice(&envelope.sender_account).map_err(|_| MalformedEnvelope)?;
        let relay = envelope.sender_relay.parse().map_err(|_| MalformedEnvelope)?;
        Ok(Self {
            sender: ClaimedSender {
                address: Address { account, relay },
                device: DeviceId::new(envelope.sender_device).map_err(|_| MalformedEnvelope)?,
            },
            message_type: u8::try_from(envelope.r#type).map_err(|_| MalformedEnvelope)?,
            ciphertext: envelope.ciphertext,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_envelope_comes_apart_as_it_was_put_together(
            message_type in 2..=3u8, device in 1..=127u32, ciphertext in prop::collection::vec(any::<u8>(), 1..3000),
        ) {
            let sender = ClaimedSender {
                address: Address { account: AccountId::random(), relay: "127.0.0.1:9800".parse().unwrap() },
                device: DeviceId::new(device).unwrap(),
            };
            let payload = Envelope::write(message_type, &ciphertext, &sender).unwrap();
            let envelope = Envelope::parse(&payload).unwrap();
            prop_assert_eq!(envelope.sender, sender);
            prop_assert_eq!(envelope.message_type, message_type);
            prop_assert_eq!(envelope.ciphertext, ciphertext);
        }

        #[test]
        fn whatever_comes_as_an_envelope_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 1..600)) {
            let _ = Envelope::parse(&Payload::new(bytes).unwrap());
        }
    }
}
