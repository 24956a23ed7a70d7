//! What becomes of messages after they were stored: edited, deleted, out of time; and entries that are no texts of their own.

use rusqlite::{Connection, Transaction, named_params, params};

use super::messages::ContentId;
use super::{change, find, list, message_words};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{ContactId, Lifetime, MessageId};

/// Gives a text other words.
pub fn set_text(
    transaction: &Transaction<'_>,
    id: MessageId,
    contact: ContactId,
    text: &str,
    revision: u32,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "UPDATE messages SET text = ?, revision = ?, edited_at = ? WHERE id = ?";
    change(transaction, sql, params![text, revision, now, id])?;
    message_words::put(transaction, id, contact, text)
}

/// Leaves nothing of a text but its place.
pub fn wipe(transaction: &Transaction<'_>, id: MessageId, now: Timestamp) -> Result<(), StorageError> {
    let sql = "UPDATE messages SET text = '', unsupported = NULL, quoted_outgoing = NULL, quoted_id = NULL,
                   edited_at = NULL, lifetime = NULL, life_began_at = NULL, unread = 0, deleted_at = ?
               WHERE id = ?";
    change(transaction, sql, params![now, id])?;
    message_words::remove(transaction, id)
}

/// Deletes a message with all that hangs on it.
pub fn delete(transaction: &Transaction<'_>, id: MessageId) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM messages WHERE id = ?", [id]).map(drop)
}

/// Stores what a newer version wrote; `None` if it is there already.
pub fn insert_unsupported(
    transaction: &Transaction<'_>,
    contact: ContactId,
    content_id: ContentId,
    content: &[u8],
    sent_at: Timestamp,
    now: Timestamp,
) -> Result<Option<MessageId>, StorageError> {
    let sql =
        "INSERT INTO messages (contact, content_id, outgoing, text, unsupported, sent_at, stored_at, unread)
               VALUES (:contact, :content_id, 0, '', :content, :sent_at, :now, 1)
               ON CONFLICT (contact, outgoing, content_id) DO NOTHING";
    let parameters = named_params! {
        ":contact": contact,
        ":content_id": content_id.0,
        ":content": content,
        ":sent_at": sent_at,
        ":now": now,
    };
    let inserted = change(transaction, sql, parameters)?;
    Ok((inserted > 0).then(|| MessageId(transaction.last_insert_rowid())))
}

/// Stores that somebody set the timer.
pub fn insert_timer(
    transaction: &Transaction<'_>,
    contact: ContactId,
    outgoing: bool,
    lifetime: Option<Lifetime>,
    now: Timestamp,
) -> Result<MessageId, StorageError> {
    let sql = "INSERT INTO messages (contact, outgoing, notice, timer, sent_at, stored_at, unread)
               VALUES (:contact, :outgoing, 'timer_set', :timer, :now, :now, 0)";
    let parameters = named_params! {
        ":contact": contact,
        ":outgoing": outgoing,
        ":timer": lifetime.map_or(0, Lifetime::seconds),
        ":now": now,
    };
    change(transaction, sql, parameters)?;
    Ok(MessageId(transaction.last_insert_rowid()))
}

/// A text of ours has left: one that is not kept for good begins its life. Answers whether it did.
pub fn begin_life(
    transaction: &Transaction<'_>,
    id: MessageId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let sql = "UPDATE messages SET life_began_at = ?
               WHERE id = ? AND lifetime IS NOT NULL AND life_began_at IS NULL";
    Ok(change(transaction, sql, params![now, id])? > 0)
}

/// A life that began in the future, by a clock that was set back since, begins now: nothing outlives its time twice.
pub fn begin_future_lives_now(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StorageError> {
    let sql = "UPDATE messages SET life_began_at = ?1 WHERE life_began_at > ?1";
    change(transaction, sql, [now]).map(drop)
}

/// Up to `limit` messages whose time is over.
pub fn expired(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(MessageId, ContactId)>, StorageError> {
    let sql = "SELECT id, contact FROM messages
               WHERE life_began_at IS NOT NULL AND life_began_at + lifetime * 1000 <= ? LIMIT ?";
    list(connection, sql, params![now, limit], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// When the next message's time is over.
pub fn next_expiry(connection: &Connection) -> Result<Option<Timestamp>, StorageError> {
    let sql = "SELECT min(life_began_at + lifetime * 1000) FROM messages WHERE life_began_at IS NOT NULL";
    Ok(find(connection, sql, [], |row| Ok(row.get(0)?))?.flatten())
}
