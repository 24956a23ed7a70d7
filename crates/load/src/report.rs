//! The figures, as `cargo xtask load` reads them.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::error::LoadError;

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) relay: ServerReport,
    pub(crate) mosquitto: Option<ServerReport>,
}

/// What was measured of one server.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ServerReport {
    pub(crate) online: Option<Online>,
    pub(crate) paced: Option<Paced>,
    pub(crate) offline: Option<Offline>,
    pub(crate) idle: Option<Idle>,
    pub(crate) storm: Option<Storm>,
    pub(crate) growth: Option<Growth>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Online {
    /// Sent, and all of them received.
    pub(crate) messages: usize,
    pub(crate) per_second: f64,
    /// From the sender to the receiver, while the server has all it can take.
    pub(crate) delivered: Latency,
    pub(crate) cost: Option<Cost>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Paced {
    /// Sent, and all of them received.
    pub(crate) messages: usize,
    /// From the sender to the receiver.
    pub(crate) delivered: Latency,
    /// From the sender to the answer that the message is safe.
    pub(crate) accepted: Latency,
    pub(crate) cost: Option<Cost>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Offline {
    /// Sent, and all of them received.
    pub(crate) messages: usize,
    pub(crate) enqueued_per_second: f64,
    pub(crate) enqueue_cost: Option<Cost>,
    /// Pushed, acknowledged, and the acknowledgements answered.
    pub(crate) drained_per_second: f64,
    pub(crate) drain_cost: Option<Cost>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) connections: usize,
    pub(crate) kib_per_connection: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Storm {
    pub(crate) clients: usize,
    /// From the moment when all were thrown out until the last one is back.
    pub(crate) seconds: f64,
    /// From a client's first attempt until it is back.
    pub(crate) back: Latency,
    pub(crate) cost: Option<Cost>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Growth {
    /// Sent.
    pub(crate) messages: usize,
    /// Messages that waited in each mailbox when the last step began.
    pub(crate) waiting: usize,
    /// Microseconds a message at the first step that counts.
    pub(crate) first_us: f64,
    /// The same at the last step.
    pub(crate) last_us: f64,
    /// CPU time at the last step, divided by that at the first.
    pub(crate) cpu_ratio: Option<f64>,
}

/// Milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
}

/// What messages cost the server.
#[derive(Debug, Serialize)]
pub(crate) struct Cost {
    /// CPU seconds for a million messages.
    pub(crate) cpu_seconds_per_million: f64,
    /// Bytes that the process had the disk write, for each message.
    pub(crate) disk_bytes_per_message: f64,
}

/// Times, gathered.
pub(crate) struct Times(Histogram<u64>);

impl Times {
    pub(crate) fn new() -> Result<Self, LoadError> {
        // Nanoseconds up to ten minutes, three digits that matter.
        Histogram::new_with_bounds(1, 600_000_000_000, 3)
            .map(Self)
            .map_err(|_| LoadError::Histogram)
    }

    pub(crate) fn record(&mut self, time: Duration) {
        self.0
            .saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn add(&mut self, others: &Self) -> Result<(), LoadError> {
        self.0.add(&others.0).map_err(|_| LoadError::Histogram)
    }

    pub(crate) fn latency(&self) -> Latency {
        let milliseconds = |share| self.0.value_at_quantile(share) as f64 / 1e6;
        Latency {
            p50_ms: milliseconds(0.5),
            p99_ms: milliseconds(0.99),
            p999_ms: milliseconds(0.999),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_thousand_times_the_middle_and_the_tail_are_told() {
        let (mut one, mut other) = (Times::new().unwrap(), Times::new().unwrap());
        for ms in 1..=1000 {
            let times = if ms % 2 == 0 { &mut one } else { &mut other };
            times.record(Duration::from_millis(ms));
        }
        one.add(&other).unwrap();
        let latency = one.latency();
        assert!((latency.p50_ms - 500.0).abs() < 2.0, "{latency:?}");
        assert!((latency.p99_ms - 990.0).abs() < 2.0, "{latency:?}");
        assert!((latency.p999_ms - 999.0).abs() < 2.0, "{latency:?}");
    }
}
