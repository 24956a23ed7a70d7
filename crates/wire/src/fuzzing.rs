//! What the fuzz targets do with their bytes, in one place: the programs under `fuzz/` call it with bytes that the fuzzer
//! makes up, the tests below with the corpus that it left behind; it is compiled for these two only.
//!
//! Whatever is read is written again as bytes that are read as the same value, and within the limits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a target stops at the first surprise: that is how it reports"
)]

#[cfg(test)]
mod replay;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use bytes::Bytes;

use crate::{
    AccountId, MAX_FRAME_BYTES, RelayAddress, RelayDoor, RelayInvite, RelayName, UserName, mailbox, open,
};

/// A target: its name, which is that of its file and of its corpus, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target there is.
pub const TARGETS: &[Target] = &[
    ("account_id", account_id),
    ("mailbox_client_frame", mailbox_client_frame),
    ("mailbox_relay_frame", mailbox_relay_frame),
    ("open_client_frame", open_client_frame),
    ("open_relay_frame", open_relay_frame),
    ("relay_address", relay_address),
    ("relay_door", relay_door),
    ("relay_invite", relay_invite),
    ("relay_name", relay_name),
    ("user_name", user_name),
];

/// A frame to the mailbox endpoint.
pub fn mailbox_client_frame(bytes: &[u8]) {
    let Ok(frame) = mailbox::ClientFrame::decode(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let written = frame.encode();
    assert_fits(bytes, &written);
    assert_eq!(mailbox::ClientFrame::decode(written).as_ref(), Ok(&frame));
}

/// A frame from the mailbox endpoint.
pub fn mailbox_relay_frame(bytes: &[u8]) {
    let Ok(frame) = mailbox::RelayFrame::decode(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let written = frame.encode();
    assert_fits(bytes, &written);
    assert_eq!(mailbox::RelayFrame::decode(written).as_ref(), Ok(&frame));
}

/// A frame to the open endpoint.
pub fn open_client_frame(bytes: &[u8]) {
    let Ok(frame) = open::ClientFrame::decode(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let written = frame.encode();
    assert_fits(bytes, &written);
    assert_eq!(open::ClientFrame::decode(written).as_ref(), Ok(&frame));
}

/// A frame from the open endpoint.
pub fn open_relay_frame(bytes: &[u8]) {
    let Ok(frame) = open::RelayFrame::decode(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let written = frame.encode();
    assert_fits(bytes, &written);
    assert_eq!(open::RelayFrame::decode(written).as_ref(), Ok(&frame));
}

/// What was read from an allowed frame is written as one: nothing grows on its way through.
fn assert_fits(read: &[u8], written: &[u8]) {
    assert!(read.len() <= MAX_FRAME_BYTES && written.len() <= MAX_FRAME_BYTES);
}

/// An address as a person types it.
pub fn relay_address(bytes: &[u8]) {
    text::<RelayAddress>(bytes);
}

/// An address with an invite behind it.
pub fn relay_door(bytes: &[u8]) {
    text::<RelayDoor>(bytes);
}

/// An invite to a relay.
pub fn relay_invite(bytes: &[u8]) {
    text::<RelayInvite>(bytes);
}

/// The name by which a client calls a relay.
pub fn relay_name(bytes: &[u8]) {
    let Some(name) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()) else {
        return;
    };
    let name: RelayName = name;
    assert_eq!(name.as_str().parse::<RelayName>().as_ref(), Ok(&name));
}

/// An account as text.
pub fn account_id(bytes: &[u8]) {
    text::<AccountId>(bytes);
}

/// A user name.
pub fn user_name(bytes: &[u8]) {
    let Some(name) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()) else {
        return;
    };
    let name: UserName = name;
    assert_eq!(name.as_str().parse::<UserName>().as_ref(), Ok(&name));
}

/// What is read from text is written as text that is read as the same.
fn text<T: FromStr<Err: Debug + PartialEq> + Display + Debug + PartialEq>(bytes: &[u8]) {
    let Some(value) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse::<T>().ok())
    else {
        return;
    };
    assert_eq!(value.to_string().parse::<T>().as_ref(), Ok(&value));
}
