//! What is settled for a conversation as a whole: its timer, whether it is muted, the draft.

use rusqlite::{Connection, Transaction, named_params, params};

use super::{change, find};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{ContactId, Lifetime};

/// What is settled for a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversationRow {
    /// The timer: how long texts are kept; `None`: for good.
    pub lifetime: Option<Lifetime>,
    /// How often the timer was set.
    pub timer_revision: u32,
    /// Until when nothing is told on the desktop.
    pub muted_until: Option<Timestamp>,
    /// What was written and not sent.
    pub draft: Option<String>,
}

/// What is settled for a conversation; the default if nothing is.
pub fn read(connection: &Connection, contact: ContactId) -> Result<ConversationRow, StorageError> {
    let sql = "SELECT lifetime, timer_revision, muted_until, draft FROM conversations WHERE contact = ?";
    let found = find(connection, sql, [contact], |row| {
        Ok(ConversationRow {
            lifetime: row.get("lifetime")?,
            timer_revision: row.get("timer_revision")?,
            muted_until: row.get("muted_until")?,
            draft: row.get("draft")?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// Stores the timer.
pub fn set_timer(
    transaction: &Transaction<'_>,
    contact: ContactId,
    lifetime: Option<Lifetime>,
    revision: u32,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO conversations (contact, lifetime, timer_revision) VALUES (:contact, :lifetime, :revision)
               ON CONFLICT (contact) DO UPDATE
               SET lifetime = excluded.lifetime, timer_revision = excluded.timer_revision";
    let parameters = named_params! { ":contact": contact, ":lifetime": lifetime, ":revision": revision };
    change(transaction, sql, parameters).map(drop)
}

/// Stores until when nothing is told on the desktop.
pub fn set_muted_until(
    transaction: &Transaction<'_>,
    contact: ContactId,
    until: Option<Timestamp>,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO conversations (contact, muted_until) VALUES (?, ?)
               ON CONFLICT (contact) DO UPDATE SET muted_until = excluded.muted_until";
    change(transaction, sql, params![contact, until]).map(drop)
}

/// Stores what was written and not sent.
pub fn set_draft(
    transaction: &Transaction<'_>,
    contact: ContactId,
    draft: Option<&str>,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO conversations (contact, draft) VALUES (?, ?)
               ON CONFLICT (contact) DO UPDATE SET draft = excluded.draft";
    change(transaction, sql, params![contact, draft]).map(drop)
}
