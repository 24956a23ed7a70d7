//! Says what is to be said, many at a time.
//!
//! That something is *stored* must be heard by whoever waits for it, so what could not be said is kept and said again, once
//! for each mailbox. Everything else is said once: what is ephemeral is too old by then, and who is attached is said
//! again by the subscriber when it has come back.

use std::collections::HashSet;
use std::time::Duration;

use redis::aio::ConnectionManager;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{EVERYBODY, PREFIX};
use crate::bus::channel::{Message, Node};
use crate::bus::key::Channel;

/// What may wait to be said; beyond it, what is stored is kept by mailbox, and the rest is left out.
const QUEUE: usize = 8_192;

/// Most in one write.
const BATCH: usize = 512;

/// Mailboxes remembered while Redis is away; if there are more, everybody is told to look.
const REMEMBERED: usize = 50_000;

/// Between attempts to say what is left.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Clone)]
pub(super) struct Publisher(mpsc::Sender<(Channel, Message)>);

impl Publisher {
    pub(super) fn start(connection: ConnectionManager, node: Node, stop: CancellationToken) -> Self {
        let (sender, queue) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            stop.run_until_cancelled(say(connection, node, queue)).await;
        });
        Self(sender)
    }

    /// Queues what is to be said. What finds no room is found by those who look into the store of themselves.
    pub(super) fn tell(&self, channel: Channel, message: Message) {
        if self.0.try_send((channel, message)).is_err() {
            tracing::debug!("the bus is too slow: something was not said");
        }
    }
}

/// What is stored and was not said yet.
#[derive(Default)]
struct Unsaid {
    channels: HashSet<Channel>,
    /// There are more than are remembered.
    everybody: bool,
}

impl Unsaid {
    fn is_empty(&self) -> bool {
        self.channels.is_empty() && !self.everybody
    }

    fn remember(&mut self, channel: Channel) {
        if self.channels.len() < REMEMBERED {
            self.channels.insert(channel);
        } else {
            self.everybody = true;
        }
    }
}

async fn say(mut connection: ConnectionManager, node: Node, mut queue: mpsc::Receiver<(Channel, Message)>) {
    let mut unsaid = Unsaid::default();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        // While something is left to say, it is tried again though nothing new comes.
        let count = tokio::select! {
            biased;
            count = queue.recv_many(&mut batch, BATCH) => count,
            () = sleep(PAUSE), if !unsaid.is_empty() => 1,
        };
        if count == 0 {
            return;
        }
        let mut pipeline = redis::pipe();
        let mut stored = HashSet::new();
        for (channel, message) in batch.drain(..) {
            match message {
                Message::Stored => {
                    stored.insert(channel);
                }
                message => {
                    publish(&mut pipeline, &channel.0, message.encode(node));
                }
            }
        }
        if unsaid.everybody {
            publish(&mut pipeline, EVERYBODY, Message::Stored.encode(node));
        }
        for channel in unsaid.channels.union(&stored) {
            publish(&mut pipeline, &channel.0, Message::Stored.encode(node));
        }
        let said: Result<(), _> = pipeline.query_async(&mut connection).await;
        match said {
            Ok(()) => unsaid = Unsaid::default(),
            Err(error) => {
                tracing::debug!(kind = ?error.kind(), "the bus did not take what was said");
                stored.into_iter().for_each(|channel| unsaid.remember(channel));
                sleep(PAUSE).await;
            }
        }
    }
}

fn publish(pipeline: &mut redis::Pipeline, channel: &[u8], message: Vec<u8>) {
    let mut name = PREFIX.to_vec();
    name.extend_from_slice(channel);
    pipeline.cmd("PUBLISH").arg(name).arg(message).ignore();
}
