//! Other words for a text. What it said before is kept, and shown on request.

use rusqlite::Transaction;

use super::{Arrival, EDIT_WINDOW, MAX_EDITS, is_in_time, recipient};
use crate::clock::Timestamp;
use crate::content::{Body, Content, Edit};
use crate::effects::Effects;
use crate::error::{ChangeError, StorageError};
use crate::model::{Message, MessageBody, MessageId};
use crate::outbox;
use crate::store::table::{earlier_texts, message_changes, messages};

/// Gives a text of ours other words, here and at its reader's.
pub(crate) fn edit(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: MessageId,
    text: &str,
    now: Timestamp,
) -> Result<Message, ChangeError> {
    let message = messages::by_id(transaction, id)?.ok_or(ChangeError::NotFound)?;
    let facts = messages::facts(transaction, id)?.ok_or(ChangeError::NotFound)?;
    let MessageBody::Text(before) = &message.body else {
        return Err(ChangeError::NotFound);
    };
    if !message.outgoing {
        return Err(ChangeError::NotYours);
    }
    if text == before {
        return Ok(message);
    }
    if now.since(message.sent_at) > EDIT_WINDOW || facts.revision >= MAX_EDITS {
        return Err(ChangeError::TooLate);
    }
    let contact = recipient(transaction, &message)?;
    let edit = Edit {
        of: facts.key.content_id,
        text: text.to_owned(),
        revision: facts.revision + 1,
    };
    replace(transaction, &message, before, &edit, now)?;
    let content = Content::new(Body::Edit(edit), now);
    outbox::enqueue_about(transaction, effects, contact.account, id, &content, now)?;
    effects.message_changed(transaction, id)?;
    messages::by_id(transaction, id)?.ok_or(ChangeError::NotFound)
}

/// A contact has given a text of theirs other words.
pub(super) fn edited(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    message: &Message,
    edit: &Edit,
    made_at: Timestamp,
    arrival: &Arrival,
) -> Result<(), StorageError> {
    let MessageBody::Text(before) = &message.body else {
        return Ok(());
    };
    let Some(facts) = messages::facts(transaction, message.id)? else {
        return Ok(());
    };
    let is_next = edit.revision > facts.revision && edit.revision <= MAX_EDITS;
    if !is_next || !is_in_time(message, made_at, arrival, EDIT_WINDOW) {
        return Ok(());
    }
    replace(transaction, message, before, edit, arrival.now)?;
    effects.message_changed(transaction, message.id)
}

fn replace(
    transaction: &Transaction<'_>,
    message: &Message,
    before: &str,
    edit: &Edit,
    now: Timestamp,
) -> Result<(), StorageError> {
    // Under the number of the edit that ended it: numbers may be skipped, and none comes twice.
    earlier_texts::insert(transaction, message.id, edit.revision, before, now)?;
    message_changes::set_text(
        transaction,
        message.id,
        message.conversation,
        &edit.text,
        edit.revision,
        now,
    )
}
