//! The words that are read aloud: the English list of BIP-39.
//!
//! 2048 words of eleven bits each, ordinary ones of three to eight letters. The first four letters tell any two of them
//! apart, so that a slip of the pen further on is none (`docs/adr/0072-verification-by-words.md`).

use std::sync::LazyLock;

/// One word of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(u16);

/// How many letters tell any two words apart.
const TELLING: usize = 4;

static LIST: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("english.txt").lines().collect());

impl Word {
    /// How many bits choose a word.
    pub(super) const BITS: u32 = 11;

    /// The word that the lowest eleven bits of `number` choose.
    pub(crate) const fn chosen_by(number: u16) -> Self {
        Self(number & ((1 << Self::BITS) - 1))
    }

    /// Its number in the list.
    pub(crate) const fn number(self) -> u16 {
        self.0
    }

    /// As it is read out.
    pub(crate) fn text(self) -> &'static str {
        // Proof: the list has 2048 words, one for each number of eleven bits.
        LIST.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// The word that somebody typed; `None` if it is none of the list.
    pub(crate) fn typed(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let found = LIST.binary_search(&text.as_str()).ok().or_else(|| {
            let telling = text.get(..TELLING)?;
            let at = LIST.partition_point(|word| *word < telling);
            LIST.get(at)?.starts_with(telling).then_some(at)
        });
        found.and_then(|at| at.try_into().ok()).map(Self)
    }
}

#[cfg(test)]
#[allow(clippy::string_slice)] // the words are ASCII
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_list_is_sorted_and_four_letters_tell_its_2048_words_apart() {
        assert_eq!(LIST.len(), 1 << Word::BITS);
        assert!(LIST.is_sorted());
        let telling: HashSet<_> = LIST
            .iter()
            .map(|word| word.chars().take(TELLING).collect::<String>())
            .collect();
        assert_eq!(telling.len(), LIST.len());
    }

    #[test]
    fn the_list_is_that_of_bip_39() {
        let digest = ring::digest::digest(&ring::digest::SHA256, include_bytes!("english.txt"));
        assert_eq!(
            hex::encode(digest),
            "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
        );
    }

    #[test]
    fn every_word_is_understood_as_it_is_written_and_by_its_first_four_letters() {
        for number in 0..1 << Word::BITS {
            let word = Word::chosen_by(number);
            let text = word.text();
            assert!(Word::typed(text) == Some(word), "{text}");
            let shouted = format!(" {}\n", text.to_uppercase());
            assert!(Word::typed(&shouted) == Some(word), "{text}");
            if text.len() > TELLING {
                let slip = format!("{}xx", &text[..TELLING]);
                assert!(Word::typed(&slip) == Some(word), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_word_of_the_list_is_understood_as_none() {
        for text in ["", "a", "aba", "zzz", "zzzz", "qqqq", "ünique", "12345"] {
            assert!(Word::typed(text).is_none(), "{text}");
        }
    }
}
