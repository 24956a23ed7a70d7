//! Conversations about which nothing is told on the desktop.

use rusqlite::{Connection, Transaction};

use crate::clock::Timestamp;
use crate::contacts as shown;
use crate::effects::Effects;
use crate::error::{ConversationError, StorageError};
use crate::model::{ContactId, Conversation};
use crate::store::table::{contacts, conversations};

/// Tells nothing on the desktop about a conversation until `until`; `None`: tells again.
pub(crate) fn mute(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    until: Option<Timestamp>,
) -> Result<Conversation, ConversationError> {
    let row = contacts::by_id(transaction, contact)?.ok_or(ConversationError::NotFound)?;
    conversations::set_muted_until(transaction, contact, until)?;
    effects.touch(contact);
    Ok(shown::conversation(transaction, &row)?)
}

/// Whether anything is told about a conversation now.
pub(crate) fn is_muted(
    connection: &Connection,
    contact: ContactId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let until = conversations::read(connection, contact)?.muted_until;
    Ok(until.is_some_and(|until| now < until))
}
