//! The protocol's figures, by criterion (`crates/protocol/benches/sessions.rs`).
//!
//! The unit is one X25519 agreement (DH), measured in the same run, so that the figures of another machine mean
//! something here: libsignal's cost in DH units times our goal is the limit.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use crate::bench::budget::Row;
use crate::process::ProcessError;
use crate::workspace::Workspace;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProtocolBenchError {
    #[error("the benchmarks could not be built or run")]
    Run(#[from] ProcessError),
    #[error("criterion left no figures of the unit at `{}`", path.display())]
    NoUnit { path: PathBuf, source: io::Error },
    #[error("criterion's figures at `{}` are not of the form known here", path.display())]
    Form {
        path: PathBuf,
        source: serde_json::Error,
    },
}

/// The benchmark of the unit.
const UNIT: &str = "x25519";

/// One operation of the budget.
struct Operation {
    what: &'static str,
    /// The benchmark's name, which is the folder that criterion writes to.
    benchmark: &'static str,
    /// What libsignal takes, in DH units (BUDGETS, measured natively with its post-quantum ratchet on).
    libsignal: f64,
    /// Our goal, as a part of that.
    goal: f64,
}

const OPERATIONS: &[Operation] = &[
    Operation {
        what: "process a bundle (initiator)",
        benchmark: "process_bundle",
        libsignal: 8.6,
        goal: 0.65,
    },
    Operation {
        what: "first decrypt (new session)",
        benchmark: "first_decrypt",
        libsignal: 8.7,
        goal: 0.6,
    },
    Operation {
        what: "encrypt, steady",
        benchmark: "encrypt",
        libsignal: 0.31,
        goal: 0.4,
    },
    Operation {
        what: "decrypt, steady",
        benchmark: "decrypt",
        libsignal: 0.245,
        goal: 0.5,
    },
    Operation {
        what: "ping-pong, per message",
        benchmark: "ping_pong",
        libsignal: 3.1,
        goal: 0.6,
    },
    Operation {
        what: "decrypt jumping over 2,000",
        benchmark: "jump_2000",
        libsignal: 107.0,
        goal: 0.3,
    },
    Operation {
        what: "decrypt a late message, 2,000 keys held",
        benchmark: "late_2000",
        libsignal: 5.4,
        goal: 0.1,
    },
    Operation {
        what: "safety number",
        benchmark: "safety_number",
        libsignal: 51.0,
        goal: 0.55,
    },
];

/// Measures, in a bench build.
pub(crate) fn rows(workspace: &Workspace) -> Result<Vec<Row>, ProtocolBenchError> {
    workspace
        .cargo()
        .args([
            "bench",
            "--package",
            "sotto-protocol",
            "--bench",
            "sessions",
            "--",
            "--noplot",
        ])
        .run()?;

    let unit = median(workspace, UNIT)?;
    let mut rows = vec![Row::figure(
        "one X25519 agreement (the unit, DH)",
        unit / 1000.0,
        "µs",
    )];
    for operation in OPERATIONS {
        // An operation that is not measured is not shown as kept.
        let Ok(time) = median(workspace, operation.benchmark) else {
            crate::terminal::warning(format!("not measured: {}", operation.what));
            continue;
        };
        let limit = operation.libsignal * operation.goal;
        let row = Row::at_most(operation.what, time / unit, limit, "DH");
        rows.push(row.because(format!(
            "libsignal {} DH, goal {} of it",
            operation.libsignal, operation.goal
        )));
    }
    Ok(rows)
}

/// The median time of a benchmark, in nanoseconds.
fn median(workspace: &Workspace, benchmark: &str) -> Result<f64, ProtocolBenchError> {
    #[derive(Deserialize)]
    struct Estimates {
        median: Estimate,
    }
    #[derive(Deserialize)]
    struct Estimate {
        point_estimate: f64,
    }

    let path = workspace
        .target()
        .join("criterion")
        .join(benchmark)
        .join("new")
        .join("estimates.json");
    let bytes = fs::read(&path).map_err(|source| ProtocolBenchError::NoUnit {
        path: path.clone(),
        source,
    })?;
    let estimates: Estimates =
        serde_json::from_slice(&bytes).map_err(|source| ProtocolBenchError::Form { path, source })?;
    Ok(estimates.median.point_estimate)
}
