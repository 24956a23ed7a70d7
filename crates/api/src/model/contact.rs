//! The people the user talks to, and how sure they are of them.

use serde::Serialize;
use ts_rs::TS;

use super::Delivery;

/// One row of the conversation list; there is one conversation per contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Conversation {
    /// The contact's id, and the conversation's.
    pub id: String,
    /// With whom.
    pub contact: Contact,
    /// The latest text, if there is any.
    pub last_message: Option<MessagePreview>,
    /// How many incoming texts have not been read.
    pub unread: u32,
    /// Milliseconds; what the list is ordered by, newest first.
    pub last_activity: i64,
    /// How many seconds texts are kept from now on, if not for good.
    pub lifetime: Option<u32>,
    /// Until when nothing is told on the desktop.
    pub muted_until: Option<i64>,
    /// What was written and not sent.
    pub draft: Option<String>,
}

/// Somebody the user talks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Contact {
    /// The contact's id, and the conversation's.
    pub id: String,
    /// `account@relay`.
    pub address: String,
    /// What the contact calls themself, or what the user calls them.
    pub name: String,
    /// Whether it is the user: the conversation is their notes.
    pub is_self: bool,
    /// How sure the user is of their identity key.
    pub verification: Verification,
    /// How the user stands to them.
    pub standing: Standing,
    /// The user name by which the user found them, if so.
    pub user_name: Option<String>,
    /// Set while a changed identity key waits for the user's decision: sending is blocked.
    pub identity_change: Option<IdentityChange>,
}

/// How the user stands to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Standing {
    /// They talk to each other.
    Accepted,
    /// They found the user by the user name, and wait to be accepted: they hear nothing until then.
    Requested,
    /// What they send is dropped.
    Blocked,
}

/// One state per contact, one word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Verification {
    /// Their identity key was compared.
    Verified,
    /// It was not.
    NotVerified,
    /// It is not the one it was, and the user has not decided yet.
    Changed,
}

/// What changed, and when, in public facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct IdentityChange {
    /// When this device learnt of it.
    pub changed_at: i64,
    /// Whether the key before this one had been verified.
    pub was_verified: bool,
    /// The new key's fingerprint: hand it back with the decision, so that the user decides about the key they saw.
    pub fingerprint: String,
}

/// The latest text of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct MessagePreview {
    /// Its beginning.
    pub text: String,
    /// Whether the user wrote it.
    pub outgoing: bool,
    /// How far it has come, if the user wrote it.
    pub delivery: Option<Delivery>,
}

/// Everything the safety-number screen shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SafetyNumber {
    /// With whom.
    pub contact: Contact,
    /// Twelve blocks of five digits, the same on both sides.
    pub blocks: Vec<String>,
    /// The same, for the camera or the clipboard of the other side.
    pub qr: QrCode,
    /// Hand it back with `set_verified`, so that what is marked is what was on the screen.
    pub fingerprint: String,
    /// Newest first.
    pub history: Vec<IdentityRecord>,
}

/// A QR code of the scannable fingerprint, without its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct QrCode {
    /// Modules per side.
    pub size: usize,
    /// `size` strings of `size` characters, `1` for a dark module.
    pub rows: Vec<String>,
}

/// One identity key a contact has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct IdentityRecord {
    /// The first eight groups of the key's own fingerprint, for recognition only.
    pub fingerprint: String,
    /// When this device learnt of it.
    pub first_seen: i64,
    /// When it was verified, if it is.
    pub verified_at: Option<i64>,
    /// How it came to be verified.
    pub verified_by: Option<VerifiedBy>,
    /// When another key took its place.
    pub replaced_at: Option<i64>,
}

/// How an identity key came to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum VerifiedBy {
    /// The contact's invite named it.
    Invite,
    /// Both read words to each other.
    Words,
    /// The user was given their card.
    Card,
    /// The user's machine saw the QR code on theirs.
    Code,
    /// The user compared the safety number.
    SafetyNumber,
}
