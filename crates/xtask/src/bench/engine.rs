//! Send to receive: two engines and a relay on loopback, disk writes included.
//!
//! `crates/testkit/examples/engine_loopback.rs` does it and prints one line of JSON.

use serde::Deserialize;

use crate::bench::budget::Row;
use crate::bench::build_measuring;
use crate::command::run::BuildError;
use crate::process::{ProcessError, Program};
use crate::workspace::Workspace;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineBenchError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the loopback could not be run, or ended badly")]
    Run(#[from] ProcessError),
    #[error("the loopback printed no figures")]
    NoFigures,
    #[error("the loopback's figures are not of the form known here")]
    Form(#[from] serde_json::Error),
}

/// What the loopback prints.
#[derive(Debug, Deserialize)]
struct Loopback {
    p50_ms: f64,
    p99_ms: f64,
    messages_per_second: f64,
    backlog_messages: u32,
    backlog_seconds: f64,
}

/// Measures, in a release build.
pub(crate) fn rows(workspace: &Workspace) -> Result<Vec<Row>, EngineBenchError> {
    build_measuring(workspace, &["--example", "engine_loopback"])?;
    let printed = Program::new(workspace.built("release/examples", "engine_loopback")).output()?;
    let line = printed.lines().rev().find(|line| line.starts_with('{'));
    let figures: Loopback = serde_json::from_str(line.ok_or(EngineBenchError::NoFigures)?)?;
    Ok(vec![
        Row::at_most(
            "send to delivered, half of all messages",
            figures.p50_ms,
            5.0,
            "ms",
        ),
        Row::at_most("send to delivered, 99 of 100", figures.p99_ms, 20.0, "ms"),
        Row::figure(
            "messages sent and received, as fast as it goes",
            figures.messages_per_second,
            "/s",
        ),
        Row::at_most(
            format!(
                "backlog of {} messages, after having been away",
                figures.backlog_messages
            ),
            figures.backlog_seconds,
            f64::from(figures.backlog_messages) / 1000.0,
            "s",
        )
        .because("a thousand a second; elsewhere 5,000 take about 3 min"),
    ])
}
