//! When a message was sent, inside the message: that is how the receiver knows how long it took.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A moment, as the first eight bytes of a message have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// The last message to a mailbox: nothing follows.
    pub(crate) const LAST: Self = Self(u64::MAX);

    pub(crate) fn now() -> Self {
        // Proof: five centuries after the beginning.
        Self(u64::try_from(BEGINNING.elapsed().as_nanos()).unwrap_or(u64::MAX - 1))
    }

    /// How long ago it was.
    pub(crate) fn age(self) -> Duration {
        Duration::from_nanos(Self::now().0.saturating_sub(self.0))
    }

    pub(crate) fn is_last(self) -> bool {
        self == Self::LAST
    }

    /// A message of so many bytes, at least eight.
    pub(crate) fn message(self, bytes: usize) -> Vec<u8> {
        let mut message = vec![0x5a; bytes.max(8)];
        for (place, byte) in message.iter_mut().zip(self.0.to_be_bytes()) {
            *place = byte;
        }
        message
    }

    /// The stamp of a message; `None` if it is too short for one.
    pub(crate) fn of(message: &[u8]) -> Option<Self> {
        message
            .first_chunk()
            .map(|bytes| Self(u64::from_be_bytes(*bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_tells_when_it_was_sent() {
        let stamp = Stamp::now();
        let message = stamp.message(256);
        assert_eq!(message.len(), 256);
        assert_eq!(Stamp::of(&message), Some(stamp));
        assert!(!stamp.is_last() && Stamp::of(&Stamp::LAST.message(256)).is_some_and(Stamp::is_last));
        assert_eq!(Stamp::of(b"short"), None);
    }
}
