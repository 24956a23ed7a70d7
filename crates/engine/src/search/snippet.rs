//! What a hit shows of its message.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::model::Snippet;

/// So much is shown, in characters as people count them, and so much of it before the first match.
const LENGTH: usize = 120;
const BEFORE: usize = 32;

/// The part of `text` around the first of `matches`.
pub(super) fn snippet(text: &str, matches: &[Range<usize>]) -> Snippet {
    let first = matches.first().map_or(0, |range| range.start);
    let ahead = text.get(..first).unwrap_or_default();
    // Back by some characters, then on to where a word begins.
    let back = ahead.grapheme_indices(true).rev().take(BEFORE).last();
    let back = back.map_or(first, |(at, _)| at);
    let start = if back == 0 {
        0
    } else {
        let gap = text
            .get(back..first)
            .and_then(|part| part.find(char::is_whitespace));
        gap.map_or(back, |gap| back + gap).min(first)
    };
    let rest = text.get(start..).unwrap_or_default();
    let end = rest
        .grapheme_indices(true)
        .nth(LENGTH)
        .map_or(text.len(), |(at, _)| start + at);
    let shown = text.get(start..end).unwrap_or_default();
    let lead = if start > 0 { "…" } else { "" };
    let tail = if end < text.len() { "…" } else { "" };
    let shifted = matches
        .iter()
        .filter(|range| range.start >= start && range.end <= end);
    Snippet {
        text: format!("{lead}{shown}{tail}"),
        matches: shifted
            .map(|range| range.start - start + lead.len()..range.end - start + lead.len())
            .collect(),
    }
}

#[cfg(test)]
#[allow(clippy::string_slice)] // that what is found begins and ends with a character is part of what is tested
mod tests {
    use proptest::prelude::*;

    use super::super::query::Query;
    use super::*;

    fn of(typed: &str, text: &str) -> Snippet {
        snippet(text, &Query::parse(typed).unwrap().matches(text))
    }

    #[test]
    fn a_short_text_is_shown_whole() {
        let shown = of("mill", "Meet me at the old mill");
        assert_eq!(shown.text, "Meet me at the old mill");
        assert_eq!(shown.matches, vec![19..23]);
    }

    #[test]
    fn of_a_long_one_the_part_around_the_match_is_shown() {
        let text = format!("{} the mill {}", "before ".repeat(40), "after ".repeat(40));
        let shown = of("mill", &text);
        assert!(
            shown.text.starts_with("… before") && shown.text.ends_with('…'),
            "{}",
            shown.text
        );
        assert_eq!(&shown.text[shown.matches[0].clone()], "mill");
        assert!(shown.text.graphemes(true).count() <= LENGTH + 2);
    }

    proptest! {
        #[test]
        fn what_is_marked_in_it_is_what_was_found(before in "\\PC{0,200}", after in "\\PC{0,200}") {
            let text = format!("{before} needle {after}");
            let shown = of("needle", &text);
            prop_assert!(!shown.matches.is_empty());
            for range in shown.matches {
                prop_assert!(shown.text[range].to_lowercase().contains("needle"));
            }
        }
    }
}
