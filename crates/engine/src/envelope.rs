//! The payload of a delivery: a message of a session, sealed and padded.
//!
//! ```text
//! payload = sealed sender, version 1, of { sender certificate, message, zeros }    256 ..= 65,536 bytes, a power of two
//! ```
//! The relay sees neither who sent it nor what kind of message it is nor, but for the power of two, how long. Whoever
//! opens it knows that the sender owns the identity key in the certificate; whose that is says the trust root of the
//! sender's relay (`docs/adr/0016-sealed-delivery.md`).

use sotto_protocol::curve::{IdentityKey, PublicKey};
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::sealed_sender::{
    Content, ContentHint, ContentMessage, OpenedContent, Ourselves, SealedMessage, SenderCertificate,
    TrustRoots,
};
use sotto_wire::{AccountId, DeviceId, Payload, padded_length};

use crate::clock::Timestamp;
use crate::connection::Owner;

/// No payload comes of it: it is too long, or not for this key, or not by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message that cannot be sealed")]
pub(crate) struct Unsealable;

/// Seals a message that a session with the recipient encrypted.
pub(crate) fn seal(
    owner: &Owner,
    certificate: &SenderCertificate,
    recipient: &IdentityKey,
    message: CiphertextMessage,
) -> Result<Payload, Unsealable> {
    let (identity, message) = (&owner.party.identity, ContentMessage::from(message));
    let content = Content::new(&message, certificate.clone(), ContentHint::Default, None);
    let content = pad(content).ok_or(Unsealable)?;
    let sealed = content.seal_v1(identity, recipient, &mut rand::rng());
    Payload::new(sealed.map_err(|_| Unsealable)?).map_err(|_| Unsealable)
}

/// Up to the next length that relays take, or the one after it, if the next one cannot be met exactly.
fn pad(content: Content) -> Option<Content> {
    let least = padded_length(content.sealed_v1_length())?;
    [Some(least), padded_length(least + 1)]
        .into_iter()
        .flatten()
        .find_map(|length| content.clone().padded(length))
}

/// An envelope that was sealed for us.
pub(crate) struct Opened {
    content: OpenedContent,
    sender: AccountId,
    device: DeviceId,
}

/// The payload was not sealed for us, or holds nothing that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payload that cannot be opened")]
pub(crate) struct Unreadable;

impl Opened {
    /// Opens a payload.
    pub(crate) fn open(payload: &Payload, owner: &Owner) -> Result<Self, Unreadable> {
        let sealed = SealedMessage::from_bytes(payload.as_bytes()).map_err(|_| Unreadable)?;
        let content = sealed.open(&owner.party.identity).map_err(|_| Unreadable)?;
        let sender = &content.unvalidated().certificate().claims().sender;
        Ok(Self {
            sender: sender.name().parse().map_err(|_| Unreadable)?,
            device: DeviceId::new(sender.device().get().into()).map_err(|_| Unreadable)?,
            content,
        })
    }

    /// Who sent it, as the certificate claims. Nothing is proved of it before [`Self::validate`].
    pub(crate) fn sender(&self) -> AccountId {
        self.sender
    }

    /// Which of their devices, as the certificate claims.
    pub(crate) fn device(&self) -> DeviceId {
        self.device
    }

    /// What is to be decrypted, by whoever it may be. `None` if it is no message of a session.
    pub(crate) fn message(&self) -> Option<CiphertextMessage> {
        match self.content.unvalidated().message() {
            Ok(ContentMessage::Pairwise(message)) => Some(message),
            Ok(ContentMessage::SenderKey(_) | ContentMessage::Plaintext(_)) | Err(_) => None,
        }
    }

    /// The bytes of the message.
    pub(crate) fn message_bytes(&self) -> &[u8] {
        self.content.unvalidated().message_bytes()
    }

    /// Whether a relay with this trust root stood behind the sender at the time.
    pub(crate) fn validate(self, roots: &mut TrustRoots, at: Timestamp, owner: &Owner) -> bool {
        let ourselves = Ourselves {
            address: &owner.party.address,
            phone_number: None,
        };
        self.content.validate(roots, at.into(), ourselves).is_ok()
    }
}

/// The trust root of a relay, as it was told; none at all if it is no key.
pub(crate) fn trust_roots(root: &[u8; 33]) -> TrustRoots {
    TrustRoots::new(PublicKey::from_bytes(root).ok())
}
