//! Rate limits: the generic cell rate algorithm.
//!
//! ```text
//! taking c of an allowance of n in a window w:   t' = max(t, now) + c · w / n,   granted if t' ≤ now + w
//! ```
//! One moment `t` for each who is limited says everything: how much is left now, and when it is whole again, after which
//! it need not be remembered. Redis and this process reckon alike.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::key::Meter;

/// Meters kept before those that are whole again are looked for, some 60 bytes each.
const SWEPT_ABOVE: usize = 10_000;

/// So much at once, and so much again in each window, growing evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) most: u32,
    pub(crate) window: Duration,
}

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) Duration);

impl Allowance {
    /// What `cost` takes of the window.
    pub(super) fn share(self, cost: u32) -> Duration {
        self.window.mul_f64(f64::from(cost) / f64::from(self.most.max(1)))
    }
}

/// The meters of this process.
#[derive(Default)]
pub(super) struct Meters(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    full: HashMap<Meter, Instant>,
    swept_at: usize,
}

impl Meters {
    pub(super) fn take(&self, meter: Meter, cost: u32, allowance: Allowance) -> Result<(), RetryAfter> {
        self.take_at(meter, cost, allowance, Instant::now())
    }

    fn take_at(&self, meter: Meter, cost: u32, allowance: Allowance, now: Instant) -> Result<(), RetryAfter> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = kept.full.get(&meter).copied().unwrap_or(now).max(now);
        let full = from + allowance.share(cost);
        let over = full.saturating_duration_since(now + allowance.window);
        if !over.is_zero() {
            return Err(RetryAfter(over));
        }
        kept.full.insert(meter, full);
        // Twice as many as were left: each is looked at twice at most on average.
        if kept.full.len() > SWEPT_ABOVE.max(2 * kept.swept_at) {
            kept.full.retain(|_, full| *full > now);
            kept.swept_at = kept.full.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_A_SECOND: Allowance = Allowance {
        most: 10,
        window: Duration::from_secs(1),
    };

    #[test]
    fn an_allowance_is_there_at_once_then_grows_back_evenly_and_is_nobody_elses() {
        let (meters, now) = (Meters::default(), Instant::now());
        let take = |who: u8, cost, at: u64| {
            meters.take_at(
                Meter([who; 16]),
                cost,
                TEN_A_SECOND,
                now + Duration::from_millis(at),
            )
        };
        for _ in 0..10 {
            assert_eq!(take(1, 1, 0), Ok(()));
        }
        assert_eq!(take(1, 1, 0), Err(RetryAfter(Duration::from_millis(100))));
        assert_eq!(take(2, 10, 0), Ok(()));
        assert_eq!(take(1, 2, 100), Err(RetryAfter(Duration::from_millis(100))));
        assert_eq!(take(1, 2, 200), Ok(()));
        assert_eq!(take(1, 10, 1_200), Ok(()));
        // More than there ever is.
        assert!(take(3, 11, 0).is_err());
    }

    #[test]
    fn who_came_once_is_not_remembered_for_ever() {
        let (meters, now) = (Meters::default(), Instant::now());
        for number in 0..SWEPT_ABOVE as u64 + 1 {
            let mut meter = [0; 16];
            meter[..8].copy_from_slice(&number.to_le_bytes());
            let at = now + Duration::from_micros(100 * number);
            assert_eq!(meters.take_at(Meter(meter), 1, TEN_A_SECOND, at), Ok(()));
        }
        assert!(meters.0.lock().unwrap().full.len() <= 1_001);
    }
}
