//! The shapes that cross to the webview.
//!
//! Times are milliseconds since the Unix epoch, as numbers. Ids are opaque strings, but for message ids, which are
//! numbers that rise in the order of the conversation. All text is untrusted and to be shown as text.

mod account;
mod comparison;
mod contact;
mod inspection;
mod invite;
mod keys;
mod message;
mod search;
mod settings;
mod words;

pub use account::{
    AppState, Connection, Keychain, KeychainStatus, Me, RelayChoice, Restoration, SavedBackup, VaultChoice,
};
pub use comparison::{Judgement, OwnCard, Picture};
pub use contact::{
    Contact, Conversation, IdentityChange, IdentityRecord, MessagePreview, QrCode, SafetyNumber, Standing,
    Verification, VerifiedBy,
};
pub use inspection::{
    Chunks, ExchangeSide, ExchangeStage, Inspection, PostQuantum, PrekeysLeft, Ratchet, RatchetChain,
};
pub use invite::{Invite, InvitePreview, InviteState, InviteUse};
pub use keys::{
    NewRecoveryCode, Passphrase, Proof, RecoveryCodeCheck, RecoveryCodeReading, TypedCode, VaultSlot,
};
pub use message::{Delivery, EarlierText, Message, MessageBody, MessagePage, Notice, Quote, Reaction};
pub use search::{SearchHit, SearchPage, Snippet, TextRange};
pub use settings::{NotificationPrivacy, Settings, Theme};
pub use words::{TypedWords, WordComparison, WordOutcome, WordStage};

#[cfg(test)]
mod tests;
