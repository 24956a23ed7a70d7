//! A running relay: from the data folder and the listening socket to the last farewell.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sotto_wire::RelayName;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::bus::Bus;
use crate::certificates::Certificates;
use crate::config::{Config, LimitError};
use crate::file;
use crate::identity::Names;
use crate::limits::{Limiter, Peers};
use crate::listener;
use crate::metrics::{self, Metrics};
use crate::pepper::Pepper;
use crate::relay::Relay;
use crate::router;
use crate::secret_file::SecretFileError;
use crate::store::{Connected, PostgresError, SqliteError, Store};
use crate::tls::{self, TlsError};

/// How often what is too old is deleted.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// How often the store is told that nothing may come for a while.
const SETTLE: Duration = Duration::from_secs(5);

/// How often a node of several looks into the store for what it should have heard of on the bus: the longest that anybody
/// waits for what is stored.
const LOOK: Duration = Duration::from_secs(5);

/// Mailboxes in one look.
const LOOK_AT: usize = 1_000;

/// How long a relay that was dropped may take to end.
const LAST_GROUP: Duration = Duration::from_secs(2);

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A limit makes no sense.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The data folder cannot be made or written.
    #[error("the data folder cannot be written")]
    DataFolder(#[source] io::Error),
    /// Another relay runs on this data folder.
    #[error("another relay is running on this data folder")]
    DataFolderInUse,
    /// There is a database, but the pepper that belongs to it is gone: no user name could be found any more.
    #[error("the file `pepper` is missing beside the database; restore it from your backup")]
    PepperMissing,
    /// The database is that of a relay with another pepper.
    #[error("the database belongs to a relay with another file `pepper`; all nodes of a relay need the same")]
    OtherPepper,
    /// The database is given by something that is no address.
    #[error("the database is not an address like postgres://user@host/name")]
    DatabaseAddress(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The pepper has not the form of one.
    #[error("the file `pepper` is damaged; restore it from your backup")]
    PepperDamaged,
    /// The trust root has not the form of one.
    #[error("the file `trust-root` is damaged; restore it from your backup")]
    TrustRootDamaged,
    /// The database is from a newer version.
    #[error("the database was written by a newer version of sotto-relay; update this one")]
    DatabaseTooNew,
    /// The database is from an older version, and not to be changed now.
    #[error(
        "the database was written by an older version of sotto-relay; start the relay with this one first"
    )]
    DatabaseTooOld,
    /// An embedded database was being copied into this one.
    #[error("the database holds half a copy; run `sotto-relay migrate sqlite-to-postgres` to its end")]
    DatabaseHalfCopied,
    /// The database is damaged.
    #[error("the database is damaged; restore it from your backup, or start with another data folder")]
    DatabaseDamaged,
    /// The database cannot be opened for another reason.
    #[error("the database cannot be opened")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bus is no address of a Redis.
    #[error("the bus is not an address like redis://host:6379")]
    BusAddress,
    /// Another program listens there.
    #[error("another program is listening on {address}")]
    AddressInUse {
        /// Where.
        address: SocketAddr,
    },
    /// This machine has no such address.
    #[error("this machine does not have the address {address}")]
    AddressNotAvailable {
        /// Which.
        address: SocketAddr,
    },
    /// The port needs a privilege.
    #[error("listening on {address} is not permitted; ports below 1024 need a privilege")]
    AddressForbidden {
        /// Where.
        address: SocketAddr,
    },
    /// Listening failed for another reason.
    #[error("listening on {address} failed")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl From<SqliteError> for ServeError {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::TooNew => Self::DatabaseTooNew,
            SqliteError::TooOld => Self::DatabaseTooOld,
            SqliteError::Damaged => Self::DatabaseDamaged,
            SqliteError::NotWritable => Self::DataFolder(io::ErrorKind::PermissionDenied.into()),
            SqliteError::Database(error) => Self::Database(error.into()),
            SqliteError::Migration(error) => Self::Database(error.into()),
            SqliteError::Thread(error) => Self::Database(error.into()),
        }
    }
}

impl From<PostgresError> for ServeError {
    fn from(error: PostgresError) -> Self {
        match error {
            PostgresError::TooNew => Self::DatabaseTooNew,
            PostgresError::OtherPepper => Self::OtherPepper,
            PostgresError::HalfCopied => Self::DatabaseHalfCopied,
            PostgresError::Address(error) => Self::DatabaseAddress(error),
            PostgresError::Tls(error) => Self::Tls(error),
            PostgresError::Database(error) => Self::Database(error.into()),
        }
    }
}

fn no_pepper(error: SecretFileError) -> ServeError {
    match error {
        SecretFileError::Missing => ServeError::PepperMissing,
        SecretFileError::Damaged => ServeError::PepperDamaged,
        SecretFileError::Io(error) => ServeError::DataFolder(error),
    }
}

fn no_trust_root(error: SecretFileError) -> ServeError {
    match error {
        SecretFileError::Missing | SecretFileError::Damaged => ServeError::TrustRootDamaged,
        SecretFileError::Io(error) => ServeError::DataFolder(error),
    }
}

/// The secrets of a relay that there is.
pub(crate) fn secrets(config: &Config) -> Result<(Pepper, Certificates), ServeError> {
    let pepper = Pepper::open(&config.secrets().join(file::PEPPER), false).map_err(no_pepper)?;
    let trust_root = config.secrets().join(file::TRUST_ROOT);
    if !trust_root.exists() {
        return Err(no_trust_root(SecretFileError::Missing));
    }
    Ok((pepper, Certificates::open(&trust_root).map_err(no_trust_root)?))
}

/// Starts a relay; it runs on the runtime this is called on, until shut down or dropped.
pub async fn serve(config: Config) -> Result<RunningRelay, ServeError> {
    config.limits.check()?;
    let Opened {
        store,
        pepper,
        certificates,
    } = open(&config).await?;
    let (listener, address) = bind(config.listen).await?;
    let watching = match config.metrics_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let names = if config.names.is_empty() {
        default_names(address)
    } else {
        config.names.clone()
    };
    let metrics = Arc::new(Metrics::default());
    let tls = tls::start(&config, &metrics)?;

    let bus = bus(&config, &pepper)?;

    let relay = Arc::new(Relay {
        names: Names::new(names),
        pepper,
        certificates,
        store,
        bus: Arc::new(bus),
        places: Arc::new(Semaphore::new(config.limits.connections as usize)),
        peers: Peers::default(),
        half_open: Peers::default(),
        limiter: Limiter::new(config.quotas),
        metrics,
        connections: TaskTracker::new(),
        draining: CancellationToken::new(),
        stopping: CancellationToken::new(),
        aborted: CancellationToken::new(),
        config,
    });
    let router = router::router(Arc::clone(&relay));
    let server = tokio::spawn(listener::listen(listener, Arc::clone(&relay), router, tls));
    let metrics_address = watching.as_ref().map(|(_, address)| *address);
    let watching = watching.map(|(listener, _)| tokio::spawn(metrics::serve(listener, Arc::clone(&relay))));
    let mut tasks = vec![server, tokio::spawn(sweep(Arc::clone(&relay)))];
    tasks.push(if relay.store.is_shared() {
        tokio::spawn(look(Arc::clone(&relay)))
    } else {
        tokio::spawn(settle(Arc::clone(&relay)))
    });
    tasks.extend(watching);
    tracing::info!("started");
    Ok(RunningRelay {
        address,
        metrics_address,
        relay,
        tasks: tasks.into_iter().map(AbortOnDropHandle::new).collect(),
    })
}

fn bus(config: &Config, pepper: &Pepper) -> Result<Bus, ServeError> {
    let Some(address) = &config.bus else {
        return Ok(Bus::in_process(pepper.bus_key()));
    };
    let root = config.bus_root.as_deref().map(tls::read).transpose()?;
    Bus::redis(pepper.bus_key(), address, root).map_err(|_| ServeError::BusAddress)
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| cannot_listen(address, error))?;
    let chosen = listener
        .local_addr()
        .map_err(|source| ServeError::Listen { address, source })?;
    Ok((listener, chosen))
}

/// A relay that runs. Dropped, it stops at once, as if its machine had; what it acknowledged is on disk.
pub struct RunningRelay {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    relay: Arc<Relay>,
    tasks: Vec<AbortOnDropHandle<()>>,
}

impl RunningRelay {
    /// Where it listens, with the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves its metrics, if it was told to.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The names by which clients may dial it.
    pub fn names(&self) -> &[RelayName] {
        self.relay.names.as_slice()
    }

    /// Stops: first it is not ready any more and serves on until the balancer in front has noticed; then no new
    /// connections, those there are finish what is under way and are told to come back, everything is written and the
    /// database closed.
    pub async fn shutdown(mut self) {
        let relay = Arc::clone(&self.relay);
        let patience = relay.config.patience;
        relay.draining.cancel();
        sleep(patience.notice).await;
        relay.stopping.cancel();
        relay.connections.close();
        if timeout(patience.farewell, relay.connections.wait())
            .await
            .is_err()
        {
            tracing::warn!("some connections did not leave in time");
        }
        relay.aborted.cancel();
        relay.connections.wait().await;
        self.tasks.clear();
        relay.store.close().await;
        tracing::info!("stopped");
    }
}

impl Drop for RunningRelay {
    fn drop(&mut self) {
        self.relay.aborted.cancel();
    }
}

/// What a relay keeps.
struct Opened {
    store: Store,
    pepper: Pepper,
    certificates: Certificates,
}

async fn open(config: &Config) -> Result<Opened, ServeError> {
    match &config.database {
        Some(address) => open_shared(config, address).await,
        None => open_embedded(config).await,
    }
}

/// The database that several nodes share, and the secrets that each of them must have.
async fn open_shared(config: &Config, address: &str) -> Result<Opened, ServeError> {
    let connected = Connected::open(address).await?;
    let (data, folder) = (config.data.clone(), config.secrets().to_owned());
    let is_new = connected.fingerprint.is_none();
    let secrets = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(&data).map_err(ServeError::DataFolder)?;
        let pepper = Pepper::open(&folder.join(file::PEPPER), is_new).map_err(no_pepper)?;
        let certificates = Certificates::open(&folder.join(file::TRUST_ROOT)).map_err(no_trust_root)?;
        Ok::<_, ServeError>((pepper, certificates))
    });
    let (pepper, certificates) = secrets
        .await
        .map_err(|error| ServeError::Database(error.into()))??;
    let store = Store::postgres(
        connected,
        &pepper.fingerprint(&certificates.trust_root()),
        config.limits,
    )
    .await?;
    Ok(Opened {
        store,
        pepper,
        certificates,
    })
}

async fn open_embedded(config: &Config) -> Result<Opened, ServeError> {
    let (data, secrets, limits) = (config.data.clone(), config.secrets().to_owned(), config.limits);
    let opened = tokio::task::spawn_blocking(move || {
        let lock = lock(&data)?;
        let database = data.join(file::DATABASE);
        // The pepper comes first: a database is never without one.
        let pepper = Pepper::open(&secrets.join(file::PEPPER), !database.exists()).map_err(no_pepper)?;
        let certificates = Certificates::open(&secrets.join(file::TRUST_ROOT)).map_err(no_trust_root)?;
        // SQLite gives its log the permissions that the database has.
        private_file(&database).map_err(ServeError::DataFolder)?;
        let store = Store::sqlite(&database, limits, lock)?;
        Ok(Opened {
            store,
            pepper,
            certificates,
        })
    });
    opened.await.map_err(|error| ServeError::Database(error.into()))?
}

/// Makes the data folder and claims it; whoever has the file has the folder. A relay that was dropped may still be writing its last group: waits for that.
pub(crate) fn lock(data: &Path) -> Result<File, ServeError> {
    fs::create_dir_all(data).map_err(ServeError::DataFolder)?;
    let file = private_file(&data.join(file::LOCK)).map_err(ServeError::DataFolder)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < LAST_GROUP => {
                thread::sleep(LAST_GROUP / 100)
            }
            Err(TryLockError::WouldBlock) => return Err(ServeError::DataFolderInUse),
            Err(TryLockError::Error(error)) => return Err(ServeError::DataFolder(error)),
        }
    }
}

/// Opens a file for writing, made if it is not there, and nobody else's to read.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn cannot_listen(address: SocketAddr, source: io::Error) -> ServeError {
    match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::AddressInUse { address },
        io::ErrorKind::AddrNotAvailable => ServeError::AddressNotAvailable { address },
        io::ErrorKind::PermissionDenied => ServeError::AddressForbidden { address },
        _ => ServeError::Listen { address, source },
    }
}

/// The address, and the names of this machine for itself.
fn default_names(address: SocketAddr) -> Vec<RelayName> {
    let port = address.port();
    let loopback = match address.ip() {
        IpAddr::V4(_) => format!("127.0.0.1:{port}"),
        IpAddr::V6(_) => format!("[::1]:{port}"),
    };
    let mut names: Vec<RelayName> = [address.to_string(), loopback, format!("localhost:{port}")]
        .iter()
        .filter_map(|name| name.parse().ok())
        .collect();
    names.dedup();
    names
}

/// Looks for what arrived without this node hearing of it. With a bus that works nothing does.
async fn look(relay: Arc<Relay>) {
    let mut moments = interval(LOOK);
    moments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        moments.tick().await;
        for positions in relay.bus.positions().chunks(LOOK_AT) {
            match relay.store.arrived_since(positions.to_vec()).await {
                Ok(arrived) => relay.bus.wake(&arrived),
                Err(_) => break,
            }
        }
    }
}

async fn settle(relay: Arc<Relay>) {
    let mut moments = interval(SETTLE);
    moments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        moments.tick().await;
        relay.store.settle();
    }
}

async fn sweep(relay: Arc<Relay>) {
    let mut moments = interval(SWEEP);
    moments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        moments.tick().await;
        let swept = relay.store.sweep().await;
        relay.metrics.swept(swept.is_ok());
        if swept.is_err() {
            tracing::warn!("what is too old could not be deleted");
        }
    }
}
