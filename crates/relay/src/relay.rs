//! What the connections of one relay share.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sotto_wire::{AccountId, DeviceId};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bus::Bus;
use crate::certificates::Certificates;
use crate::config::Config;
use crate::identity::Names;
use crate::limits::{Limiter, Peer, PeerPlace, Peers};
use crate::mailbox::MailboxAddress;
use crate::metrics::Metrics;
use crate::pepper::Pepper;
use crate::store::Store;

/// What the connections share.
pub(crate) struct Relay {
    pub(crate) config: Config,
    pub(crate) names: Names,
    pub(crate) pepper: Pepper,
    pub(crate) certificates: Certificates,
    pub(crate) store: Store,
    pub(crate) bus: Arc<Bus>,
    /// One permit for each connection.
    pub(crate) places: Arc<Semaphore>,
    /// How many of them each address has.
    pub(crate) peers: Peers,
    /// The same of sockets that are no connections yet.
    pub(crate) half_open: Peers,
    pub(crate) limiter: Limiter,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) connections: TaskTracker,
    /// Not ready for anybody new any more, but serving on.
    pub(crate) draining: CancellationToken,
    /// Finish what is under way and say goodbye.
    pub(crate) stopping: CancellationToken,
    /// Drop everything.
    pub(crate) aborted: CancellationToken,
}

/// How long the store has for showing that it answers.
const READINESS: Duration = Duration::from_secs(2);

impl Relay {
    /// Whether new clients are welcome: the store answers, and nobody has told the relay to stop. The bus is not asked:
    /// without it everything still arrives, only later, and all nodes lose it at once.
    pub(crate) async fn is_ready(&self) -> bool {
        let nobody = MailboxAddress {
            account: AccountId::random(),
            device: DeviceId::FIRST,
        };
        !self.draining.is_cancelled()
            && self.store.is_healthy()
            && matches!(timeout(READINESS, self.store.owner(nobody)).await, Ok(Ok(_)))
    }

    /// A socket's place among those of its address; proxies are not counted.
    pub(crate) fn half_open_place(&self, address: IpAddr, most: u32) -> Option<Option<PeerPlace>> {
        if self
            .config
            .proxies
            .trusted
            .iter()
            .any(|proxy| proxy.contains(address))
        {
            return Some(None);
        }
        match Peer::of(address) {
            None => Some(None),
            Some(peer) => self.half_open.place(peer, most).map(Some),
        }
    }
}
