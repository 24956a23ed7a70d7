//! Opening the database file: the key, SQLCipher's and SQLite's settings, migrations, and whether it is whole.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};
use zeroize::Zeroizing;

use super::backup;
use crate::clock::Timestamp;
use crate::error::{DatabaseError, StorageError};
use crate::vault::DatabaseKey;

/// The version that this program writes.
pub(super) const SCHEMA_VERSION: usize = 8;

/// Every migration ever released, in order; the database's `user_version` is how many of them it has had.
const MIGRATIONS: [M<'static>; SCHEMA_VERSION] = [
    M::up(include_str!("migrations/001_first.sql")),
    M::up(include_str!("migrations/002_declined_guests.sql")),
    M::up(include_str!("migrations/003_post_quantum_keys.sql")),
    M::up(include_str!("migrations/004_sealed_envelopes.sql")),
    M::up(include_str!("migrations/005_requests.sql")),
    M::up(include_str!("migrations/006_verification.sql")),
    M::up(include_str!("migrations/007_search.sql")),
    M::up(include_str!("migrations/008_conversation.sql")),
];

/// Up to this size a database is checked from end to end when it is opened, which takes tens of milliseconds.
/// A larger one is checked page by page as it is read (SQLCipher authenticates each), and by
/// [`Store::check`](super::Store::check) when there is time.
const CHECKED_AT_START: u64 = 8 * 1024 * 1024;

/// Nobody else has the file open; only our own connections ever wait for each other.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The table modules have about a hundred statements.
const CACHED_STATEMENTS: usize = 128;

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

/// Whether the database is checked from end to end when it is opened: it is small, or was found to be damaged.
pub(super) fn is_checked_at_start(path: &Path) -> Result<bool, StorageError> {
    Ok(is_small(path)? || beside(path, SUSPECT).exists())
}

/// Whether reading all of it takes no time worth mentioning.
pub(super) fn is_small(path: &Path) -> Result<bool, StorageError> {
    let size = std::fs::metadata(path).map_err(|_| StorageError::Failed)?.len();
    Ok(size <= CHECKED_AT_START)
}

/// Has the database checked from end to end when it is opened next, however large it is: it was found to be damaged.
pub(super) fn distrust(path: &Path) -> Result<(), StorageError> {
    std::fs::write(beside(path, SUSPECT), []).map_err(|_| StorageError::Failed)
}

/// It is whole after all.
fn trust(path: &Path) {
    // One that stays costs a little time at the next start.
    let _ = std::fs::remove_file(beside(path, SUSPECT));
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

/// Reads every page in use through SQLCipher, which authenticates it, and SQLite, which checks its structure.
pub(super) fn check(connection: &Connection) -> Result<(), StorageError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StorageError::Corrupted)
    }
}

#[derive(PartialEq, Eq)]
pub(super) enum Access {
    Create,
    Write,
}

pub(super) fn connect(path: &Path, key: &DatabaseKey, access: Access) -> Result<Connection, DatabaseError> {
    if access == Access::Write {
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(DatabaseError::Missing),
            Err(_) => return Err(StorageError::Failed.into()),
        }
    }
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, access == Access::Create);
    let connection = Connection::open_with_flags(path, flags).map_err(not_opened)?;
    #[cfg(unix)]
    if access == Access::Create {
        use std::os::unix::fs::PermissionsExt;
        // Before anything is written; -wal and -shm take the mode over.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .map_err(|_| StorageError::Failed)?;
    }
    connection.busy_timeout(BUSY_TIMEOUT).map_err(not_opened)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // It would write to standard error; what failed is in the error we return.
    connection
        .pragma_update(None, "cipher_log_level", "none")
        .map_err(not_opened)?;
    connection
        .execute_batch(&key_statement(key))
        .map_err(not_opened)?;
    // Sorting and temporary tables may not leave plaintext on the disk.
    connection
        .pragma_update(None, "temp_store", "memory")
        .map_err(not_opened)?;
    connection
        .pragma_update(None, "foreign_keys", "on")
        .map_err(not_opened)?;
    // The key is only tried when the first page is read.
    schema_version(&connection)?;
    Ok(connection)
}

/// `PRAGMA key` with the raw 32 bytes: SQLCipher then derives nothing, and opening is fast.
fn key_statement(key: &DatabaseKey) -> Zeroizing<String> {
    const PREFIX: &str = "PRAGMA key = \"x'";
    const SUFFIX: &str = "'\"";
    // Full capacity from the start: a string that grows leaves a copy behind that nobody wipes.
    let length = PREFIX.len() + 2 * key.expose_secret().len() + SUFFIX.len();
    let mut statement = Zeroizing::new(String::with_capacity(length));
    statement.push_str(PREFIX);
    for byte in key.expose_secret() {
        for digit in [byte >> 4, byte & 0xf] {
            statement.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    statement.push_str(SUFFIX);
    statement
}

pub(super) fn schema_version(connection: &Connection) -> Result<usize, DatabaseError> {
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(not_opened)?;
    // Also touches the schema, so that a wrong key is found here whatever SQLite has cached.
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(not_opened)?;
    usize::try_from(version).map_err(|_| StorageError::Corrupted.into())
}

fn migrate(connection: &mut Connection) -> Result<(), DatabaseError> {
    Migrations::from_slice(&MIGRATIONS)
        .to_latest(connection)
        .map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => not_opened(err),
            rusqlite_migration::Error::MigrationDefinition(_) => DatabaseError::TooNew,
            _ => StorageError::Failed.into(),
        })
}

/// A database in memory, of which nothing remains.
#[cfg(any(test, fuzzing))]
pub(crate) fn in_memory() -> Result<Connection, DatabaseError> {
    let mut connection = Connection::open_in_memory().map_err(not_opened)?;
    connection
        .pragma_update(None, "foreign_keys", "on")
        .map_err(not_opened)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// A new database as the version of Sotto left it that had only the first `migrations`.
#[cfg(test)]
pub(super) fn as_of(path: &Path, key: &DatabaseKey, migrations: usize) -> Connection {
    let mut connection = connect(path, key, Access::Create).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    Migrations::from_slice(&MIGRATIONS)
        .to_version(&mut connection, migrations)
        .unwrap();
    connection
}

pub(super) fn not_opened(error: rusqlite::Error) -> DatabaseError {
    match error.sqlite_error_code() {
        // The first page does not authenticate under this key.
        Some(ErrorCode::NotADatabase) => DatabaseError::WrongKey,
        _ => StorageError::from(error).into(),
    }
}

/// An empty file of this name says that the database was found to be damaged.
const SUSPECT: &str = "-suspect";

/// The database's own file, those that SQLite keeps beside it, and ours.
const SUFFIXES: [&str; 4] = ["", SUSPECT, "-wal", "-shm"];

/// A file beside the database, named after it.
pub(super) fn beside(path: &Path, extra: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extra);
    PathBuf::from(name)
}

/// Renames the database's files out of the way, to `messages.db.damaged-<milliseconds>` and the like. Deletes nothing:
/// a later version, or somebody who knows how, may still get messages out of it. Answers the new name.
pub(super) fn set_aside(path: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    let named = |extra: &str| beside(path, extra);
    let mut moment = now.millis();
    // Twice within a millisecond, or a clock that was set back.
    while SUFFIXES
        .iter()
        .any(|suffix| named(&format!(".damaged-{moment}{suffix}")).exists())
    {
        moment = moment.saturating_add(1);
    }
    // The main file last: until it has moved, a process that dies here leaves a database that is still recognised as
    // damaged, and can be set aside again.
    for suffix in SUFFIXES.iter().rev() {
        match std::fs::rename(named(suffix), named(&format!(".damaged-{moment}{suffix}"))) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            result => result?,
        }
    }
    Ok(named(&format!(".damaged-{moment}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_sound() {
        Migrations::from_slice(&MIGRATIONS).validate().unwrap();
    }

    #[test]
    fn the_key_statement_holds_the_key_and_never_grew() {
        let statement = key_statement(&DatabaseKey::from_bytes([0xa5; 32]));
        assert_eq!(*statement, format!("PRAGMA key = \"x'{}'\"", "a5".repeat(32)));
        assert_eq!(statement.capacity(), statement.len());
    }
}
