//! The protocol's figures: times by criterion, counts by a benchmark of its own (`crates/protocol/benches/`).
//!
//! The unit of time is one X25519 agreement (DH) by x25519-dalek, measured in the same run, so that the figures of
//! another machine mean something here: libsignal's cost in DH units times our goal is the limit. vodozemac runs
//! beside ours.

mod figures;
mod table;

use crate::bench::budget::Row;
use crate::bench::protocol::figures::Figures;
use crate::bench::protocol::table::{BENCHES, COUNTS, Count, OPERATIONS, Operation, UNIT};
use crate::process::ProcessError;
use crate::workspace::Workspace;

pub(crate) use crate::bench::protocol::figures::FiguresError;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProtocolBenchError {
    #[error("the benchmarks could not be built or run")]
    Run(#[from] ProcessError),
    #[error(transparent)]
    Figures(#[from] FiguresError),
}

/// Measures, in a bench build.
pub(crate) fn rows(workspace: &Workspace) -> Result<Vec<Row>, ProtocolBenchError> {
    // What an earlier run left must not pass for this one's.
    let mut figures = Figures::emptied(workspace.target())?;
    let cargo = workspace.cargo().args(["bench", "--package", "sotto-protocol"]);
    let named = BENCHES.iter().flat_map(|bench| ["--bench", bench]);
    cargo.args(named).args(["--", "--noplot"]).run()?;
    figures.read_counts()?;

    let unit = figures.time(UNIT)?;
    let unit_row = Row::figure(
        "one X25519 agreement by x25519-dalek (the unit, DH)",
        unit / 1000.0,
        "µs",
    );
    let times = OPERATIONS
        .iter()
        .filter_map(|operation| time_row(operation, &figures, unit));
    let counts = COUNTS.iter().filter_map(|count| count_row(count, &figures));
    Ok([unit_row].into_iter().chain(times).chain(counts).collect())
}

/// An operation that is not measured is not shown as kept.
fn time_row(operation: &Operation, figures: &Figures, unit: f64) -> Option<Row> {
    let Ok(time) = figures.time(operation.benchmark) else {
        crate::terminal::warning(format!("not measured: {}", operation.what));
        return None;
    };
    let mut row = match operation.libsignal {
        Some((libsignal, goal)) => {
            Row::at_most(operation.what, time / unit, libsignal * goal, "DH").beside("libsignal", libsignal)
        }
        None => Row::figure(operation.what, time / unit, "DH"),
    };
    if operation.in_vodozemac
        && let Ok(theirs) = figures.time(&format!("vodozemac/{}", operation.benchmark))
    {
        row = row.beside("vodozemac", theirs / unit);
    }
    Some(row)
}

fn count_row(count: &Count, figures: &Figures) -> Option<Row> {
    let Some(found) = figures.count(count.name) else {
        crate::terminal::warning(format!("not counted: {}", count.what));
        return None;
    };
    let row = match count.limit {
        Some(limit) => Row::at_most(count.what, found, limit, count.unit),
        None => Row::figure(count.what, found, count.unit),
    };
    Some(match count.libsignal {
        Some(libsignal) => row.beside("libsignal", libsignal),
        None => row,
    })
}
