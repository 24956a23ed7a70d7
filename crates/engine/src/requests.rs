//! Message requests: somebody found us by our user name, and waits for us to say whether we want to hear them.
//!
//! ```text
//! Introduction from a stranger, under a look-up's token -> requested: kept, shown apart, answered with nothing
//! accept -> accepted: they are told how we are reached, and that what they wrote has arrived
//! delete -> gone, as if they had never written; they may introduce themselves again
//! block  -> see `blocking`
//! ```

use rusqlite::Transaction;

use crate::account;
use crate::clock::Timestamp;
use crate::contacts::conversation;
use crate::content::{Introduction, ReceiptKind};
use crate::effects::Effects;
use crate::error::{ConversationError, StorageError, TellContactError};
use crate::events::Event;
use crate::model::{ContactId, Conversation, Standing};
use crate::names::introduce_ourselves;
use crate::store::Peer;
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::messages;
use crate::{moved, receipts};

/// So many requests are kept. What comes when there are so many is dropped: whoever floods us shall not fill the disk,
/// nor push out who came before.
pub(crate) const MAX_REQUESTS: u32 = 50;

/// So many texts of one request are kept. It has said by then what it is about.
pub(crate) const MAX_TEXTS: u32 = 20;

/// A stranger introduces themself. `None`: there is no room for them.
pub(crate) fn arrive(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    peer: Peer,
    introduction: &Introduction,
    now: Timestamp,
) -> Result<Option<ContactRow>, StorageError> {
    if contacts::count_requests(transaction)? >= MAX_REQUESTS {
        tracing::warn!("a message request was dropped: too many wait");
        return Ok(None);
    }
    let (relay, name) = (&introduction.relay, Some(&introduction.name));
    let id = contacts::insert(transaction, peer.account, relay, name, now)?;
    contacts::set_requested(transaction, id, true)?;
    effects.touch(id);
    contacts::by_id(transaction, id)
}

/// Somebody whom we know introduces themself: they do not know us any more, or we both looked for each other.
pub(crate) fn introduced(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    introduction: &Introduction,
    now: Timestamp,
) -> Result<(), StorageError> {
    contacts::set_given_name(transaction, contact.id, &introduction.name)?;
    contacts::set_relay(transaction, contact.id, &introduction.relay)?;
    effects.touch(contact.id);
    if contact.standing() == Standing::Accepted {
        let name = account::read(transaction)?.display_name;
        introduce_ourselves(transaction, effects, contact.account, &name, now)?;
    }
    Ok(())
}

/// Whether one more text of somebody is kept.
pub(crate) fn has_room(transaction: &Transaction<'_>, contact: &ContactRow) -> Result<bool, StorageError> {
    Ok(contact.standing() == Standing::Accepted
        || messages::incoming_count(transaction, contact.id)? < MAX_TEXTS)
}

/// Accepts a request; one that is accepted already stays so.
pub(crate) fn accept(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: ContactId,
    now: Timestamp,
) -> Result<Conversation, TellContactError> {
    let contact = contacts::by_id(transaction, id)?.ok_or(TellContactError::NotFound)?;
    if contact.standing() != Standing::Requested {
        return Ok(conversation(transaction, &contact)?);
    }
    if moved::has_moved(transaction)? {
        return Err(TellContactError::Moved);
    }
    let contact = admit(transaction, effects, contact)?;
    let name = account::read(transaction)?.display_name;
    introduce_ourselves(transaction, effects, contact.account, &name, now)?;
    let arrived = messages::incoming_names(transaction, id)?;
    let delivered = ReceiptKind::Delivered;
    receipts::queue(transaction, effects, contact.account, delivered, &arrived, now)?;
    Ok(conversation(transaction, &contact)?)
}

/// Makes a contact of somebody who waits to be one: they have shown an invite, or we looked for them ourselves.
pub(crate) fn admit(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactRow,
) -> Result<ContactRow, StorageError> {
    contacts::set_requested(transaction, contact.id, false)?;
    effects.touch(contact.id);
    Ok(ContactRow {
        requested: false,
        ..contact
    })
}

/// Deletes a request and what it said. Nobody else can be deleted by it.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: ContactId,
) -> Result<(), ConversationError> {
    let contact = contacts::by_id(transaction, id)?.ok_or(ConversationError::NotFound)?;
    if contact.standing() != Standing::Requested {
        return Err(ConversationError::NotFound);
    }
    // The session stays: they may introduce themself in it once more, or come with an invite.
    contacts::delete(transaction, id)?;
    effects.tell(Event::ConversationRemoved(id));
    Ok(())
}
