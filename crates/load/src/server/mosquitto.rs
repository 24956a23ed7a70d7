//! mosquitto, the peer of the budget: an MQTT broker that keeps its queues in memory.
//!
//! As Debian ships it, but for the bound of 1,000 messages to a queue, which the offline scenario would only run into.

use std::future::Future;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;

use super::mqtt::{Connection, Packet};
use super::started::{Started, folder, free_port};
use super::{Inbox, Outbox, Server};
use crate::error::{LineError, LoadError};
use crate::process::Process;
use crate::stamp::Stamp;

const PROGRAM: &str = "mosquitto";

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A broker under load.
pub(crate) struct Mosquitto {
    port: u16,
    started: Started,
    people: AtomicU64,
}

impl Mosquitto {
    /// Starts one on a free port.
    pub(crate) async fn start(program: &Path, data: Option<&Path>) -> Result<Self, LoadError> {
        let folder = folder(data)?;
        let port = free_port()?;
        let file = folder.path().join("mosquitto.conf");
        let configuration = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_type error\n"
        );
        std::fs::write(&file, configuration).map_err(LoadError::Folder)?;
        let mut command = Command::new(program);
        command.arg("-c").arg(&file).current_dir(folder.path());
        let started = Started::new(PROGRAM, &mut command, folder)?;
        let began = Instant::now();
        while Connection::open(port, "first", false).await.is_err() {
            if began.elapsed() > PATIENCE {
                return Err(LoadError::Silent { program: PROGRAM });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self {
            port,
            started,
            people: AtomicU64::new(0),
        })
    }
}

impl Server for Mosquitto {
    type Inbox = Subscriber;
    type Outbox = Publisher;
    type Person = u64;

    fn name(&self) -> &'static str {
        PROGRAM
    }

    fn process(&self) -> Option<Process> {
        Some(self.started.process())
    }

    fn person(&self) -> u64 {
        self.people.fetch_add(1, Ordering::Relaxed)
    }

    fn connect(&self, person: &u64) -> impl Future<Output = Result<Subscriber, LineError>> + Send + 'static {
        let (port, person) = (self.port, *person);
        async move {
            let mut connection = Connection::open(port, &format!("reader-{person}"), true).await?;
            let mut early = Vec::new();
            // What waited comes at once, before the answer to the subscription.
            subscribe(&mut connection, &topic(person), &mut early).await?;
            Ok(Subscriber { connection, early })
        }
    }

    fn write_to(
        &self,
        person: &u64,
        bytes: usize,
    ) -> impl Future<Output = Result<Publisher, LineError>> + Send + 'static {
        let (port, person) = (self.port, *person);
        async move {
            Ok(Publisher {
                connection: Connection::open(port, &format!("writer-{person}"), false).await?,
                topic: topic(person),
                bytes,
                next: 1,
            })
        }
    }
}

fn topic(person: u64) -> String {
    format!("to/{person}")
}

async fn subscribe(
    connection: &mut Connection,
    topic: &str,
    early: &mut Vec<Stamp>,
) -> Result<(), LineError> {
    connection.subscribe(topic).await?;
    loop {
        match connection.next().await? {
            Packet::Subscribed => return connection.flush().await,
            Packet::Published { id, message } => {
                early.push(Stamp::of(&message).ok_or(LineError::Unexpected)?);
                connection.acknowledge(id);
            }
            Packet::Acknowledged | Packet::Connected => return Err(LineError::Unexpected),
        }
    }
}

/// A connection that receives.
pub(crate) struct Subscriber {
    connection: Connection,
    /// What came before the subscription was answered.
    early: Vec<Stamp>,
}

impl Inbox for Subscriber {
    async fn receive(&mut self, stamps: &mut Vec<Stamp>) -> Result<(), LineError> {
        if !self.early.is_empty() {
            stamps.append(&mut self.early);
            return Ok(());
        }
        let mut packet = self.connection.next().await?;
        loop {
            let Packet::Published { id, message } = packet else {
                return Err(LineError::Unexpected);
            };
            stamps.push(Stamp::of(&message).ok_or(LineError::Unexpected)?);
            self.connection.acknowledge(id);
            match self.connection.next().now_or_never() {
                Some(next) => packet = next?,
                None => break,
            }
        }
        self.connection.flush().await
    }

    async fn settle(&mut self) -> Result<(), LineError> {
        // An acknowledgement of QoS 1 is not answered.
        Ok(())
    }

    async fn leave(mut self) {
        // Whoever is gone already need not be told good-bye.
        self.connection.disconnect().await.ok();
    }
}

/// A connection that delivers.
pub(crate) struct Publisher {
    connection: Connection,
    topic: String,
    bytes: usize,
    next: u16,
}

impl Outbox for Publisher {
    async fn post(&mut self, stamp: Stamp) -> Result<(), LineError> {
        let id = self.next;
        self.next = id.checked_add(1).unwrap_or(1);
        self.connection
            .publish(&self.topic, id, &stamp.message(self.bytes));
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), LineError> {
        self.connection.flush().await
    }

    async fn accepted(&mut self) -> Result<usize, LineError> {
        let mut accepted = 0;
        let mut packet = self.connection.next().await?;
        loop {
            let Packet::Acknowledged = packet else {
                return Err(LineError::Unexpected);
            };
            accepted += 1;
            match self.connection.next().now_or_never() {
                Some(next) => packet = next?,
                None => return Ok(accepted),
            }
        }
    }
}
