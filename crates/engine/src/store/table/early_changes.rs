//! What contacts said about texts of theirs that have not come yet.

use rusqlite::{Connection, Transaction, named_params, params};

use super::messages::ContentId;
use super::{change, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::ContactId;

/// Content that waits for its text.
pub struct EarlyChange {
    /// The content, encoded.
    pub content: Vec<u8>,
    /// When a relay took it.
    pub taken_at: Timestamp,
}

/// The most that wait for one contact's texts; the oldest make room.
const MAX_PER_CONTACT: u32 = 100;

/// Keeps what a contact said about a text.
pub fn insert(
    transaction: &Transaction<'_>,
    contact: ContactId,
    content_id: ContentId,
    early: &EarlyChange,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO early_changes (contact, content_id, content, taken_at, received_at)
               VALUES (:contact, :content_id, :content, :taken_at, :now)";
    let parameters = named_params! {
        ":contact": contact,
        ":content_id": content_id.0,
        ":content": early.content,
        ":taken_at": early.taken_at,
        ":now": now,
    };
    change(transaction, sql, parameters)?;
    let sql = "DELETE FROM early_changes WHERE contact = ?1 AND id NOT IN
                   (SELECT id FROM early_changes WHERE contact = ?1 ORDER BY id DESC LIMIT ?2)";
    change(transaction, sql, params![contact, MAX_PER_CONTACT]).map(drop)
}

/// What waits for a text, in the order in which it came; it waits no longer.
pub fn take(
    transaction: &Transaction<'_>,
    contact: ContactId,
    content_id: ContentId,
) -> Result<Vec<EarlyChange>, StorageError> {
    let sql = "SELECT content, taken_at FROM early_changes WHERE contact = ? AND content_id = ? ORDER BY id";
    let found = list(transaction, sql, params![contact, content_id.0], |row| {
        Ok(EarlyChange {
            content: row.get("content")?,
            taken_at: row.get("taken_at")?,
        })
    })?;
    if !found.is_empty() {
        let sql = "DELETE FROM early_changes WHERE contact = ? AND content_id = ?";
        change(transaction, sql, params![contact, content_id.0])?;
    }
    Ok(found)
}

/// How many wait for a contact's texts.
pub fn count(connection: &Connection, contact: ContactId) -> Result<u32, StorageError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM early_changes WHERE contact = ?")?;
    Ok(statement.query_row([contact], |row| row.get(0))?)
}
