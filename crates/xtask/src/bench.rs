//! The budget's figures: how each is measured, and what it may be.

pub(crate) mod app;
pub(crate) mod budget;
pub(crate) mod engine;
pub(crate) mod load;
mod pages;
pub(crate) mod protocol;
pub(crate) mod ui;

use crate::command::run::BuildError;
use crate::terminal;
use crate::workspace::Workspace;

/// Builds what measures, and what the app is measured beside, in release mode. It is always chosen from the same packages,
/// so that what one part of the budget built the next one finds.
fn build_measuring(workspace: &Workspace, targets: &[&str]) -> Result<(), BuildError> {
    let step = terminal::step("Building what measures, in release mode (the first time takes minutes)");
    workspace
        .cargo()
        .args([
            "build",
            "--release",
            "--locked",
            "--features",
            "sotto/custom-protocol",
        ])
        .args([
            "--package",
            "sotto",
            "--package",
            "sotto-relay",
            "--package",
            "sotto-testkit",
        ])
        .args(targets)
        .run()
        .map_err(BuildError::Rust)?;
    step.done();
    Ok(())
}
