//! The parties themselves, and the identities they know.

use rand::{Rng, RngExt};
use serde::Deserialize;
use serde_json::{Value, json};
use sotto_protocol::address::ProtocolAddress;
use sotto_protocol::curve::{IdentityKeyPair, PrivateKey};
use sotto_protocol::memory::MemoryStore;
use sotto_protocol::prekey::RegistrationId;
use sotto_protocol::session::LocalParty;

use super::cast::{Cast, Member, Peer, Policy, device};
use super::hex::{Hex, hex};
use super::operations::arguments;
use super::refusal::Refusal;

/// The numbers that the official clients draw registration ids from.
const REGISTRATION_IDS: std::ops::RangeInclusive<u32> = 1..=16380;

#[derive(Deserialize)]
struct NewParty {
    party: String,
    name: Option<String>,
    device: Option<u32>,
    registration_id: Option<u32>,
    identity_private: Option<Hex>,
    trust: Option<Policy>,
}

pub(super) fn new_party(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: NewParty = arguments(request)?;
    let device = device(request.device.unwrap_or(1))?;
    let identity = match request.identity_private {
        Some(Hex(private)) => IdentityKeyPair::from_private(PrivateKey::from_bytes(&private)?),
        None => IdentityKeyPair::generate(&mut cast.rng),
    };
    let name = request.name.unwrap_or_else(|| random_name(&mut cast.rng));
    let registration_id = request
        .registration_id
        .unwrap_or_else(|| cast.rng.random_range(REGISTRATION_IDS));
    let member = Member {
        local: LocalParty {
            identity,
            address: ProtocolAddress::new(name.as_str(), device),
            registration_id: RegistrationId(registration_id),
        },
        trust: request.trust.unwrap_or(Policy::Tofu),
        store: MemoryStore::default(),
        next_prekey: 1,
    };
    let answer = json!({
        "name": name,
        "device": device.get(),
        "registration_id": registration_id,
        "identity": hex(member.local.identity.identity_key().to_bytes()),
    });
    cast.put(request.party, member);
    Ok(answer)
}

fn random_name(rng: &mut impl Rng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[derive(Deserialize)]
struct SetTrust {
    party: String,
    trust: Policy,
}

pub(super) fn set_trust(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let SetTrust { party, trust } = arguments(request)?;
    cast.playing(&party)?.0.trust = trust;
    Ok(json!({}))
}

#[derive(Deserialize)]
struct DropParty {
    party: String,
}

pub(super) fn drop_party(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let DropParty { party } = arguments(request)?;
    cast.take(&party)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
struct CloneParty {
    party: String,
    r#as: String,
}

pub(super) fn clone_party(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let CloneParty { party, r#as } = arguments(request)?;
    let copy = cast.member(&party)?.clone();
    cast.put(r#as, copy);
    Ok(json!({}))
}

#[derive(Deserialize)]
struct OfPeer {
    party: String,
    peer: Peer,
}

pub(super) fn get_identity(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let OfPeer { party, peer } = arguments(request)?;
    let peers = &cast.member(&party)?.store.peers;
    let identity = peers.get(&peer.address()?).and_then(|peer| peer.identity);
    Ok(json!({ "key": identity.map(|identity| hex(identity.to_bytes())) }))
}

pub(super) fn forget_identity(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let OfPeer { party, peer } = arguments(request)?;
    let peers = &mut cast.playing(&party)?.0.store.peers;
    if let Some(peer) = peers.get_mut(&peer.address()?) {
        peer.identity = None;
    }
    Ok(json!({}))
}
