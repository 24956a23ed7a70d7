//! What a transaction did, collected while it runs and told after it is committed.

use std::collections::BTreeSet;

use rusqlite::Transaction;
use sotto_wire::AccountId;

use crate::clock::Timestamp;
use crate::contacts;
use crate::error::StorageError;
use crate::events::Event;
use crate::model::{ContactId, Delivery, MessageId, Notice};
use crate::store::table::{contacts as contact_table, messages};

/// What is to be told once the transaction is committed.
#[derive(Default)]
pub(crate) struct Effects {
    events: Vec<Event>,
    conversations: BTreeSet<ContactId>,
    sessions: BTreeSet<AccountId>,
    recipients: BTreeSet<AccountId>,
    prekeys_used: bool,
    tokens_changed: bool,
    expiry_changed: bool,
}

/// The same, complete: everything it needs of the database has been read.
pub(crate) struct Told {
    /// In the order in which they happened.
    pub(crate) events: Vec<Event>,
    /// For whom there is something to send.
    pub(crate) recipients: BTreeSet<AccountId>,
    /// A session was made with prekeys of ours: fewer are left.
    pub(crate) prekeys_used: bool,
    /// Other tokens than before are to open our mailbox.
    pub(crate) tokens_changed: bool,
    /// Another message than before may be the next whose time is over.
    pub(crate) expiry_changed: bool,
}

impl Effects {
    /// An event that needs nothing of the database.
    pub(crate) fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// The conversation's row in the list is another one now.
    pub(crate) fn touch(&mut self, contact: ContactId) {
        self.conversations.insert(contact);
    }

    /// The session with a peer stands elsewhere.
    pub(crate) fn session_moved(&mut self, peer: AccountId) {
        self.sessions.insert(peer);
    }

    /// There is something to send.
    pub(crate) fn wake(&mut self, recipient: AccountId) {
        self.recipients.insert(recipient);
    }

    /// A session was made with prekeys of ours.
    pub(crate) fn use_prekeys(&mut self) {
        self.prekeys_used = true;
    }

    /// An invite was made or became worthless: other tokens are to open our mailbox.
    pub(crate) fn change_tokens(&mut self) {
        self.tokens_changed = true;
    }

    /// The time of a message is running since now.
    pub(crate) fn review_expiry(&mut self) {
        self.expiry_changed = true;
    }

    /// A message is gone.
    pub(crate) fn message_removed(&mut self, conversation: ContactId, id: MessageId) {
        self.touch(conversation);
        self.tell(Event::MessageRemoved { conversation, id });
    }

    /// A message was stored.
    pub(crate) fn message_added(
        &mut self,
        transaction: &Transaction<'_>,
        id: MessageId,
    ) -> Result<(), StorageError> {
        if let Some(message) = messages::by_id(transaction, id)? {
            self.touch(message.conversation);
            self.tell(Event::MessageAdded(message));
        }
        Ok(())
    }

    /// A message has come further, or not as far as hoped.
    pub(crate) fn message_changed(
        &mut self,
        transaction: &Transaction<'_>,
        id: MessageId,
    ) -> Result<(), StorageError> {
        if let Some(message) = messages::by_id(transaction, id)? {
            self.touch(message.conversation);
            self.tell(Event::MessageChanged(message));
        }
        Ok(())
    }

    /// What is shown of several messages may have changed.
    pub(crate) fn messages_changed(
        &mut self,
        transaction: &Transaction<'_>,
        messages: impl IntoIterator<Item = MessageId>,
    ) -> Result<(), StorageError> {
        messages
            .into_iter()
            .try_for_each(|id| self.message_changed(transaction, id))
    }

    /// Stores a line of the conversation's own history.
    pub(crate) fn notice(
        &mut self,
        transaction: &Transaction<'_>,
        contact: ContactId,
        notice: Notice,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let id = messages::insert_notice(transaction, contact, notice, now)?;
        self.message_added(transaction, id)
    }

    /// Stores how far texts of ours have come.
    pub(crate) fn deliveries(
        &mut self,
        transaction: &Transaction<'_>,
        messages: impl IntoIterator<Item = MessageId>,
        delivery: Delivery,
    ) -> Result<(), StorageError> {
        for id in messages {
            if messages::set_delivery(transaction, id, delivery)? {
                self.message_changed(transaction, id)?;
            }
        }
        Ok(())
    }

    /// Reads what the events need, as it is about to be committed.
    pub(crate) fn complete(mut self, transaction: &Transaction<'_>) -> Result<Told, StorageError> {
        for contact in std::mem::take(&mut self.conversations) {
            if let Some(row) = contact_table::by_id(transaction, contact)? {
                let conversation = contacts::conversation(transaction, &row)?;
                self.tell(Event::ConversationChanged(conversation));
            }
        }
        for peer in std::mem::take(&mut self.sessions) {
            // Who is told that an invite is worthless has a session, and is no contact.
            if let Some(row) = contact_table::by_account(transaction, peer)? {
                self.tell(Event::SessionMoved(row.id));
            }
        }
        Ok(Told {
            events: self.events,
            recipients: self.recipients,
            prekeys_used: self.prekeys_used,
            tokens_changed: self.tokens_changed,
            expiry_changed: self.expiry_changed,
        })
    }
}
