//! `cargo xtask simulate`: worlds in which everything goes wrong, and whether the promises hold.
//!
//! `sotto-simulate` (crates/testkit) does it, and prints what broke with the seed to see it again.

use std::path::Path;

use crate::process::{ProcessError, Program};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many worlds
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// The seed of the first one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many at once
    #[arg(long, default_value_t = 4)]
    jobs: u64,
}

/// Why the simulation did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimulateError {
    #[error("the simulation could not be built")]
    Build(#[source] ProcessError),
    #[error("a promise was broken")]
    Broken(#[source] ProcessError),
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), SimulateError> {
    let step = terminal::step("Building the simulation");
    workspace
        .cargo_on_everything(&["build"])
        .args(["--bin", "sotto-simulate"])
        .run()
        .map_err(SimulateError::Build)?;
    step.done();
    let simulate = Program::new(workspace.built("debug", "sotto-simulate"))
        .args(["--seeds", &arguments.seeds.to_string()])
        .args(["--seed", &arguments.seed.to_string()])
        .args(["--jobs", &arguments.jobs.to_string()]);
    in_memory(simulate).run().map_err(SimulateError::Broken)
}

/// Memory that looks like a folder: the databases of the worlds need not wait for a disk.
const MEMORY: &str = "/dev/shm";

/// The program with its temporary files in memory, unless somebody says where they are to be.
pub(super) fn in_memory(program: Program) -> Program {
    if std::env::var_os("TMPDIR").is_none() && Path::new(MEMORY).is_dir() {
        program.env("TMPDIR", MEMORY)
    } else {
        program
    }
}
