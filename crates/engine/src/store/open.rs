//! Opening the database: for writing, which brings it up to date, and for reading.

use std::path::Path;

use rusqlite::Connection;

use super::backup;
use super::connect::{Access, check, connect, not_opened, schema_version};
use super::files::{is_checked_at_start, trust};
use super::schema::{SCHEMA_VERSION, migrate};
use crate::clock::Timestamp;
use crate::error::{DatabaseError, StorageError};
use crate::vault::DatabaseKey;

/// Opens the connection that writes to a new database.
pub(super) fn create(path: &Path, key: &DatabaseKey) -> Result<Connection, DatabaseError> {
    let mut connection = connect(path, key, Access::Create)?;
    settle(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Opens the connection that writes, and brings the schema up to date; what there was before is kept as a backup.
pub(super) fn writer(path: &Path, key: &DatabaseKey, now: Timestamp) -> Result<Connection, DatabaseError> {
    let mut connection = connect(path, key, Access::Write)?;
    let version = schema_version(&connection)?;
    if version > SCHEMA_VERSION {
        return Err(DatabaseError::TooNew);
    }
    if version == 0 {
        // SQLite takes a file of less than a page for an empty database. Ours never is one, but when it was truncated.
        return Err(StorageError::Corrupted.into());
    }
    settle(&connection)?;
    if is_checked_at_start(path)? {
        check(&connection)?;
        trust(path);
    }
    if version < SCHEMA_VERSION
        && backup::mark(&connection)?.is_none()
        && let Err(error) = backup::make(path, key, now, || true)
    {
        // A migration is one transaction: it is not what backups are for, and not worth being locked out.
        tracing::warn!(%error, "no backup was made before the migration");
    }
    migrate(&mut connection)?;
    Ok(connection)
}

/// How the connection that writes treats the file.
fn settle(connection: &Connection) -> Result<(), DatabaseError> {
    connection
        .pragma_update(None, "journal_mode", "wal")
        .map_err(not_opened)?;
    // FULL, not NORMAL: a commit that was answered, or acknowledged to the relay, must outlive a power cut.
    connection
        .pragma_update(None, "synchronous", "full")
        .map_err(not_opened)?;
    connection
        .pragma_update(None, "secure_delete", "on")
        .map_err(not_opened)
}

/// Opens a connection that only reads.
pub(super) fn reader(path: &Path, key: &DatabaseKey) -> Result<Connection, DatabaseError> {
    let connection = connect(path, key, Access::Write)?;
    // Opened for writing nevertheless: a reader of a WAL database takes part in its shared memory.
    connection
        .pragma_update(None, "query_only", "on")
        .map_err(not_opened)?;
    Ok(connection)
}
