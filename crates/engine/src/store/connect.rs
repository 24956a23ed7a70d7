//! A connection to the database file: the key, SQLCipher's and SQLite's settings.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use zeroize::Zeroizing;

use crate::error::{DatabaseError, StorageError};
use crate::vault::DatabaseKey;

/// Nobody else has the file open; only our own connections ever wait for each other.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The table modules have about a hundred statements.
const CACHED_STATEMENTS: usize = 128;

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

/// Reads every page in use through SQLCipher, which authenticates it, and SQLite, which checks its structure.
pub(super) fn check(connection: &Connection) -> Result<(), StorageError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StorageError::Corrupted)
    }
}

pub(super) fn not_opened(error: rusqlite::Error) -> DatabaseError {
    match error.sqlite_error_code() {
        // The first page does not authenticate under this key.
        Some(ErrorCode::NotADatabase) => DatabaseError::WrongKey,
        _ => StorageError::from(error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_statement_holds_the_key_and_never_grew() {
        let statement = key_statement(&DatabaseKey::from_bytes([0xa5; 32]));
        assert_eq!(*statement, format!("PRAGMA key = \"x'{}'\"", "a5".repeat(32)));
        assert_eq!(statement.capacity(), statement.len());
    }
}
