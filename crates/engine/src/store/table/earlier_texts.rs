//! What edited texts said before.

use rusqlite::{Connection, Transaction, named_params};

use super::{change, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{EarlierText, MessageId};

/// Keeps what a text said at `revision`.
pub fn insert(
    transaction: &Transaction<'_>,
    message: MessageId,
    revision: u32,
    text: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO earlier_texts (message, revision, text, replaced_at)
               VALUES (:message, :revision, :text, :now)";
    let parameters = named_params! {
        ":message": message, ":revision": revision, ":text": text, ":now": now,
    };
    change(transaction, sql, parameters).map(drop)
}

/// What a text said before, the first one first.
pub fn of(connection: &Connection, message: MessageId) -> Result<Vec<EarlierText>, StorageError> {
    let sql = "SELECT text, replaced_at FROM earlier_texts WHERE message = ? ORDER BY revision";
    list(connection, sql, [message], |row| {
        Ok(EarlierText {
            text: row.get("text")?,
            replaced_at: row.get("replaced_at")?,
        })
    })
}

/// Forgets what a text said before.
pub fn delete_of(transaction: &Transaction<'_>, message: MessageId) -> Result<(), StorageError> {
    change(
        transaction,
        "DELETE FROM earlier_texts WHERE message = ?",
        [message],
    )
    .map(drop)
}
