//! What stands in a conversation.

use super::{ContactId, Emoji, Lifetime};
use crate::clock::Timestamp;

/// A message on this device; ids rise in the order of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i64);

/// One entry of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Whose conversation it belongs to.
    pub conversation: ContactId,
    /// What it says.
    pub body: MessageBody,
    /// Whether the user wrote it.
    pub outgoing: bool,
    /// When its author wrote it (incoming: as the author's clock says).
    pub sent_at: Timestamp,
    /// When this device stored it: what days are separated by, and never the peer's choice.
    pub stored_at: Timestamp,
    /// How far it has come, as far as is known; outgoing texts only. That of an edited text is at first the edit's, and that
    /// of a deleted one the deletion's, until that has gone out.
    pub delivery: Option<Delivery>,
    /// What it replies to.
    pub quote: Option<Quote>,
    /// What people think of it: one each.
    pub reactions: Vec<Reaction>,
    /// When its author last gave it another text.
    pub edited_at: Option<Timestamp>,
    /// How long it is kept once it was read (incoming) or sent (outgoing); `None`: for good.
    pub lifetime: Option<Lifetime>,
    /// When it was read or sent, if it is not kept for good.
    pub life_began_at: Option<Timestamp>,
}

/// What a message replies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quote {
    /// A message of the conversation, as it is now.
    Found {
        /// Which.
        message: MessageId,
        /// Whether the user wrote it.
        outgoing: bool,
        /// Its beginning.
        text: String,
    },
    /// Nothing that is here: it is deleted, or was never said.
    Missing,
}

/// What somebody thinks of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// In one emoji.
    pub emoji: Emoji,
    /// Whether the user does.
    pub mine: bool,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageBody {
    /// Somebody's words.
    Text(String),
    /// What somebody's words were before they deleted them.
    Deleted,
    /// Something that a newer version wrote and this one cannot show.
    Unsupported,
    /// A line of the conversation's own history.
    Notice(Notice),
    /// Somebody (`outgoing`: the user) set how long texts are kept; `None`: for good.
    TimerSet(Option<Lifetime>),
}

/// A line of the conversation's own history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The contact opened an invite of ours, and held its secret.
    JoinedByInvite,
    /// We opened the contact's invite, which verified them.
    MetByInvite,
    /// The contact's identity key is another one.
    IdentityKeyChanged,
    /// The user goes on with it without having compared it.
    IdentityKeyAccepted,
    /// The contact is verified: the user compared.
    MarkedVerified,
    /// The user took that back.
    MarkedNotVerified,
    /// A message arrived that could not be decrypted; it was asked for again.
    Undecryptable,
    /// The contact's invite that we opened was spent, revoked or out of date: they do not know us.
    InviteDeclined,
    /// What was compared was not the same: the contact is not verified, whatever they were.
    ComparisonDiffered,
    /// The user found the contact by the user name: nobody has compared anything.
    FoundByUserName,
    /// The contact will not hear of other words that the user gave a text: they read those before.
    EditUndelivered,
    /// The contact will not hear that the user deleted a text: they may still read it.
    DeletionUndelivered,
}

/// How far an outgoing message has come. Each state from `Queued` on includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// Refused for good (contact gone, too large); the user can retry.
    Failed,
    /// Waits for the user's decision about a changed identity key.
    Blocked,
    /// Stored here, not yet accepted by the relay.
    Queued,
    /// The relay has it.
    Sent,
    /// The contact's device has it.
    Delivered,
    /// The contact has seen it.
    Read,
}

/// A stretch of a conversation, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether there is anything before the first of them.
    pub has_older: bool,
    /// Whether there is anything after the last of them.
    pub has_newer: bool,
    /// The first unread message of the conversation, if there is one.
    pub first_unread: Option<MessageId>,
}

/// What an edited text said before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierText {
    /// The words.
    pub text: String,
    /// When others took their place.
    pub replaced_at: Timestamp,
}
