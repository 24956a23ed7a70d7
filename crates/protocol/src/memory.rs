//! A store in memory: for tests, benchmarks and trying the crate out. An application keeps rows in a database.

mod sender_keys;

pub use sender_keys::{MemoryDistribution, MemorySenderKeys, MemorySkippedSenderKeys};

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;

use crate::address::ProtocolAddress;
use crate::curve::{IdentityKey, PublicKey};
use crate::prekey::{
    KyberPreKey, KyberPreKeyId, KyberUse, OneTimePreKey, OneTimePreKeyId, SignedPreKey, SignedPreKeyId,
};
use crate::ratchet::MessageSeed;
use crate::session::{
    ChainId, PostQuantumChanges, PostQuantumEviction, PostQuantumKeyId, PreKeys, PreKeysUsed, SessionChanges,
    SessionRecord, SkippedKeyId, SkippedKeys, SkippedPostQuantumKey, StateId,
};
use crate::spqr::{ChainEpoch, PostQuantumKey};

/// Our prekeys.
#[derive(Clone, Default)]
pub struct MemoryPreKeys {
    /// One-time prekeys not used yet.
    pub one_time: HashMap<OneTimePreKeyId, OneTimePreKey>,
    /// Signed prekeys.
    pub signed: HashMap<SignedPreKeyId, SignedPreKey>,
    /// Kyber prekeys, one-time ones not used yet and last-resort ones.
    pub kyber: HashMap<KyberPreKeyId, KyberPreKey>,
    used_base_keys: HashSet<(KyberPreKeyId, SignedPreKeyId, PublicKey)>,
}

impl MemoryPreKeys {
    fn apply(&mut self, used: &PreKeysUsed) {
        if let Some(id) = used.one_time {
            self.one_time.remove(&id);
        }
        match used.kyber_use {
            KyberUse::OneTime => {
                self.kyber.remove(&used.kyber);
            }
            KyberUse::LastResort => {
                self.used_base_keys
                    .insert((used.kyber, used.signed, used.base_key));
            }
        }
    }
}

impl PreKeys for MemoryPreKeys {
    type Error = Infallible;

    fn one_time(&self, id: OneTimePreKeyId) -> Result<Option<OneTimePreKey>, Infallible> {
        Ok(self.one_time.get(&id).cloned())
    }

    fn signed(&self, id: SignedPreKeyId) -> Result<Option<SignedPreKey>, Infallible> {
        Ok(self.signed.get(&id).cloned())
    }

    fn kyber(&self, id: KyberPreKeyId) -> Result<Option<KyberPreKey>, Infallible> {
        Ok(self.kyber.get(&id).cloned())
    }

    fn was_base_key_used(
        &self,
        kyber: KyberPreKeyId,
        signed: SignedPreKeyId,
        base_key: &PublicKey,
    ) -> Result<bool, Infallible> {
        Ok(self.used_base_keys.contains(&(kyber, signed, *base_key)))
    }
}

/// The skipped keys of the sessions with one peer.
#[derive(Clone, Default)]
pub struct MemorySkippedKeys {
    chains: HashMap<ChainId, BTreeMap<u32, MessageSeed>>,
    post_quantum: HashMap<StateId, BTreeMap<ChainEpoch, BTreeMap<u32, PostQuantumKey>>>,
}

impl MemorySkippedKeys {
    /// How many keys are held, seeds and post-quantum ones.
    pub fn len(&self) -> usize {
        self.seeds() + self.post_quantum_keys()
    }

    /// How many seeds are held.
    pub fn seeds(&self) -> usize {
        self.chains.values().map(BTreeMap::len).sum()
    }

    /// How many post-quantum keys are held.
    pub fn post_quantum_keys(&self) -> usize {
        let epochs = self.post_quantum.values().flat_map(BTreeMap::values);
        epochs.map(BTreeMap::len).sum()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn remove(&mut self, id: &SkippedKeyId) {
        if let Some(chain) = self.chains.get_mut(&id.chain) {
            chain.remove(&id.counter);
        }
    }

    fn apply(&mut self, changes: &SessionChanges) {
        if !changes.removed.is_empty() {
            self.chains
                .retain(|chain, _| !changes.removed.contains(&chain.state));
        }
        for state in &changes.removed {
            self.post_quantum.remove(state);
        }
        for chain in &changes.chains_dropped {
            self.chains.remove(chain);
        }
        changes
            .skipped_used
            .iter()
            .chain(&changes.skipped_evicted)
            .for_each(|id| self.remove(id));
        for of_chain in changes.skipped_added.chunk_by(|a, b| a.id.chain == b.id.chain) {
            if let Some(first) = of_chain.first() {
                let added = of_chain.iter().map(|key| (key.id.counter, key.seed.clone()));
                extend(self.chains.entry(first.id.chain).or_default(), added);
            }
        }
        self.apply_post_quantum(&changes.post_quantum);
    }

    fn apply_post_quantum(&mut self, changes: &PostQuantumChanges) {
        match &changes.evicted {
            None => {}
            Some(PostQuantumEviction::Epochs { state, before }) => {
                if let Some(epochs) = self.post_quantum.get_mut(state) {
                    *epochs = epochs.split_off(before);
                }
            }
            Some(PostQuantumEviction::Keys { state, epoch, before }) => {
                if let Some(keys) = self.post_quantum_epoch(state, epoch) {
                    *keys = keys.split_off(before);
                }
            }
        }
        if let Some(id) = &changes.used
            && let Some(keys) = self.post_quantum_epoch(&id.state, &id.epoch)
        {
            keys.remove(&id.index);
        }
        let same_epoch = |a: &SkippedPostQuantumKey, b: &SkippedPostQuantumKey| {
            (a.id.state, a.id.epoch) == (b.id.state, b.id.epoch)
        };
        for of_epoch in changes.added.chunk_by(same_epoch) {
            if let Some(first) = of_epoch.first() {
                let epochs = self.post_quantum.entry(first.id.state).or_default();
                let added = of_epoch.iter().map(|added| (added.id.index, added.key.clone()));
                extend(epochs.entry(first.id.epoch).or_default(), added);
            }
        }
    }

    fn post_quantum_epoch(
        &mut self,
        state: &StateId,
        epoch: &ChainEpoch,
    ) -> Option<&mut BTreeMap<u32, PostQuantumKey>> {
        self.post_quantum.get_mut(state)?.get_mut(epoch)
    }
}

/// Extends a map; one that is empty is made at once, for rows that come in order need no search for their place.
fn extend<V>(map: &mut BTreeMap<u32, V>, added: impl Iterator<Item = (u32, V)>) {
    match map.is_empty() {
        true => *map = added.collect(),
        false => map.extend(added),
    }
}

impl SkippedKeys for MemorySkippedKeys {
    type Error = Infallible;

    fn find(&self, id: &SkippedKeyId) -> Result<Option<MessageSeed>, Infallible> {
        Ok(self
            .chains
            .get(&id.chain)
            .and_then(|chain| chain.get(&id.counter))
            .cloned())
    }

    fn oldest(&self, chain: &ChainId, count: usize) -> Result<Vec<u32>, Infallible> {
        let chain = self.chains.get(chain);
        Ok(chain
            .into_iter()
            .flat_map(BTreeMap::keys)
            .take(count)
            .copied()
            .collect())
    }

    fn find_post_quantum(&self, id: &PostQuantumKeyId) -> Result<Option<PostQuantumKey>, Infallible> {
        let epochs = self.post_quantum.get(&id.state);
        let keys = epochs.and_then(|epochs| epochs.get(&id.epoch));
        Ok(keys.and_then(|keys| keys.get(&id.index)).cloned())
    }
}

/// What is known about one peer.
#[derive(Clone, Default)]
pub struct MemoryPeer {
    /// Session states.
    pub record: SessionRecord,
    /// Skipped keys of all of them.
    pub skipped: MemorySkippedKeys,
    /// The identity saved last.
    pub identity: Option<IdentityKey>,
}

/// Everything one party keeps.
#[derive(Clone, Default)]
pub struct MemoryStore {
    /// Our prekeys.
    pub prekeys: MemoryPreKeys,
    /// Our peers.
    pub peers: HashMap<ProtocolAddress, MemoryPeer>,
    /// Sender keys, our own and our peers'.
    pub sender_keys: MemorySenderKeys,
}

impl MemoryStore {
    /// Stores what an operation with a peer changed.
    pub fn apply(&mut self, remote: &ProtocolAddress, changes: &SessionChanges) {
        if !self.peers.contains_key(remote) {
            self.peers.insert(remote.clone(), MemoryPeer::default());
        }
        if let Some(peer) = self.peers.get_mut(remote) {
            peer.record.apply(changes);
            peer.skipped.apply(changes);
            peer.identity = Some(changes.identity);
        }
        if let Some(used) = &changes.prekeys_used {
            self.prekeys.apply(used);
        }
    }
}
