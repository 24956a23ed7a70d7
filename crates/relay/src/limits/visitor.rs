//! One connection and what it has used up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::bucket::Bucket;
use super::{Limited, Of, Peer, limited};
use crate::mailbox::MailboxAddress;
use crate::relay::Relay;

/// The longest that an answer waits for who asks too often: a flood is answered, but slowly.
const SLOWED: Duration = Duration::from_secs(1);

/// Who is at the other end of a connection.
pub(crate) struct Visitor {
    relay: Arc<Relay>,
    peer: Option<Peer>,
    /// Whose connection it is, once known.
    owner: Option<MailboxAddress>,
    frames: Bucket,
    bytes: Bucket,
}

impl Visitor {
    pub(crate) fn new(relay: Arc<Relay>, peer: Option<Peer>) -> Self {
        Self {
            relay,
            peer,
            owner: None,
            frames: Bucket::full(),
            bytes: Bucket::full(),
        }
    }

    /// The connection turned out to be an owner's.
    pub(crate) fn is_owner_of(&mut self, address: MailboxAddress) {
        self.owner = Some(address);
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, length: usize) -> Result<(), Limited> {
        let Self { relay, .. } = self;
        let (quotas, length) = (relay.limiter.quotas(), length as u64);
        for (bucket, of, cost) in [
            (&mut self.frames, Of::ConnectionFrames, 1),
            (&mut self.bytes, Of::ConnectionBytes, length),
        ] {
            if let Some(quota) = of.quota(quotas) {
                bucket
                    .take(cost, quota)
                    .map_err(|wait| limited(of, wait, &relay.metrics))?;
            }
        }
        self.by_peer(Of::IpFrames, 1)?;
        self.by_peer(Of::IpBytes, length)?;
        if let Some(MailboxAddress { account, .. }) = &self.owner {
            self.take(Of::AccountFrames, account.as_bytes(), 1)?;
            self.take(Of::AccountBytes, account.as_bytes(), length)?;
        }
        Ok(())
    }

    /// Takes from what the address may do; addresses of this machine may do anything.
    pub(crate) fn by_peer(&self, of: Of, cost: u64) -> Result<(), Limited> {
        self.peer
            .map_or(Ok(()), |peer| self.take(of, peer.as_bytes(), cost))
    }

    /// Takes from what is allowed for a mailbox, a token, or everybody.
    pub(crate) fn take(&self, of: Of, whose: &[u8], cost: u64) -> Result<(), Limited> {
        let Relay {
            limiter,
            pepper,
            metrics,
            ..
        } = &*self.relay;
        limiter.take(of, whose, cost, pepper, metrics)
    }

    /// Takes from what is scarce and counted by all nodes together.
    pub(crate) async fn scarce(&self, of: Of, whose: &[u8], cost: u64) -> Result<(), Limited> {
        let Relay {
            limiter,
            bus,
            metrics,
            ..
        } = &*self.relay;
        limiter.take_shared(of, whose, cost, bus, metrics).await
    }

    /// The same for the address.
    pub(crate) async fn scarce_by_peer(&self, of: Of) -> Result<(), Limited> {
        match self.peer {
            Some(peer) => self.scarce(of, peer.as_bytes(), 1).await,
            None => Ok(()),
        }
    }
}

/// Ready when who asked too often is answered.
pub(crate) async fn slowed(limited: Limited) {
    sleep(limited.wait.min(SLOWED)).await;
}
