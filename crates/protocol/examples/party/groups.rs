//! Group messages with sender keys.

use serde::Deserialize;
use serde_json::{Value, json};
use sotto_protocol::address::ProtocolAddress;
use sotto_protocol::sender_keys::{
    DistributionId, DistributionMessage, GroupDecryptError, GroupEncryptError, SenderKeyMessage,
};
use uuid::Uuid;

use super::cast::{Cast, Member, Peer};
use super::hex::{Hex, hex};
use super::operations::arguments;
use super::refusal::{Class, Refusal};
use super::sessions::Plaintext;

/// A distribution id of a request.
pub(super) fn distribution(text: &str) -> Result<DistributionId, Refusal> {
    Uuid::parse_str(text)
        .map(DistributionId::new)
        .map_err(|_| Refusal::bad_request("a distribution id is a UUID"))
}

#[derive(Deserialize)]
struct Create {
    party: String,
    distribution_id: String,
}

/// The distribution message of the party's own sender key, which is made if there is none.
pub(super) fn create(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: Create = arguments(request)?;
    let group = distribution(&request.distribution_id)?;
    let (member, rng) = cast.playing(&request.party)?;
    let own = &member.local.address;
    let record = &member.store.sender_keys.of(own, group).record;
    let message = if record.is_empty() {
        let created = record.create(rng);
        member.store.sender_keys.apply(own, group, &created.changes);
        created.message
    } else {
        record.distribution_message()?
    };
    Ok(json!({ "message": hex(message.as_bytes()) }))
}

#[derive(Deserialize)]
struct FromPeer {
    party: String,
    peer: Peer,
    message: Hex,
}

pub(super) fn process(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: FromPeer = arguments(request)?;
    let sender = request.peer.address()?;
    let message = DistributionMessage::from_bytes(&request.message.0)?;
    let keys = &mut cast.playing(&request.party)?.0.store.sender_keys;
    let group = message.distribution();
    // The record is looked up by the message's own distribution id.
    let changes = keys
        .of(&sender, group)
        .record
        .process(&message)
        .map_err(Refusal::bad_request)?;
    keys.apply(&sender, group, &changes);
    Ok(json!({}))
}

#[derive(Deserialize)]
struct Encrypt {
    party: String,
    distribution_id: String,
    #[serde(flatten)]
    plaintext: Plaintext,
}

pub(super) fn encrypt(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: Encrypt = arguments(request)?;
    let group = distribution(&request.distribution_id)?;
    let plaintext = request.plaintext.read()?;
    let (member, rng) = cast.playing(&request.party)?;
    let own = &member.local.address;
    let record = &member.store.sender_keys.of(own, group).record;
    let encrypted = record.encrypt(&plaintext, rng)?;
    member.store.sender_keys.apply(own, group, &encrypted.changes);
    Ok(json!({
        "type": SenderKeyMessage::TYPE_NUMBER,
        "message": hex(encrypted.message.as_bytes()),
    }))
}

pub(super) fn decrypt(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: FromPeer = arguments(request)?;
    let sender = request.peer.address()?;
    let message = SenderKeyMessage::from_bytes(&request.message.0)?;
    let (member, _) = cast.playing(&request.party)?;
    let plaintext = member.decrypt_of_group(&sender, &message)?;
    Ok(json!({ "plaintext": hex(plaintext) }))
}

impl Member {
    /// Decrypts with the sender key that somebody told.
    pub(super) fn decrypt_of_group(
        &mut self,
        sender: &ProtocolAddress,
        message: &SenderKeyMessage,
    ) -> Result<Vec<u8>, Refusal> {
        let group = message.distribution();
        let keys = &mut self.store.sender_keys;
        let kept = keys.of(sender, group);
        let decrypted = kept.record.decrypt(message, &kept.skipped)?;
        keys.apply(sender, group, &decrypted.changes);
        Ok(decrypted.plaintext.to_vec())
    }
}

impl From<GroupEncryptError> for Refusal {
    fn from(error: GroupEncryptError) -> Self {
        Self::new(Class::NoSession, error)
    }
}

impl<E> From<GroupDecryptError<E>> for Refusal {
    fn from(error: GroupDecryptError<E>) -> Self {
        let class = match error {
            GroupDecryptError::NoSenderKey => Class::NoSession,
            GroupDecryptError::Duplicate => Class::Duplicate,
            GroupDecryptError::BadSignature => Class::BadSignature,
            GroupDecryptError::Invalid | GroupDecryptError::Store(_) => Class::InvalidMessage,
        };
        Self::new(class, error)
    }
}
