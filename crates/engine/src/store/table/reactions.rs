//! What people think of messages: one reaction a person and message. They are read with [`messages`](super::messages).

use rusqlite::{Connection, Transaction, named_params, params};

use super::{change, find};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{Emoji, MessageId};

/// How often somebody has reacted to a message.
pub fn revision(connection: &Connection, message: MessageId, mine: bool) -> Result<u32, StorageError> {
    let sql = "SELECT revision FROM reactions WHERE message = ? AND mine = ?";
    Ok(find(connection, sql, params![message, mine], |row| Ok(row.get(0)?))?.unwrap_or(0))
}

/// Stores a reaction (`None`: none any more) in place of the one before; answers whether it is later than that.
pub fn put(
    transaction: &Transaction<'_>,
    message: MessageId,
    mine: bool,
    emoji: Option<&Emoji>,
    revision: u32,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let sql = "INSERT INTO reactions (message, mine, emoji, revision, reacted_at)
               VALUES (:message, :mine, :emoji, :revision, :now)
               ON CONFLICT (message, mine) DO UPDATE
               SET emoji = excluded.emoji, revision = excluded.revision, reacted_at = excluded.reacted_at
               WHERE excluded.revision > revision";
    let parameters = named_params! {
        ":message": message,
        ":mine": mine,
        ":emoji": emoji.map(Emoji::as_str),
        ":revision": revision,
        ":now": now,
    };
    Ok(change(transaction, sql, parameters)? > 0)
}

/// Forgets what people thought of a message.
pub fn delete_of(transaction: &Transaction<'_>, message: MessageId) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM reactions WHERE message = ?", [message]).map(drop)
}
