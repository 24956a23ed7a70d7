//! Finding out that nobody is there any more: a connection whose network is gone says nothing about it.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

/// Intervals outside of these are not believed: shorter ones cost both sides more than they tell.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// Silence of one interval is asked about, silence of two is death.
pub(super) struct Heartbeat {
    interval: tokio::time::Interval,
    silent_beats: u32,
}

/// What is to be done at a beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// Something was heard since the last one.
    Alive,
    /// Nothing was: ask.
    Ask,
    /// The question was not answered.
    Dead,
}

impl Heartbeat {
    /// Beats as often as the relay says it pings.
    pub(super) fn new(relay_pings_after: Duration) -> Self {
        let period = relay_pings_after.clamp(SHORTEST, LONGEST);
        let mut interval = tokio::time::interval_at(Instant::now() + period, period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            interval,
            silent_beats: 0,
        }
    }

    /// Something was heard.
    pub(super) fn heard(&mut self) {
        self.silent_beats = 0;
    }

    /// The next beat.
    pub(super) async fn beat(&mut self) -> Beat {
        self.interval.tick().await;
        self.silent_beats += 1;
        match self.silent_beats {
            1 => Beat::Alive,
            2 => Beat::Ask,
            _ => Beat::Dead,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_relay_that_falls_silent_is_asked_and_then_given_up() {
        let mut heartbeat = Heartbeat::new(Duration::from_secs(30));
        heartbeat.interval = tokio::time::interval(Duration::from_millis(1));
        assert_eq!(heartbeat.beat().await, Beat::Alive);
        heartbeat.heard();
        assert_eq!(heartbeat.beat().await, Beat::Alive);
        assert_eq!(heartbeat.beat().await, Beat::Ask);
        heartbeat.heard();
        assert_eq!(heartbeat.beat().await, Beat::Alive);
        assert_eq!(heartbeat.beat().await, Beat::Ask);
        assert_eq!(heartbeat.beat().await, Beat::Dead);
    }
}
