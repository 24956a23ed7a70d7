//! Contacts and conversations as they are shown. Reads only.

use rusqlite::Connection;

use crate::error::{ConversationError, StorageError};
use crate::model::{
    Address, Contact, ContactId, Conversation, IdentityChange, IdentityFingerprint, Message, MessageBody,
    MessageId, MessagePage, MessagePreview, Verification,
};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::identity_keys::{self, IdentityKeyRow};
use crate::store::table::messages;

/// How much of a text is shown in the list.
const PREVIEW_CHARS: usize = 120;

/// All conversations, the latest activity first.
pub(crate) fn conversations(connection: &Connection) -> Result<Vec<Conversation>, StorageError> {
    let rows = contacts::all(connection)?;
    let conversations = rows.iter().map(|row| conversation(connection, row));
    let mut conversations = conversations.collect::<Result<Vec<_>, _>>()?;
    conversations.sort_by_key(|conversation| std::cmp::Reverse(conversation.last_activity));
    Ok(conversations)
}

/// One row of the conversation list.
pub(crate) fn conversation(connection: &Connection, row: &ContactRow) -> Result<Conversation, StorageError> {
    let last_activity = messages::last_stored_at(connection, row.id)?;
    Ok(Conversation {
        contact: contact(connection, row)?,
        last_message: messages::last_text(connection, row.id)?.and_then(preview),
        unread: messages::unread_count(connection, row.id)?,
        last_activity: last_activity.unwrap_or(row.created_at),
    })
}

/// What a contact is called.
pub(crate) fn name_of(connection: &Connection, id: ContactId) -> Result<Option<String>, StorageError> {
    Ok(contacts::by_id(connection, id)?.as_ref().map(name))
}

/// The conversation with a contact.
pub(crate) fn conversation_with(
    connection: &Connection,
    id: ContactId,
) -> Result<Option<Conversation>, StorageError> {
    let row = contacts::by_id(connection, id)?;
    row.map(|row| conversation(connection, &row)).transpose()
}

/// A contact as it is shown.
pub(crate) fn contact(connection: &Connection, row: &ContactRow) -> Result<Contact, StorageError> {
    let key = identity_keys::present(connection, row.account)?;
    let identity_change = match &key {
        Some(key) if key.is_pending() => {
            let before = identity_keys::last_accepted(connection, row.account)?;
            Some(IdentityChange {
                changed_at: key.first_seen,
                was_verified: before.is_some_and(|key| key.verified_at.is_some()),
                fingerprint: IdentityFingerprint::of(&key.key),
            })
        }
        _ => None,
    };
    Ok(Contact {
        id: row.id,
        address: Address {
            account: row.account,
            relay: row.relay.clone(),
        },
        name: name(row),
        standing: row.standing(),
        user_name: row.user_name.clone(),
        verification: key.as_ref().map_or(Verification::NotVerified, verification),
        identity_change,
    })
}

fn verification(key: &IdentityKeyRow) -> Verification {
    if key.is_pending() {
        Verification::Changed
    } else if key.verified_at.is_some() {
        Verification::Verified
    } else {
        Verification::NotVerified
    }
}

/// What the user calls them, else what they call themself, else how the user found them, else the beginning of their
/// account.
fn name(row: &ContactRow) -> String {
    let name = row.chosen_name.as_ref().or(row.given_name.as_ref());
    let user_name = || row.user_name.as_ref().map(|name| name.as_str().to_owned());
    name.map(|name| name.as_str().to_owned())
        .or_else(user_name)
        .unwrap_or_else(|| row.account.to_string().chars().take(8).collect())
}

fn preview(message: Message) -> Option<MessagePreview> {
    let MessageBody::Text(text) = message.body else {
        return None;
    };
    Some(MessagePreview {
        text: text.chars().take(PREVIEW_CHARS).collect(),
        outgoing: message.outgoing,
        delivery: message.delivery,
    })
}

/// A page of a conversation.
pub(crate) fn page(
    connection: &Connection,
    contact: ContactId,
    before: Option<MessageId>,
    limit: u32,
) -> Result<MessagePage, ConversationError> {
    contacts::by_id(connection, contact)?.ok_or(ConversationError::NotFound)?;
    let (messages, has_older) = messages::page(connection, contact, before, limit)?;
    Ok(MessagePage {
        messages,
        has_older,
        first_unread: messages::first_unread(connection, contact)?,
    })
}
