//! What the engine tells the UI without being asked.

use serde::Serialize;
use ts_rs::TS;

use crate::model::{AppState, Connection, Conversation, Message, Settings, WordComparison};

/// Sent to the webview under the one event name `sotto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Event {
    /// The app stands elsewhere: show its screen.
    AppStateChanged {
        /// Where.
        state: AppState,
    },
    /// The relay and we stand otherwise.
    ConnectionChanged {
        /// How.
        connection: Connection,
    },
    /// A conversation is new, or its name, verification, preview or unread count changed.
    ConversationChanged {
        /// As it is now.
        conversation: Conversation,
    },
    /// A conversation is gone.
    ConversationRemoved {
        /// Which.
        id: String,
    },
    /// A message is new.
    MessageAdded {
        /// It.
        message: Message,
    },
    /// It changed: its delivery state, its text, what people think of it.
    MessageChanged {
        /// As it is now.
        message: Message,
    },
    /// A message is gone.
    MessageRemoved {
        /// The conversation it stood in.
        conversation: String,
        /// Its id.
        id: i64,
    },
    /// A contact writes, or stopped to.
    Typing {
        /// Who.
        conversation: String,
        /// Whether they write.
        typing: bool,
    },
    /// The session with a contact stands elsewhere: something was encrypted or decrypted, or a new one was begun.
    SessionMoved {
        /// The contact's id, and the conversation's.
        conversation: String,
    },
    /// A comparison by words has come further, or ended.
    WordsChanged {
        /// As it is now.
        comparison: WordComparison,
    },
    /// The settings changed, here or elsewhere.
    SettingsChanged {
        /// As they are now.
        settings: Settings,
    },
    /// The user clicked a `sotto:` link, or started the app with one.
    InviteOpened {
        /// The link, unchecked: hand it to `preview_invite`.
        link: String,
    },
    /// The user clicked a notification.
    ConversationRequested {
        /// Which.
        id: String,
    },
    /// Messages may have been missed (the UI fell behind): load everything afresh.
    Resync,
}
