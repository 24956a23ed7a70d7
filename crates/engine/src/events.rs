//! What the engine tells without being asked. An event is sent only after what it tells is committed.

use tokio::sync::broadcast;

use crate::model::{
    Account, Connection, ContactId, Conversation, Message, MessageId, Settings, WordComparison,
};

/// How many events wait for a slow listener before it loses the oldest. One that lost some loads everything afresh.
const CAPACITY: usize = 1024;

/// Something has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The relay and we stand otherwise.
    ConnectionChanged(Connection),
    /// A conversation is new, or its name, verification, preview or unread count changed.
    ConversationChanged(Conversation),
    /// A conversation is gone.
    ConversationRemoved(ContactId),
    /// A message is new.
    MessageAdded(Message),
    /// A message changed: its delivery state, its text, what people think of it.
    MessageChanged(Message),
    /// A message is gone.
    MessageRemoved {
        /// Whose conversation it stood in.
        conversation: ContactId,
        /// Which.
        id: MessageId,
    },
    /// A contact writes, or stopped to.
    Typing {
        /// Who.
        conversation: ContactId,
        /// Whether they write.
        typing: bool,
    },
    /// The session with a contact stands elsewhere: something was encrypted or decrypted, or a new one was begun.
    SessionMoved(ContactId),
    /// A comparison by words has come further, or ended.
    WordsChanged(WordComparison),
    /// The database was checked from end to end, and is damaged: what is written to it may be lost.
    DatabaseDamaged,
    /// The user's settings changed.
    SettingsChanged(Settings),
    /// The user's own account changed (name, vault slots).
    AccountChanged(Account),
}

/// Where events go.
#[derive(Clone)]
pub(crate) struct Events(broadcast::Sender<Event>);

impl Events {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(CAPACITY))
    }

    /// Tells everybody who listens; nobody may.
    pub(crate) fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}
