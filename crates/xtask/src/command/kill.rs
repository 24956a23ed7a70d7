//! `cargo xtask kill`: real engines and a real relay, killed again and again while people talk.
//!
//! `sotto-kill` (crates/testkit) does it, and prints what broke with the seed to see it again.

use crate::command::simulate::in_memory;
use crate::process::{ProcessError, Program};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many processes
    #[arg(long, default_value_t = 50)]
    times: usize,
    /// Whom, when, and what else goes wrong
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Why the killing did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KillError {
    #[error("the programs could not be built")]
    Build(#[source] ProcessError),
    #[error("a promise was broken")]
    Broken(#[source] ProcessError),
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), KillError> {
    let step = terminal::step("Building the programs");
    workspace
        .cargo_on_everything(&["build"])
        .args([
            "--bin",
            "sotto-kill",
            "--bin",
            "sotto-headless",
            "--bin",
            "sotto-relay",
        ])
        .run()
        .map_err(KillError::Build)?;
    step.done();
    let kill = Program::new(workspace.built("debug", "sotto-kill"))
        .args(["--times", &arguments.times.to_string()])
        .args(["--seed", &arguments.seed.to_string()]);
    in_memory(kill).run().map_err(KillError::Broken)
}
