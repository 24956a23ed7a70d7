//! What people react with.

use std::fmt;

use unicode_properties::UnicodeEmoji as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// The longest emoji there is has 35 bytes; this leaves room for longer ones to come.
const MAX_BYTES: usize = 64;

/// One emoji, as people count them: a face, a flag, a family, a hand of some colour.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Emoji(String);

/// The text is not one emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one emoji")]
pub struct InvalidEmoji;

impl Emoji {
    /// Checks an emoji that somebody chose, here or elsewhere.
    pub fn parse(text: &str) -> Result<Self, InvalidEmoji> {
        let is_one = text.len() <= MAX_BYTES && text.graphemes(true).count() == 1;
        // Digits and a few signs are emoji only with a key around them.
        let is_shown = text
            .chars()
            .next()
            .is_some_and(|first| first.is_emoji_char() && (!first.is_ascii() || text.ends_with(KEYCAP)));
        if is_one && is_shown && text.chars().all(belongs) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidEmoji)
        }
    }

    /// The emoji as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const KEYCAP: char = '\u{20E3}';

/// Emoji, and what joins, colours and tags them.
fn belongs(c: char) -> bool {
    c.is_emoji_char()
        || c.is_emoji_component()
        || matches!(c, '\u{200D}' | '\u{FE0F}' | KEYCAP | '\u{E0020}'..='\u{E007F}')
}

/// Not what somebody chose.
impl fmt::Debug for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Emoji")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_is_one_however_many_characters_it_is_made_of() {
        for emoji in ["👍", "👍🏽", "❤️", "❤", "👩‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🏳️‍🌈", "👨🏻‍❤️‍💋‍👨🏿"]
        {
            assert!(Emoji::parse(emoji).is_ok(), "{emoji}");
        }
    }

    #[test]
    fn what_is_none_or_several_or_a_tower_is_refused() {
        let tower = format!("👍{}", "\u{336}".repeat(20));
        let joined = "👩\u{200D}".repeat(40);
        for text in [
            "",
            " ",
            "a",
            "1",
            "#",
            "👍👍",
            "ok",
            "👍!",
            "\u{202E}👍",
            "<b>",
            &tower,
            &joined,
        ] {
            assert_eq!(Emoji::parse(text), Err(InvalidEmoji), "{text}");
        }
    }
}
