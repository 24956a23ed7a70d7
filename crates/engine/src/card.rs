//! Cards: a block of text by which somebody else's machine compares all 256 bits of an identity key.
//!
//! ```text
//! [Sotto card 1]
//! Key: 3f9a 02bc 77de 1a0c 5e11 90ab cdef 0123
//!      4567 89ab cdef 0123 4567 89ab cdef 0123
//! Address: 5c2b6f0e-7a3d-4c57-9b1e-2f60d8a4c911@relay.example
//! Check: 9f3a11c2
//! Name: Alice
//! [End of Sotto card]
//! ```
//! It is made to be read by people and to survive mail: white space, line breaks and quotation marks mean nothing in it, and the
//! check (the first four bytes of a SHA-256 over all of it) tells a damaged card from one with another key. It keeps
//! nobody from making a false one: what counts is who handed it over (`docs/verification.md`).

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

use crate::model::{Address, DisplayName, IdentityFingerprint};

/// The longest text worth looking at: a mail with a card in it, not a mailbox.
const MAX_TEXT: usize = 256 * 1024;

/// The most cards in one text: a conversation by mail quotes a few.
const MAX_CARDS: usize = 16;

const BEGIN: &str = "[Sotto card ";
const END: &str = "[End of Sotto card]";
const VERSION: u32 = 1;

/// A card, whole and undamaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    /// The identity key it is for.
    pub(crate) key: IdentityFingerprint,
    /// Where its owner is reached.
    pub(crate) address: Address,
    /// What they call themself.
    pub(crate) name: DisplayName,
}

/// Why a text holds no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// There is none in it.
    #[error("no card in the text")]
    None,
    /// There is one, and it lost or changed something on its way.
    #[error("a card that is damaged")]
    Damaged,
    /// A newer version made it.
    #[error("a card of a newer version")]
    TooNew,
}

impl Card {
    /// The block of text.
    pub(crate) fn to_text(&self) -> String {
        let key: Vec<String> = self
            .key
            .as_bytes()
            .chunks(2)
            .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
        let mut rows = key.chunks(8).map(|row| row.join(" "));
        let mut text = format!("{BEGIN}{VERSION}]\nKey: {}\n", rows.next().unwrap_or_default());
        for row in rows {
            // Proof: writing to a String does not fail.
            let _ = writeln!(text, "     {row}");
        }
        let _ = write!(
            text,
            "Address: {}\nCheck: {}\nName: {}\n{END}\n",
            self.address,
            self.check(),
            self.name
        );
        text
    }

    /// All cards in a text, and there is at least one. One that is damaged spoils the text only if there is no other.
    pub(crate) fn read(text: &str) -> Result<Vec<Self>, CardError> {
        if text.len() > MAX_TEXT {
            return Err(CardError::None);
        }
        let text = flat(text);
        let (mut cards, mut trouble) = (Vec::new(), CardError::None);
        for rest in text.split(BEGIN).skip(1).take(MAX_CARDS) {
            match Self::parse(rest) {
                Ok(card) => cards.push(card),
                Err(error) => trouble = error,
            }
        }
        if cards.is_empty() { Err(trouble) } else { Ok(cards) }
    }

    /// A card from its version on.
    fn parse(text: &str) -> Result<Self, CardError> {
        let (version, rest) = text.split_once(']').ok_or(CardError::Damaged)?;
        match version.trim().parse::<u32>() {
            Ok(VERSION) => {}
            Ok(version) if version > VERSION => return Err(CardError::TooNew),
            _ => return Err(CardError::Damaged),
        }
        Self::fields(rest).ok_or(CardError::Damaged)
    }

    fn fields(text: &str) -> Option<Self> {
        let (body, _) = text.split_once(END)?;
        let (_, rest) = body.split_once("Key:")?;
        let (key, rest) = rest.split_once("Address:")?;
        let (address, rest) = rest.split_once("Check:")?;
        let (check, name) = rest.split_once("Name:")?;
        // Some programs write a link behind everything that looks like an address.
        let address = bare(address.split('<').next()?);
        let (account, relay) = address.split_once('@')?;
        let card = Self {
            key: bare(key).parse().ok()?,
            address: Address {
                account: account.parse().ok()?,
                relay: relay.parse().ok()?,
            },
            name: DisplayName::parse(name).ok()?,
        };
        bare(check).eq_ignore_ascii_case(&card.check()).then_some(card)
    }

    /// The first four bytes of the SHA-256 of everything that a card says, but for white space and quotation marks.
    fn check(&self) -> String {
        let said = format!(
            "{VERSION}|{}|{}|{}",
            self.key,
            self.address,
            bare(self.name.as_str())
        );
        let digest = digest(&SHA256, said.as_bytes());
        let first = digest.as_ref().iter().take(4);
        first.map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The text as one line, without what mail programs put in front of quoted lines, and with plain blanks and hyphens.
fn flat(text: &str) -> String {
    let is_quoting = |c: char| c.is_whitespace() || is_invisible(c) || matches!(c, '>' | '|');
    let lines = text.lines().map(|line| line.trim_start_matches(is_quoting));
    let mut flat = String::with_capacity(text.len());
    for word in lines.flat_map(str::split_whitespace) {
        if !flat.is_empty() {
            flat.push(' ');
        }
        flat.extend(word.chars().filter(|c| !is_invisible(*c)).map(plain));
    }
    flat
}

/// Without anything that a mail program may have put in.
fn bare(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c) && !matches!(c, '>' | '|' | '='))
        .collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    }
}

#[cfg(test)]
#[allow(clippy::string_slice)] // the tests cut where they know the characters
mod tests;
