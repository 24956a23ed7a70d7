//! Texts of the user's own: stored and queued in one transaction.

use rusqlite::Transaction;

use crate::account;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{Body, Content, MAX_TEXT_BYTES, Reference, Text};
use crate::effects::Effects;
use crate::error::{RetryError, SendError, StorageError, TextError};
use crate::expiry;
use crate::identity::is_blocked;
use crate::model::{ContactId, Delivery, Message, MessageBody, MessageId, Standing};
use crate::moved;
use crate::names::introduce_ourselves_first;
use crate::outbox::{Carrying, is_ourselves, queue};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::conversations;
use crate::store::table::messages::{self, ContentId, Key, NewText};

/// Stores a text of ours and queues it. What it replies to must stand in the same conversation; if it is gone by now, the
/// text replies to nothing.
pub(crate) fn send(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: ContactId,
    text: String,
    reply_to: Option<MessageId>,
    now: Timestamp,
) -> Result<Message, SendError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(SendError::NotFound)?;
    match contact.standing() {
        Standing::Accepted => {}
        Standing::Requested => return Err(SendError::NotAccepted),
        Standing::Blocked => return Err(SendError::Blocked),
    }
    let to_ourselves = is_ourselves(transaction, contact.account)?;
    if !to_ourselves && moved::has_moved(transaction)? {
        return Err(SendError::Moved);
    }
    introduce_ourselves_first(transaction, effects, owner, &contact, now)?;
    let quote = match reply_to {
        Some(id) => quotable(transaction, contact.id, id)?,
        None => None,
    };
    let settled = conversations::read(transaction, contact.id)?;
    let content_id = ContentId::random();
    let delivery = if to_ourselves {
        Delivery::Read
    } else if is_blocked(transaction, contact.account)? {
        Delivery::Blocked
    } else {
        Delivery::Queued
    };
    let new = NewText {
        contact: contact.id,
        content_id,
        delivery: Some(delivery),
        text: &text,
        quote,
        lifetime: settled.lifetime,
        sent_at: now,
        stored_at: now,
    };
    // A new random name is nobody else's.
    let id = messages::insert_text(transaction, &new)?.ok_or(StorageError::Failed)?;
    let content = Content {
        id: content_id,
        sent_at: now,
        body: Body::Text(Text {
            quote: quote
                .map(|quote| reference(transaction, &contact, quote))
                .transpose()?,
            text,
            lifetime: settled.lifetime,
        }),
    };
    queue(
        transaction,
        effects,
        contact.account,
        Carrying::Message(id),
        &content,
        now,
    )?;
    if delivery == Delivery::Read {
        expiry::begin(transaction, effects, id, now)?;
    }
    if settled.draft.is_some() {
        conversations::set_draft(transaction, contact.id, None)?;
    }
    effects.message_added(transaction, id)?;
    Ok(messages::by_id(transaction, id)?.ok_or(StorageError::Failed)?)
}

/// By what a text of this conversation is referred to, if it can be.
fn quotable(
    transaction: &Transaction<'_>,
    contact: ContactId,
    id: MessageId,
) -> Result<Option<Key>, StorageError> {
    let message = messages::by_id(transaction, id)?;
    let is_here = message.is_some_and(|message| {
        message.conversation == contact && matches!(message.body, MessageBody::Text(_))
    });
    if !is_here {
        return Ok(None);
    }
    Ok(messages::facts(transaction, id)?.map(|facts| facts.key))
}

/// A text of the conversation as both sides know it.
fn reference(
    transaction: &Transaction<'_>,
    contact: &ContactRow,
    key: Key,
) -> Result<Reference, StorageError> {
    let author = if key.outgoing {
        account::read(transaction)?.account
    } else {
        contact.account
    };
    Ok(Reference {
        author,
        id: key.content_id,
    })
}

/// Whether a text can be sent at all.
pub(crate) fn check(text: &str) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(TextError::TooLong {
            limit: MAX_TEXT_BYTES,
            actual: text.len(),
        });
    }
    Ok(())
}

/// Queues a failed text once more, under the name it had: if it arrived after all, the second one is dropped.
pub(crate) fn retry(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: MessageId,
    now: Timestamp,
) -> Result<Message, RetryError> {
    let message = messages::by_id(transaction, id)?.ok_or(RetryError::NotFound)?;
    let facts = messages::facts(transaction, id)?.ok_or(RetryError::NotFound)?;
    let (MessageBody::Text(text), Some(Delivery::Failed)) = (message.body, message.delivery) else {
        return Err(RetryError::NotFound);
    };
    let contact = contacts::by_id(transaction, message.conversation)?.ok_or(RetryError::NotFound)?;
    if contact.standing() == Standing::Blocked {
        return Err(RetryError::Blocked);
    }
    if moved::has_moved(transaction)? {
        return Err(RetryError::Moved);
    }
    let quote = facts.quote.map(|quote| reference(transaction, &contact, quote));
    let content = Content {
        id: facts.key.content_id,
        sent_at: message.sent_at,
        body: Body::Text(Text {
            text,
            quote: quote.transpose()?,
            lifetime: message.lifetime,
        }),
    };
    let carrying = Carrying::Message(id);
    let blocked = queue(transaction, effects, contact.account, carrying, &content, now)?;
    let delivery = if blocked {
        Delivery::Blocked
    } else {
        Delivery::Queued
    };
    effects.deliveries(transaction, [id], delivery)?;
    messages::by_id(transaction, id)?.ok_or(RetryError::NotFound)
}
