//! The commands, one file each.

mod audit;
mod bench;
mod bindings;
mod ci;
mod demo;
mod dev;
mod kill;
mod load;
pub(crate) mod package;
mod referee;
mod reproduce;
pub(crate) mod run;
mod sbom;
mod setup;
mod simulate;
mod soak;
mod test;

use crate::workspace::{Workspace, WorkspaceError};

/// What `cargo xtask` can do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Find what this machine lacks, and install it
    Setup(setup::Arguments),
    /// Start a relay and two windows, Alice and Bob; without a display, have them tell their story
    Demo(demo::Arguments),
    /// Start the app with your own account
    Run(run::Arguments),
    /// Start the app with hot reload of the UI
    Dev(dev::Arguments),
    /// Check everything
    Test(test::Arguments),
    /// Let our protocol crate and the official library talk
    Referee(referee::Arguments),
    /// What continuous integration runs: `test`, and nothing else
    Ci,
    /// Write the UI's TypeScript from crates/api, or check that it is up to date
    Bindings(bindings::Arguments),
    /// Print the budget's figures beside their limits
    Bench(bench::Arguments),
    /// Put the relay under load, beside a peer if there is one, and print what it takes
    Load(load::Arguments),
    /// Make an installer for this platform
    Package(package::Arguments),
    /// Check what we depend on: licences, sources, known vulnerabilities, who has looked at it
    Audit(audit::Arguments),
    /// List what is in the app, the relay and the UI (CycloneDX)
    Sbom,
    /// Build the last commit twice, in two folders, and compare byte for byte
    Reproduce(reproduce::Arguments),
    /// Let everything go wrong in simulated worlds, and see whether anything is lost
    Simulate(simulate::Arguments),
    /// Kill real processes while they talk, and see whether anything is lost
    Kill(kill::Arguments),
    /// Let people talk for a long time, and see whether anything grows
    Soak(soak::Arguments),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("the workspace could not be read")]
    Workspace(#[from] WorkspaceError),
    #[error("setting up failed")]
    Setup(#[from] crate::setup::SetupError),
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    #[error("the app could not be built or started")]
    Run(#[from] run::RunError),
    #[error("the app could not be started for development")]
    Dev(#[from] dev::DevError),
    #[error(transparent)]
    Test(#[from] test::TestError),
    #[error(transparent)]
    Referee(#[from] referee::RefereeError),
    #[error("the bindings are not what crates/api says")]
    Bindings(#[from] bindings::BindingsError),
    #[error("the benchmark failed")]
    Bench(#[from] bench::BenchError),
    #[error("the relay was not measured")]
    Load(#[from] load::LoadError),
    #[error("no installer was made")]
    Package(#[from] package::PackageError),
    #[error("the dependencies did not pass")]
    Audit(#[from] audit::AuditError),
    #[error("there is no list of what is in it")]
    Sbom(#[from] sbom::SbomError),
    #[error("the build was not reproduced")]
    Reproduce(#[from] reproduce::ReproduceError),
    #[error("a simulated world did not end well")]
    Simulate(#[from] simulate::SimulateError),
    #[error("the killed processes did not come through")]
    Kill(#[from] kill::KillError),
    #[error("the long run did not end well")]
    Soak(#[from] soak::SoakError),
}

impl Command {
    /// Carries the command out.
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let workspace = Workspace::find()?;
        match self {
            Self::Setup(arguments) => Ok(setup::run(&workspace, &arguments)?),
            Self::Demo(arguments) => Ok(demo::run(&workspace, &arguments)?),
            Self::Run(arguments) => Ok(run::run(&workspace, &arguments)?),
            Self::Dev(arguments) => Ok(dev::run(&workspace, &arguments)?),
            Self::Test(arguments) => Ok(test::run(&workspace, &arguments)?),
            Self::Referee(arguments) => Ok(referee::run(&workspace, &arguments)?),
            Self::Ci => Ok(ci::run(&workspace)?),
            Self::Bindings(arguments) => Ok(bindings::run(&workspace, &arguments)?),
            Self::Bench(arguments) => Ok(bench::run(&workspace, &arguments)?),
            Self::Load(arguments) => Ok(load::run(&workspace, &arguments)?),
            Self::Package(arguments) => Ok(package::run(&workspace, &arguments)?),
            Self::Audit(arguments) => Ok(audit::run(&workspace, &arguments)?),
            Self::Reproduce(arguments) => Ok(reproduce::run(&workspace, &arguments)?),
            Self::Sbom => Ok(sbom::run(&workspace)?),
            Self::Simulate(arguments) => Ok(simulate::run(&workspace, &arguments)?),
            Self::Kill(arguments) => Ok(kill::run(&workspace, &arguments)?),
            Self::Soak(arguments) => Ok(soak::run(&workspace, &arguments)?),
        }
    }
}
