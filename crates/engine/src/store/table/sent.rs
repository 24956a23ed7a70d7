//! What was sent lately, by the digest of its ciphertext: for who could not decrypt it and asks for it again.

use rusqlite::{Connection, Transaction, named_params, params};
use sotto_wire::AccountId;

use super::{change, find};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::MessageId;

/// Something that a relay has taken.
#[derive(Clone, PartialEq, Eq)]
pub struct SentRow {
    /// The text that it carried; `None` for a receipt and the like.
    pub message: Option<MessageId>,
    /// The message that it said something about.
    pub about: Option<MessageId>,
    /// The content, encoded and not encrypted.
    pub content: Vec<u8>,
    /// How often the peer had asked for it again before.
    pub resends: u32,
}

/// Remembers what was sent to a recipient with the ciphertext of this digest.
pub fn insert(
    transaction: &Transaction<'_>,
    digest: &[u8; 32],
    recipient: AccountId,
    row: &SentRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    change(
        transaction,
        "INSERT INTO sent (digest, recipient, message, about, content, resends, sent_at)
         VALUES (:digest, :recipient, :message, :about, :content, :resends, :now) ON CONFLICT DO NOTHING",
        named_params! {
            ":digest": digest,
            ":recipient": recipient.as_bytes(),
            ":message": row.message,
            ":about": row.about,
            ":content": row.content,
            ":resends": row.resends,
            ":now": now,
        },
    )?;
    Ok(())
}

/// What was sent to this recipient with the ciphertext of this digest.
pub fn by_digest(
    connection: &Connection,
    digest: &[u8; 32],
    recipient: AccountId,
) -> Result<Option<SentRow>, StorageError> {
    let sql = "SELECT message, about, content, resends FROM sent WHERE digest = ? AND recipient = ?";
    find(connection, sql, params![digest, recipient.as_bytes()], |row| {
        Ok(SentRow {
            message: row.get("message")?,
            about: row.get("about")?,
            content: row.get("content")?,
            resends: row.get("resends")?,
        })
    })
}

/// Forgets what was sent with this ciphertext.
pub fn delete(transaction: &Transaction<'_>, digest: &[u8; 32]) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM sent WHERE digest = ?", [digest])?;
    Ok(())
}

/// Forgets the ciphertexts of a text that has arrived.
pub fn delete_message(transaction: &Transaction<'_>, message: MessageId) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM sent WHERE message = ?", [message])?;
    Ok(())
}

/// Forgets whatever carried a message or was about it.
pub fn forget(transaction: &Transaction<'_>, message: MessageId) -> Result<(), StorageError> {
    change(
        transaction,
        "DELETE FROM sent WHERE message = ?1 OR about = ?1",
        [message],
    )
    .map(drop)
}

/// Forgets what was sent before `before`; answers how much.
pub fn delete_before(transaction: &Transaction<'_>, before: Timestamp) -> Result<usize, StorageError> {
    change(transaction, "DELETE FROM sent WHERE sent_at < ?", [before])
}
