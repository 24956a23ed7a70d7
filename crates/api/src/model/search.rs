//! What was found.

use std::ops::Range;

use serde::Serialize;
use sotto_engine::model as engine;
use ts_rs::TS;

use crate::convert::conversation_id;

/// Messages that were found, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SearchPage {
    /// The messages.
    pub hits: Vec<SearchHit>,
    /// Whether there is anything before the last of them.
    pub has_more: bool,
    /// Whether everything was searched: after an update old messages are made ready little by little.
    pub complete: bool,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SearchHit {
    /// Its id.
    pub message: i64,
    /// The conversation it stands in.
    pub conversation: String,
    /// Whether the user wrote it.
    pub outgoing: bool,
    /// When this device stored it.
    pub stored_at: i64,
    /// The part of it that was found.
    pub snippet: Snippet,
}

/// A part of a text with what was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Snippet {
    /// The part; it begins or ends with "…" where it was cut.
    pub text: String,
    /// Where in it stands what was looked for, in order, none within another.
    pub matches: Vec<TextRange>,
}

/// A stretch of a text, in JavaScript's units (UTF-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TextRange {
    /// Where it begins.
    pub start: u32,
    /// Where it has ended.
    pub end: u32,
}

impl From<engine::SearchPage> for SearchPage {
    fn from(page: engine::SearchPage) -> Self {
        Self {
            hits: page.hits.into_iter().map(SearchHit::from).collect(),
            has_more: page.has_more,
            complete: page.complete,
        }
    }
}

impl From<engine::SearchHit> for SearchHit {
    fn from(hit: engine::SearchHit) -> Self {
        Self {
            message: hit.message.0,
            conversation: conversation_id(hit.conversation),
            outgoing: hit.outgoing,
            stored_at: hit.stored_at.millis(),
            snippet: hit.snippet.into(),
        }
    }
}

impl From<engine::Snippet> for Snippet {
    fn from(snippet: engine::Snippet) -> Self {
        let matches = snippet.matches.iter();
        let matches = matches.map(|range| utf16(&snippet.text, range)).collect();
        Self {
            text: snippet.text,
            matches,
        }
    }
}

fn utf16(text: &str, bytes: &Range<usize>) -> TextRange {
    let units = |end| {
        let before = text.get(..end).unwrap_or_default();
        u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
    };
    TextRange {
        start: units(bytes.start),
        end: units(bytes.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_behind_an_emoji_is_where_javascript_looks_for_it() {
        let snippet = Snippet::from(engine::Snippet {
            text: "👍 ülm 🎉".to_owned(),
            matches: vec![0..4, 5..9, 10..14],
        });
        let units: Vec<u16> = snippet.text.encode_utf16().collect();
        let marked = snippet
            .matches
            .iter()
            .map(|range| String::from_utf16(&units[range.start as usize..range.end as usize]).unwrap());
        assert_eq!(marked.collect::<Vec<_>>(), ["👍", "ülm", "🎉"]);
    }
}
