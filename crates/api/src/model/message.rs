//! What stands in a conversation.

use serde::Serialize;
use ts_rs::TS;

/// One entry of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Message {
    /// Its id.
    pub id: i64,
    /// The conversation it stands in.
    pub conversation: String,
    /// What it says.
    pub body: MessageBody,
    /// Whether the user wrote it.
    pub outgoing: bool,
    /// When its author wrote it (incoming: as the author's clock says).
    pub sent_at: i64,
    /// When this device stored it: what days are separated by, and never the peer's choice.
    pub stored_at: i64,
    /// Outgoing messages only.
    pub delivery: Option<Delivery>,
    /// What it replies to.
    pub quote: Option<Quote>,
    /// What people think of it: one each.
    pub reactions: Vec<Reaction>,
    /// When its author last gave it another text.
    pub edited_at: Option<i64>,
    /// How many seconds it is kept once it was read (incoming) or sent (outgoing), if not for good.
    pub lifetime: Option<u32>,
    /// When it will be gone, once that is known.
    pub gone_at: Option<i64>,
}

/// What a message replies to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Quote {
    /// A message of the conversation, as it is now.
    Found {
        /// Which.
        message: i64,
        /// Whether the user wrote it.
        outgoing: bool,
        /// Its beginning.
        text: String,
    },
    /// Nothing that is here: it is deleted, or was never said.
    Missing,
}

/// What somebody thinks of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Reaction {
    /// One emoji.
    pub emoji: String,
    /// Whether the user thinks so.
    pub mine: bool,
}

/// What an edited message said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EarlierText {
    /// The words.
    pub text: String,
    /// When others took their place.
    pub replaced_at: i64,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum MessageBody {
    /// Somebody's words.
    Text {
        /// The words.
        text: String,
    },
    /// What somebody's words were before they deleted them.
    Deleted,
    /// Something that a newer version wrote and this one cannot show.
    Unsupported,
    /// Somebody (`outgoing`: the user) set how long texts are kept.
    TimerSet {
        /// How many seconds; `null`: for good.
        lifetime: Option<u32>,
    },
    /// A line of the conversation's own history ("Alice joined by your invite", "the safety number changed").
    Notice {
        /// Which line.
        notice: Notice,
    },
}

/// A line of the conversation's own history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
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

/// How far an outgoing message has come. Each state includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether there is anything before the first of `messages`.
    pub has_older: bool,
    /// Whether there is anything after the last of `messages`.
    pub has_newer: bool,
    /// The first message that is unread, if any is.
    pub first_unread: Option<i64>,
}
