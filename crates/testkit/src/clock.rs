//! A clock that a test can move.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sotto_engine::clock::{Clock, Timestamp};
use tokio::sync::watch;

/// Goes like the machine's clock, and jumps ahead when the test says so: whoever sleeps past the new time wakes.
///
/// It goes on by itself so that a backoff of two seconds still ends; a week passes in no time by [`MovableClock::advance`].
#[derive(Debug)]
pub struct MovableClock {
    shift: watch::Sender<Shift>,
    started: Instant,
}

/// How far the clock is from the true time.
#[derive(Debug, Clone, Copy, Default)]
struct Shift {
    ahead: Duration,
    behind: Duration,
}

impl Default for MovableClock {
    fn default() -> Self {
        Self {
            shift: watch::Sender::new(Shift::default()),
            started: Instant::now(),
        }
    }
}

impl MovableClock {
    /// Lets `duration` pass at once.
    pub fn advance(&self, duration: Duration) {
        self.shift.send_modify(|shift| shift.ahead += duration);
    }

    /// Moves the clock by so many seconds, back by a negative number.
    pub fn shift(&self, seconds: i64) {
        let by = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 {
            self.set_back(by)
        } else {
            self.advance(by)
        }
    }

    /// Sets the clock back by `duration`, as somebody does whose clock was wrong.
    pub fn set_back(&self, duration: Duration) {
        self.shift.send_modify(|shift| shift.behind += duration);
    }
}

/// What a machine's clock shows that is `shift` from the true time.
fn shown(shift: Shift) -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::default()
        .after(since_epoch + shift.ahead)
        .before(shift.behind)
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        shown(*self.shift.borrow())
    }

    fn uptime(&self) -> Duration {
        uptime(self.started, *self.shift.borrow())
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let left = move |shift| at.since(shown(shift));
        sleep_while(self.shift.subscribe(), left).boxed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (started, until) = (self.started, self.uptime() + duration);
        let left = move |shift| until.saturating_sub(uptime(started, shift));
        sleep_while(self.shift.subscribe(), left).boxed()
    }
}

/// How long a machine has been running whose clock was started then: setting it back changes nothing.
fn uptime(started: Instant, shift: Shift) -> Duration {
    started.elapsed() + shift.ahead
}

/// Sleeps while there is time left.
async fn sleep_while(mut shift: watch::Receiver<Shift>, left: impl Fn(Shift) -> Duration) {
    loop {
        let left = left(*shift.borrow_and_update());
        if left.is_zero() {
            return;
        }
        let moved = tokio::time::timeout(left, shift.changed()).await;
        if let Ok(Err(_)) = moved {
            // The clock is gone with its world: nobody will move it again, so only the true time is left.
            return tokio::time::sleep(left).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 86_400);

    #[tokio::test]
    async fn whoever_sleeps_for_a_week_wakes_when_the_week_is_let_pass() {
        let clock = MovableClock::default();
        let sleeper = tokio::spawn(clock.sleep(WEEK));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(
            !sleeper.is_finished(),
            "the sleeper must not wake before its time"
        );
        clock.advance(WEEK / 2);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!sleeper.is_finished(), "half a week is not a week");
        clock.advance(WEEK / 2);
        tokio::time::timeout(Duration::from_secs(5), sleeper)
            .await
            .unwrap()
            .unwrap();
    }

    #[test]
    fn a_clock_that_is_set_back_shows_what_it_showed_before() {
        let clock = MovableClock::default();
        let before = clock.now();
        clock.advance(WEEK);
        assert!(clock.now().since(before) >= WEEK);
        clock.set_back(WEEK + Duration::from_secs(3600));
        assert_eq!(clock.now().since(before), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_keeps_nobody_asleep() {
        let clock = MovableClock::default();
        let sleeper = tokio::spawn(clock.sleep(Duration::from_millis(200)));
        clock.set_back(WEEK);
        tokio::time::timeout(Duration::from_secs(5), sleeper)
            .await
            .unwrap()
            .unwrap();
    }

    #[tokio::test]
    async fn a_short_sleep_ends_by_itself() {
        let clock = MovableClock::default();
        let before = clock.now();
        clock.sleep(Duration::from_millis(30)).await;
        assert!(clock.now().since(before) >= Duration::from_millis(30));
    }
}
