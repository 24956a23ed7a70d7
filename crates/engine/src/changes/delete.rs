//! A text that its author wants to be forgotten: nothing of it stays but its place.

use rusqlite::Transaction;

use super::{Arrival, DELETION_WINDOW, is_in_time, recipient};
use crate::clock::Timestamp;
use crate::content::{Body, Content};
use crate::effects::Effects;
use crate::error::{ChangeError, StorageError};
use crate::model::{Message, MessageBody, MessageId};
use crate::outbox;
use crate::store::table::{
    earlier_texts, message_changes, messages, outbox as outbox_table, reactions, sent,
};

/// Deletes a text of ours, here and at its reader's. One that nobody else can have yet is gone without a trace.
pub(crate) fn delete_for_everyone(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: MessageId,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let message = messages::by_id(transaction, id)?.ok_or(ChangeError::NotFound)?;
    let facts = messages::facts(transaction, id)?.ok_or(ChangeError::NotFound)?;
    if !message.outgoing {
        return Err(ChangeError::NotYours);
    }
    if message.body == MessageBody::Deleted {
        return Ok(());
    }
    if now.since(message.sent_at) > DELETION_WINDOW {
        return Err(ChangeError::TooLate);
    }
    if outbox_table::has_not_left(transaction, id)? {
        return Ok(remove(transaction, effects, &message)?);
    }
    let contact = recipient(transaction, &message)?;
    if outbox::is_ourselves(transaction, contact.account)? {
        return Ok(remove(transaction, effects, &message)?);
    }
    forget(transaction, id, now)?;
    let content = Content::new(Body::Deletion(facts.key.content_id), now);
    outbox::enqueue_about(transaction, effects, contact.account, id, &content, now)?;
    effects.message_changed(transaction, id)?;
    Ok(())
}

/// A contact has deleted a text of theirs.
pub(super) fn deleted(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    message: &Message,
    made_at: Timestamp,
    arrival: &Arrival,
) -> Result<(), StorageError> {
    if message.body == MessageBody::Deleted || !is_in_time(message, made_at, arrival, DELETION_WINDOW) {
        return Ok(());
    }
    forget(transaction, message.id, arrival.now)?;
    effects.message_changed(transaction, message.id)
}

/// A text that nobody else has, with its place.
fn remove(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    message: &Message,
) -> Result<(), StorageError> {
    message_changes::delete(transaction, message.id)?;
    effects.message_removed(message.conversation, message.id);
    Ok(())
}

/// The words, what they were before, what was thought of them, and what carries any of it out.
fn forget(transaction: &Transaction<'_>, id: MessageId, now: Timestamp) -> Result<(), StorageError> {
    outbox_table::forget(transaction, id)?;
    sent::forget(transaction, id)?;
    earlier_texts::delete_of(transaction, id)?;
    reactions::delete_of(transaction, id)?;
    message_changes::wipe(transaction, id, now)
}
