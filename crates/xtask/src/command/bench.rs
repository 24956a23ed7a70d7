//! `cargo xtask bench`: the budget's figures beside their limits.
//!
//! A figure over its limit is shown, and fails nothing: times move with the machine, and a benchmark is no test.

use crate::bench::app::AppBenchError;
use crate::bench::budget::{self, Row};
use crate::bench::engine::EngineBenchError;
use crate::bench::protocol::ProtocolBenchError;
use crate::bench::ui::UiBenchError;
use crate::bench::{app, engine, protocol, ui};
use crate::setup::{self, Purpose, SetupError};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which part of the budget; all if none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Let the hour of chat of the part `ui` take an hour, instead of three minutes
    #[arg(long)]
    hour: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Encrypting, decrypting, sessions, safety numbers
    Protocol,
    /// Two engines and a relay on loopback
    Engine,
    /// The window: start, memory, size of the installer
    App,
    /// The window's page: a long conversation, an hour of chat; and the search
    Ui,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("the protocol was not measured")]
    Protocol(#[from] ProtocolBenchError),
    #[error("the engine was not measured")]
    Engine(#[from] EngineBenchError),
    #[error("the app was not measured")]
    App(#[from] AppBenchError),
    #[error("the page was not measured")]
    Ui(#[from] UiBenchError),
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), BenchError> {
    setup::make_ready(workspace, Purpose::Bench)?;
    let parts = if arguments.parts.is_empty() {
        &[Part::Protocol, Part::Engine, Part::App, Part::Ui]
    } else {
        arguments.parts.as_slice()
    };
    let mut tables = Vec::new();
    for part in parts {
        tables.push((part.title(), part.measure(workspace, arguments.hour)?));
    }
    // All together at the end, where no build's output is between them.
    let over: usize = tables
        .iter()
        .map(|(title, rows)| budget::print(title, rows))
        .sum();
    if over > 0 {
        terminal::warning(format!("{over} over budget"));
    }
    Ok(())
}

impl Part {
    fn title(self) -> &'static str {
        match self {
            Self::Protocol => "Protocol",
            Self::Engine => "Engine, through the relay on loopback",
            Self::App => "App",
            Self::Ui => "In the window",
        }
    }

    fn measure(self, workspace: &Workspace, hour: bool) -> Result<Vec<Row>, BenchError> {
        let step = terminal::step(format!("Measuring: {}", self.title()));
        let rows = match self {
            Self::Protocol => protocol::rows(workspace)?,
            Self::Engine => engine::rows(workspace)?,
            Self::App => app::rows(workspace)?,
            Self::Ui => ui::rows(workspace, hour)?,
        };
        step.done();
        Ok(rows)
    }
}
