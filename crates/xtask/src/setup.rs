//! What the machine must have, and how it gets it.
//!
//! Everything is probed first (a look at the search path and at pkg-config, milliseconds each), and only what is missing
//! is installed, so that every command can begin with this.

mod node;
mod packages;
mod requirement;
mod tools;

use std::path::PathBuf;

use crate::process::ProcessError;
use crate::terminal;
use crate::workspace::Workspace;

pub(crate) use requirement::Requirement;

/// What the machine is to be ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Purpose {
    /// Building and starting the app
    App,
    /// The demo: the app, and without a display what it takes to do without one
    Demo,
    /// The story without a display, even if there is one
    #[value(skip)]
    Story,
    /// All checks
    Test,
    /// The benchmarks
    Bench,
}

/// Why the machine could not be made ready.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error(
        "Node is not installed: Sotto's UI needs Node {} or newer (https://nodejs.org)",
        node::OLDEST
    )]
    NodeMissing,
    #[error(
        "Node {found} is too old: Sotto's UI needs Node {} or newer (https://nodejs.org)",
        node::OLDEST
    )]
    NodeTooOld { found: String },
    #[error("the packages of `{}` could not be installed", folder.display())]
    Npm { folder: PathBuf, source: ProcessError },
    #[error("the file `{}` could not be read or written", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the system's packages could not be installed")]
    Packages(#[source] ProcessError),
    #[error("this system's packages cannot be installed by `setup`. Please install: {missing}")]
    UnknownSystem { missing: String },
    #[error("installed, and still not there: {missing}")]
    StillMissing { missing: String },
    #[error("`{tool}` could not be installed")]
    Tool {
        tool: &'static str,
        source: ProcessError,
    },
}

/// Makes the machine ready for `purpose`. Silent and quick if it is already.
pub(crate) fn make_ready(workspace: &Workspace, purpose: Purpose) -> Result<(), SetupError> {
    packages::install_missing(workspace, &requirement::of(purpose))?;
    node::check(workspace)?;
    node::install_packages(workspace, &workspace.ui())?;
    for tool in tools::of(purpose) {
        tool.install_if_missing(workspace)?;
    }
    Ok(())
}

/// Installs the official library, which only the referee needs.
pub(crate) fn have_referee(workspace: &Workspace) -> Result<(), SetupError> {
    node::check(workspace)?;
    node::install_packages(workspace, &workspace.referee())
}

/// Builds the tools that judge dependencies.
pub(crate) fn have_audit_tools(workspace: &Workspace) -> Result<(), SetupError> {
    for tool in tools::FOR_AUDIT {
        tool.install_if_missing(workspace)?;
    }
    Ok(())
}

/// Builds the tool that lists what a program is made of.
pub(crate) fn have_sbom_tool(workspace: &Workspace) -> Result<(), SetupError> {
    tools::FOR_SBOM.install_if_missing(workspace)
}

/// Whether windows can be shown to somebody: there is a display that they would appear on.
pub(crate) fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Whether nobody is there to answer a question.
fn unattended() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Names of requirements, as a sentence lists them.
fn listed(requirements: &[&Requirement]) -> String {
    requirements
        .iter()
        .map(|requirement| requirement.name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Says that the machine lacks something.
fn announce_missing(requirements: &[&Requirement]) {
    terminal::remark(format!("missing: {}", listed(requirements)));
}
