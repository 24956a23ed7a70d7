//! Time as an argument: the engine asks a [`Clock`], so that a test can let a week pass between two lines.

#[cfg(not(target_os = "linux"))]
use std::sync::LazyLock;
#[cfg(not(target_os = "linux"))]
use std::time::Instant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, by this machine's wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment `duration` later; the end of time if there is no such moment.
    pub fn after(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// The moment `duration` earlier; the beginning of time if there is no such moment.
    pub fn before(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// How long ago `earlier` was; zero if it lies in the future (wall clocks are set back).
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// The protocol's clock begins in 1970 and knows nothing before it.
impl From<Timestamp> for sotto_protocol::prekey::Timestamp {
    fn from(now: Timestamp) -> Self {
        Self(u64::try_from(now.0).unwrap_or(0))
    }
}

/// What tells the engine the time and wakes it later.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// How long the machine has been running, suspended or not: unlike [`Clock::now`], nobody can set it. Only differences
    /// mean anything. (Not on macOS, where it stands still while the machine sleeps.)
    fn uptime(&self) -> Duration;

    /// Returns when this clock shows `at` or later; at once if it already does.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;

    /// Returns when `duration` has passed by this clock, or by the machine's monotonic one: a wall clock set back must not
    /// stretch a backoff to hours, and the other one stands still while a laptop is suspended.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let by_this_clock = self.sleep_until(self.now().after(duration));
        Box::pin(async move {
            tokio::select! {
                () = by_this_clock => {}
                () = tokio::time::sleep(duration) => {}
            }
        })
    }
}

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The longest stretch slept without looking at the wall clock again: timers stand still while a laptop is suspended,
/// and a wall clock may be set.
const LONGEST_NAP: Duration = Duration::from_secs(30);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock set before 1970 reads as the epoch: everything then is simply due later.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::default().after(since_epoch)
    }

    #[cfg(target_os = "linux")]
    fn uptime(&self) -> Duration {
        let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        // It never is before the boot.
        Duration::try_from(since_boot).unwrap_or_default()
    }

    #[cfg(not(target_os = "linux"))]
    fn uptime(&self) -> Duration {
        static FIRST_ASKED: LazyLock<Instant> = LazyLock::new(Instant::now);
        FIRST_ASKED.elapsed()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let clock = *self;
        Box::pin(async move {
            loop {
                let left = at.since(clock.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LONGEST_NAP)).await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_arithmetic_saturates_instead_of_wrapping() {
        let end = Timestamp::from_millis(i64::MAX);
        assert_eq!(end.after(Duration::from_secs(1)), end);
        assert_eq!(
            Timestamp::from_millis(5).since(Timestamp::from_millis(9)),
            Duration::ZERO
        );
        assert_eq!(
            Timestamp::from_millis(9).since(Timestamp::from_millis(5)),
            Duration::from_millis(4)
        );
        assert_eq!(
            Timestamp::from_millis(i64::MIN)
                .before(Duration::from_secs(1))
                .millis(),
            i64::MIN
        );
    }

    #[test]
    fn the_machine_goes_on_running() {
        let before = SystemClock.uptime();
        std::thread::sleep(Duration::from_millis(5));
        let passed = SystemClock.uptime().saturating_sub(before);
        assert!(passed >= Duration::from_millis(5), "{passed:?}");
    }

    #[tokio::test]
    async fn a_moment_that_has_passed_is_not_waited_for() {
        let yesterday = SystemClock.now().before(Duration::from_secs(86_400));
        tokio::time::timeout(Duration::from_secs(1), SystemClock.sleep_until(yesterday))
            .await
            .unwrap();
    }
}
