//! What is looked for.

use std::ops::Range;

use crate::folding::{Word, words};
use crate::model::ContactId;
use crate::store::table::message_words::place_word;

/// So many phrases of so many words are looked for; nobody types more.
const MAX_PHRASES: usize = 8;
const MAX_PHRASE_WORDS: usize = 32;

/// Phrases that must all be in a text, the last word of each begun rather than whole: what is typed so far finds already.
pub(super) struct Query(Vec<Vec<String>>);

impl Query {
    /// Reads what the user typed; `None` if there is no word in it.
    pub(super) fn parse(typed: &str) -> Option<Self> {
        let phrases = typed.split_whitespace().map(|chunk| {
            let words = words(chunk).into_iter().take(MAX_PHRASE_WORDS);
            words.map(|word| word.folded).collect::<Vec<_>>()
        });
        let phrases: Vec<_> = phrases
            .filter(|phrase| !phrase.is_empty())
            .take(MAX_PHRASES)
            .collect();
        (!phrases.is_empty()).then_some(Self(phrases))
    }

    /// The same for the index.
    pub(super) fn expression(&self, place: Option<ContactId>) -> String {
        // Proof that nothing of it is taken for syntax: words hold no quotation mark.
        let phrases = self
            .0
            .iter()
            .map(|phrase| format!("words : \"{}\" *", phrase.join(" ")));
        let place = place.map(|place| format!("place : \"{}\"", place_word(place)));
        phrases.chain(place).collect::<Vec<_>>().join(" AND ")
    }

    /// Where in `text` it is found: bytes, in order, none within another.
    pub(super) fn matches(&self, text: &str) -> Vec<Range<usize>> {
        let words = words(text);
        let mut found: Vec<Range<usize>> = Vec::new();
        for phrase in &self.0 {
            let places = words
                .windows(phrase.len())
                .filter(|&window| agrees(phrase, window));
            found.extend(
                places.filter_map(|window| Some(window.first()?.range.start..window.last()?.range.end)),
            );
        }
        found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        found.retain(|range| {
            let apart = range.start >= end;
            end = end.max(range.end);
            apart
        });
        found
    }
}

fn agrees(phrase: &[String], window: &[Word]) -> bool {
    let last = phrase.len().saturating_sub(1);
    phrase.iter().zip(window).enumerate().all(|(at, (wanted, word))| {
        if at == last {
            word.folded.starts_with(wanted.as_str())
        } else {
            word.folded == *wanted
        }
    })
}

#[cfg(test)]
#[allow(clippy::string_slice)] // that what is found begins and ends with a character is part of what is tested
mod tests {
    use super::*;

    fn found(typed: &str, text: &str) -> Vec<String> {
        let query = Query::parse(typed).unwrap();
        let matches = query.matches(text).into_iter();
        matches.map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn what_is_found_is_marked_as_it_is_written() {
        assert_eq!(found("naive str", "A naïve Straße."), ["naïve", "Straße"]);
        assert_eq!(found("会議", "明日の会議は三時"), ["会議"]);
        assert_eq!(found("3.1", "3.14 and 1.3"), ["3.14"]);
        assert_eq!(found("👍", "👍🏽 ok"), ["👍🏽"]);
        assert_eq!(found("a ab", "abc a"), ["abc", "a"]);
        assert!(found("two words", "only two").contains(&"two".to_owned()));
    }

    #[test]
    fn nothing_that_is_typed_becomes_syntax() {
        assert!(Query::parse(" \"*() - : ").is_none());
        let query = Query::parse("a\" OR words:* NEAR(b)").unwrap();
        assert_eq!(
            query.expression(Some(ContactId(7))),
            "words : \"a\" * AND words : \"or\" * AND words : \"words\" * AND words : \"near b\" * AND place : \"c7\""
        );
    }
}
