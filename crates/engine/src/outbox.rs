//! What is to be sent: queued in the transaction that makes it. [`sending`](crate::sending) does the rest.

use rusqlite::Transaction;
use sotto_protocol::session::{Session, SessionRecord};
use sotto_wire::{AccountId, ClientMessageId};

use crate::account;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{self, Content};
use crate::effects::Effects;
use crate::error::StorageError;
use crate::identity::{self, is_blocked};
use crate::model::MessageId;
use crate::moved;
use crate::store::Peer;
use crate::store::table::outbox::{self, NewOutboxRow};

/// Whether this is the user's own account: what they tell themself goes nowhere.
pub(crate) fn is_ourselves(transaction: &Transaction<'_>, account: AccountId) -> Result<bool, StorageError> {
    Ok(account::read(transaction)?.account == account)
}

/// Whether what is for this account would wait here for ever, as ours has moved to another computer.
pub(crate) fn would_stay(transaction: &Transaction<'_>, account: AccountId) -> Result<bool, StorageError> {
    Ok(moved::has_moved(transaction)? && !is_ourselves(transaction, account)?)
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

/// Queues content; answers whether it is blocked.
pub(crate) fn queue(
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
