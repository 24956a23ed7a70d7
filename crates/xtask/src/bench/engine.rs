//! Send to receive: two engines and a relay on loopback, disk writes included.
//!
//! `crates/testkit/examples/engine_loopback.rs` does it and prints one line of JSON; `search.rs` beside it searches among
//! 200,000 messages, which is a part of what one waits for in the window ([`super::ui`]).

use serde::Deserialize;
use serde::de::DeserializeOwned;

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
    #[error("what measures could not be run, or ended badly")]
    Run(#[from] ProcessError),
    #[error("what measures printed no figures")]
    NoFigures,
    #[error("the figures are not of the form known here")]
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

/// What the search prints.
#[derive(Debug, Deserialize)]
struct Search {
    messages: u32,
    slowest_ms: f64,
    open_ms: f64,
    indexed_per_second: f64,
    index_mib: f64,
    database_mib: f64,
}

/// Measures, in a release build.
pub(crate) fn rows(workspace: &Workspace) -> Result<Vec<Row>, EngineBenchError> {
    build_measuring(workspace, &["--example", "engine_loopback"])?;
    Ok(loopback_rows(&figures(workspace, "engine_loopback")?))
}

/// Measures searching, in a release build.
pub(super) fn search(workspace: &Workspace) -> Result<Vec<Row>, EngineBenchError> {
    build_measuring(workspace, &["--example", "search"])?;
    Ok(search_rows(&figures(workspace, "search")?))
}

fn figures<Figures: DeserializeOwned>(
    workspace: &Workspace,
    example: &str,
) -> Result<Figures, EngineBenchError> {
    let printed = Program::new(workspace.built("release/examples", example)).output()?;
    let line = printed.lines().rev().find(|line| line.starts_with('{'));
    Ok(serde_json::from_str(line.ok_or(EngineBenchError::NoFigures)?)?)
}

fn search_rows(figures: &Search) -> Vec<Row> {
    vec![
        Row::at_most(
            format!(
                "search {} messages, the slowest question's first page",
                figures.messages
            ),
            figures.slowest_ms,
            50.0,
            "ms",
        ),
        Row::at_most("from a hit to what is around it", figures.open_ms, 50.0, "ms"),
        Row::figure("texts stored and indexed", figures.indexed_per_second, "/s"),
        Row::figure("the search index", figures.index_mib, "MiB").because(format!(
            "of {:.0} MiB that the messages take",
            figures.database_mib
        )),
    ]
}

fn loopback_rows(figures: &Loopback) -> Vec<Row> {
    vec![
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
    ]
}
