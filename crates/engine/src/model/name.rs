//! What people are called.

use std::fmt;

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 64;

/// A name as it may be shown: 1 to [`MAX_NAME_CHARS`] characters, none of them invisible or able to turn the text
/// around it, no white space at its ends and no more than one in a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(String);

/// Nothing of the text can be shown as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {MAX_NAME_CHARS} visible characters")]
pub struct InvalidName;

impl DisplayName {
    /// The name somebody typed for themselves: cleaned, and refused when nothing is left or it is too long.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let cleaned = clean(text, usize::MAX);
        if cleaned.is_empty() || cleaned.chars().count() > MAX_NAME_CHARS {
            return Err(InvalidName);
        }
        Ok(Self(cleaned))
    }

    /// A name as a peer sent it: cleaned and cut; `None` when nothing is left.
    pub(crate) fn from_peer(text: &str) -> Option<Self> {
        let cleaned = clean(text, MAX_NAME_CHARS);
        (!cleaned.is_empty()).then_some(Self(cleaned))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// At most `limit` characters of `text`, without those that hide or reorder, every run of white space as one blank.
fn clean(text: &str, limit: usize) -> String {
    let mut cleaned = String::new();
    let mut chars = 0;
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() {
            blank = true;
        } else if !is_deceptive(c) {
            let wanted = 1 + usize::from(blank && chars > 0);
            if chars + wanted > limit {
                break;
            }
            if wanted == 2 {
                cleaned.push(' ');
            }
            cleaned.push(c);
            chars += wanted;
            blank = false;
        }
    }
    cleaned
}

/// Controls, marks and overrides of direction, and characters that take no space.
///
/// U+200C and U+200D stay: Persian and the Indic scripts are not written properly without them.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'
            | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn alices_name_loses_what_would_hide_or_turn_the_text_around_it() {
        assert_eq!(
            DisplayName::parse("  Alice\n Liddell ").unwrap().as_str(),
            "Alice Liddell"
        );
        assert_eq!(
            DisplayName::parse("\u{202E}ecilA\u{0007}").unwrap().as_str(),
            "ecilA"
        );
        assert_eq!(DisplayName::parse("می‌خواهم").unwrap().as_str(), "می‌خواهم");
        assert_eq!(DisplayName::parse(" \u{200B}\u{2066}"), Err(InvalidName));
        assert_eq!(DisplayName::parse(&"a".repeat(65)), Err(InvalidName));
    }

    #[test]
    fn a_name_from_afar_is_cut_rather_than_refused() {
        let long = "Bob ".repeat(40);
        assert_eq!(
            DisplayName::from_peer(&long).unwrap().as_str().chars().count(),
            63
        );
        assert_eq!(DisplayName::from_peer("\u{202E}"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_sent_as_a_name_comes_out_short_and_stays_the_same_when_cleaned_again(text in any::<String>()) {
            if let Some(name) = DisplayName::from_peer(&text) {
                prop_assert!((1..=MAX_NAME_CHARS).contains(&name.as_str().chars().count()));
                prop_assert_eq!(DisplayName::parse(name.as_str()).unwrap(), name);
            }
        }
    }
}
