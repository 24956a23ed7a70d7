//! Blocking: what somebody sends is dropped, and the token that they know opens our mailbox no longer.

use rusqlite::Transaction;

use crate::clock::Timestamp;
use crate::contacts::conversation;
use crate::effects::Effects;
use crate::error::ConversationError;
use crate::model::{ContactId, Conversation, Standing};
use crate::names::introduce_ourselves;
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::outbox;
use crate::undelivered::give_up;
use crate::{account, rotation};

/// Blocks somebody. They are told nothing; what was still to be sent to them is not.
pub(crate) fn block(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    now: Timestamp,
) -> Result<Conversation, ConversationError> {
    let row = existing(transaction, contact)?;
    if row.standing() == Standing::Blocked {
        return Ok(conversation(transaction, &row)?);
    }
    contacts::set_blocked(transaction, contact, Some(now))?;
    for unsent in outbox::all(transaction, row.account)? {
        give_up(transaction, effects, &unsent, now)?;
    }
    // Whoever waits to be accepted, or was only found, was never told our token.
    if !row.requested && row.introduced {
        rotation::begin(transaction, effects)?;
    }
    changed(transaction, effects, contact)
}

/// Hears somebody again. Who waited to be accepted before waits again; who was a contact is told how we are reached now.
pub(crate) fn unblock(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    now: Timestamp,
) -> Result<Conversation, ConversationError> {
    let row = existing(transaction, contact)?;
    if row.standing() != Standing::Blocked {
        return Ok(conversation(transaction, &row)?);
    }
    contacts::set_blocked(transaction, contact, None)?;
    if !row.requested && row.introduced {
        let name = account::read(transaction)?.display_name;
        introduce_ourselves(transaction, effects, row.account, &name, now)?;
    }
    changed(transaction, effects, contact)
}

fn existing(transaction: &Transaction<'_>, contact: ContactId) -> Result<ContactRow, ConversationError> {
    contacts::by_id(transaction, contact)?.ok_or(ConversationError::NotFound)
}

fn changed(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
) -> Result<Conversation, ConversationError> {
    effects.touch(contact);
    let row = existing(transaction, contact)?;
    Ok(conversation(transaction, &row)?)
}
