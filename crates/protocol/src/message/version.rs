//! The version byte in front of both messages.

use crate::message::MalformedMessage;

/// A message version that can be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// Sessions from before Kyber. Read, so that it can be refused properly; never written.
    WithoutKyber,
    /// Every session made today.
    Current,
}

impl Version {
    /// The version byte of every message written: version 4 in both nibbles.
    pub(super) const CURRENT_BYTE: u8 = 0x44;

    /// Reads the high nibble; the low one is not looked at.
    pub(super) fn from_byte(byte: u8) -> Result<Self, MalformedMessage> {
        match byte >> 4 {
            found @ 0..=2 => Err(MalformedMessage::LegacyVersion { found }),
            3 => Ok(Self::WithoutKyber),
            4 => Ok(Self::Current),
            found => Err(MalformedMessage::UnknownVersion { found }),
        }
    }
}
