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

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), RunError> {
    setup::make_ready(workspace, Purpose::App)?;
    build_ui(workspace)?;
    let app = build_programs(workspace)?.app;
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

/// Builds the page if it was never built: the app cannot be compiled without one.
pub(crate) fn have_ui(workspace: &Workspace) -> Result<(), BuildError> {
    if workspace.ui().join("dist").join("index.html").is_file() {
        Ok(())
    } else {
        build_ui(workspace)
    }
}

/// What a person, the demo and the window story start.
pub(crate) struct Programs {
    pub(crate) app: PathBuf,
    pub(crate) relay: PathBuf,
    pub(crate) introduce: PathBuf,
}

/// The programs, for cargo. Naming an example has cargo take the features that tests ask for, too; so all that is built
/// here is found built when the tests are, and the other way round.
pub(super) const PROGRAMS: [&str; 6] = ["--bin", "sotto", "--bin", "sotto-relay", "--example", "introduce"];

/// Builds the programs, with the bundled UI.
pub(crate) fn build_programs(workspace: &Workspace) -> Result<Programs, BuildError> {
    let step = terminal::step("Building the Rust programs (the first time takes minutes)");
    workspace
        .cargo_on_everything(&["build"])
        .args(PROGRAMS)
        .run()
        .map_err(BuildError::Rust)?;
    step.done();
    Ok(Programs {
        app: workspace.built("debug", "sotto"),
        relay: workspace.built("debug", "sotto-relay"),
        introduce: workspace.built("debug/examples", "introduce"),
    })
}
