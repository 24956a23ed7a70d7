//! The words of a text, folded so that what looks alike is found alike.
//!
//! ```text
//! "Straße, naïve 会議 👍🏽"  ->  strasse | naive | 会 | 議 | 👍🏽
//! ```
//! A word is a run of letters and digits; where a script puts no spaces between words, each character is one, and what is
//! looked for is then a phrase of them. An emoji is a word. Case, accents and vowel points do not count.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::UnicodeEmoji as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Counts up whenever [`words`] answers otherwise than before: the index is then made anew.
pub(crate) const FOLDING: u32 = 2;

/// So much of a word is looked at.
const MAX_WORD_CHARS: usize = 64;

/// One word of a text.
pub(crate) struct Word {
    /// Where it stands, in bytes.
    pub(crate) range: Range<usize>,
    /// What it is found by: never empty, without white space, and of ASCII only letters and digits.
    pub(crate) folded: String,
}

/// The words of `text`, in order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut run: Option<Range<usize>> = None;
    for (start, grapheme) in text.grapheme_indices(true) {
        let end = start + grapheme.len();
        match kind(grapheme) {
            Kind::Letter => run = Some(run.map_or(start, |run| run.start)..end),
            kind => {
                words.extend(run.take().and_then(|run| word(text, run)));
                if kind == Kind::Alone {
                    words.extend(word(text, start..end));
                }
            }
        }
    }
    words.extend(run.and_then(|run| word(text, run)));
    words
}

#[derive(PartialEq, Eq)]
enum Kind {
    /// Part of a word.
    Letter,
    /// A word by itself.
    Alone,
    /// Between words.
    Gap,
}

fn kind(grapheme: &str) -> Kind {
    let mut chars = grapheme.chars();
    match chars.next() {
        Some(first) if is_of_a_script_without_spaces(first) => Kind::Alone,
        // Some marks are one with what follows them, even with a space.
        Some(first) if first.is_alphanumeric() && chars.any(divides) => Kind::Gap,
        Some(first) if first.is_alphanumeric() => Kind::Letter,
        Some(first) if !first.is_ascii() && first.is_emoji_char() => Kind::Alone,
        _ => Kind::Gap,
    }
}

fn divides(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation()
}

fn word(text: &str, range: Range<usize>) -> Option<Word> {
    let folded: String = text
        .get(range.clone())?
        .nfkd()
        .flat_map(char::to_lowercase)
        .filter(|&c| counts(c))
        .flat_map(|c| alike(c).chars().chain(alike(c).is_empty().then_some(c)))
        .take(MAX_WORD_CHARS)
        .collect();
    (!folded.is_empty()).then_some(Word { range, folded })
}

/// Thai, Lao, Burmese, Khmer, kana, Chinese characters.
fn is_of_a_script_without_spaces(c: char) -> bool {
    matches!(c,
        '\u{0E01}'..='\u{0E4E}' | '\u{0E81}'..='\u{0ECE}' | '\u{1000}'..='\u{103F}' | '\u{1780}'..='\u{17D3}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a decomposed character makes a difference: accents, vowel points and what only shapes its neighbours do not.
fn counts(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    !c.is_whitespace()
        && !matches!(c,
            '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05C7}' | '\u{0610}'..='\u{061A}' | '\u{0640}'
            | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06ED}' | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}' | '\u{200B}' | '\u{200C}' | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FE20}'..='\u{FE2F}')
}

/// What a letter is taken for that has no decomposition of its own; empty: itself.
fn alike(c: char) -> &'static str {
    match c {
        'ß' => "ss",
        'ı' => "i",
        'ς' => "σ",
        'ø' => "o",
        'ł' => "l",
        'đ' => "d",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> String {
        let words = words(text).into_iter().map(|word| word.folded);
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_looks_alike_is_found_alike() {
        for (text, expected) in [
            ("Straße STRASSE", "strasse strasse"),
            ("naïve na\u{0308}ive Ærø", "naive naive æro"),
            ("İstanbul ısı", "istanbul isi"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("can't can’t 3.14", "can t can t 3 14"),
            ("مُحَمَّد محمـد", "محمد محمد"),
            ("שָׁלוֹם", "שלום"),
            ("ﬁn Ⅳ ﹏ ½", "fin iv"),
            ("", ""),
            (" \u{0}-_*\"'()", ""),
        ] {
            let expected: String = expected.nfkd().collect();
            let found = folded(text);
            // A half is a digit on a digit: it is found as whatever it decomposes to.
            assert_eq!(found.trim_end_matches(" 1⁄2"), expected, "{text}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_characters_and_emoji_are_words() {
        assert_eq!(folded("明日の会議。ok"), "明 日 の 会 議 ok");
        assert_eq!(folded("カメラ"), "カ メ ラ");
        assert_eq!(folded("yes👍🏽👩‍👩‍👧!"), "yes 👍🏽 👩‍👩‍👧");
        assert_eq!(folded("❤️"), "❤");
    }

    #[test]
    fn a_mark_before_a_space_does_not_tie_two_words_together() {
        assert_eq!(folded("\u{1193F} needle"), "needle");
        assert_eq!(folded("pin\u{1193F} needle"), "pin needle");
        assert_eq!(folded("\u{1193F}\u{11930} needle"), "\u{1193F}\u{11930} needle");
    }

    proptest! {
        #[test]
        fn every_word_stands_where_it_says_and_is_fit_for_the_index(text in "\\PC{0,60}") {
            let mut end = 0;
            for word in words(&text) {
                prop_assert!(word.range.start >= end && text.get(word.range.clone()).is_some());
                end = word.range.end;
                prop_assert!(!word.folded.is_empty());
                prop_assert!(word.folded.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii()));
                prop_assert!(!word.folded.contains(char::is_whitespace));
            }
        }
    }
}
