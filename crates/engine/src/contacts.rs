//! Contacts and conversations as they are shown. Reads only.

use rusqlite::Connection;

use crate::account;
use crate::error::{ConversationError, StorageError};
use crate::model::{
    Address, Contact, ContactId, Conversation, IdentityChange, IdentityFingerprint, Message, MessageBody,
    MessageId, MessagePage, MessagePreview, Verification,
};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::identity_keys::{self, IdentityKeyRow};
use crate::store::table::{conversations, messages};

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
    let settled = conversations::read(connection, row.id)?;
    let last_activity = messages::last_stored_at(connection, row.id)?;
    Ok(Conversation {
        contact: contact(connection, row)?,
        last_message: messages::last_text(connection, row.id)?.and_then(preview),
        unread: messages::unread_count(connection, row.id)?,
        last_activity: last_activity.unwrap_or(row.created_at),
        lifetime: settled.lifetime,
        muted_until: settled.muted_until,
        draft: settled.draft,
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
    let is_self = account::read(connection)?.account == row.account;
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
        is_self,
        verification: match &key {
            _ if is_self => Verification::Verified,
            None => Verification::NotVerified,
            Some(key) => verification(key),
        },
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

/// Which stretch of a conversation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// The newest.
    Newest,
    /// What is before a message.
    Before(MessageId),
    /// What is after a message.
    After(MessageId),
    /// A message and what is around it.
    Around(MessageId),
}

/// A stretch of a conversation, of at most `limit` messages.
pub(crate) fn page(
    connection: &Connection,
    contact: ContactId,
    stretch: Stretch,
    limit: u32,
) -> Result<MessagePage, ConversationError> {
    contacts::by_id(connection, contact)?.ok_or(ConversationError::NotFound)?;
    let (messages, has_older, has_newer) = match stretch {
        Stretch::Newest => {
            let (messages, has_older) = messages::page(connection, contact, None, limit)?;
            (messages, has_older, false)
        }
        Stretch::Before(id) => {
            let (messages, has_older) = messages::page(connection, contact, Some(id), limit)?;
            (messages, has_older, true)
        }
        Stretch::After(id) => {
            let (messages, has_newer) = messages::page_after(connection, contact, id, limit)?;
            (messages, true, has_newer)
        }
        Stretch::Around(id) => messages::around(connection, contact, id, limit)?,
    };
    Ok(MessagePage {
        messages,
        has_older,
        has_newer,
        first_unread: messages::first_unread(connection, contact)?,
    })
}
