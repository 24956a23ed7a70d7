//! What is to be sent: queued in the transaction that makes it, sent by one lane per recipient.
//!
//! ```text
//! enqueue   one transaction: the message and its row                    -> events, the lane wakes
//! prepare   one transaction: the ratchet advances, the ciphertext is in the row
//! deliver   the network: these very bytes under this very name, until the relay has them
//! settle    with the next prepare: the row goes, the message is Sent    -> events
//! ```
//! A lane has one delivery under way at a time, of which the relay keeps a prefix, so that what somebody is told arrives
//! in the order in which it was said (`docs/adr/0014-deliveries-in-batches.md`); lanes do not wait for each other, so that a relay that is down holds up nobody but its own people.

mod lane;
mod prepare;
mod session;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Transaction;
use sotto_wire::AccountId;
use tokio::sync::{Notify, watch};

use crate::clock::Timestamp;
use crate::contacts;
use crate::content::{Body, Content, MAX_TEXT_BYTES};
use crate::core::Core;
use crate::effects::Effects;
use crate::error::{RetryError, SendError, StorageError};
use crate::model::{ContactId, Delivery, Message, MessageBody, MessageId};
use crate::store::table::contacts as contact_table;
use crate::store::table::messages::{self, ContentId, NewText};
use crate::store::table::outbox::{self, NewOutboxRow};

pub(crate) use prepare::{enqueue_in_session, protocol_time};
pub(crate) use session::{InvalidBundle, Started, peer_bundle, start_session};

/// The lanes, one per recipient there was something to send to since the start.
pub(crate) struct Lanes {
    lanes: Mutex<HashMap<AccountId, Arc<Notify>>>,
    /// Changes when waiting is pointless: the network is back, or the user asked for it.
    hurry: watch::Sender<()>,
}

impl Lanes {
    pub(crate) fn new() -> Self {
        Self {
            lanes: Mutex::default(),
            hurry: watch::Sender::new(()),
        }
    }

    /// There is something to send to `recipient`.
    pub(crate) fn wake(&self, core: &Arc<Core>, recipient: AccountId) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let wake = lanes.entry(recipient).or_insert_with(|| {
            let wake = Arc::new(Notify::new());
            let lane = lane::Lane::new(
                Arc::clone(core),
                recipient,
                Arc::clone(&wake),
                self.hurry.subscribe(),
            );
            // Lanes are also woken from the thread that writes, which is none of the runtime's.
            core.tasks.spawn_on(lane.run(), &core.runtime);
            wake
        });
        wake.notify_one();
    }

    /// Lets every lane try now rather than when its backoff says so.
    pub(crate) fn hurry(&self) {
        self.hurry.send_replace(());
    }
}

/// Stores a text of ours and queues it.
pub(crate) fn enqueue_text(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    text: String,
    now: Timestamp,
) -> Result<Message, SendError> {
    let contact = contact_table::by_id(transaction, contact)?.ok_or(SendError::NotFound)?;
    let blocked = contacts::is_blocked(transaction, contact.account)?;
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
    let contact = contact_table::by_id(transaction, message.conversation)?.ok_or(RetryError::NotFound)?;
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
    let blocked = contacts::is_blocked(transaction, recipient)?;
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
