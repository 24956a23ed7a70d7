//! The schema: every version there was, and the way from each to the next.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::connect::not_opened;
use crate::error::{DatabaseError, StorageError};

/// The version that this program writes.
pub(super) const SCHEMA_VERSION: usize = 8;

/// Every migration ever released, in order; the database's `user_version` is how many of them it has had.
pub(super) const MIGRATIONS: [M<'static>; SCHEMA_VERSION] = [
    M::up(include_str!("migrations/001_first.sql")),
    M::up(include_str!("migrations/002_declined_guests.sql")),
    M::up(include_str!("migrations/003_post_quantum_keys.sql")),
    M::up(include_str!("migrations/004_sealed_envelopes.sql")),
    M::up(include_str!("migrations/005_requests.sql")),
    M::up(include_str!("migrations/006_verification.sql")),
    M::up(include_str!("migrations/007_search.sql")),
    M::up(include_str!("migrations/008_conversation.sql")),
];

/// Brings the schema up to date.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), DatabaseError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_sound() {
        Migrations::from_slice(&MIGRATIONS).validate().unwrap();
    }
}
