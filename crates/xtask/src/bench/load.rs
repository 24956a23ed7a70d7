//! The relay's rows of the budget, made of what `sotto-load` prints (crates/load/src/report.rs).

use serde::Deserialize;

use crate::bench::budget::Row;

/// What the budget allows where no peer says it.
mod goal {
    pub(super) const DELIVERED_P50_MS: f64 = 0.2;
    pub(super) const DELIVERED_P99_MS: f64 = 1.0;
    pub(super) const ENQUEUED: f64 = 30_000.0;
    pub(super) const DRAINED: f64 = 40_000.0;
    pub(super) const IDLE_KIB: f64 = 12.0;
    /// A message to a full mailbox in messages to an empty one: flat, but for what a measurement varies by.
    pub(super) const GROWTH: f64 = 1.25;
    /// mosquitto on the machine on which the budget was made, for runs without a peer beside ours.
    pub(super) const ONLINE: f64 = 36_600.0;
}

/// Everything that was measured.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    relay: Server,
    mosquitto: Option<Server>,
}

/// What was measured of one server.
#[derive(Debug, Deserialize)]
struct Server {
    online: Option<Online>,
    paced: Option<Paced>,
    offline: Option<Offline>,
    idle: Option<Idle>,
    storm: Option<Storm>,
    growth: Option<Growth>,
}

#[derive(Debug, Deserialize)]
struct Online {
    per_second: f64,
    delivered: Latency,
    cost: Option<Cost>,
}

#[derive(Debug, Deserialize)]
struct Paced {
    delivered: Latency,
    accepted: Latency,
    cost: Option<Cost>,
}

#[derive(Debug, Deserialize)]
struct Offline {
    enqueued_per_second: f64,
    enqueue_cost: Option<Cost>,
    drained_per_second: f64,
    drain_cost: Option<Cost>,
}

#[derive(Debug, Deserialize)]
struct Idle {
    connections: u32,
    kib_per_connection: f64,
}

#[derive(Debug, Deserialize)]
struct Storm {
    clients: u32,
    seconds: f64,
    back: Latency,
    cost: Option<Cost>,
}

#[derive(Debug, Deserialize)]
struct Growth {
    waiting: u32,
    first_us: f64,
    last_us: f64,
    cpu_ratio: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Latency {
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
}

#[derive(Debug, Deserialize)]
struct Cost {
    cpu_seconds_per_million: f64,
    disk_bytes_per_message: f64,
}

/// The table.
pub(crate) fn rows(report: &Report) -> Vec<Row> {
    let ours = &report.relay;
    let theirs = report.mosquitto.as_ref();
    let mut rows = Vec::new();
    if let Some(online) = &ours.online {
        rows.extend(online_rows(online, theirs.and_then(|it| it.online.as_ref())));
    }
    if let Some(paced) = &ours.paced {
        rows.extend(paced_rows(paced, theirs.and_then(|it| it.paced.as_ref())));
    }
    if let Some(offline) = &ours.offline {
        rows.extend(offline_rows(offline, theirs.and_then(|it| it.offline.as_ref())));
    }
    if let Some(idle) = &ours.idle {
        let name = format!("memory of an idle connection, of {}", idle.connections);
        let row = Row::at_most(name, idle.kib_per_connection, goal::IDLE_KIB, "KiB");
        let peer = theirs.and_then(|it| it.idle.as_ref());
        rows.push(beside(row, peer.map(|peer| peer.kib_per_connection)));
    }
    if let Some(storm) = &ours.storm {
        rows.extend(storm_rows(storm));
    }
    if let Some(growth) = &ours.growth {
        rows.extend(growth_rows(growth));
    }
    rows
}

fn beside(row: Row, peer: Option<f64>) -> Row {
    match peer {
        Some(figure) => row.beside("mosquitto", figure),
        None => row,
    }
}

fn online_rows(online: &Online, peer: Option<&Online>) -> Vec<Row> {
    let name = "delivered and acknowledged, as fast as it goes";
    let row = match peer {
        Some(peer) => {
            Row::at_least(name, online.per_second, peer.per_second, "/s").because("as many as the peer")
        }
        None => {
            Row::at_least(name, online.per_second, goal::ONLINE, "/s").because("the peer on another machine")
        }
    };
    let mut rows = vec![
        beside(row, peer.map(|peer| peer.per_second)),
        beside(
            Row::figure("  half of them in", online.delivered.p50_ms, "ms"),
            peer.map(|peer| peer.delivered.p50_ms),
        ),
        beside(
            Row::figure("  99 of 100 in", online.delivered.p99_ms, "ms"),
            peer.map(|peer| peer.delivered.p99_ms),
        ),
    ];
    rows.extend(cost_rows(
        online.cost.as_ref(),
        peer.and_then(|peer| peer.cost.as_ref()),
    ));
    rows
}

fn paced_rows(paced: &Paced, peer: Option<&Paced>) -> Vec<Row> {
    let figures = |latency: &Latency| [latency.p50_ms, latency.p99_ms, latency.p999_ms];
    let peers = peer.map(|peer| (figures(&peer.delivered), figures(&peer.accepted)));
    let [p50, p99, p999] = figures(&paced.delivered);
    let [accepted_p50, accepted_p99, _] = figures(&paced.accepted);
    let mut rows = vec![
        beside(
            Row::at_most(
                "at a fixed rate, delivered: half in",
                p50,
                goal::DELIVERED_P50_MS,
                "ms",
            ),
            peers.map(|([p50, _, _], _)| p50),
        ),
        beside(
            Row::at_most("  99 of 100 in", p99, goal::DELIVERED_P99_MS, "ms"),
            peers.map(|([_, p99, _], _)| p99),
        ),
        beside(
            Row::figure("  999 of 1,000 in", p999, "ms"),
            peers.map(|([_, _, p999], _)| p999),
        ),
        beside(
            Row::figure(
                "  accepted, which is on disk with us: half in",
                accepted_p50,
                "ms",
            ),
            peers.map(|(_, [p50, _, _])| p50),
        ),
        beside(
            Row::figure("  99 of 100 in", accepted_p99, "ms"),
            peers.map(|(_, [_, p99, _])| p99),
        ),
    ];
    rows.extend(cost_rows(
        paced.cost.as_ref(),
        peer.and_then(|peer| peer.cost.as_ref()),
    ));
    rows
}

fn offline_rows(offline: &Offline, peer: Option<&Offline>) -> Vec<Row> {
    let enqueued = Row::at_least("enqueued", offline.enqueued_per_second, goal::ENQUEUED, "/s");
    let drained = Row::at_least(
        "drained, which is deleted from disk with us",
        offline.drained_per_second,
        goal::DRAINED,
        "/s",
    );
    let mut rows = vec![beside(enqueued, peer.map(|peer| peer.enqueued_per_second))];
    rows.extend(cost_rows(
        offline.enqueue_cost.as_ref(),
        peer.and_then(|peer| peer.enqueue_cost.as_ref()),
    ));
    rows.push(beside(drained, peer.map(|peer| peer.drained_per_second)));
    rows.extend(cost_rows(
        offline.drain_cost.as_ref(),
        peer.and_then(|peer| peer.drain_cost.as_ref()),
    ));
    rows
}

fn cost_rows(ours: Option<&Cost>, peer: Option<&Cost>) -> Vec<Row> {
    let Some(ours) = ours else {
        return Vec::new();
    };
    vec![
        beside(
            Row::figure("  CPU seconds for a million", ours.cpu_seconds_per_million, "s"),
            peer.map(|peer| peer.cpu_seconds_per_million),
        ),
        beside(
            Row::figure("  written to disk for each", ours.disk_bytes_per_message, "bytes"),
            peer.map(|peer| peer.disk_bytes_per_message),
        ),
    ]
}

fn storm_rows(storm: &Storm) -> Vec<Row> {
    let name = format!("{} clients come back at once, the last in", storm.clients);
    let mut rows = vec![
        Row::figure(name, storm.seconds, "s"),
        Row::figure("  half of them in", storm.back.p50_ms / 1e3, "s"),
    ];
    if let Some(cost) = &storm.cost {
        let milliseconds = cost.cpu_seconds_per_million / 1e3;
        rows.push(Row::figure("  CPU time for each", milliseconds, "ms"));
    }
    rows
}

fn growth_rows(growth: &Growth) -> Vec<Row> {
    let name = format!(
        "a message to a mailbox with {} in it, to one with {}",
        growth.waiting,
        growth.waiting / 3
    );
    let row = Row::at_most(name, growth.last_us / growth.first_us, goal::GROWTH, "×");
    let cpu = growth.cpu_ratio;
    let cpu = cpu.map(|ratio| Row::at_most("  the same in CPU time", ratio, goal::GROWTH, "×"));
    std::iter::once(row).chain(cpu).collect()
}
