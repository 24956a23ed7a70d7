//! The timer of a conversation: how long texts are kept from now on, by both sides.
//!
//! Each side's texts carry the timer that their author knows. Two timers set at the same moment have the same number; that
//! of the account whose id is higher counts, on both sides.

use rusqlite::Transaction;

use crate::account;
use crate::clock::Timestamp;
use crate::content::{Body, Content, Timer};
use crate::effects::Effects;
use crate::error::{StorageError, TellContactError};
use crate::model::{ContactId, Conversation, Lifetime, Standing};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::{conversations, message_changes};
use crate::{contacts as shown, outbox};

/// Sets the timer, and tells the contact.
pub(crate) fn set(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    lifetime: Option<Lifetime>,
    now: Timestamp,
) -> Result<Conversation, TellContactError> {
    let contact = contacts::by_id(transaction, contact)?
        .filter(|contact| contact.standing() == Standing::Accepted)
        .ok_or(TellContactError::NotFound)?;
    if outbox::would_stay(transaction, contact.account)? {
        return Err(TellContactError::Moved);
    }
    let settled = conversations::read(transaction, contact.id)?;
    if settled.lifetime != lifetime {
        let revision = settled.timer_revision.saturating_add(1);
        conversations::set_timer(transaction, contact.id, lifetime, revision)?;
        let content = Content::new(Body::Timer(Timer { lifetime, revision }), now);
        outbox::enqueue(transaction, effects, contact.account, &content, now)?;
        let id = message_changes::insert_timer(transaction, contact.id, true, lifetime, now)?;
        effects.message_added(transaction, id)?;
    }
    Ok(shown::conversation(transaction, &contact)?)
}

/// The contact has set the timer.
pub(crate) fn heard(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    timer: Timer,
    now: Timestamp,
) -> Result<(), StorageError> {
    let settled = conversations::read(transaction, contact.id)?;
    let is_later = timer.revision > settled.timer_revision;
    let crossed = timer.revision == settled.timer_revision
        && contact.account.as_bytes() > account::read(transaction)?.account.as_bytes();
    if !is_later && !crossed {
        return Ok(());
    }
    conversations::set_timer(transaction, contact.id, timer.lifetime, timer.revision)?;
    if settled.lifetime != timer.lifetime {
        let id = message_changes::insert_timer(transaction, contact.id, false, timer.lifetime, now)?;
        effects.message_added(transaction, id)?;
    }
    Ok(())
}
