//! The cargo tools that only this project needs, in a folder of its own.

use crate::setup::{Purpose, SetupError};
use crate::terminal;
use crate::workspace::Workspace;

/// A program that cargo builds from crates.io.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tool {
    program: &'static str,
    version: &'static str,
    /// Arguments that leave out what we do not use, and so the time to build it.
    features: &'static [&'static str],
}

/// Runs the Rust tests.
const NEXTEST: Tool = Tool {
    program: "cargo-nextest",
    version: "0.9.143",
    features: &["--no-default-features", "--features", "default-no-update"],
};

/// What judges dependencies.
pub(super) const FOR_AUDIT: &[Tool] = &[
    Tool {
        program: "cargo-deny",
        version: "0.20.2",
        features: &[],
    },
    Tool {
        program: "cargo-vet",
        version: "0.10.3",
        features: &[],
    },
];

/// Lists what a program is made of.
pub(super) const FOR_SBOM: Tool = Tool {
    program: "cargo-cyclonedx",
    version: "0.5.9",
    features: &[],
};

/// The tools that `purpose` needs.
pub(super) fn of(purpose: Purpose) -> &'static [Tool] {
    match purpose {
        Purpose::App | Purpose::Demo | Purpose::Story | Purpose::Bench => &[],
        Purpose::Test => &[NEXTEST],
    }
}

impl Tool {
    pub(super) fn install_if_missing(&self, workspace: &Workspace) -> Result<(), SetupError> {
        if workspace.find_program(self.program).is_some() {
            return Ok(());
        }
        let step = terminal::step(format!("Installing {} {}", self.program, self.version));
        workspace
            .cargo()
            .args(["install", "--locked", "--version", self.version, self.program])
            .args(self.features)
            .arg("--root")
            .arg(workspace.tools())
            .arg("--target-dir")
            .arg(workspace.target().join("tools-build"))
            .run()
            .map_err(|source| SetupError::Tool {
                tool: self.program,
                source,
            })?;
        step.done();
        Ok(())
    }
}
