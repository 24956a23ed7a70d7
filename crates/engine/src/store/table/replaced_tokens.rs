//! What opened our mailbox before another token took its place, and still does until it ends.

use rusqlite::{Connection, Transaction, params};
use sotto_wire::DeliveryToken;

use super::{change, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::store::row::RowExt;

/// Takes note of a token that was replaced.
pub fn insert(
    transaction: &Transaction<'_>,
    token: &DeliveryToken,
    ends_at: Timestamp,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO replaced_tokens (token, ends_at) VALUES (?, ?)";
    change(transaction, sql, params![token.as_bytes(), ends_at]).map(drop)
}

/// Those that have not ended, the newest first, at most `limit`.
pub fn good(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(DeliveryToken, Timestamp)>, StorageError> {
    let sql = "SELECT token, ends_at FROM replaced_tokens WHERE ends_at > ? ORDER BY id DESC LIMIT ?";
    list(connection, sql, params![now, limit], |row| {
        let token = row.optional_token("token")?.ok_or(StorageError::Corrupted)?;
        Ok((token, row.get("ends_at")?))
    })
}

/// Forgets those that have ended.
pub fn delete_ended(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StorageError> {
    change(
        transaction,
        "DELETE FROM replaced_tokens WHERE ends_at <= ?",
        [now],
    )
    .map(drop)
}
