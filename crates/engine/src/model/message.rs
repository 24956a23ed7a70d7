//! What stands in a conversation.

use super::ContactId;
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
    /// How far it has come; outgoing texts only.
    pub delivery: Option<Delivery>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageBody {
    /// Somebody's words.
    Text(String),
    /// A line of the conversation's own history.
    Notice(Notice),
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
    /// The first unread message of the conversation, if there is one.
    pub first_unread: Option<MessageId>,
}
