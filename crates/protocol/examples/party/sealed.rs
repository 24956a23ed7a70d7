//! Sealed sender.

use serde::Deserialize;
use serde_json::{Value, json};
use sotto_protocol::address::{ProtocolAddress, ServiceId};
use sotto_protocol::curve::PublicKey;
use sotto_protocol::prekey::Timestamp;
use sotto_protocol::sealed_sender::{
    Content, ContentHint, ContentMessage, MalformedContentMessage, MalformedMultiRecipient,
    MalformedSealedMessage, MultiRecipientMessage, OpenError, Ourselves, Recipient, RecipientDevice,
    SealError, SealedMessage, SenderCertificate, TrustRoots, ValidateError,
};

use super::cast::{Cast, Member, Peer, time};
use super::groups::distribution;
use super::hex::{Hex, hex};
use super::operations::arguments;
use super::refusal::{Class, Refusal, class_of};
use super::sessions::Plaintext;

/// What goes around a message before it is sealed.
#[derive(Deserialize)]
struct Wrapping {
    sender_certificate: Hex,
    content_hint: Option<u32>,
    group_id: Option<Hex>,
}

impl Wrapping {
    fn around(self, message: &ContentMessage) -> Result<Content, Refusal> {
        let certificate = SenderCertificate::from_bytes(&self.sender_certificate.0)?;
        let hint = ContentHint::from_number(self.content_hint.unwrap_or(0));
        Ok(Content::new(
            message,
            certificate,
            hint,
            self.group_id.map(|Hex(id)| id),
        ))
    }
}

#[derive(Deserialize)]
struct Encrypt {
    party: String,
    peer: Peer,
    #[serde(flatten)]
    plaintext: Plaintext,
    #[serde(flatten)]
    wrapping: Wrapping,
    now: Option<u64>,
}

/// Encrypts in the session with the peer, and seals in version 1.
pub(super) fn encrypt(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: Encrypt = arguments(request)?;
    let remote = request.peer.address()?;
    let plaintext = request.plaintext.read()?;
    let (member, rng) = cast.playing(&request.party)?;
    let encrypted = member.with_session(&remote, |session, _| {
        session.encrypt(&plaintext, time(request.now), rng)
    })?;
    let content = request.wrapping.around(&encrypted.message.into())?;
    let message = content.seal_v1(&member.local.identity, &encrypted.changes.identity, rng)?;
    member.store.apply(&remote, &encrypted.changes);
    Ok(json!({ "message": hex(message) }))
}

#[derive(Deserialize)]
struct Decrypt {
    party: String,
    message: Hex,
    trust_root: Hex,
    timestamp: u64,
}

/// Opens a sealed message, validates its certificate and decrypts what is inside, a group message too.
pub(super) fn decrypt(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: Decrypt = arguments(request)?;
    let (member, rng) = cast.playing(&request.party)?;
    let mut roots = TrustRoots::new([PublicKey::from_bytes(&request.trust_root.0)?]);
    let ourselves = Ourselves {
        address: &member.local.address,
        phone_number: None,
    };
    let content = SealedMessage::from_bytes(&request.message.0)?
        .open(&member.local.identity)?
        .validate(&mut roots, Timestamp(request.timestamp), ourselves)?;
    let sender = content.sender();
    let plaintext = match content.message()? {
        ContentMessage::Pairwise(message) => member.decrypt_in_session(sender, &message, rng)?,
        ContentMessage::SenderKey(message) => member.decrypt_of_group(sender, &message)?,
        ContentMessage::Plaintext(_) => {
            let reason = "a report of a message that did not decrypt, not a message";
            return Err(Refusal::new(Class::InvalidMessage, reason));
        }
    };
    Ok(json!({
        "plaintext": hex(plaintext),
        "sender_uuid": sender.name(),
        "device": sender.device().get(),
    }))
}

#[derive(Deserialize)]
struct EncryptForMany {
    party: String,
    recipients: Vec<Peer>,
    distribution_id: String,
    #[serde(flatten)]
    plaintext: Plaintext,
    #[serde(flatten)]
    wrapping: Wrapping,
}

/// Encrypts with the party's own sender key, and seals once for many in version 2.
pub(super) fn encrypt_for_many(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: EncryptForMany = arguments(request)?;
    let group = distribution(&request.distribution_id)?;
    let plaintext = request.plaintext.read()?;
    let addresses: Vec<_> = request
        .recipients
        .iter()
        .map(Peer::address)
        .collect::<Result<_, _>>()?;
    let (member, rng) = cast.playing(&request.party)?;
    let recipients = addresses
        .chunk_by(|one, next| one.name() == next.name())
        .map(|devices| member.recipient(devices))
        .collect::<Result<Vec<_>, _>>()?;

    let own = &member.local.address;
    let record = &member.store.sender_keys.of(own, group).record;
    let encrypted = record.encrypt(&plaintext, rng)?;
    let content = request.wrapping.around(&encrypted.message.into())?;
    let sealed = content.seal_v2_for_many(&member.local.identity, &recipients, &[], rng)?;
    member.store.sender_keys.apply(own, group, &encrypted.changes);
    Ok(json!({ "message": hex(sealed.to_bytes()) }))
}

impl Member {
    /// An account whose devices the party has sessions with.
    fn recipient(&self, devices: &[ProtocolAddress]) -> Result<Recipient, Refusal> {
        let no_session = || Refusal::new(Class::NoSession, "no session with a recipient's device");
        let first = devices.first().ok_or_else(no_session)?;
        let identity = self.store.peers.get(first).and_then(|peer| peer.identity);
        let with_registration = |address: &ProtocolAddress| {
            let peer = self.store.peers.get(address);
            let registration_id = peer.and_then(|peer| peer.record.remote_registration_id());
            Ok(RecipientDevice {
                device: address.device(),
                registration_id: registration_id.ok_or_else(no_session)?,
            })
        };
        let devices: Vec<_> = devices
            .iter()
            .map(with_registration)
            .collect::<Result<_, Refusal>>()?;
        let service_id = first
            .service_id()
            .ok_or_else(|| Refusal::bad_request("a recipient's name is a service id"))?;
        Recipient::new(service_id, identity.ok_or_else(no_session)?, devices).map_err(Refusal::bad_request)
    }
}

#[derive(Deserialize)]
struct Single {
    message: Hex,
}

/// What the server makes of a message for many that names one recipient only.
pub(super) fn single(_: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let Single { message } = arguments(request)?;
    let message = MultiRecipientMessage::from_bytes(&message.0)?;
    let only: Option<ServiceId> = match message.recipients() {
        [entry] => Some(entry.service_id()),
        _ => None,
    };
    let received = only
        .and_then(|service_id| message.received_by(service_id))
        .ok_or_else(|| Refusal::bad_request("the message is not for exactly one recipient"))?;
    Ok(json!({ "message": hex(received) }))
}

class_of! {
    MalformedSealedMessage => Malformed,
    MalformedMultiRecipient => Malformed,
    ValidateError => InvalidMessage,
}

impl From<MalformedContentMessage> for Refusal {
    fn from(error: MalformedContentMessage) -> Self {
        match error {
            MalformedContentMessage::Message(error) => error.into(),
            MalformedContentMessage::Plaintext(error) => Self::new(Class::Malformed, error),
        }
    }
}

impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        let class = match error {
            OpenError::Seal => Class::InvalidMessage,
            OpenError::Content(_) => Class::Malformed,
        };
        Self::new(class, error)
    }
}

impl From<SealError> for Refusal {
    fn from(error: SealError) -> Self {
        match error {
            SealError::InvalidAgreement(error) => error.into(),
            SealError::ForeignCertificate | SealError::TooManyRecipients | SealError::TooLong => {
                Self::bad_request(error)
            }
        }
    }
}
