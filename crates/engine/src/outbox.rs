//! What is to be sent: queued in the transaction that makes it. [`sending`](crate::sending) does the rest.

use rusqlite::Transaction;
use sotto_protocol::session::{Session, SessionRecord};
use sotto_wire::{AccountId, ClientMessageId};

use crate::account;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{self, Body, Content, MAX_TEXT_BYTES, Reference, Text};
use crate::effects::Effects;
use crate::error::{RetryError, SendError, StorageError, TextError};
use crate::expiry;
use crate::find;
use crate::identity::{self, is_blocked};
use crate::model::{ContactId, Delivery, Message, MessageBody, MessageId, Standing};
use crate::store::Peer;
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::conversations;
use crate::store::table::messages::{self, ContentId, Key, NewText};
use crate::store::table::outbox::{self, NewOutboxRow};

/// Stores a text of ours and queues it. What it replies to must stand in the same conversation; if it is gone by now, the
/// text replies to nothing.
pub(crate) fn enqueue_text(
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
    find::introduce_ourselves_first(transaction, effects, owner, &contact, now)?;
    let quote = match reply_to {
        Some(id) => quotable(transaction, contact.id, id)?,
        None => None,
    };
    let settled = conversations::read(transaction, contact.id)?;
    let content_id = ContentId::random();
    let delivery = if is_ourselves(transaction, contact.account)? {
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

/// Whether this is the user's own account: what they tell themself goes nowhere.
pub(crate) fn is_ourselves(transaction: &Transaction<'_>, account: AccountId) -> Result<bool, StorageError> {
    Ok(account::read(transaction)?.account == account)
}

/// Whether a text can be sent at all.
pub(crate) fn check_text(text: &str) -> Result<(), TextError> {
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
pub(crate) fn requeue(
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

/// Queues something that is no text.
pub(crate) fn enqueue(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    recipient: AccountId,
    content: &Content,
    now: Timestamp,
) -> Result<(), StorageError> {
    queue(transaction, effects, recipient, Carrying::Other, content, now).map(drop)
}

/// Queues something about a message, to be forgotten with it.
pub(crate) fn enqueue_about(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    recipient: AccountId,
    message: MessageId,
    content: &Content,
    now: Timestamp,
) -> Result<(), StorageError> {
    queue(
        transaction,
        effects,
        recipient,
        Carrying::About(message),
        content,
        now,
    )
    .map(drop)
}

/// What a row of the outbox carries.
#[derive(Clone, Copy)]
pub(crate) enum Carrying {
    /// A text.
    Message(MessageId),
    /// Something about a message.
    About(MessageId),
    /// A receipt and the like.
    Other,
}

impl Carrying {
    /// As the tables have it.
    pub(crate) fn of(message: Option<MessageId>, about: Option<MessageId>) -> Self {
        match (message, about) {
            (Some(message), _) => Self::Message(message),
            (None, Some(about)) => Self::About(about),
            (None, None) => Self::Other,
        }
    }
}

/// Answers whether it is blocked.
fn queue(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    recipient: AccountId,
    carrying: Carrying,
    content: &Content,
    now: Timestamp,
) -> Result<bool, StorageError> {
    // Texts were checked; nothing else of ours is long.
    let encoded = content.encode().map_err(|_| StorageError::Failed)?;
    enqueue_encoded(transaction, effects, recipient, carrying, &encoded, 0, now)
}

/// Queues content that is encoded already; answers whether it is blocked.
pub(crate) fn enqueue_encoded(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    recipient: AccountId,
    carrying: Carrying,
    content: &[u8],
    resends: u32,
    now: Timestamp,
) -> Result<bool, StorageError> {
    if is_ourselves(transaction, recipient)? {
        return Ok(false);
    }
    let blocked = is_blocked(transaction, recipient)?;
    let (message, about) = match carrying {
        Carrying::Message(id) => (Some(id), None),
        Carrying::About(id) => (None, Some(id)),
        Carrying::Other => (None, None),
    };
    let row = NewOutboxRow {
        recipient,
        message,
        about,
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
        about: None,
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
