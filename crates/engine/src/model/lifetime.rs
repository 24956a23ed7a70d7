//! How long a text is kept.

use std::time::Duration;

/// How long a text is kept once it was read (by its reader) or sent (by its author): 5 seconds to 4 weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u32);

impl Lifetime {
    /// The shortest: long enough to be read.
    pub const SHORTEST: Self = Self(5);
    /// The longest.
    pub const LONGEST: Self = Self(4 * 7 * 86_400);

    /// So many seconds; `None` if that is shorter than the shortest or longer than the longest.
    pub fn of(seconds: u32) -> Option<Self> {
        let lifetime = Self(seconds);
        (Self::SHORTEST..=Self::LONGEST)
            .contains(&lifetime)
            .then_some(lifetime)
    }

    /// In seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// The same.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}
