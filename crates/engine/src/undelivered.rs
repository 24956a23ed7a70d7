//! What will never reach its reader, and what the user is told of it.

use rusqlite::Transaction;

use crate::clock::Timestamp;
use crate::content::{Body, Content};
use crate::effects::Effects;
use crate::error::StorageError;
use crate::invite;
use crate::model::{Delivery, MessageId, Notice, Standing};
use crate::store::table::outbox::{self, OutboxRow};
use crate::store::table::{contacts, messages};

/// Removes what cannot be sent. A text has failed, and the user may try again; that a change to a text is seen here only, or
/// that somebody whose invite was opened does not know of it, a line of the conversation says.
pub(crate) fn give_up(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    outbox::delete(transaction, row.id)?;
    effects.deliveries(transaction, row.message, Delivery::Failed)?;
    effects.messages_changed(transaction, row.about)?;
    let Some(contact) = contacts::by_account(transaction, row.recipient)? else {
        return Ok(());
    };
    let Ok(content) = Content::parse(&row.content) else {
        return Ok(());
    };
    match content.body {
        // Who never had the text gets it as it is now, if the user tries again.
        Body::Edit(_) if has_failed(transaction, row.about)? => Ok(()),
        Body::Edit(_) => effects.notice(transaction, contact.id, Notice::EditUndelivered, now),
        Body::Deletion(_) => effects.notice(transaction, contact.id, Notice::DeletionUndelivered, now),
        Body::InviteAcceptance(_) if contact.standing() != Standing::Blocked => {
            invite::refused(transaction, effects, &contact, now)
        }
        _ => Ok(()),
    }
}

fn has_failed(transaction: &Transaction<'_>, text: Option<MessageId>) -> Result<bool, StorageError> {
    let Some(text) = text else { return Ok(false) };
    let message = messages::by_id(transaction, text)?;
    Ok(message.is_some_and(|message| message.delivery == Some(Delivery::Failed)))
}
