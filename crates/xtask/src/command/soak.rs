//! `cargo xtask soak`: real engines and a real relay while people talk for a long time, and what of them grows.
//!
//! `sotto-soak` (crates/testkit) does it, and fails when something does.

use std::fs;
use std::io;

use crate::process::{ProcessError, Program};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For so many minutes
    #[arg(long, default_value_t = 10, conflicts_with = "hours")]
    minutes: u64,
    /// For so many hours
    #[arg(long)]
    hours: Option<u64>,
    /// Milliseconds from one message to the next
    #[arg(long, default_value_t = 250)]
    every: u64,
    /// Build without optimisation: for a try
    #[arg(long)]
    debug: bool,
}

/// Why the long run did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SoakError {
    #[error("the programs could not be built")]
    Build(#[source] ProcessError),
    #[error("there is no folder for the figures")]
    Folder(#[from] io::Error),
    #[error("something grows, takes too much, or was lost")]
    Grows(#[source] ProcessError),
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), SoakError> {
    let step = terminal::step("Building the programs");
    let (profile, build): (_, &[&str]) = match arguments.debug {
        true => ("debug", &["build"]),
        false => ("release", &["build", "--release"]),
    };
    workspace
        .cargo_on_everything(build)
        .args([
            "--bin",
            "sotto-soak",
            "--bin",
            "sotto-headless",
            "--bin",
            "sotto-relay",
        ])
        .run()
        .map_err(SoakError::Build)?;
    step.done();

    let results = workspace.results("soak");
    fs::create_dir_all(&results)?;
    let report = results.join("soak.json");
    let minutes = arguments.hours.map_or(arguments.minutes, |hours| hours * 60);
    let step = terminal::step(format!("Letting them talk for {minutes} minutes"));
    Program::new(workspace.built(profile, "sotto-soak"))
        .args(["--seconds", &(minutes * 60).to_string()])
        .args(["--every", &arguments.every.to_string()])
        .arg("--report")
        .arg(&report)
        .run()
        .map_err(SoakError::Grows)?;
    step.done();
    terminal::remark(format!("every figure: {}", report.display()));
    Ok(())
}
