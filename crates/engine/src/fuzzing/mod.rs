//! What the fuzz targets do with their bytes, in one place: the programs under `fuzz/` call it with bytes that the fuzzer
//! makes up, the tests below with the corpus that it left behind; it is compiled for these two only.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a target stops at the first surprise: that is how it reports"
)]

#[cfg(test)]
mod replay;

use crate::card::Card;
use crate::content::Content;
use crate::inbox;
use crate::invite::InviteLink;

/// A target: its name, which is that of its file and of its corpus, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target there is.
pub const TARGETS: &[Target] = &[
    ("card", card),
    ("contact", contact),
    ("content", content),
    ("invite_link", invite_link),
];

/// A text in which there may be cards. Those that are read are written as a text that is read as the same.
pub fn card(bytes: &[u8]) {
    let Ok(cards) = Card::read(&String::from_utf8_lossy(bytes)) else {
        return;
    };
    for card in cards {
        assert_eq!(Card::read(&card.to_text()).as_deref(), Ok([card].as_slice()));
    }
}

/// What a contact says, over a while.
pub fn contact(bytes: &[u8]) {
    inbox::fuzzing::play(bytes);
}

/// What is in a message. What is read is written as bytes that are read as the same.
pub fn content(bytes: &[u8]) {
    let Ok(content) = Content::parse(bytes) else {
        return;
    };
    let Ok(written) = content.encode() else {
        panic!("what was read is too long to be written");
    };
    assert!(Content::parse(&written).is_ok_and(|read| read == content));
}

/// An invite without its text form, whose checksum nobody guesses.
pub fn invite_link(bytes: &[u8]) {
    InviteLink::parse(&String::from_utf8_lossy(bytes)).ok();
    let Ok(link) = InviteLink::parse(&InviteLink::text_of(bytes.to_vec())) else {
        return;
    };
    assert!(InviteLink::parse(&link.to_text()).is_ok_and(|read| read == link));
}
