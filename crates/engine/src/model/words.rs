//! A comparison by words, as it is shown.

use super::ContactId;
use crate::clock::Timestamp;

/// How a comparison by words with a contact stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordComparison {
    /// With whom.
    pub contact: ContactId,
    /// How far it has come.
    pub stage: WordStage,
    /// Set while no other one may begin: too many have failed.
    pub again_at: Option<Timestamp>,
}

/// How far a comparison by words has come. Each stage but the last two ends by itself when it has taken too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordStage {
    /// There is none.
    None,
    /// We have asked, or answered, and wait for the other side.
    Waiting {
        /// Until when.
        until: Timestamp,
    },
    /// They ask whether the user wants to.
    Asked {
        /// Until when.
        until: Timestamp,
    },
    /// The user reads two words out, and types the two that the contact reads out.
    Reading {
        /// What to read out.
        say: [&'static str; 2],
        /// Until when.
        until: Timestamp,
    },
    /// The user typed right; the contact has yet to.
    Confirming {
        /// Until when.
        until: Timestamp,
    },
    /// It is over.
    Ended(WordOutcome),
}

/// How a comparison by words ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WordOutcome {
    /// Both typed right: they are verified.
    Verified,
    /// The words were not the same: somebody misheard, or somebody stands in between.
    Differed,
    /// The user called it off.
    Cancelled,
    /// The contact called it off, or did not want to.
    CancelledByThem,
    /// It took too long.
    TimedOut,
    /// The contact's identity key became another one.
    KeyChanged,
    /// The contact's program does not begin another one so soon.
    TooSoon,
}
