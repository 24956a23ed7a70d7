//! Receipts: what arrived, what was read.

use rusqlite::Transaction;
use sotto_wire::AccountId;

use crate::clock::Timestamp;
use crate::content::{Body, Content, MAX_RECEIPT_IDS, ReceiptKind};
use crate::effects::Effects;
use crate::error::{ConversationError, StorageError};
use crate::expiry;
use crate::model::{ContactId, Delivery, MessageId, Settings, Standing};
use crate::outbox;
use crate::settings;
use crate::store::table::messages::{self, ContentId};
use crate::store::table::{contacts, message_changes, sent};

/// Queues receipts for what a contact wrote.
pub(crate) fn queue(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    author: AccountId,
    kind: ReceiptKind,
    ids: &[ContentId],
    now: Timestamp,
) -> Result<(), StorageError> {
    for ids in ids.chunks(MAX_RECEIPT_IDS) {
        let content = Content::new(Body::Receipt(kind, ids.to_vec()), now);
        outbox::enqueue(transaction, effects, author, &content, now)?;
    }
    Ok(())
}

/// Takes note of a contact's receipt for texts of ours.
pub(crate) fn take(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    kind: ReceiptKind,
    ids: &[ContentId],
    now: Timestamp,
) -> Result<(), StorageError> {
    let delivery = match kind {
        ReceiptKind::Delivered => Delivery::Delivered,
        ReceiptKind::Read => Delivery::Read,
    };
    for &id in ids {
        if let Some(message) = messages::raise_delivery(transaction, contact, id, delivery)? {
            // They have it: they will not ask for it again.
            sent::delete_message(transaction, message)?;
            expiry::begin(transaction, effects, message, now)?;
            effects.message_changed(transaction, message)?;
        }
    }
    Ok(())
}

/// Marks texts as read, and tells their author if the settings say so.
pub(crate) fn mark_read(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    up_to: MessageId,
    now: Timestamp,
) -> Result<(), ConversationError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(ConversationError::NotFound)?;
    let read = messages::mark_read(transaction, contact.id, up_to, now)?;
    if read.is_empty() {
        return Ok(());
    }
    effects.touch(contact.id);
    if message_changes::next_expiry(transaction)?.is_some() {
        effects.review_expiry();
    }
    let Settings { read_receipts, .. } = settings::read(transaction)?;
    if read_receipts && contact.standing() == Standing::Accepted {
        queue(
            transaction,
            effects,
            contact.account,
            ReceiptKind::Read,
            &read,
            now,
        )?;
    }
    Ok(())
}
