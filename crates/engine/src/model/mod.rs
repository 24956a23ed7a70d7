//! What the engine shows of itself: the shapes its methods answer and its events carry.
//!
//! They hold no secret but the links of the user's own invites. Text in them came from other people: show it as text.

mod account;
mod comparison;
mod contact;
mod emoji;
mod inspection;
mod invite;
mod lifetime;
mod message;
mod name;
mod search;
mod settings;
mod words;

pub use account::{Account, Address, Connection, ConnectionTrouble, Restoration};
pub use comparison::{Judgement, OwnCard};
pub use contact::{
    Contact, ContactId, Conversation, IdentityChange, IdentityFingerprint, IdentityRecord,
    InvalidFingerprint, MessagePreview, SafetyNumber, Standing, Verification, VerifiedBy,
};
pub use emoji::{Emoji, InvalidEmoji};
pub use inspection::{
    ChainSummary, Chunks, EpochSummary, ExchangeSide, ExchangeStage, ExchangeSummary, Inspection,
    PostQuantumSummary, PrekeysLeft, SessionSummary, key_mark,
};
pub use invite::{Invite, InviteId, InvitePreview, InviteState, InviteUse};
pub use lifetime::Lifetime;
pub use message::{
    Delivery, EarlierText, Message, MessageBody, MessageId, MessagePage, Notice, Quote, Reaction,
};
pub use name::{DisplayName, InvalidName, MAX_NAME_CHARS};
pub use search::{SearchHit, SearchPage, Snippet};
pub use settings::{NotificationPrivacy, Settings, Theme};
pub use words::{WordComparison, WordOutcome, WordStage};
