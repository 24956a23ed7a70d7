//! Epochs: those that are being exchanged, and those whose chains give keys.

use std::num::NonZeroU64;

/// The epoch whose exchange is under way: 1, 2, ...
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Epoch(NonZeroU64);

/// The epoch of a pair of chains: 0 from the start, e from the exchange of [`Epoch`] e.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChainEpoch(pub u64);

impl Epoch {
    /// The first one.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The epoch of this number; there is none of number 0.
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0.get()
    }

    /// The epoch after it, if there is one.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The chains that messages take their keys from while this epoch is being exchanged: those of the one before.
    pub const fn keyed_by(self) -> ChainEpoch {
        ChainEpoch(self.number() - 1)
    }

    /// The chains that its exchange makes.
    pub const fn chains(self) -> ChainEpoch {
        ChainEpoch(self.number())
    }
}
