//! What the user has chosen, and what the engine remembers: JSON by key.

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::change;
use crate::error::StorageError;

/// The value under `key`, if there is one that reads as a `T`. What does not (a newer version wrote it) counts as unset.
pub fn read<T: DeserializeOwned>(connection: &Connection, key: &str) -> Result<Option<T>, StorageError> {
    let mut statement = connection.prepare_cached("SELECT value FROM settings WHERE key = ?")?;
    let json: Option<String> = statement.query_row([key], |row| row.get(0)).optional()?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

/// Sets the value under `key`.
pub fn write<T: Serialize>(transaction: &Transaction<'_>, key: &str, value: &T) -> Result<(), StorageError> {
    let json = serde_json::to_string(value).map_err(|_| StorageError::Failed)?;
    change(
        transaction,
        "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, &json],
    )?;
    Ok(())
}

/// Removes what is under `key`.
pub fn remove(transaction: &Transaction<'_>, key: &str) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM settings WHERE key = ?", [key]).map(drop)
}
