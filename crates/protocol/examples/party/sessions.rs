//! Sessions with peers.

use serde::Deserialize;
use serde_json::{Value, json};
use sotto_protocol::address::ProtocolAddress;
use sotto_protocol::memory::{MemoryPeer, MemorySkippedKeys};
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::session::SessionRecord;

use super::cast::{Cast, Member, Peer, Randomness, time};
use super::hex::{Hex, hex};
use super::operations::arguments;
use super::prekeys::Bundle;
use super::refusal::Refusal;

#[derive(Deserialize)]
struct ProcessBundle {
    party: String,
    peer: Peer,
    bundle: Bundle,
    now: Option<u64>,
}

pub(super) fn process_bundle(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: ProcessBundle = arguments(request)?;
    let (member, rng) = cast.playing(&request.party)?;
    let remote = request.peer.address()?;
    let bundle = request.bundle.read()?;
    let changes = member.with_session(&remote, |session, _| {
        session.process_bundle(&bundle, time(request.now), rng)
    })?;
    member.store.apply(&remote, &changes);
    Ok(json!({}))
}

/// What is to be encrypted: bytes or text, one of them.
#[derive(Deserialize)]
pub(super) struct Plaintext {
    plaintext: Option<Hex>,
    text: Option<String>,
}

impl Plaintext {
    pub(super) fn read(self) -> Result<Vec<u8>, Refusal> {
        match (self.plaintext, self.text) {
            (Some(Hex(bytes)), None) => Ok(bytes),
            (None, Some(text)) => Ok(text.into_bytes()),
            _ => Err(Refusal::bad_request(
                "either `plaintext` or `text` is to be given",
            )),
        }
    }
}

#[derive(Deserialize)]
struct Encrypt {
    party: String,
    peer: Peer,
    #[serde(flatten)]
    plaintext: Plaintext,
    now: Option<u64>,
}

pub(super) fn encrypt(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: Encrypt = arguments(request)?;
    let (member, rng) = cast.playing(&request.party)?;
    let remote = request.peer.address()?;
    let plaintext = request.plaintext.read()?;
    let encrypted = member.with_session(&remote, |session, _| {
        session.encrypt(&plaintext, time(request.now), rng)
    })?;
    member.store.apply(&remote, &encrypted.changes);
    Ok(json!({
        "type": encrypted.message.type_number(),
        "message": hex(encrypted.message.as_bytes()),
    }))
}

#[derive(Deserialize)]
struct Decrypt {
    party: String,
    peer: Peer,
    r#type: u8,
    message: Hex,
}

pub(super) fn decrypt(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: Decrypt = arguments(request)?;
    let (member, rng) = cast.playing(&request.party)?;
    let remote = request.peer.address()?;
    if !matches!(request.r#type, 2 | 3) {
        return Err(Refusal::bad_request("`type` is 2 or 3"));
    }
    let message = CiphertextMessage::from_bytes(request.r#type, &request.message.0)?;
    let plaintext = member.decrypt_in_session(&remote, &message, rng)?;
    Ok(json!({ "plaintext": hex(plaintext) }))
}

impl Member {
    /// Decrypts a pairwise message from a peer.
    pub(super) fn decrypt_in_session(
        &mut self,
        remote: &ProtocolAddress,
        message: &CiphertextMessage,
        rng: &mut Randomness,
    ) -> Result<Vec<u8>, Refusal> {
        let decrypted = self.with_session(remote, |session, peer| match message {
            CiphertextMessage::Signal(message) => session
                .decrypt(message, &peer.skipped, rng)
                .map_err(Refusal::from),
            CiphertextMessage::PreKeySignal(message) => session
                .decrypt_prekey(message, &peer.skipped, &self.store.prekeys, rng)
                .map_err(Refusal::from),
        })?;
        self.store.apply(remote, &decrypted.changes);
        Ok(decrypted.plaintext.to_vec())
    }
}

#[derive(Deserialize)]
struct OfPeer {
    party: String,
    peer: Peer,
    now: Option<u64>,
}

pub(super) fn session(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let OfPeer { party, peer, now } = arguments(request)?;
    let peer = cast.member(&party)?.store.peers.get(&peer.address()?);
    Ok(json!({
        "has_current": peer.is_some_and(|peer| peer.record.can_send(time(now))),
        "bytes": peer.map_or(0, stored_bytes),
    }))
}

/// The session states as they are stored, and for each skipped key its counter and seed.
fn stored_bytes(peer: &MemoryPeer) -> usize {
    let states: usize = peer.record.rows().map(|row| row.state.to_bytes().len()).sum();
    states + peer.skipped.len() * (4 + 32)
}

/// Archives the current session, if there is one.
pub(super) fn archive(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let OfPeer { party, peer, .. } = arguments(request)?;
    let peers = &mut cast.playing(&party)?.0.store.peers;
    if let Some(peer) = peers.get_mut(&peer.address()?)
        && let Some(changes) = peer.record.archive_current()
    {
        // Not `MemoryStore::apply`, which would save the session's identity: archiving is no sign of life of it.
        peer.record.apply(&changes);
    }
    Ok(json!({}))
}

/// Deletes all sessions with a peer. Its identity stays known.
pub(super) fn delete(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let OfPeer { party, peer, .. } = arguments(request)?;
    let peers = &mut cast.playing(&party)?.0.store.peers;
    if let Some(peer) = peers.get_mut(&peer.address()?) {
        peer.record = SessionRecord::new();
        peer.skipped = MemorySkippedKeys::default();
    }
    Ok(json!({}))
}
