//! Everybody the program plays, and the randomness they draw from.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use rand::rngs::{StdRng, SysRng};
use rand::{CryptoRng, SeedableRng};
use rand_core::UnwrapErr;
use serde::Deserialize;
use sotto_protocol::address::{DeviceId, ProtocolAddress};
use sotto_protocol::curve::IdentityKey;
use sotto_protocol::memory::{MemoryPeer, MemoryStore};
use sotto_protocol::prekey::Timestamp;
use sotto_protocol::session::{LocalParty, Session};
use sotto_protocol::trust::{Direction, Trust};

use super::refusal::Refusal;

/// The source of every random byte.
pub(super) type Randomness = Box<dyn CryptoRng>;

/// Everybody the program plays.
pub(crate) struct Cast {
    members: HashMap<String, Member>,
    pub(super) rng: Randomness,
    done: bool,
}

impl Cast {
    /// Nobody yet, and the system's random source.
    pub(crate) fn new() -> Self {
        Self::drawing_from(Box::new(UnwrapErr(SysRng)))
    }

    /// Nobody yet, and randomness that depends on the seed alone.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self::drawing_from(Box::new(StdRng::seed_from_u64(seed)))
    }

    fn drawing_from(rng: Randomness) -> Self {
        Self {
            members: HashMap::new(),
            rng,
            done: false,
        }
    }

    /// Lets a member play under this handle, instead of whoever did.
    pub(super) fn put(&mut self, handle: String, member: Member) {
        self.members.insert(handle, member);
    }

    /// The member of this handle plays no more.
    pub(super) fn take(&mut self, handle: &str) -> Result<Member, Refusal> {
        self.members.remove(handle).ok_or_else(nobody)
    }

    pub(super) fn member(&self, handle: &str) -> Result<&Member, Refusal> {
        self.members.get(handle).ok_or_else(nobody)
    }

    /// The member of this handle, and what it draws from.
    pub(super) fn playing(&mut self, handle: &str) -> Result<(&mut Member, &mut Randomness), Refusal> {
        let member = self.members.get_mut(handle).ok_or_else(nobody)?;
        Ok((member, &mut self.rng))
    }

    /// No request is read after this one.
    pub(super) const fn finish(&mut self) {
        self.done = true;
    }

    pub(super) const fn is_done(&self) -> bool {
        self.done
    }
}

fn nobody() -> Refusal {
    Refusal::bad_request("there is no party of this handle")
}

/// One party and all its state.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) local: LocalParty,
    pub(super) trust: Policy,
    pub(super) store: MemoryStore,
    /// The number the next prekey of any kind gets, unless the request names one.
    pub(super) next_prekey: u32,
}

impl Member {
    /// Looks at what is stored about a peer and does something with it.
    pub(super) fn with_session<R>(
        &self,
        remote: &ProtocolAddress,
        act: impl FnOnce(&Session<'_>, &MemoryPeer) -> R,
    ) -> R {
        let stranger = MemoryPeer::default();
        let peer = self.store.peers.get(remote).unwrap_or(&stranger);
        let trust = Judgement {
            policy: self.trust,
            known: peer.identity,
        };
        let session = Session {
            local: &self.local,
            remote,
            record: &peer.record,
            trust: &trust,
        };
        act(&session, peer)
    }
}

/// Whom a party trusts.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Policy {
    /// The first key of each peer.
    Tofu,
    /// Any key.
    Always,
    /// No key.
    Never,
}

/// A policy, applied to one peer.
struct Judgement {
    policy: Policy,
    known: Option<IdentityKey>,
}

impl Trust for Judgement {
    fn is_trusted(&self, identity: &IdentityKey, _: Direction) -> bool {
        match self.policy {
            Policy::Tofu => self.known.is_none_or(|known| known == *identity),
            Policy::Always => true,
            Policy::Never => false,
        }
    }
}

/// An address of a request.
#[derive(Deserialize)]
pub(super) struct Peer {
    name: String,
    device: u32,
}

impl Peer {
    pub(super) fn address(&self) -> Result<ProtocolAddress, Refusal> {
        Ok(ProtocolAddress::new(self.name.as_str(), device(self.device)?))
    }
}

/// A device number of a request.
pub(super) fn device(number: u32) -> Result<DeviceId, Refusal> {
    DeviceId::new(number).ok_or_else(|| Refusal::bad_request("a device is a number from 1 to 127"))
}

/// The time a request gives in milliseconds, or the clock's.
pub(super) fn time(given: Option<u64>) -> Timestamp {
    let clock = || {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
    };
    Timestamp(given.unwrap_or_else(clock))
}
