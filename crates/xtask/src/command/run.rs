//! `cargo xtask run`: the app, with your own account.

use std::path::PathBuf;

use crate::process::{ProcessError, Program};
use crate::setup::{self, Purpose, SetupError};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments for the app, such as `-- --profile work`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Why the app was not built or not started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the app ended badly")]
    App(#[source] ProcessError),
}

/// Which part could not be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("the UI could not be built")]
    Ui(#[source] ProcessError),
    #[error("the Rust programs could not be built")]
    Rust(#[source] ProcessError),
}

/// How thoroughly to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    /// The folder below cargo's target folder.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), RunError> {
    setup::make_ready(workspace, Purpose::App)?;
    build_ui(workspace)?;
    let app = build_programs(workspace, Profile::Dev, &["--bin", "sotto"])?;
    terminal::remark("Starting Sotto");
    Program::new(app)
        .args(&arguments.arguments)
        .run()
        .map_err(RunError::App)
}

/// Builds the page that the windows show, into `ui/dist`.
pub(crate) fn build_ui(workspace: &Workspace) -> Result<(), BuildError> {
    let step = terminal::step("Building the UI");
    workspace
        .npm()
        .args(["run", "--silent", "build"])
        .run()
        .map_err(BuildError::Ui)?;
    step.done();
    Ok(())
}

/// Builds what `targets` names, in one call, with the bundled UI; answers where the app is.
pub(crate) fn build_programs(
    workspace: &Workspace,
    profile: Profile,
    targets: &[&str],
) -> Result<PathBuf, BuildError> {
    let step = terminal::step("Building the Rust programs (the first time takes minutes)");
    let mut cargo = workspace
        .cargo()
        .args(["build", "--locked", "--features", "sotto/custom-protocol"]);
    cargo = cargo
        .args(["--package", "sotto", "--package", "sotto-relay"])
        .args(targets);
    if profile == Profile::Release {
        cargo = cargo.arg("--release");
    }
    cargo.run().map_err(BuildError::Rust)?;
    step.done();
    Ok(workspace.built(profile.folder(), "sotto"))
}
