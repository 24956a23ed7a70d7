//! What is still to be sent, in order per recipient.
//!
//! ```text
//!  queued ──set_encrypted──► encrypted ──(relay has it)──► deleted
//!    ▲ │                        │
//!    │ block                    └─ (no answer): the same bytes again, later
//!    │ ▼
//!  blocked ── unblock ──► queued
//! ```

use rusqlite::{Connection, Row, Transaction, named_params, params};
use sotto_wire::{AccountId, ClientMessageId};

use super::{change, find, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::MessageId;
use crate::store::row::RowExt;

/// A row of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxId(pub i64);

/// Something to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its id; within a recipient, rows are sent in this order.
    pub id: OutboxId,
    /// To whom.
    pub recipient: AccountId,
    /// The text that it carries; `None` for a receipt and the like.
    pub message: Option<MessageId>,
    /// The message that it says something about.
    pub about: Option<MessageId>,
    /// The content, encoded and not yet encrypted.
    pub content: Vec<u8>,
    /// How far it is.
    pub state: OutboxState,
    /// How often the recipient had asked for it again before.
    pub resends: u32,
    /// When it was queued.
    pub created_at: Timestamp,
}

/// How far a row of the outbox is.
#[derive(Clone, PartialEq, Eq)]
pub enum OutboxState {
    /// To be encrypted and sent.
    Queued,
    /// Waits for the user's decision about a changed identity key.
    Blocked,
    /// Encrypted; this message, and no other, is sealed and sent until the relay has it.
    Encrypted {
        /// Its kind: 2 or 3, as `CiphertextMessage::from_bytes` knows them.
        message_type: u8,
        /// What to seal and send.
        ciphertext: Vec<u8>,
        /// Under which name.
        client_message_id: ClientMessageId,
    },
}

const COLUMNS: &str = "id, recipient, message, about, content, state, message_type, ciphertext, client_message_id, resends, created_at";

fn parse(row: &Row<'_>) -> Result<OutboxRow, StorageError> {
    let encrypted = (
        row.get("message_type")?,
        row.get("ciphertext")?,
        row.get::<_, Option<[u8; 16]>>("client_message_id")?,
    );
    let state = match (row.get::<_, String>("state")?.as_str(), encrypted) {
        ("queued", (None, None, None)) => OutboxState::Queued,
        ("blocked", (None, None, None)) => OutboxState::Blocked,
        ("encrypted", (Some(message_type), Some(ciphertext), Some(id))) => OutboxState::Encrypted {
            message_type,
            ciphertext,
            client_message_id: ClientMessageId::from(id),
        },
        _ => return Err(StorageError::Corrupted),
    };
    Ok(OutboxRow {
        id: row.get("id")?,
        recipient: row.account("recipient")?,
        message: row.get("message")?,
        about: row.get("about")?,
        content: row.get("content")?,
        state,
        resends: row.get("resends")?,
        created_at: row.get("created_at")?,
    })
}

/// Something that is about to be queued.
pub struct NewOutboxRow<'a> {
    /// To whom.
    pub recipient: AccountId,
    /// The text that it carries; `None` for a receipt and the like.
    pub message: Option<MessageId>,
    /// The message that it says something about, and is forgotten with.
    pub about: Option<MessageId>,
    /// The content, encoded and not yet encrypted.
    pub content: &'a [u8],
    /// Whether it waits for the user's decision about a changed identity key.
    pub blocked: bool,
    /// How often the recipient has asked for it again.
    pub resends: u32,
}

/// Adds a row, blocked or queued.
pub fn insert(
    transaction: &Transaction<'_>,
    row: &NewOutboxRow<'_>,
    now: Timestamp,
) -> Result<OutboxId, StorageError> {
    change(
        transaction,
        "INSERT INTO outbox (recipient, message, about, content, state, resends, created_at)
         VALUES (:recipient, :message, :about, :content, :state, :resends, :now)",
        named_params! {
            ":recipient": row.recipient.as_bytes(),
            ":message": row.message,
            ":about": row.about,
            ":content": row.content,
            ":state": if row.blocked { "blocked" } else { "queued" },
            ":resends": row.resends,
            ":now": now,
        },
    )?;
    Ok(OutboxId(transaction.last_insert_rowid()))
}

/// The row with this id.
pub fn by_id(connection: &Connection, id: OutboxId) -> Result<Option<OutboxRow>, StorageError> {
    find(
        connection,
        &format!("SELECT {COLUMNS} FROM outbox WHERE id = ?"),
        [id],
        parse,
    )
}

/// The first `limit` rows for a recipient, in the order in which they are to be sent.
pub fn first(
    connection: &Connection,
    recipient: AccountId,
    limit: u32,
) -> Result<Vec<OutboxRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE recipient = ? ORDER BY id LIMIT ?");
    list(connection, &sql, params![recipient.as_bytes(), limit], parse)
}

/// All rows for a recipient, in the order in which they are to be sent.
pub fn all(connection: &Connection, recipient: AccountId) -> Result<Vec<OutboxRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE recipient = ? ORDER BY id");
    list(connection, &sql, [recipient.as_bytes()], parse)
}

/// Everybody for whom there is something that is not blocked.
pub fn recipients(connection: &Connection) -> Result<Vec<AccountId>, StorageError> {
    let sql = "SELECT DISTINCT recipient FROM outbox WHERE state <> 'blocked'";
    list(connection, sql, [], |row| row.account("recipient"))
}

/// Fixes what is sent. Only a queued row becomes encrypted; answers whether this one was.
pub fn set_encrypted(
    transaction: &Transaction<'_>,
    id: OutboxId,
    message_type: u8,
    ciphertext: &[u8],
    client_message_id: ClientMessageId,
) -> Result<bool, StorageError> {
    let sql = "UPDATE outbox SET state = 'encrypted', message_type = ?, ciphertext = ?, client_message_id = ?
               WHERE id = ? AND state = 'queued'";
    Ok(change(
        transaction,
        sql,
        params![message_type, ciphertext, client_message_id.as_bytes(), id],
    )? > 0)
}

/// Blocks what is queued for a recipient; answers the texts among it. What is encrypted already may have reached the
/// relay, and goes on.
pub fn block(transaction: &Transaction<'_>, recipient: AccountId) -> Result<Vec<MessageId>, StorageError> {
    let sql =
        "UPDATE outbox SET state = 'blocked' WHERE recipient = ? AND state = 'queued' RETURNING message";
    texts(transaction, sql, recipient)
}

/// Queues what was blocked for a recipient; answers the texts among it.
pub fn unblock(transaction: &Transaction<'_>, recipient: AccountId) -> Result<Vec<MessageId>, StorageError> {
    let sql = "UPDATE outbox SET state = 'queued'
               WHERE recipient = ? AND state = 'blocked' RETURNING message";
    texts(transaction, sql, recipient)
}

/// The messages that something for a recipient is about.
pub fn subjects(connection: &Connection, recipient: AccountId) -> Result<Vec<MessageId>, StorageError> {
    let sql = "SELECT DISTINCT about FROM outbox WHERE recipient = ? AND about IS NOT NULL";
    list(connection, sql, [recipient.as_bytes()], |row| Ok(row.get(0)?))
}

fn texts(
    transaction: &Transaction<'_>,
    sql: &str,
    recipient: AccountId,
) -> Result<Vec<MessageId>, StorageError> {
    let rows = list(transaction, sql, [recipient.as_bytes()], |row| {
        Ok(row.get::<_, Option<MessageId>>(0)?)
    })?;
    Ok(rows.into_iter().flatten().collect())
}

/// Removes a row that the relay has, or that is given up.
pub fn delete(transaction: &Transaction<'_>, id: OutboxId) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM outbox WHERE id = ?", [id])?;
    Ok(())
}

/// Whether a text waits to be encrypted for the first time: nobody else can have it yet.
pub fn has_not_left(connection: &Connection, message: MessageId) -> Result<bool, StorageError> {
    let sql = "SELECT 1 FROM outbox WHERE message = ? AND state <> 'encrypted' AND resends = 0";
    Ok(find(connection, sql, [message], |_| Ok(()))?.is_some())
}

/// Removes whatever carries a message or is about it. What a relay has of it already, it has.
pub fn forget(transaction: &Transaction<'_>, message: MessageId) -> Result<(), StorageError> {
    change(
        transaction,
        "DELETE FROM outbox WHERE message = ?1 OR about = ?1",
        [message],
    )
    .map(drop)
}
