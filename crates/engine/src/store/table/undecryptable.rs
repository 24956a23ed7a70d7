//! Envelopes that could not be decrypted, kept for diagnosis; a bounded number, for anybody can send rubbish.

use rusqlite::{Connection, Row, Transaction, named_params, params};
use sotto_wire::{AccountId, EnvelopeId};

use super::{change, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::store::row::RowExt;

/// How many are kept; the oldest go.
pub const MAX_KEPT: u32 = 200;

/// An envelope that could not be decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecryptableRow {
    /// The relay's name for it.
    pub envelope_id: EnvelopeId,
    /// Who claims to have sent it, if that could be read.
    pub sender: Option<AccountId>,
    /// The envelope as it came.
    pub payload: Vec<u8>,
    /// When.
    pub received_at: Timestamp,
}

fn parse(row: &Row<'_>) -> Result<UndecryptableRow, StorageError> {
    Ok(UndecryptableRow {
        envelope_id: EnvelopeId::from(row.get::<_, [u8; 16]>("envelope_id")?),
        sender: row.optional_account("sender")?,
        payload: row.get("payload")?,
        received_at: row.get("received_at")?,
    })
}

/// Keeps an envelope, and lets the oldest go if there are more than [`MAX_KEPT`].
pub fn insert(transaction: &Transaction<'_>, row: &UndecryptableRow) -> Result<(), StorageError> {
    change(
        transaction,
        "INSERT INTO undecryptable (envelope_id, sender, payload, received_at)
         VALUES (:envelope_id, :sender, :payload, :received_at)",
        named_params! {
            ":envelope_id": row.envelope_id.as_bytes(),
            ":sender": row.sender.as_ref().map(AccountId::as_bytes),
            ":payload": row.payload,
            ":received_at": row.received_at,
        },
    )?;
    change(
        transaction,
        "DELETE FROM undecryptable WHERE id <= (SELECT id FROM undecryptable ORDER BY id DESC LIMIT 1 OFFSET ?)",
        [MAX_KEPT],
    )?;
    Ok(())
}

/// How many of a sender's were received at `since` or later.
pub fn count_since(
    connection: &Connection,
    sender: AccountId,
    since: Timestamp,
) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM undecryptable WHERE sender = ? AND received_at >= ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row(params![sender.as_bytes(), since], |row| row.get(0))?)
}

/// All that are kept, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<UndecryptableRow>, StorageError> {
    let sql = "SELECT envelope_id, sender, payload, received_at FROM undecryptable ORDER BY id";
    list(connection, sql, [], parse)
}
