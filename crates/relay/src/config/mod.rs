//! What a relay can be told.
//!
//! [`SETTINGS`] is the one list of what there is: flags, environment, file, `check-config` and the table in
//! docs/relay.md are made from it. A [`Config`] is what they amount to.

mod effective;
mod limits;
mod network;
mod quota;
mod setting;
mod settings;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sotto_wire::RelayName;

pub use effective::{ConfigError, Effective, Given, Origin};
pub use limits::{LimitError, Limits, Registration};
pub use network::Network;
pub use quota::{Quota, Quotas};
pub use setting::{Section, Setting};
pub use settings::SETTINGS;
pub use value::ValueError;

/// Where a relay keeps its data, where it listens and what it allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder: the database, the pepper, the lock. Made if it is not there.
    pub data: PathBuf,
    /// The folder of the pepper and the like; `None`: the data folder. The nodes of one relay share its contents.
    pub secrets: Option<PathBuf>,
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
    /// File with the trust roots by which a Redis under `rediss://` is known; `None`: those of the system.
    pub bus_root: Option<PathBuf>,
    /// Proxies whose word about a client's address is taken.
    pub proxies: Proxies,
    /// Whose certificate it shows.
    pub tls: Tls,
    /// Where metrics, health and readiness are served besides.
    pub metrics_listen: Option<SocketAddr>,
    /// How the program writes its log.
    pub log_format: LogFormat,
    /// Who gets an account, and how much is kept.
    pub limits: Limits,
    /// How often things may be done.
    pub quotas: Quotas,
    /// How long things may take.
    pub patience: Patience,
}

impl Config {
    /// A relay with the usual limits.
    pub fn new(data: impl Into<PathBuf>, listen: SocketAddr) -> Self {
        Self {
            data: data.into(),
            secrets: None,
            listen,
            names: Vec::new(),
            database: None,
            bus: None,
            bus_root: None,
            proxies: Proxies::default(),
            tls: Tls::default(),
            metrics_listen: None,
            log_format: LogFormat::Text,
            limits: Limits::default(),
            quotas: Quotas::default(),
            patience: Patience::default(),
        }
    }

    /// The folder of the pepper and the like.
    pub fn secrets(&self) -> &std::path::Path {
        self.secrets.as_deref().unwrap_or(&self.data)
    }
}

/// The proxies in front of a relay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxies {
    /// Who may say `X-Forwarded-For`, and must say the PROXY line if there is to be one.
    pub trusted: Vec<Network>,
    /// Every connection from a trusted proxy begins with the line of the PROXY protocol, version 1.
    pub protocol: bool,
}

/// Where a certificate comes from. Nothing set: the relay speaks no TLS itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// File with the certificate and its chain (PEM).
    pub certificate: Option<PathBuf>,
    /// File with the private key (PEM).
    pub key: Option<PathBuf>,
    /// Host names for which certificates are got by ACME.
    pub acme_domains: Vec<String>,
    /// Whom the certificate authority may write to, such as `mailto:admin@relay.example`.
    pub acme_contact: Vec<String>,
    /// The certificate authority; `None`: Let's Encrypt.
    pub acme_directory: Option<String>,
    /// File with the trust root of the certificate authority's own server, for a private one.
    pub acme_root: Option<PathBuf>,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object to a line, for programs.
    Json,
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the connection to the upgrade, from there to the hello, and on the mailbox endpoint from the hello to the
    /// authentication.
    pub introduction: Duration,
    /// Silence after which the relay pings.
    pub heartbeat: Duration,
    /// From the ping to any sign of life.
    pub pong: Duration,
    /// For one write to a client that does not read.
    pub write: Duration,
    /// From being told to stop to stopping: not ready any more, and serving on, until the balancer has noticed.
    pub notice: Duration,
    /// For everybody to leave when the relay stops.
    pub farewell: Duration,
    /// Over which those who were sent away come back.
    pub reconnect: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            introduction: Duration::from_secs(20),
            heartbeat: Duration::from_secs(30),
            pong: Duration::from_secs(15),
            write: Duration::from_secs(30),
            notice: Duration::ZERO,
            farewell: Duration::from_secs(10),
            reconnect: Duration::from_secs(5),
        }
    }
}
