//! The relay's clock: milliseconds and days since 1970, as they are stored.

use std::time::{SystemTime, UNIX_EPOCH};

const MS_PER_DAY: u64 = 24 * 60 * 60 * 1000;

/// Milliseconds since 1970. A clock set before that reads 0.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A day since 1970: as fine as the relay remembers when it took a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) i64);

impl Day {
    /// The day of a moment.
    pub(crate) fn of(ms: u64) -> Self {
        Self((ms / MS_PER_DAY).cast_signed())
    }

    /// So many days earlier.
    pub(crate) fn minus(self, days: u32) -> Self {
        Self(self.0 - i64::from(days))
    }
}

/// The moment so many days before another.
pub(crate) fn days_before(ms: u64, days: u32) -> u64 {
    ms.saturating_sub(u64::from(days) * MS_PER_DAY)
}
