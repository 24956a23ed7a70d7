//! What is to be sent: queued in the transaction that makes it. [`sending`](crate::sending) does the rest.

use rusqlite::Transaction;
use sotto_protocol::session::{Session, SessionRecord};
use sotto_wire::{AccountId, ClientMessageId};

use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{self, Body, Content, MAX_TEXT_BYTES};
use crate::effects::Effects;
use crate::error::{RetryError, SendError, StorageError};
use crate::find;
use crate::identity::{self, is_blocked};
use crate::model::{ContactId, Delivery, Message, MessageBody, MessageId, Standing};
use crate::store::Peer;
use crate::store::table::contacts;
use crate::store::table::messages::{self, ContentId, NewText};
use crate::store::table::outbox::{self, NewOutboxRow};

/// Stores a text of ours and queues it.
pub(crate) fn enqueue_text(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: ContactId,
    text: String,
    now: Timestamp,
) -> Result<Message, SendError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(SendError::NotFound)?;
    match contact.standing() {
        Standing::Accepted => {}
        Standing::Requested => return Err(SendError::NotAccepted),
        Standing::Blocked => return Err(SendError::Blocked),
    }
    find::introduce_ourselves_first(transaction, effects, owner, &contact, now)?;
    let blocked = is_blocked(transaction, contact.account)?;
    let content = Content::new(Body::Text(text), now);
    let Body::Text(text) = &content.body else {
        return Err(SendError::Empty);
    };
    let new = NewText {
        contact: contact.id,
        content_id: content.id,
        delivery: Some(if blocked {
            Delivery::Blocked
        } else {
            Delivery::Queued
        }),
        text,
        sent_at: now,
        stored_at: now,
    };
    // A new random name is nobody else's.
    let id = messages::insert_text(transaction, &new)?.ok_or(StorageError::Failed)?;
    queue(transaction, effects, contact.account, Some(id), &content, now)?;
    effects.message_added(transaction, id)?;
    Ok(messages::by_id(transaction, id)?.ok_or(StorageError::Failed)?)
}

/// Whether a text can be sent at all.
pub(crate) fn check_text(text: &str) -> Result<(), SendError> {
    if text.trim().is_empty() {
        return Err(SendError::Empty);
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(SendError::TooLong {
            limit: MAX_TEXT_BYTES,
            actual: text.len(),
        });
    }
    Ok(())
}

/// Queues a failed text once more, under the name it had: if it arrived after all, the second one is dropped.
pub(crate) fn requeue(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: MessageId,
    now: Timestamp,
) -> Result<Message, RetryError> {
    let message = messages::by_id(transaction, id)?.ok_or(RetryError::NotFound)?;
    let content_id: ContentId = messages::content_id(transaction, id)?.ok_or(RetryError::NotFound)?;
    let (MessageBody::Text(text), Some(Delivery::Failed)) = (message.body, message.delivery) else {
        return Err(RetryError::NotFound);
    };
    let contact = contacts::by_id(transaction, message.conversation)?.ok_or(RetryError::NotFound)?;
    if contact.standing() == Standing::Blocked {
        return Err(RetryError::Blocked);
    }
    let content = Content {
        id: content_id,
        sent_at: message.sent_at,
        body: Body::Text(text),
    };
    let blocked = queue(transaction, effects, contact.account, Some(id), &content, now)?;
    let delivery = if blocked {
        Delivery::Blocked
    } else {
        Delivery::Queued
    };
    effects.deliveries(transaction, [id], delivery)?;
    messages::by_id(transaction, id)?.ok_or(RetryError::NotFound)
}

/// Queues something that is no text.
pub(crate) fn enqueue(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    recipient: AccountId,
    content: &Content,
    now: Timestamp,
) -> Result<(), StorageError> {
    queue(transaction, effects, recipient, None, content, now).map(drop)
}

/// Answers whether it is blocked.
fn queue(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    recipient: AccountId,
    message: Option<MessageId>,
    content: &Content,
    now: Timestamp,
) -> Result<bool, StorageError> {
    // Texts were checked; nothing else of ours is long.
    let encoded = content.encode().map_err(|_| StorageError::Failed)?;
    enqueue_encoded(transaction, effects, recipient, message, &encoded, 0, now)
}

/// Queues content that is encoded already; answers whether it is blocked.
pub(crate) fn enqueue_encoded(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    recipient: AccountId,
    message: Option<MessageId>,
    content: &[u8],
    resends: u32,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let blocked = is_blocked(transaction, recipient)?;
    let row = NewOutboxRow {
        recipient,
        message,
        content,
        blocked,
        resends,
    };
    outbox::insert(transaction, &row, now)?;
    if !blocked {
        effects.wake(recipient);
    }
    Ok(blocked)
}

/// Queues something for somebody who is no contact, encrypted at once in a session that is not stored: nothing else will
/// ever be said in it.
pub(crate) fn enqueue_in_session(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    peer: Peer,
    record: &SessionRecord,
    content: &Content,
    now: Timestamp,
) -> Result<(), StorageError> {
    let encoded = content.encode().map_err(|_| StorageError::Failed)?;
    let padded = content::pad(&encoded).map_err(|_| StorageError::Failed)?;
    let session = Session {
        local: &owner.party,
        remote: &peer.address(),
        record,
        trust: &identity::trust(transaction, peer.account)?,
    };
    let Ok(encrypted) = session.encrypt(&padded, now.into(), &mut rand::rng()) else {
        return Ok(());
    };
    let row = NewOutboxRow {
        recipient: peer.account,
        message: None,
        content: &encoded,
        blocked: false,
        resends: 0,
    };
    let id = outbox::insert(transaction, &row, now)?;
    let message = &encrypted.message;
    let (kind, bytes) = (message.type_number(), message.as_bytes());
    outbox::set_encrypted(transaction, id, kind, bytes, ClientMessageId::random())?;
    effects.wake(peer.account);
    Ok(())
}
