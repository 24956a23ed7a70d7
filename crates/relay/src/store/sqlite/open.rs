//! Opening the database.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, MigrationDefinitionError, Migrations};

/// How long a connection waits for the lock of another; the writer is alone, so that only a checkpoint can hold it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages of the log after which they are copied into the database: four times SQLite's own, since the journal's pages are
/// written over and over, and each is copied once.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Statements kept prepared; there are fewer.
const PREPARED_STATEMENTS: usize = 64;

/// Numbered by their place, from 1; what is released is never changed.
static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    Migrations::new(vec![
        M::up(include_str!("migrations/001_first.sql")),
        M::up(include_str!("migrations/002_delivery_tokens.sql")),
        M::up(include_str!("migrations/003_spent_invites.sql")),
        M::up(include_str!("migrations/004_journal.sql")),
        M::up(include_str!("migrations/005_withdrawn_invites.sql")),
        M::up(include_str!("migrations/006_gathered_messages.sql")),
    ])
});

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("the database was written by a newer version")]
    TooNew,
    #[error("the database was written by an older version")]
    TooOld,
    #[error("the database is damaged, or not one")]
    Damaged,
    #[error("the database cannot be written")]
    NotWritable,
    #[error("the database cannot be opened")]
    Database(#[source] rusqlite::Error),
    #[error("the database cannot be brought to this version")]
    Migration(#[source] rusqlite_migration::Error),
    #[error("the writer's thread cannot be started")]
    Thread(#[source] std::io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if matches!(error, rusqlite::Error::FromSqlConversionFailure(..)) {
            return Self::Damaged;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::NotWritable
            }
            _ => Self::Database(error),
        }
    }
}

impl From<rusqlite_migration::Error> for OpenError {
    fn from(error: rusqlite_migration::Error) -> Self {
        use rusqlite_migration::Error;
        match error {
            Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => Self::TooNew,
            Error::RusqliteError { err, .. } => err.into(),
            other => Self::Migration(other),
        }
    }
}

/// The writer's connection; brings the schema to this program's version.
pub(super) fn writable(path: &Path) -> Result<Connection, OpenError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit is on disk, not in the system's cache, before anybody hears of it.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten where that costs no extra write.
    connection.pragma_update(None, "secure_delete", "FAST")?;
    MIGRATIONS.to_latest(&mut connection)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    Ok(connection)
}

/// A connection for a write beside a relay that runs. Leaves the schema alone: it must be of this program's version.
pub(super) fn beside(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    match MIGRATIONS.pending_migrations(&connection)? {
        0 => Ok(connection),
        1.. => Err(OpenError::TooOld),
        ..0 => Err(OpenError::TooNew),
    }
}

/// A connection for reads.
pub(in crate::store) fn readable(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_sound() {
        assert!(MIGRATIONS.validate().is_ok());
    }

    #[test]
    fn a_database_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.db");
        let connection = writable(&path).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        assert!(matches!(writable(&path), Err(OpenError::TooNew)));
    }

    #[test]
    fn a_file_that_is_no_database_is_called_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.db");
        std::fs::write(
            &path,
            b"the quick brown fox jumps over the lazy dog, again and again",
        )
        .unwrap();
        assert!(matches!(writable(&path), Err(OpenError::Damaged)));
    }
}
