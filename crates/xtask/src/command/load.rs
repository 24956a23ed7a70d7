//! `cargo xtask load`: the relay under load, and its rows of the budget.
//!
//! `sotto-load` (crates/load) does it and prints one line of JSON. A figure that misses its goal is shown and fails nothing,
//! like those of `cargo xtask bench`; what fails is a message that is lost.

use std::path::PathBuf;

use crate::bench::budget;
use crate::bench::load::{self, Report};
use crate::command::run::BuildError;
use crate::process::{ProcessError, Program};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Less of everything, in a few seconds, to see that it works
    #[arg(long)]
    quick: bool,
    /// Only these scenarios, such as online,paced: the names are in docs/benchmarks.md
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// A server to measure beside the relay in the same run
    #[arg(long, value_enum)]
    peer: Option<Peer>,
    /// A relay that runs already, such as ws://127.0.0.1:9800, in place of one of our own
    #[arg(long)]
    relay: Option<String>,
    /// Where servers keep their data, on the disk to be measured
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Build without optimisation: for a test that only wants to see it work
    #[arg(long)]
    debug: bool,
    /// More for sotto-load, such as `-- --pairs 100 --window 5`
    #[arg(last = true)]
    more: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Peer {
    /// An MQTT broker (Debian: `apt install mosquitto`), at QoS 1
    Mosquitto,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("mosquitto is not installed (Debian: apt install mosquitto)")]
    NoMosquitto,
    #[error("the load could not be run, or ended badly")]
    Run(#[from] ProcessError),
    #[error("the load printed no figures")]
    NoFigures,
    #[error("the load's figures are not of the form known here")]
    Form(#[from] serde_json::Error),
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), LoadError> {
    let profile = if arguments.debug { "debug" } else { "release" };
    build(workspace, arguments)?;
    let mut load = Program::new(workspace.built(profile, "sotto-load"));
    load = match &arguments.relay {
        Some(relay) => load.args(["--relay", relay]),
        None => load
            .arg("--relay-program")
            .arg(workspace.built(profile, "sotto-relay")),
    };
    if arguments.peer == Some(Peer::Mosquitto) {
        load = load.arg("--mosquitto").arg(mosquitto(workspace)?);
    }
    if arguments.quick {
        load = load.arg("--quick");
    }
    if !arguments.only.is_empty() {
        load = load.args(["--only", &arguments.only.join(",")]);
    }
    if let Some(data) = &arguments.data {
        load = load.arg("--data").arg(data);
    }
    let step = terminal::step("Putting the relay under load");
    let printed = load.args(&arguments.more).output()?;
    step.done();
    let line = printed.lines().rev().find(|line| line.starts_with('{'));
    let report: Report = serde_json::from_str(line.ok_or(LoadError::NoFigures)?)?;
    let missed = budget::print("Relay, on loopback", &load::rows(&report));
    if missed > 0 {
        terminal::warning(format!("{missed} not reached"));
    }
    Ok(())
}

fn build(workspace: &Workspace, arguments: &Arguments) -> Result<(), BuildError> {
    let step = terminal::step("Building the relay and its load");
    let profile: &[&str] = if arguments.debug { &[] } else { &["--release"] };
    let packages = ["--package", "sotto-load", "--package", "sotto-relay", "--bins"];
    workspace
        .cargo()
        .args(["build", "--locked"])
        .args(profile)
        .args(packages)
        .run()
        .map_err(BuildError::Rust)?;
    step.done();
    Ok(())
}

/// Debian puts servers where only root's search path leads.
fn mosquitto(workspace: &Workspace) -> Result<PathBuf, LoadError> {
    let aside = PathBuf::from("/usr/sbin/mosquitto");
    let found = workspace.find_program("mosquitto");
    found
        .or_else(|| aside.is_file().then_some(aside))
        .ok_or(LoadError::NoMosquitto)
}
