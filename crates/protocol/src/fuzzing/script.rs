//! A script of what happens between Alice and Bob, read from any bytes.

use crate::prekey::KyberUse;

/// One of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Who {
    Alice,
    Bob,
}

/// One of the messages under way: the number is taken modulo how many there are, 0 the oldest.
pub(super) type Place = u8;

/// One thing that happens. `who` is the one who acts, and for messages under way the one who wrote them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// Writes a message of so many bytes.
    Write { who: Who, length: u8 },
    /// A message arrives; with `again` it may arrive once more later.
    Deliver { who: Who, place: Place, again: bool },
    /// A message arrives after somebody changed it, and stays under way as it was.
    Tamper { who: Who, place: Place, how: Tampering },
    /// A message is lost.
    Lose { who: Who, place: Place },
    /// So many questions and answers, delivered in order.
    Talk { who: Who, turns: u8 },
    /// Starts a session anew from the other's fresh bundle.
    Meet {
        who: Who,
        usage: KyberUse,
        one_time: bool,
    },
    /// Archives the current session.
    Archive { who: Who },
    /// Deletes all sessions with the other.
    Forget { who: Who },
    /// Writes everything to disk and reads it back.
    Restart { who: Who },
    /// Days pass.
    Wait { days: u8 },
}

/// What somebody does to a message; positions are taken modulo its length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tampering {
    Flip { at: u16, mask: u8 },
    Truncate { to: u16 },
    Extend { by: u8 },
}

/// As many events as the bytes spell.
pub(super) fn parse(bytes: &[u8]) -> Vec<Event> {
    let mut bytes = bytes.iter().copied();
    std::iter::from_fn(|| event(&mut bytes)).collect()
}

fn event(bytes: &mut impl Iterator<Item = u8>) -> Option<Event> {
    let first = bytes.next()?;
    let who = if first & 0x80 == 0 { Who::Alice } else { Who::Bob };
    let mut byte = || bytes.next();
    Some(match first & 0x1F {
        0..=6 => Event::Write { who, length: byte()? },
        kind @ 7..=15 => Event::Deliver {
            who,
            place: byte()?,
            again: kind == 15,
        },
        16..=18 => {
            let place = byte()?;
            let at = u16::from_be_bytes([byte()?, byte()?]);
            let how = match byte()? {
                0 => Tampering::Truncate { to: at },
                mask if mask & 0xF0 == 0xF0 => Tampering::Extend { by: 1 + (mask & 0xF) },
                mask => Tampering::Flip { at, mask },
            };
            Event::Tamper { who, place, how }
        }
        19..=20 => Event::Lose { who, place: byte()? },
        21..=23 => Event::Talk {
            who,
            turns: byte()? % 24,
        },
        kind @ 24..=26 => Event::Meet {
            who,
            usage: if kind == 26 {
                KyberUse::LastResort
            } else {
                KyberUse::OneTime
            },
            one_time: kind != 25,
        },
        27 => Event::Archive { who },
        28 => Event::Forget { who },
        29..=30 => Event::Restart { who },
        _ => Event::Wait { days: byte()? % 40 },
    })
}
