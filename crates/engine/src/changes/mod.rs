//! What people do to messages that are there already: react, edit, delete (`docs/adr/0064-changes-to-messages.md`).
//!
//! A change is content like any other, and arrives in the session of who made it. Whose message it may be about follows
//! from that: an edit or a deletion names one of its author's own texts and can name no other. What comes before the text
//! that it is about waits for it.

mod delete;
mod edit;
mod react;

use std::time::Duration;

use rusqlite::Transaction;

use crate::clock::Timestamp;
use crate::content::{Body, Content};
use crate::effects::Effects;
use crate::error::{ChangeError, StorageError};
use crate::model::{ContactId, Message, Standing};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::early_changes::{self, EarlyChange};
use crate::store::table::messages::{self, ContentId, Key};
use crate::{account, outbox};

pub(crate) use delete::delete_for_everyone;
pub(crate) use edit::edit;
pub(crate) use react::react;

/// A text can be edited for so long after it was written, and so often.
pub const EDIT_WINDOW: Duration = Duration::from_secs(86_400);
/// See [`EDIT_WINDOW`].
pub const MAX_EDITS: u32 = 10;

/// A text can be deleted for everyone for so long after it was written.
pub const DELETION_WINDOW: Duration = Duration::from_secs(7 * 86_400);

/// So much later than it may have been made may a change reach a relay: its author was without a network.
const DELAY: Duration = Duration::from_secs(14 * 86_400);

/// When a contact's content came.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    /// When a relay took it, by that relay's clock.
    pub(crate) taken_at: Timestamp,
    /// Now.
    pub(crate) now: Timestamp,
}

/// Does what a contact's change says, if the message that it is about is here; keeps it for later if it may still come.
pub(crate) fn take(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    content: &Content,
    arrival: &Arrival,
) -> Result<(), StorageError> {
    let key = match &content.body {
        Body::Edit(edit) => theirs(edit.of),
        Body::Deletion(id) => theirs(*id),
        Body::Reaction(reaction) if reaction.to.author == contact.account => theirs(reaction.to.id),
        Body::Reaction(reaction) if reaction.to.author == account::read(transaction)?.account => Key {
            outgoing: true,
            content_id: reaction.to.id,
        },
        // About somebody else's words, which are not in this conversation.
        _ => return Ok(()),
    };
    let Some(message) = messages::by_key(transaction, contact.id, key)? else {
        // What we wrote is here, or gone for good.
        return if key.outgoing {
            Ok(())
        } else {
            keep(transaction, contact.id, key.content_id, content, arrival)
        };
    };
    match &content.body {
        Body::Edit(edit) => edit::edited(transaction, effects, &message, edit, content.sent_at, arrival),
        Body::Deletion(_) => delete::deleted(transaction, effects, &message, content.sent_at, arrival),
        Body::Reaction(reaction) => react::reacted(transaction, effects, &message, reaction, arrival),
        _ => Ok(()),
    }
}

/// Does what waited for a contact's text, which has just been stored.
pub(crate) fn catch_up(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    text: ContentId,
    now: Timestamp,
) -> Result<(), StorageError> {
    for early in early_changes::take(transaction, contact.id, text)? {
        let content = Content::parse(&early.content).map_err(|_| StorageError::Corrupted)?;
        let arrival = Arrival {
            taken_at: early.taken_at,
            now,
        };
        take(transaction, effects, contact, &content, &arrival)?;
    }
    Ok(())
}

/// Whom a change of ours goes to: nobody who waits to be accepted, and nobody who is blocked; and, once the account has
/// moved to another computer, nobody but ourselves.
fn recipient(transaction: &Transaction<'_>, message: &Message) -> Result<ContactRow, ChangeError> {
    let contact = contacts::by_id(transaction, message.conversation)?
        .filter(|contact| contact.standing() == Standing::Accepted)
        .ok_or(ChangeError::NotFound)?;
    if outbox::would_stay(transaction, contact.account)? {
        return Err(ChangeError::Moved);
    }
    Ok(contact)
}

fn theirs(content_id: ContentId) -> Key {
    Key {
        outgoing: false,
        content_id,
    }
}

fn keep(
    transaction: &Transaction<'_>,
    contact: ContactId,
    text: ContentId,
    content: &Content,
    arrival: &Arrival,
) -> Result<(), StorageError> {
    // It was decoded, and so is no longer than content may be.
    let content = content.encode().map_err(|_| StorageError::Failed)?.to_vec();
    let early = EarlyChange {
        content,
        taken_at: arrival.taken_at,
    };
    early_changes::insert(transaction, contact, text, &early, arrival.now)
}

/// Whether a contact's change was made in time: by their own clock, and, as they can set that, by ours and the relay's.
fn is_in_time(message: &Message, made_at: Timestamp, arrival: &Arrival, window: Duration) -> bool {
    made_at.since(message.sent_at) <= window && arrival.taken_at.since(message.stored_at) <= window + DELAY
}
