//! The system's own packages, through the system's own package manager.

use std::path::Path;

use crate::process::Program;
use crate::setup::{Requirement, SetupError, announce_missing, listed, unattended};
use crate::terminal;
use crate::workspace::Workspace;

/// A package manager we know how to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manager {
    Apt,
    Dnf,
    Pacman,
}

/// Installs what is missing of `requirements`. Does nothing, quickly, if nothing is.
pub(super) fn install_missing(
    workspace: &Workspace,
    requirements: &[&Requirement],
) -> Result<(), SetupError> {
    let missing = still_missing(workspace, requirements);
    if missing.is_empty() {
        return Ok(());
    }

    let step = terminal::step("Installing system packages");
    announce_missing(&missing);
    let Some(manager) = Manager::find(workspace) else {
        return Err(SetupError::UnknownSystem {
            missing: listed(&missing),
        });
    };
    manager.install(&missing).map_err(SetupError::Packages)?;

    let missing = still_missing(workspace, requirements);
    if !missing.is_empty() {
        return Err(SetupError::StillMissing {
            missing: listed(&missing),
        });
    }
    step.done();
    Ok(())
}

fn still_missing<'a>(workspace: &Workspace, requirements: &[&'a Requirement]) -> Vec<&'a Requirement> {
    requirements
        .iter()
        .copied()
        .filter(|requirement| !requirement.is_met(workspace))
        .collect()
}

impl Manager {
    fn find(workspace: &Workspace) -> Option<Self> {
        let known = [
            ("apt-get", Self::Apt),
            ("dnf", Self::Dnf),
            ("pacman", Self::Pacman),
        ];
        known
            .into_iter()
            .find(|(program, _)| workspace.find_program(program).is_some())
            .map(|(_, it)| it)
    }

    fn install(self, missing: &[&Requirement]) -> Result<(), crate::process::ProcessError> {
        let packages = missing.iter().map(|requirement| self.package(requirement));
        match self {
            Self::Apt => {
                as_administrator("apt-get").args(["update", "--quiet"]).run()?;
                as_administrator("apt-get")
                    .args(["install", "--yes", "--quiet", "--no-install-recommends"])
                    .args(packages)
                    .run()
            }
            Self::Dnf => as_administrator("dnf")
                .args(["install", "--assumeyes"])
                .args(packages)
                .run(),
            Self::Pacman => as_administrator("pacman")
                .args(["--sync", "--refresh", "--needed", "--noconfirm"])
                .args(packages)
                .run(),
        }
    }

    fn package(self, requirement: &Requirement) -> &'static str {
        match self {
            // Ubuntu's browser is a snap, which this package fetches.
            Self::Apt if requirement.apt == "chromium" && is_ubuntu() => "chromium-browser",
            Self::Apt => requirement.apt,
            Self::Dnf => requirement.dnf,
            Self::Pacman => requirement.pacman,
        }
    }
}

/// A program run as root: as it is if we are root, through sudo if not, and never with a question in CI.
fn as_administrator(program: &str) -> Program {
    let program = if is_root() {
        Program::new(program)
    } else if unattended() {
        Program::new("sudo").args(["--non-interactive", "DEBIAN_FRONTEND=noninteractive", program])
    } else {
        Program::new("sudo").args(["DEBIAN_FRONTEND=noninteractive", program])
    };
    program.env("DEBIAN_FRONTEND", "noninteractive")
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn is_ubuntu() -> bool {
    let names = |line: &str| line == "ID=ubuntu" || line.starts_with("ID_LIKE=") && line.contains("ubuntu");
    std::fs::read_to_string(Path::new("/etc/os-release")).is_ok_and(|release| release.lines().any(names))
}
