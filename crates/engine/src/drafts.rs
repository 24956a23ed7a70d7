//! What was written and not sent.

use rusqlite::Transaction;

use crate::content::MAX_TEXT_BYTES;
use crate::error::ConversationError;
use crate::model::ContactId;
use crate::store::table::{contacts, conversations};

/// Keeps what was written and not sent; nothing of it is kept beyond what a message can carry.
pub(crate) fn keep(
    transaction: &Transaction<'_>,
    contact: ContactId,
    text: &str,
) -> Result<(), ConversationError> {
    contacts::by_id(transaction, contact)?.ok_or(ConversationError::NotFound)?;
    let end = text.floor_char_boundary(MAX_TEXT_BYTES);
    let draft = text.get(..end).filter(|text| !text.trim().is_empty());
    Ok(conversations::set_draft(transaction, contact, draft)?)
}
