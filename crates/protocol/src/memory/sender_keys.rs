//! Sender keys in memory, our own and those of others.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use crate::address::ProtocolAddress;
use crate::sender_keys::{
    DistributionId, SenderChainId, SenderKeyChanges, SenderKeyRecord, SenderMessageSeed, SkippedSenderKeyId,
    SkippedSenderKeys,
};

/// The skipped seeds of one distribution.
#[derive(Clone, Default)]
pub struct MemorySkippedSenderKeys {
    seeds: BTreeMap<SkippedSenderKeyId, SenderMessageSeed>,
}

impl MemorySkippedSenderKeys {
    /// How many seeds are held.
    pub fn len(&self) -> usize {
        self.seeds.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.seeds.is_empty()
    }

    fn apply(&mut self, changes: &SenderKeyChanges) {
        if !changes.removed.is_empty() {
            self.seeds.retain(|id, _| !changes.removed.contains(&id.chain));
        }
        for id in changes.skipped_used.iter().chain(&changes.skipped_evicted) {
            self.seeds.remove(id);
        }
        for key in &changes.skipped_added {
            self.seeds.insert(key.id, key.seed.clone());
        }
    }
}

impl SkippedSenderKeys for MemorySkippedSenderKeys {
    type Error = Infallible;

    fn find(&self, id: &SkippedSenderKeyId) -> Result<Option<SenderMessageSeed>, Infallible> {
        Ok(self.seeds.get(id).cloned())
    }

    fn oldest(&self, chain: SenderChainId, count: usize) -> Result<Vec<u32>, Infallible> {
        let first = SkippedSenderKeyId { chain, iteration: 0 };
        let last = SkippedSenderKeyId {
            chain,
            iteration: u32::MAX,
        };
        let of_chain = self.seeds.range(first..=last);
        Ok(of_chain.take(count).map(|(id, _)| id.iteration).collect())
    }
}

/// What is kept about one distribution: the sender's states, and the seeds beside them.
#[derive(Clone)]
pub struct MemoryDistribution {
    /// The states.
    pub record: SenderKeyRecord,
    /// The skipped seeds of all of them.
    pub skipped: MemorySkippedSenderKeys,
}

impl MemoryDistribution {
    fn new(distribution: DistributionId) -> Self {
        Self {
            record: SenderKeyRecord::new(distribution),
            skipped: MemorySkippedSenderKeys::default(),
        }
    }
}

/// Every distribution that one party knows of, its own ones under its own address.
#[derive(Clone, Default)]
pub struct MemorySenderKeys {
    distributions: HashMap<(ProtocolAddress, DistributionId), MemoryDistribution>,
}

impl MemorySenderKeys {
    /// What is kept about a sender's distribution; nothing yet, if it is a new one.
    pub fn of(&mut self, sender: &ProtocolAddress, distribution: DistributionId) -> &MemoryDistribution {
        self.entry(sender, distribution)
    }

    /// Stores what an operation on the record of a sender's distribution changed.
    pub fn apply(
        &mut self,
        sender: &ProtocolAddress,
        distribution: DistributionId,
        changes: &SenderKeyChanges,
    ) {
        let kept = self.entry(sender, distribution);
        kept.record.apply(changes);
        kept.skipped.apply(changes);
    }

    fn entry(&mut self, sender: &ProtocolAddress, distribution: DistributionId) -> &mut MemoryDistribution {
        self.distributions
            .entry((sender.clone(), distribution))
            .or_insert_with(|| MemoryDistribution::new(distribution))
    }
}
