//! A comparison by words: each side reads two words out and types the two it hears.

use serde::Serialize;
use ts_rs::TS;

/// How a comparison by words with a contact stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct WordComparison {
    /// With whom.
    pub contact: String,
    /// How far it has come.
    pub stage: WordStage,
    /// Set while no other one may begin: too many have failed.
    pub again_at: Option<i64>,
}

/// How far a comparison by words has come. Each stage with an `until` ends by itself then: ask again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum WordStage {
    /// There is none.
    None,
    /// The user has asked, or answered; the contact's side has yet to.
    Waiting {
        /// Until when.
        until: i64,
    },
    /// The contact asks whether the user wants to.
    Asked {
        /// Until when.
        until: i64,
    },
    /// The user reads two words out, and types the two that the contact reads out.
    Reading {
        /// The two to read out.
        say: [String; 2],
        /// Until when.
        until: i64,
    },
    /// The user typed right; the contact has yet to.
    Confirming {
        /// Until when.
        until: i64,
    },
    /// It is over.
    Ended {
        /// How.
        outcome: WordOutcome,
    },
}

/// How a comparison by words ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
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

/// What became of two words that the user typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum TypedWords {
    /// They are no words of the list, so that they were not compared: mark the fields.
    Unknown {
        /// Whether the first is none.
        first: bool,
        /// Whether the second is none.
        second: bool,
    },
    /// They were compared.
    Compared {
        /// How it stands now.
        comparison: WordComparison,
    },
}
