//! Hears what other nodes say on the channels of the mailboxes that are connected here.
//!
//! What is said while this node does not hear is lost to it. So whenever it begins to hear again, every owner connected here
//! looks into the store, and says anew that they are connected.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, RedisResult};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{interval, sleep, timeout};

use super::publisher::Publisher;
use super::{EVERYBODY, PATIENCE, PREFIX, RETRY_FROM, RETRY_UP_TO};
use crate::bus::channel::{Message, Node};
use crate::bus::hub::{Hub, Stamp};
use crate::bus::key::{BusKey, Channel};
use crate::mailbox::MailboxAddress;

/// How often it is made sure that Redis still answers: a network that drops everything says nothing.
const PULSE: Duration = Duration::from_secs(1);

/// Channels subscribed to in one command.
const BATCH: usize = 512;

/// An owner connected to this node.
pub(super) struct Arrived {
    pub(super) address: MailboxAddress,
    /// Told when the mailbox's channel is heard.
    pub(super) heard: oneshot::Sender<()>,
}

pub(super) struct Subscriber {
    pub(super) client: Client,
    pub(super) node: Node,
    pub(super) key: BusKey,
    pub(super) hub: Arc<Hub>,
    pub(super) publisher: Publisher,
    pub(super) listening: Arc<AtomicBool>,
}

/// Why hearing ended.
enum Lost {
    /// The connection.
    Connection,
    /// Nobody is there to hear.
    Relay,
}

impl From<redis::RedisError> for Lost {
    fn from(_: redis::RedisError) -> Self {
        Self::Connection
    }
}

impl Subscriber {
    pub(super) async fn run(self, mut arrivals: mpsc::UnboundedReceiver<Arrived>) {
        let mut leaving = self.hub.tell_who_leaves();
        let mut pause = RETRY_FROM;
        loop {
            match timeout(PATIENCE, self.client.get_async_pubsub()).await {
                Ok(Ok(connection)) => {
                    pause = RETRY_FROM;
                    let (sink, stream) = connection.split();
                    let lost = self.hear(sink, stream, &mut arrivals, &mut leaving).await;
                    if self.listening.swap(false, Ordering::Relaxed) {
                        tracing::warn!("the bus was lost; connecting again");
                    }
                    if matches!(lost, Lost::Relay) {
                        return;
                    }
                }
                Ok(Err(_)) | Err(_) => tracing::debug!("the bus does not answer"),
            }
            sleep(pause).await;
            pause = (2 * pause).min(RETRY_UP_TO);
        }
    }

    async fn hear(
        &self,
        sink: PubSubSink,
        mut stream: PubSubStream,
        arrivals: &mut mpsc::UnboundedReceiver<Arrived>,
        leaving: &mut mpsc::UnboundedReceiver<MailboxAddress>,
    ) -> Lost {
        let mut channels = Channels {
            sink,
            key: self.key.clone(),
            known: HashMap::new(),
        };
        match self.begin(&mut channels, arrivals).await {
            Ok(()) => tracing::info!("the bus is connected"),
            Err(_) => return Lost::Connection,
        }
        let mut pulse = interval(PULSE);
        let (mut came, mut went) = (Vec::new(), Vec::new());
        loop {
            let outcome = tokio::select! {
                message = stream.next() => match message {
                    Some(message) => {
                        let name = message.get_channel::<Vec<u8>>().unwrap_or_default();
                        self.heard(&channels, &name, message.get_payload_bytes());
                        Ok(())
                    }
                    None => return Lost::Connection,
                },
                count = arrivals.recv_many(&mut came, BATCH) => match count {
                    0 => return Lost::Relay,
                    _ => channels.subscribe(&mut came).await,
                },
                count = leaving.recv_many(&mut went, BATCH) => match count {
                    0 => return Lost::Relay,
                    _ => {
                        // Who left may have come back.
                        went.retain(|address| !self.hub.is_connected(*address));
                        channels.unsubscribe(&mut went).await
                    }
                },
                _ = pulse.tick() => channels.pulse().await,
            };
            if outcome.is_err() {
                return Lost::Connection;
            }
        }
    }
}

impl Subscriber {
    /// Listens on the channels of everybody who is connected here, and makes up for not having listened.
    async fn begin(
        &self,
        channels: &mut Channels,
        arrivals: &mut mpsc::UnboundedReceiver<Arrived>,
    ) -> RedisResult<()> {
        channels.subscribe_to_everybody().await?;
        // Those that are in the queue are in the hub by now.
        let mut came = Vec::new();
        while let Ok(arrived) = arrivals.try_recv() {
            came.push(arrived);
        }
        let addresses = self.hub.addresses();
        for batch in addresses.chunks(BATCH) {
            channels.add(batch).await?;
        }
        self.listening.store(true, Ordering::Relaxed);
        for (address, stamp) in self.hub.wake_all() {
            self.publisher
                .tell(self.key.channel(address), Message::StillAttached(stamp));
        }
        came.into_iter().for_each(|arrived| {
            arrived.heard.send(()).ok();
        });
        Ok(())
    }

    fn heard(&self, channels: &Channels, name: &[u8], message: &[u8]) {
        let Some((node, message)) = Message::decode(message) else {
            return;
        };
        if node == self.node {
            return;
        }
        let Some(channel) = name.strip_prefix(PREFIX) else {
            return;
        };
        if channel == EVERYBODY {
            self.hub.wake_all();
            return;
        }
        let Some((channel, &address)) = channel
            .try_into()
            .ok()
            .map(Channel)
            .and_then(|channel| Some((channel, channels.known.get(&channel)?)))
        else {
            return;
        };
        match message {
            Message::Stored => self.hub.wake(address),
            Message::Ephemeral(payload) => self.hub.ephemeral(address, payload),
            Message::Attached(stamp) => self.attached_elsewhere(channel, address, stamp, true),
            Message::StillAttached(stamp) => self.attached_elsewhere(channel, address, stamp, false),
        }
    }

    fn attached_elsewhere(&self, channel: Channel, address: MailboxAddress, stamp: Stamp, fresh: bool) {
        if let Some(later) = self.hub.attached_elsewhere(address, stamp, fresh) {
            self.publisher.tell(channel, Message::StillAttached(later));
        }
    }
}

/// What this node listens to.
struct Channels {
    sink: PubSubSink,
    key: BusKey,
    known: HashMap<Channel, MailboxAddress>,
}

impl Channels {
    async fn subscribe_to_everybody(&mut self) -> RedisResult<()> {
        let name = [PREFIX, EVERYBODY].concat();
        patient(self.sink.subscribe(name)).await
    }

    async fn add(&mut self, addresses: &[MailboxAddress]) -> RedisResult<()> {
        let mut names = Vec::new();
        for address in addresses {
            let channel = self.key.channel(*address);
            if self.known.insert(channel, *address).is_none() {
                names.push(name(channel));
            }
        }
        if names.is_empty() {
            return Ok(());
        }
        patient(self.sink.subscribe(names)).await
    }

    async fn subscribe(&mut self, came: &mut Vec<Arrived>) -> RedisResult<()> {
        let addresses: Vec<MailboxAddress> = came.iter().map(|arrived| arrived.address).collect();
        self.add(&addresses).await?;
        for Arrived { heard, .. } in came.drain(..) {
            heard.send(()).ok();
        }
        Ok(())
    }

    async fn unsubscribe(&mut self, went: &mut Vec<MailboxAddress>) -> RedisResult<()> {
        let mut names = Vec::new();
        for address in went.drain(..) {
            let channel = self.key.channel(address);
            if self.known.remove(&channel).is_some() {
                names.push(name(channel));
            }
        }
        if names.is_empty() {
            return Ok(());
        }
        patient(self.sink.unsubscribe(names)).await
    }

    async fn pulse(&mut self) -> RedisResult<()> {
        patient(self.sink.ping::<redis::Value>()).await.map(drop)
    }
}

fn name(channel: Channel) -> Vec<u8> {
    [PREFIX, &channel.0].concat()
}

/// Redis that does not answer is as good as gone.
async fn patient<T>(asking: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| {
        Err(redis::RedisError::from(std::io::Error::from(
            std::io::ErrorKind::TimedOut,
        )))
    })
}
