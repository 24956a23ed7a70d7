//! The people the user talks to, and how sure they are of them.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use sotto_protocol::curve::IdentityKey;
use sotto_wire::UserName;

use super::{Address, Delivery, Lifetime};
use crate::clock::Timestamp;

/// A contact, and the one conversation with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContactId(pub i64);

/// One row of the conversation list; there is one conversation per contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// With whom.
    pub contact: Contact,
    /// The latest text, if there is any.
    pub last_message: Option<MessagePreview>,
    /// How many incoming texts have not been read.
    pub unread: u32,
    /// What the list is ordered by, newest first.
    pub last_activity: Timestamp,
    /// How long texts are kept from now on; `None`: for good.
    pub lifetime: Option<Lifetime>,
    /// Until when nothing is told on the desktop.
    pub muted_until: Option<Timestamp>,
    /// What was written and not sent.
    pub draft: Option<String>,
}

/// Somebody the user talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The contact, and the one conversation with them.
    pub id: ContactId,
    /// Where they are reached.
    pub address: Address,
    /// What the user calls them, else what they call themself.
    pub name: String,
    /// Whether it is the user: the conversation is their notes.
    pub is_self: bool,
    /// How sure the user is of their identity key.
    pub verification: Verification,
    /// How the user stands to them.
    pub standing: Standing,
    /// The user name by which the user found them, if so.
    pub user_name: Option<UserName>,
    /// Set while a changed identity key waits for the user's decision: sending is blocked.
    pub identity_change: Option<IdentityChange>,
}

/// How the user stands to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// They talk to each other.
    Accepted,
    /// They found the user by the user name, and wait to be accepted: they hear nothing until then.
    Requested,
    /// What they send is dropped.
    Blocked,
}

/// One state per contact, one word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verification {
    /// Their identity key was compared.
    Verified,
    /// It was not.
    NotVerified,
    /// It is not the one it was, and the user has not decided yet.
    Changed,
}

/// How an identity key came to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// A changed identity key that waits for the user's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityChange {
    /// When this device learnt of it.
    pub changed_at: Timestamp,
    /// Whether the key before this one had been verified.
    pub was_verified: bool,
    /// The new key, to be handed back with the decision, so that the user decides about the key they saw.
    pub fingerprint: IdentityFingerprint,
}

/// One identity key a contact has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRecord {
    /// The key.
    pub fingerprint: IdentityFingerprint,
    /// When this device learnt of it.
    pub first_seen: Timestamp,
    /// When it was verified, if it is.
    pub verified_at: Option<Timestamp>,
    /// How.
    pub verified_by: Option<VerifiedBy>,
    /// When another key took its place.
    pub replaced_at: Option<Timestamp>,
}

/// The latest text of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePreview {
    /// Its beginning.
    pub text: String,
    /// Whether the user wrote it.
    pub outgoing: bool,
    /// How far it has come, if the user wrote it.
    pub delivery: Option<Delivery>,
}

/// Everything the safety-number screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafetyNumber {
    /// With whom.
    pub contact: Contact,
    /// Twelve blocks of five digits, the same on both sides.
    pub blocks: Vec<String>,
    /// What a QR code of it holds (`spec/fingerprint.md`, section 3).
    pub scannable: Vec<u8>,
    /// The contact's key that this is about: hand it back with `set_verified`.
    pub fingerprint: IdentityFingerprint,
    /// Newest first.
    pub history: Vec<IdentityRecord>,
}

/// The SHA-256 of an identity key's 33 bytes: what invites carry and decisions are about. Text of it is hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdentityFingerprint([u8; 32]);

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the fingerprint of an identity key")]
pub struct InvalidFingerprint;

impl IdentityFingerprint {
    /// That of `key`.
    pub fn of(key: &IdentityKey) -> Self {
        let mut bytes = [0; 32];
        // Proof: SHA-256 is 32 bytes long.
        bytes.copy_from_slice(digest(&SHA256, &key.to_bytes()).as_ref());
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Eight groups of four digits, enough to recognise a key by, not to compare one.
    pub fn short(&self) -> String {
        let groups = self.0.chunks_exact(2).take(8);
        let groups: Vec<String> = groups
            .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
        groups.join(" ")
    }
}

impl From<[u8; 32]> for IdentityFingerprint {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for IdentityFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for IdentityFingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digits = text.chars();
        let mut digit = || digits.next()?.to_digit(16)?.try_into().ok();
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let high: u8 = digit().ok_or(InvalidFingerprint)?;
            let low: u8 = digit().ok_or(InvalidFingerprint)?;
            *byte = high << 4 | low;
        }
        match digits.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(InvalidFingerprint),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_fingerprint_reads_back_from_its_text(bytes: [u8; 32]) {
            let fingerprint = IdentityFingerprint::from(bytes);
            prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
            prop_assert!(fingerprint.to_string().starts_with(&fingerprint.short().replace(' ', "")));
        }

        #[test]
        fn other_text_is_no_fingerprint(text in "[0-9a-z]{0,63}|[g-z]{64}|[0-9a-f]{65}") {
            prop_assert_eq!(text.parse::<IdentityFingerprint>(), Err(InvalidFingerprint));
        }
    }
}
