//! `cargo xtask referee`: our protocol crate and the official library talk, and disagree about nothing.

use crate::process::{ProcessError, Program};
use crate::setup::{self, SetupError};
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments for the referee, such as `--seeds 20` (see docs/protocol/referee.md)
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Why the referee did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefereeError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("the party program could not be built")]
    Build(#[source] ProcessError),
    #[error("the referee found a disagreement")]
    Disagreement(#[source] ProcessError),
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), RefereeError> {
    let alone = workspace
        .cargo()
        .args(["build", "--locked", "--package", "sotto-protocol"]);
    converse(workspace, alone, &arguments.arguments)
}

/// The referee with its default seeds, as one of all checks.
pub(super) fn check(workspace: &Workspace) -> Result<(), RefereeError> {
    converse(workspace, workspace.cargo_on_everything(&["build"]), &[])
}

fn converse(workspace: &Workspace, build: Program, arguments: &[String]) -> Result<(), RefereeError> {
    setup::have_referee(workspace)?;
    build
        .args(["--example", "party"])
        .run()
        .map_err(RefereeError::Build)?;
    let party = format!("party{}", std::env::consts::EXE_SUFFIX);
    let party = workspace.target().join("debug").join("examples").join(party);
    workspace
        .program("node")
        .directory(&workspace.referee())
        .arg("referee.mjs")
        .arg("--party")
        .arg(party)
        .args(arguments)
        .run()
        .map_err(RefereeError::Disagreement)
}
