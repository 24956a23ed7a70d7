//! The search index: the words of every text, by the message's id.
//!
//! Texts go in with [`messages`](super::messages); a trigger takes out what is deleted.

use rusqlite::{Connection, Transaction, params};

use super::{change, list};
use crate::error::StorageError;
use crate::folding;
use crate::model::{ContactId, MessageId};

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Which way of folding it is made by.
    pub folding: u32,
    /// Messages up to this one are still to be indexed.
    pub rest: MessageId,
}

/// Indexes a text, in place of what was indexed for the message before.
pub fn put(
    transaction: &Transaction<'_>,
    id: MessageId,
    contact: ContactId,
    text: &str,
) -> Result<(), StorageError> {
    let words: Vec<String> = folding::words(text).into_iter().map(|word| word.folded).collect();
    remove(transaction, id)?;
    let sql = "INSERT INTO message_words (rowid, words, place) VALUES (?, ?, ?)";
    change(
        transaction,
        sql,
        params![id, words.join(" "), place_word(contact)],
    )
    .map(drop)
}

/// Takes a message out of the index.
pub fn remove(transaction: &Transaction<'_>, id: MessageId) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM message_words WHERE rowid = ?", [id]).map(drop)
}

/// The newest `limit` messages before `before` that `expression` (FTS5's) finds.
pub fn find(
    connection: &Connection,
    expression: &str,
    before: MessageId,
    limit: u32,
) -> Result<Vec<MessageId>, StorageError> {
    let sql = "SELECT rowid FROM message_words WHERE message_words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?";
    list(connection, sql, params![expression, before, limit], |row| {
        Ok(row.get(0)?)
    })
}

/// How far the index is.
pub fn progress(connection: &Connection) -> Result<Progress, StorageError> {
    let mut statement = connection.prepare_cached("SELECT folding, rest FROM search_index")?;
    Ok(statement.query_row([], |row| {
        Ok(Progress {
            folding: row.get(0)?,
            rest: row.get(1)?,
        })
    })?)
}

/// Notes how far the index is.
pub fn set_progress(transaction: &Transaction<'_>, progress: Progress) -> Result<(), StorageError> {
    let sql = "UPDATE search_index SET folding = ?, rest = ?";
    change(transaction, sql, params![progress.folding, progress.rest]).map(drop)
}

/// The one word by which the index knows a conversation.
pub(crate) fn place_word(contact: ContactId) -> String {
    format!("c{}", contact.0)
}
