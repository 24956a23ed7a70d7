//! What people are called: contacts by the user, the user by themself.

use rusqlite::Transaction;
use sotto_wire::AccountId;

use crate::clock::Timestamp;
use crate::contacts::conversation;
use crate::content::{Body, Content, Profile};
use crate::effects::Effects;
use crate::error::{RenameError, StorageError};
use crate::model::{ContactId, Conversation, DisplayName, Standing};
use crate::outbox;
use crate::reach;
use crate::store::table::contacts;

/// Gives a contact a name of the user's own, or takes it back.
pub(crate) fn rename(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: ContactId,
    name: Option<&DisplayName>,
) -> Result<Conversation, RenameError> {
    if !contacts::set_chosen_name(transaction, id, name)? {
        return Err(RenameError::NotFound);
    }
    effects.touch(id);
    let row = contacts::by_id(transaction, id)?.ok_or(RenameError::NotFound)?;
    Ok(conversation(transaction, &row)?)
}

/// Tells one contact what we are called.
pub(crate) fn introduce_ourselves(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    to: AccountId,
    name: &DisplayName,
    now: Timestamp,
) -> Result<(), StorageError> {
    let profile = Profile {
        name: name.clone(),
        reach: reach::ours(transaction)?,
    };
    let content = Content::new(Body::Profile(profile), now);
    outbox::enqueue(transaction, effects, to, &content, now)
}

/// Tells every contact what we are called, and how we are reached.
pub(crate) fn introduce_ourselves_to_all(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    name: &DisplayName,
    now: Timestamp,
) -> Result<(), StorageError> {
    for contact in contacts::all(transaction)? {
        if contact.standing() != Standing::Accepted || !contact.introduced {
            continue;
        }
        introduce_ourselves(transaction, effects, contact.account, name, now)?;
    }
    Ok(())
}
