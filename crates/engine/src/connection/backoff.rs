//! How long to wait before the next attempt.

use std::time::Duration;

use rand::{Rng, RngExt};
use sotto_wire::Refusal;

use crate::error::RelayError;

/// The longest wait after the first failure.
const FIRST: Duration = Duration::from_millis(500);

/// The longest wait of all: a relay that comes back is found within a minute.
const LONGEST: Duration = Duration::from_secs(60);

/// Doubling waits with jitter: each is drawn between half of the current longest and all of it, so that clients that
/// lost the same relay at the same moment do not come back at the same moment.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure.
    pub(crate) fn next(&mut self, rng: &mut impl Rng) -> Duration {
        // Beyond this shift the longest wait is reached.
        let shift = self.failures.min(16);
        self.failures = self.failures.saturating_add(1);
        let most = FIRST.saturating_mul(1 << shift).min(LONGEST);
        rng.random_range(most / 2..=most)
    }

    /// The wait after `error`: a relay that says when it wants to be asked again is not asked before, and one that
    /// refused for good only now and then.
    pub(crate) fn after(&mut self, error: &RelayError, rng: &mut impl Rng) -> Duration {
        let wait = self.next(rng);
        match error {
            RelayError::Refused(
                Refusal::RateLimited { retry_after_ms } | Refusal::Unavailable { retry_after_ms },
            ) => wait.max(Duration::from_millis((*retry_after_ms).into())),
            RelayError::Refused(refusal) if !refusal.is_temporary() => LONGEST,
            _ => wait,
        }
    }

    /// It worked: the next failure is the first one.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_begin_anew_after_a_success() {
        let (mut backoff, mut rng) = (Backoff::default(), rand::rng());
        let mut most = FIRST;
        for _ in 0..40 {
            let wait = backoff.next(&mut rng);
            assert!(wait >= most / 2 && wait <= most, "{wait:?} of {most:?}");
            most = (most * 2).min(LONGEST);
        }
        backoff.reset();
        assert!(backoff.next(&mut rng) <= FIRST);
    }

    #[test]
    fn two_clients_do_not_wait_equally_long() {
        let mut rng = rand::rng();
        let mut waits = |_| Backoff::default().next(&mut rng);
        let first: Vec<_> = (0..8).map(&mut waits).collect();
        let second: Vec<_> = (0..8).map(&mut waits).collect();
        assert_ne!(first, second);
    }
}
