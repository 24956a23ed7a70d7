//! The message: what stands in field 5 of a `SignalMessage` (`spqr.md` section 7).
//!
//! ```text
//! version 0x01 || varint epoch || varint index || type [ || varint chunk number || chunk data (32) ]
//! ```

use crate::spqr::epoch::Epoch;
use crate::spqr::erasure::{CHUNK_LENGTH, Chunk};

/// The version this crate speaks.
pub(super) const VERSION: u8 = 1;

/// The longest message: version, epoch, index, type, chunk number, chunk data.
const MAX_LENGTH: usize = 1 + 10 + 5 + 1 + 3 + CHUNK_LENGTH;

/// A message of version 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// Where the message's key is from, and what the payload is about.
    pub heading: Heading,
    /// A piece of the exchange.
    pub payload: Payload,
}

/// The part of a message that every version has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heading {
    /// The epoch that the sender is exchanging.
    pub epoch: Epoch,
    /// The number of the message's key in the chain of the epoch before; 0 for none.
    pub index: u32,
}

/// A piece of the exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Payload {
    /// Nothing to say.
    None,
    /// Of the header and its MAC. From the key side.
    Hdr(Chunk),
    /// Of the encapsulation key. From the key side.
    Ek(Chunk),
    /// Of the encapsulation key; and the first ciphertext part has been received. From the key side.
    EkCt1Ack(Chunk),
    /// The first ciphertext part has been received. From the key side.
    Ct1Ack,
    /// Of the first ciphertext part. From the ciphertext side.
    Ct1(Chunk),
    /// Of the second ciphertext part and its MAC. From the ciphertext side.
    Ct2(Chunk),
}

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedMessage {
    /// It ends too early, or a number in it does not end.
    #[error("a truncated post-quantum ratchet message")]
    Truncated,
    /// It is of another version.
    #[error("a post-quantum ratchet message of version {found}")]
    Version {
        /// The version found; 0 for an empty message.
        found: u8,
    },
    /// Its epoch is 0.
    #[error("a post-quantum ratchet message of epoch 0")]
    EpochZero,
    /// Its index is above 2^32 - 1.
    #[error("a post-quantum ratchet message with an index above 2^32 - 1")]
    Index,
    /// There is no such type.
    #[error("a post-quantum ratchet message of type {found}")]
    Type {
        /// The type found.
        found: u8,
    },
    /// Its chunk's number is above 65535.
    #[error("a post-quantum ratchet message with a chunk number above 65535")]
    ChunkNumber,
}

impl Message {
    /// Reads the wire form. Bytes after the message are ignored.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMessage> {
        let (heading, rest) = Heading::of_any_version(bytes)?;
        match version(bytes) {
            VERSION => Ok(Self {
                heading,
                payload: Payload::from_bytes(rest)?,
            }),
            found => Err(MalformedMessage::Version { found }),
        }
    }

    /// The wire form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MAX_LENGTH);
        bytes.push(VERSION);
        push_varint(&mut bytes, self.heading.epoch.number());
        push_varint(&mut bytes, u64::from(self.heading.index));
        let (kind, chunk) = match &self.payload {
            Payload::None => (0, None),
            Payload::Hdr(chunk) => (1, Some(chunk)),
            Payload::Ek(chunk) => (2, Some(chunk)),
            Payload::EkCt1Ack(chunk) => (3, Some(chunk)),
            Payload::Ct1Ack => (4, None),
            Payload::Ct1(chunk) => (5, Some(chunk)),
            Payload::Ct2(chunk) => (6, Some(chunk)),
        };
        bytes.push(kind);
        if let Some(chunk) = chunk {
            push_varint(&mut bytes, u64::from(chunk.number));
            bytes.extend_from_slice(&chunk.data);
        }
        bytes
    }
}

/// The version of a message; an empty one is of version 0.
pub(super) fn version(bytes: &[u8]) -> u8 {
    bytes.first().copied().unwrap_or(0)
}

impl Heading {
    /// Reads the part that every version has, whatever comes after it, and returns that too.
    pub(super) fn of_any_version(bytes: &[u8]) -> Result<(Self, &[u8]), MalformedMessage> {
        let (_version, rest) = bytes
            .split_first()
            .ok_or(MalformedMessage::Version { found: 0 })?;
        let (epoch, rest) = varint(rest)?;
        let epoch = Epoch::new(epoch).ok_or(MalformedMessage::EpochZero)?;
        let (index, rest) = varint(rest)?;
        let index = u32::try_from(index).map_err(|_| MalformedMessage::Index)?;
        Ok((Self { epoch, index }, rest))
    }
}

impl Payload {
    fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMessage> {
        let (&kind, rest) = bytes.split_first().ok_or(MalformedMessage::Truncated)?;
        Ok(match kind {
            0 => Self::None,
            1 => Self::Hdr(chunk(rest)?),
            2 => Self::Ek(chunk(rest)?),
            3 => Self::EkCt1Ack(chunk(rest)?),
            4 => Self::Ct1Ack,
            5 => Self::Ct1(chunk(rest)?),
            6 => Self::Ct2(chunk(rest)?),
            found => return Err(MalformedMessage::Type { found }),
        })
    }
}

fn chunk(bytes: &[u8]) -> Result<Chunk, MalformedMessage> {
    let (number, rest) = varint(bytes)?;
    Ok(Chunk {
        number: u16::try_from(number).map_err(|_| MalformedMessage::ChunkNumber)?,
        data: *rest.first_chunk().ok_or(MalformedMessage::Truncated)?,
    })
}

/// The little-endian base-128 form of Protocol Buffers. Over-long forms are accepted, up to ten bytes.
fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), MalformedMessage> {
    let mut value = 0;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok((value, bytes.get(place + 1..).unwrap_or_default()));
        }
    }
    Err(MalformedMessage::Truncated)
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Chunk, Epoch, Heading, MalformedMessage, Message, Payload};

    fn payload() -> impl Strategy<Value = Payload> {
        let chunk = || (any::<u16>(), any::<[u8; 32]>()).prop_map(|(number, data)| Chunk { number, data });
        prop_oneof![
            Just(Payload::None),
            chunk().prop_map(Payload::Hdr),
            chunk().prop_map(Payload::Ek),
            chunk().prop_map(Payload::EkCt1Ack),
            Just(Payload::Ct1Ack),
            chunk().prop_map(Payload::Ct1),
            chunk().prop_map(Payload::Ct2),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_and_nothing_shorter_does(
            epoch in 1..=u64::MAX, index: u32, payload in payload(), cut: prop::sample::Index,
        ) {
            let heading = Heading { epoch: Epoch::new(epoch).unwrap(), index };
            let message = Message { heading, payload };
            let bytes = message.to_bytes();
            prop_assert!(bytes.len() <= super::MAX_LENGTH);
            prop_assert_eq!(Message::from_bytes(&bytes), Ok(message));
            prop_assert!(Message::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
            prop_assert_eq!(Message::from_bytes(&[&bytes[..], b"after it"].concat()), Ok(message));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Message::from_bytes(&bytes);
            let _ = Message::from_bytes(&[&[1], &bytes[..]].concat());
        }
    }

    #[test]
    fn numbers_may_be_longer_than_needed_but_must_end() {
        let none = |epoch: &[u8]| Message::from_bytes(&[&[1], epoch, &[1, 0]].concat());
        let ten = [&[0x81; 1][..], &[0x80; 8], &[0]].concat();
        assert_eq!(none(&ten).unwrap().heading.epoch, Epoch::FIRST);
        let eleven = [&[0x81; 1][..], &[0x80; 9], &[0]].concat();
        assert_eq!(none(&eleven), Err(MalformedMessage::Truncated));
        assert_eq!(none(&[0]), Err(MalformedMessage::EpochZero));
        assert_eq!(
            Message::from_bytes(&[]),
            Err(MalformedMessage::Version { found: 0 })
        );
        assert_eq!(
            Message::from_bytes(&[2, 1, 1, 0]),
            Err(MalformedMessage::Version { found: 2 })
        );
        assert_eq!(
            Message::from_bytes(&[1, 1, 1, 7]),
            Err(MalformedMessage::Type { found: 7 })
        );
        assert_eq!(
            Message::from_bytes(&[1, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 0]),
            Err(MalformedMessage::Index)
        );
        assert_eq!(
            Message::from_bytes(&[&[1, 1, 1, 1, 0x80, 0x80, 0x04][..], &[0; 32]].concat()),
            Err(MalformedMessage::ChunkNumber)
        );
    }
}
