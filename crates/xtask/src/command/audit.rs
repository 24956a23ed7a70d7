//! `cargo xtask audit`: whether what we depend on may be what we depend on.

use crate::process::ProcessError;
use crate::setup::{self, SetupError};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave out the known vulnerabilities, whose list has to be fetched
    #[arg(long)]
    offline: bool,
}

/// Why the dependencies did not pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("a licence, a source, a ban or a known vulnerability (deny.toml)")]
    Denied(#[source] ProcessError),
    #[error("a crate or a version that nobody has looked at, nor excused (supply-chain/)")]
    Unvetted(#[source] ProcessError),
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), AuditError> {
    setup::have_audit_tools(workspace)?;

    let step = terminal::step("Licences, sources, bans, vulnerabilities (deny.toml)");
    let checks: &[&str] = if arguments.offline {
        &["bans", "licenses", "sources"]
    } else {
        &["advisories", "bans", "licenses", "sources"]
    };
    workspace
        .cargo()
        .args(["deny", "--locked", "check", "--hide-inclusion-graph"])
        .args(checks)
        .run()
        .map_err(AuditError::Denied)?;
    step.done();

    let step = terminal::step("Who has looked at what (supply-chain/)");
    workspace
        .cargo()
        .args(["vet", "check", "--locked"])
        .run()
        .map_err(AuditError::Unvetted)?;
    step.done();
    Ok(())
}
