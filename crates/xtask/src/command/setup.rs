//! `cargo xtask setup`: find what this machine lacks, and install it.

use crate::setup::{Purpose, SetupError, make_ready};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What the machine is to be ready for
    #[arg(long = "for", value_enum, default_value = "test")]
    purpose: Purpose,
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), SetupError> {
    let step = terminal::step("Looking at what this machine has");
    make_ready(workspace, arguments.purpose)?;
    step.done();
    Ok(())
}
