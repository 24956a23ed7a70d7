//! Connecting, and bringing the schema to this program's version.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};

use super::{Failure, tls};
use crate::tls::TlsError;

/// Connections of one node: four lanes of writes and what is done beside them.
const CONNECTIONS: usize = 16;

/// How long PostgreSQL may take to be reached; then the node says that it is unavailable.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest statement, and longest wait for the lock of another node, which holds it for one group.
const STATEMENT: &str =
    "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s";

/// A commit is on disk before anybody hears of it, whatever the server's own setting; nothing needs more than to see what
/// was committed when a statement began.
const SESSION: &str = "-c synchronous_commit=on -c default_transaction_isolation=read\\ committed";

/// Held while the schema is changed, so that nodes that start together do not both change it.
const MIGRATING: i64 = 0x5077_0001;

/// Numbered by their place, from 1; what is released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/001_first.sql"),
    include_str!("migrations/002_spent_invites.sql"),
    include_str!("migrations/003_withdrawn_invites.sql"),
    include_str!("migrations/004_copying.sql"),
];

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("this is not an address like postgres://user@host/database")]
    Address(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Tls(TlsError),
    #[error("the database was written by a newer version")]
    TooNew,
    #[error("the database belongs to a relay with another pepper")]
    OtherPepper,
    #[error("the database holds half a copy of another")]
    HalfCopied,
    #[error("the database cannot be reached or brought to this version")]
    Database(#[source] Failure),
}

impl<E: Into<Failure>> From<E> for OpenError {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

impl From<TlsError> for OpenError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

pub(super) fn pool(address: &str) -> Result<Pool, OpenError> {
    let (mut config, tls) = tls::parse(address)?;
    let options = [config.get_options().unwrap_or_default(), STATEMENT, SESSION].join(" ");
    config.options(options);
    config.application_name("sotto-relay");
    config.connect_timeout(PATIENCE);
    config.keepalives_idle(Duration::from_secs(10));
    config.tcp_user_timeout(Duration::from_secs(10));
    let manager = Manager::from_config(
        config,
        tls,
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    let timeouts = Timeouts {
        wait: Some(PATIENCE),
        create: Some(PATIENCE),
        recycle: Some(PATIENCE),
    };
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .timeouts(timeouts)
        .build()
        .map_err(|error| OpenError::Database(Failure::Build(error)))
}

/// Brings the schema to this version; leaves one of a newer version alone.
pub(super) async fn migrate(pool: &Pool) -> Result<(), OpenError> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATING])
        .await?;
    transaction
        .batch_execute("CREATE TABLE IF NOT EXISTS relay_migrations (version bigint PRIMARY KEY)")
        .await?;
    let done: i64 = transaction
        .query_one("SELECT COALESCE(MAX(version), 0) FROM relay_migrations", &[])
        .await?
        .try_get(0)?;
    let done = usize::try_from(done).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        return Err(OpenError::TooNew);
    }
    for (version, migration) in (1_i64..).zip(MIGRATIONS).skip(done) {
        transaction.batch_execute(migration).await?;
        transaction
            .execute("INSERT INTO relay_migrations (version) VALUES ($1)", &[&version])
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The pepper that the database belongs to, if it belongs to one yet.
pub(super) async fn fingerprint(pool: &Pool) -> Result<Option<Vec<u8>>, OpenError> {
    let connection = pool.get().await?;
    let row = connection
        .query_opt("SELECT pepper_fingerprint FROM relay", &[])
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Whether an embedded database was being copied into this one, and that has not ended.
pub(super) async fn is_half_copied(pool: &Pool) -> Result<bool, OpenError> {
    let any = "SELECT EXISTS (SELECT FROM copying)";
    Ok(pool.get().await?.query_one(any, &[]).await?.try_get(0)?)
}

/// Gives the database to the relay with this pepper; refuses if another has it.
pub(super) async fn claim(pool: &Pool, fingerprint: &[u8]) -> Result<(), OpenError> {
    pool.get()
        .await?
        .execute(
            "INSERT INTO relay (pepper_fingerprint) SELECT $1 WHERE NOT EXISTS (SELECT FROM copying)
             ON CONFLICT DO NOTHING",
            &[&fingerprint],
        )
        .await?;
    match self::fingerprint(pool).await? {
        Some(known) if known == fingerprint => Ok(()),
        Some(_) => Err(OpenError::OtherPepper),
        None => Err(OpenError::HalfCopied),
    }
}
