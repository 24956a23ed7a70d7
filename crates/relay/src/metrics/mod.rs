//! What the relay counts, for Prometheus. No label names an account, an address or a token: labels are words that
//! stand in this file, or names of refusals and settings.

mod listener;
mod process;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use sotto_wire::{Closing, Refusal};

use crate::connection::ending::Ending;
use crate::limits::of::Of;

pub(crate) use listener::serve;

/// From a tenth of a millisecond to 13 seconds.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 2.0, 18))
}

/// One of the two endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfEndpoint {
    endpoint: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    request: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ForReason {
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfQuota {
    quota: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WithOutcome {
    outcome: &'static str,
}

/// See the module.
pub(crate) struct Metrics {
    registry: Registry,
    connections: Family<OfEndpoint, Gauge>,
    connections_opened: Family<OfEndpoint, Counter>,
    connections_ended: Family<ForReason, Counter>,
    turned_away: Family<ForReason, Counter>,
    requests: Family<OfRequest, Histogram, fn() -> Histogram>,
    refusals: Family<ForReason, Counter>,
    limited: Family<OfQuota, Counter>,
    received_frames: Counter,
    received_bytes: Counter,
    envelopes_stored: Counter,
    envelopes_pushed: Counter,
    envelopes_acknowledged: Counter,
    ephemeral: Counter,
    ready: Gauge,
    bus_connected: Gauge,
    sweeps: Family<WithOutcome, Counter>,
    certificates: Family<WithOutcome, Counter>,
    certificate_expires: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("sotto_relay"),
            connections: Family::default(),
            connections_opened: Family::default(),
            connections_ended: Family::default(),
            turned_away: Family::default(),
            requests: Family::new_with_constructor(durations),
            refusals: Family::default(),
            limited: Family::default(),
            received_frames: Counter::default(),
            received_bytes: Counter::default(),
            envelopes_stored: Counter::default(),
            envelopes_pushed: Counter::default(),
            envelopes_acknowledged: Counter::default(),
            ephemeral: Counter::default(),
            ready: Gauge::default(),
            bus_connected: Gauge::default(),
            sweeps: Family::default(),
            certificates: Family::default(),
            certificate_expires: Gauge::default(),
        };
        metrics.register();
        metrics.begin();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let Self { registry, .. } = self;
        registry.register("connections", "WebSockets there are", self.connections.clone());
        registry.register(
            "connections_opened",
            "WebSockets opened",
            self.connections_opened.clone(),
        );
        registry.register(
            "connections_ended",
            "WebSockets ended, and why",
            self.connections_ended.clone(),
        );
        registry.register(
            "turned_away",
            "Connections not taken, and why",
            self.turned_away.clone(),
        );
        registry.register_with_unit(
            "request",
            "From a request to its answer",
            Unit::Seconds,
            self.requests.clone(),
        );
        registry.register(
            "refusals",
            "Requests and connections refused, and why",
            self.refusals.clone(),
        );
        registry.register(
            "limited",
            "Requests and connections over a quota",
            self.limited.clone(),
        );
        registry.register("received_frames", "Frames received", self.received_frames.clone());
        registry.register_with_unit(
            "received",
            "Received in frames",
            Unit::Bytes,
            self.received_bytes.clone(),
        );
        registry.register(
            "envelopes_stored",
            "Envelopes answered as stored, those tried again included",
            self.envelopes_stored.clone(),
        );
        registry.register(
            "envelopes_pushed",
            "Envelopes pushed to owners",
            self.envelopes_pushed.clone(),
        );
        registry.register(
            "envelopes_acknowledged",
            "Envelopes acknowledged by owners",
            self.envelopes_acknowledged.clone(),
        );
        registry.register("ephemeral", "Ephemeral payloads taken", self.ephemeral.clone());
        registry.register("ready", "1 while new clients are welcome", self.ready.clone());
        registry.register(
            "bus_connected",
            "1 while other nodes can be told what arrives, or there are none",
            self.bus_connected.clone(),
        );
        registry.register("sweeps", "Deletions of what is too old", self.sweeps.clone());
        registry.register(
            "certificates",
            "Attempts to get or read a certificate",
            self.certificates.clone(),
        );
        registry.register_with_unit(
            "certificate_expires_timestamp",
            "When the certificate shown expires, since 1970; 0 without one",
            Unit::Seconds,
            self.certificate_expires.clone(),
        );
        process::register(registry);
    }

    /// Everything that is sure to be asked for is there from the start, as 0: a rate is seen from its first event on.
    fn begin(&self) {
        for endpoint in ["mailbox", "open"] {
            let endpoint = OfEndpoint { endpoint };
            drop(self.connections.get_or_create(&endpoint));
            drop(self.connections_opened.get_or_create(&endpoint));
        }
        for request in ["deliver", "fetch bundle", "acknowledge"] {
            drop(self.requests.get_or_create(&OfRequest { request }));
        }
        let reason = |reason: &str| ForReason {
            reason: reason.to_owned(),
        };
        drop(self.connections_ended.get_or_create(&reason("gone")));
        drop(self.turned_away.get_or_create(&reason("connections")));
        for refusal in ["MailboxFull", "RateLimited", "Unavailable"] {
            drop(self.refusals.get_or_create(&reason(refusal)));
        }
        for of in Of::ALL {
            drop(self.limited.get_or_create(&OfQuota { quota: of.name() }));
        }
        for succeeded in [true, false] {
            drop(self.sweeps.get_or_create(&outcome(succeeded)));
            drop(self.certificates.get_or_create(&outcome(succeeded)));
        }
    }

    /// Everything, as OpenMetrics text.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// A WebSocket opened; what is returned ends it.
    pub(crate) fn opened(&self, endpoint: &'static str) -> Open {
        let endpoint = OfEndpoint { endpoint };
        self.connections_opened.get_or_create(&endpoint).inc();
        let connections = self.connections.get_or_create_owned(&endpoint);
        connections.inc();
        Open(connections)
    }

    pub(crate) fn ended(&self, ending: Ending) {
        let reason = match ending {
            Ending::Gone => "gone".to_owned(),
            Ending::Refused(refusal) => {
                self.refused(refusal);
                "refused".to_owned()
            }
            Ending::Closing(Closing::GoingAway { .. }) => "going away".to_owned(),
            Ending::Closing(closing) => variant(&closing),
        };
        self.connections_ended.get_or_create(&ForReason { reason }).inc();
    }

    pub(crate) fn turned_away(&self, reason: &'static str) {
        let reason = reason.to_owned();
        self.turned_away.get_or_create(&ForReason { reason }).inc();
    }

    pub(crate) fn answered(&self, request: &'static str, took: Duration) {
        self.requests
            .get_or_create(&OfRequest { request })
            .observe(took.as_secs_f64());
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        let reason = variant(&refusal);
        self.refusals.get_or_create(&ForReason { reason }).inc();
    }

    pub(crate) fn limited(&self, quota: &'static str) {
        self.limited.get_or_create(&OfQuota { quota }).inc();
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.received_frames.inc();
        self.received_bytes.inc_by(bytes as u64);
    }

    pub(crate) fn stored(&self, envelopes: usize, ephemeral: bool) {
        if ephemeral {
            &self.ephemeral
        } else {
            &self.envelopes_stored
        }
        .inc_by(envelopes as u64);
    }

    pub(crate) fn pushed(&self) {
        self.envelopes_pushed.inc();
    }

    pub(crate) fn acknowledged(&self, envelopes: usize) {
        self.envelopes_acknowledged.inc_by(envelopes as u64);
    }

    pub(crate) fn set_state(&self, ready: bool, bus_connected: bool) {
        self.ready.set(ready.into());
        self.bus_connected.set(bus_connected.into());
    }

    pub(crate) fn swept(&self, succeeded: bool) {
        self.sweeps.get_or_create(&outcome(succeeded)).inc();
    }

    /// A certificate was got or read, or could not be.
    pub(crate) fn certificate(&self, succeeded: bool) {
        self.certificates.get_or_create(&outcome(succeeded)).inc();
    }

    /// When the certificate that is shown from now on expires, in seconds since 1970.
    pub(crate) fn certificate_expires(&self, expires: u64) {
        self.certificate_expires.set(expires as f64);
    }
}

fn outcome(succeeded: bool) -> WithOutcome {
    WithOutcome {
        outcome: if succeeded { "success" } else { "failure" },
    }
}

/// The name of an enum's variant, without its fields.
fn variant(value: &dyn fmt::Debug) -> String {
    let shown = format!("{value:?}");
    let name = shown.split([' ', '{', '(']).next();
    name.unwrap_or_default().to_owned()
}

/// A WebSocket that is counted as open.
pub(crate) struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
