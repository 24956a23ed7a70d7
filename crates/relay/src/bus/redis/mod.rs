//! The bus between nodes: Redis, publish and subscribe.
//!
//! ```text
//! deliver on node 1 -> store -> PUBLISH channel of the mailbox -> node 2, where its owner is connected -> store
//! ```
//! Two connections, each with a task that makes it anew when it is lost: the [publisher](publisher) says, the
//! [subscriber](subscriber) hears. Redis keeps nothing for them, so that one that was restarted empty serves as well.

mod meter;
mod publisher;
mod subscriber;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult, TlsCertificates};
use rustls::crypto::ring::default_provider;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::channel::{Message, Node};
use super::hub::{Hub, Stamp};
use super::key::{BusKey, Channel, Meter};
use super::rate::{Allowance, RetryAfter};
use crate::mailbox::MailboxAddress;
use publisher::Publisher;
use subscriber::{Arrived, Subscriber};

/// How long Redis may take to answer; then it counts as gone.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// How long an owner who connects waits until this node listens on the mailbox's channel. If it takes longer, what
/// arrives meanwhile is found when it does.
const UNTIL_HEARD: Duration = Duration::from_millis(500);

/// In front of every channel.
const PREFIX: &[u8] = b"sotto:c:";

/// The channel on which every node listens.
const EVERYBODY: &[u8] = b"everybody";

/// Between attempts to connect.
const RETRY_FROM: Duration = Duration::from_millis(50);
const RETRY_UP_TO: Duration = Duration::from_millis(1_000);

/// Not the address of a Redis.
#[derive(Debug, thiserror::Error)]
#[error("the bus is not an address like redis://host:6379")]
pub(crate) struct AddressError(#[source] redis::RedisError);

/// See the module.
pub(crate) struct Redis {
    key: BusKey,
    publisher: Publisher,
    arrived: mpsc::UnboundedSender<Arrived>,
    listening: Arc<AtomicBool>,
    meters: ConnectionManager,
    _stop: DropGuard,
}

impl Redis {
    /// Starts the two tasks; they end when this is dropped.
    pub(super) fn start(
        address: &str,
        roots: Option<Vec<u8>>,
        key: BusKey,
        hub: Arc<Hub>,
    ) -> Result<Self, AddressError> {
        let client = client(address, roots).map_err(AddressError)?;
        let node = Node::new();
        let stop = CancellationToken::new();
        let commands = || {
            client
                .get_connection_manager_lazy(
                    ConnectionManagerConfig::new()
                        .set_min_delay(RETRY_FROM)
                        .set_max_delay(RETRY_UP_TO)
                        .set_number_of_retries(1)
                        .set_connection_timeout(Some(PATIENCE))
                        .set_response_timeout(Some(PATIENCE)),
                )
                .map_err(AddressError)
        };
        let publisher = Publisher::start(commands()?, node, stop.clone());
        let meters = commands()?;
        let listening = Arc::new(AtomicBool::new(false));
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let subscriber = Subscriber {
            client,
            node,
            key: key.clone(),
            hub,
            publisher: publisher.clone(),
            listening: Arc::clone(&listening),
        };
        let stopping = stop.clone();
        tokio::spawn(async move {
            stopping.run_until_cancelled(subscriber.run(arrivals)).await;
        });
        Ok(Self {
            key,
            publisher,
            arrived,
            listening,
            meters,
            _stop: stop.drop_guard(),
        })
    }

    /// Says that an owner connected here, once what is said on the mailbox's channel is heard here.
    pub(super) async fn attached(&self, address: MailboxAddress, stamp: Stamp) {
        let (heard, hearing) = oneshot::channel();
        self.arrived.send(Arrived { address, heard }).ok();
        if self.is_connected() {
            timeout(UNTIL_HEARD, hearing).await.ok();
        }
        self.tell(self.key.channel(address), Message::Attached(stamp));
    }

    /// Queues what is to be said.
    pub(super) fn tell(&self, channel: Channel, message: Message) {
        self.publisher.tell(channel, message);
    }

    /// Takes from an allowance; `None` if Redis cannot be asked.
    pub(super) async fn take(
        &self,
        meter: &Meter,
        cost: u32,
        allowance: Allowance,
    ) -> Option<Result<(), RetryAfter>> {
        if !self.is_connected() {
            return None;
        }
        meter::take(self.meters.clone(), meter, cost, allowance).await
    }

    pub(super) fn is_connected(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }
}

fn client(address: &str, roots: Option<Vec<u8>>) -> RedisResult<Client> {
    // Its TLS takes the one of the process: ours, if there is none yet.
    default_provider().install_default().ok();
    match roots {
        None => Client::open(address),
        Some(_) => Client::build_with_tls(
            address,
            TlsCertificates {
                client_tls: None,
                root_cert: roots,
            },
        ),
    }
}

#[cfg(test)]
mod tests;
