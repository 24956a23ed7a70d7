//! What a relay can be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sotto_wire::{MAX_PAYLOAD_BYTES, RelayName};

/// Where a relay keeps its data, where it listens and what it allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder: the database, the pepper, the lock. Made if it is not there.
    pub data: PathBuf,
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The names by which clients dial this relay. Empty: the address it listens on, and `localhost` with its port.
    pub names: Vec<RelayName>,
    /// The PostgreSQL that the nodes of one relay share, `postgres://user@host/name`. None: an embedded database in the data
    /// folder.
    pub database: Option<String>,
    /// The Redis through which the nodes of one relay tell each other what arrives, `redis://host:6379`. None: this is the
    /// only node.
    pub bus: Option<String>,
    /// What is allowed.
    pub limits: Limits,
    /// How long things may take.
    pub patience: Patience,
}

impl Config {
    /// A relay with the usual limits.
    pub fn new(data: impl Into<PathBuf>, listen: SocketAddr) -> Self {
        Self {
            data: data.into(),
            listen,
            names: Vec::new(),
            database: None,
            bus: None,
            limits: Limits::default(),
            patience: Patience::default(),
        }
    }
}

/// What a relay allows. The defaults suit a family; see docs/relay.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; beyond it the relay answers 503.
    pub connections: u32,
    /// Longest payload of an envelope in bytes, at most [`MAX_PAYLOAD_BYTES`].
    pub payload_bytes: u32,
    /// Envelopes that a mailbox holds.
    pub mailbox_envelopes: u32,
    /// Bytes of payload that a mailbox holds.
    pub mailbox_bytes: u64,
    /// Days that an envelope waits for its owner.
    pub retention_days: u32,
    /// Unused one-time prekeys of each kind kept for a device.
    pub one_time_prekeys: u32,
    /// Envelopes pushed to a connection and not acknowledged yet; then the relay pushes no more.
    pub unacknowledged: u32,
    /// Takes no new accounts.
    pub registration_closed: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            payload_bytes: MAX_PAYLOAD_BYTES as u32,
            mailbox_envelopes: 20_000,
            mailbox_bytes: 256 * 1024 * 1024,
            retention_days: 30,
            one_time_prekeys: 200,
            unacknowledged: 256,
            registration_closed: false,
        }
    }
}

/// A limit that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Nothing would be allowed.
    #[error("the limit {limit} is 0")]
    Zero {
        /// Which one.
        limit: &'static str,
    },
    /// The protocol has a smaller one.
    #[error("the limit {limit} is more than {most}")]
    TooLarge {
        /// Which one.
        limit: &'static str,
        /// The most it can be.
        most: u64,
    },
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), LimitError> {
        let bounds = [
            ("connections", u64::from(self.connections), 1_000_000),
            (
                "payload-bytes",
                self.payload_bytes.into(),
                MAX_PAYLOAD_BYTES as u64,
            ),
            (
                "mailbox-envelopes",
                self.mailbox_envelopes.into(),
                u64::from(u32::MAX),
            ),
            ("mailbox-bytes", self.mailbox_bytes, 1 << 50),
            ("retention-days", self.retention_days.into(), 3_650),
            ("one-time-prekeys", self.one_time_prekeys.into(), 10_000),
            ("unacknowledged", self.unacknowledged.into(), 10_000),
        ];
        for (limit, value, most) in bounds {
            if value == 0 {
                return Err(LimitError::Zero { limit });
            }
            if value > most {
                return Err(LimitError::TooLarge { limit, most });
            }
        }
        Ok(())
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the connection to the hello, and on the mailbox endpoint from the hello to the authentication.
    pub introduction: Duration,
    /// Silence after which the relay pings.
    pub heartbeat: Duration,
    /// From the ping to any sign of life.
    pub pong: Duration,
    /// For one write to a client that does not read.
    pub write: Duration,
    /// For everybody to leave when the relay stops.
    pub farewell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            introduction: Duration::from_secs(20),
            heartbeat: Duration::from_secs(30),
            pong: Duration::from_secs(15),
            write: Duration::from_secs(30),
            farewell: Duration::from_secs(10),
        }
    }
}
