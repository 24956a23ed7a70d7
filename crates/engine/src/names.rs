//! What people are called: contacts by the user, the user by themself.

use rusqlite::Transaction;
use sotto_wire::AccountId;

use crate::account;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::contacts::conversation;
use crate::content::{Body, Content, Introduction, Profile};
use crate::effects::Effects;
use crate::error::{RenameError, StorageError};
use crate::model::{ContactId, Conversation, DisplayName, Standing};
use crate::outbox;
use crate::reach;
use crate::store::table::account::{self as account_table, AccountRow};
use crate::store::table::contacts::{self, ContactRow};

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

/// Changes what the user is called, and tells every contact.
pub(crate) fn rename_ourselves(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    name: &DisplayName,
    now: Timestamp,
) -> Result<AccountRow, StorageError> {
    let row = account::read(transaction)?;
    if row.display_name != *name {
        account_table::set_display_name(transaction, name)?;
        introduce_ourselves_to_all(transaction, effects, name, now)?;
    }
    account::read(transaction)
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

/// Says who we are to a contact who has not been told yet: before the first text.
pub(crate) fn introduce_ourselves_first(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: &ContactRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    if contact.introduced {
        return Ok(());
    }
    // Without a way back there is no use in coming; our relay tells it with the first connection.
    let Some(reach) = reach::ours(transaction)? else {
        return Ok(());
    };
    let introduction = Introduction {
        name: account::read(transaction)?.display_name,
        relay: owner.address.relay.clone(),
        reach,
    };
    let content = Content::new(Body::Introduction(introduction), now);
    outbox::enqueue(transaction, effects, contact.account, &content, now)?;
    contacts::set_introduced(transaction, contact.id, true)
}
