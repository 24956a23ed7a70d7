//! What was found.

use std::ops::Range;

use super::{ContactId, MessageId};
use crate::clock::Timestamp;

/// Messages that were found, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPage {
    /// The messages.
    pub hits: Vec<SearchHit>,
    /// Whether there is anything before the last of them.
    pub has_more: bool,
    /// Whether everything was searched: after an update old messages are indexed little by little.
    pub complete: bool,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// Which.
    pub message: MessageId,
    /// Whose conversation it stands in.
    pub conversation: ContactId,
    /// Whether the user wrote it.
    pub outgoing: bool,
    /// When this device stored it.
    pub stored_at: Timestamp,
    /// The part of it that was found.
    pub snippet: Snippet,
}

/// A part of a text with what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The part; it begins or ends with "…" where it was cut.
    pub text: String,
    /// Where in it stands what was looked for: bytes, in order, none within another.
    pub matches: Vec<Range<usize>>,
}
