//! What connections, and the nodes of one relay, tell each other.
//!
//! | | one node | several nodes (`--bus redis://...`) |
//! |---|---|---|
//! | something arrived | the [`hub`] hands it to the owner's connection | and every other node is told that something did |
//! | an owner connected again | the older connection on this node ends | and those on other nodes |
//! | something ephemeral | the hub | and every other node |
//! | a rate limit | counted in memory ([`rate`]) | counted in Redis |
//!
//! Nothing depends on the bus but speed: what arrives is in the store before anybody is told, and a node whose bus was
//! away looks there for what its connections missed. Without its bus a node counts rate limits alone.

mod channel;
mod hub;
mod key;
mod rate;
mod redis;

use std::collections::HashSet;
use std::sync::Arc;

use sotto_wire::Payload;

use crate::mailbox::{MailboxAddress, MailboxId, Sequence, StoredEnvelope};
use channel::Message;
use hub::Hub;
use rate::Meters;
use redis::Redis;

pub(crate) use hub::{Arrival, Attachment};
pub(crate) use key::BusKey;
pub(crate) use rate::{Allowance, RetryAfter};
pub(crate) use redis::AddressError;

/// See the module.
pub(crate) struct Bus {
    key: BusKey,
    hub: Arc<Hub>,
    meters: Meters,
    redis: Option<Redis>,
}

impl Bus {
    /// Within this process.
    pub(crate) fn in_process(key: BusKey) -> Self {
        Self {
            key,
            hub: Arc::default(),
            meters: Meters::default(),
            redis: None,
        }
    }

    /// Through Redis as well. It connects in the background, and again whenever the connection is lost. The roots (PEM) are
    /// those by which one under `rediss://` is known; without, those of the system.
    pub(crate) fn redis(key: BusKey, address: &str, roots: Option<Vec<u8>>) -> Result<Self, AddressError> {
        let hub = Arc::default();
        let redis = Redis::start(address, roots, key.clone(), Arc::clone(&hub))?;
        Ok(Self {
            key,
            hub,
            meters: Meters::default(),
            redis: Some(redis),
        })
    }

    /// Connects an owner; a connection that the mailbox has already, on whatever node, is told that it was replaced.
    pub(crate) async fn attach(&self, address: MailboxAddress, mailbox: MailboxId) -> Attachment {
        let attachment = self.hub.attach(address, mailbox);
        if let Some(redis) = &self.redis {
            redis.attached(address, attachment.stamp()).await;
        }
        attachment
    }

    /// Tells an envelope's owner that it is on disk. To be called in the order of the envelopes of a mailbox.
    pub(crate) fn stored(&self, address: MailboxAddress, envelope: StoredEnvelope) {
        self.hub.stored(address, envelope);
        if let Some(redis) = &self.redis {
            redis.tell(self.key.channel(address), Message::Stored);
        }
    }

    /// Hands something to its owner if connected and there is room on the way.
    pub(crate) fn ephemeral(&self, address: MailboxAddress, payload: Payload) {
        if let Some(redis) = &self.redis {
            redis.tell(self.key.channel(address), Message::Ephemeral(payload.clone()));
        }
        self.hub.ephemeral(address, payload);
    }

    /// Takes `cost` from an allowance, which is one for all nodes; refuses if there is not so much left. `kind` says what is
    /// limited, `who` for whom: neither leaves this process but as a keyed hash.
    pub(crate) async fn take(
        &self,
        kind: &'static str,
        who: &[u8],
        cost: u32,
        allowance: Allowance,
    ) -> Result<(), RetryAfter> {
        let meter = self.key.meter(kind, who);
        if let Some(redis) = &self.redis
            && let Some(outcome) = redis.take(&meter, cost, allowance).await
        {
            return outcome;
        }
        self.meters.take(meter, cost, allowance)
    }

    /// The connected owners' mailboxes and the last envelope that each has seen.
    pub(crate) fn positions(&self) -> Vec<(MailboxId, Sequence)> {
        self.hub.positions()
    }

    /// Lets connected owners look into the store.
    pub(crate) fn wake(&self, mailboxes: &HashSet<MailboxId>) {
        self.hub.wake_mailboxes(mailboxes);
    }

    /// False while other nodes cannot be reached.
    pub(crate) fn is_connected(&self) -> bool {
        self.redis.as_ref().is_none_or(Redis::is_connected)
    }
}
