//! `cargo xtask dev`: the app on Vite's development server, so that an edit in `ui/` shows at once.

use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::command::run::PROGRAMS;
use crate::process::{ProcessError, Program, Running};
use crate::setup::{self, Purpose, SetupError};
use crate::terminal;
use crate::workspace::Workspace;

/// Where `tauri.conf.json` says that the development server listens (`build.devUrl`).
const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5173);
/// How long the development server may take to answer.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments for the app, such as `-- --profile work`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Why the app did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DevError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("something else listens at {SERVER} already")]
    AddressTaken,
    #[error("the development server could not be started")]
    Server(#[source] ProcessError),
    #[error("the development server does not answer at {SERVER}; its log is target/dev/vite.log")]
    ServerSilent,
    #[error("the log folder could not be made")]
    Logs(#[source] std::io::Error),
    #[error("the app could not be built")]
    Build(#[source] ProcessError),
    #[error("the app ended badly")]
    App(#[source] ProcessError),
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), DevError> {
    setup::make_ready(workspace, Purpose::App)?;
    let _server = start_server(workspace)?;
    terminal::remark(format!(
        "The UI is served at http://{SERVER}; edit ui/src and watch the window"
    ));
    let step = terminal::step("Building the app (the first time takes minutes)");
    // As `run` builds it, but with the page of the development server.
    workspace
        .cargo()
        .args(["build", "--locked", "--workspace"])
        .args(PROGRAMS)
        .run()
        .map_err(DevError::Build)?;
    step.done();
    Program::new(workspace.built("debug", "sotto"))
        .args(&arguments.arguments)
        .run()
        .map_err(DevError::App)
}

fn start_server(workspace: &Workspace) -> Result<Running, DevError> {
    if answers() {
        return Err(DevError::AddressTaken);
    }
    let logs = workspace.results("dev");
    std::fs::create_dir_all(&logs).map_err(DevError::Logs)?;
    let step = terminal::step("Starting the UI's development server");
    let port = SERVER.port().to_string();
    let mut server = workspace
        .npm()
        .args([
            "run",
            "dev",
            "--",
            "--strictPort",
            "--host",
            "127.0.0.1",
            "--port",
            &port,
        ])
        .start(&logs.join("vite.log"))
        .map_err(DevError::Server)?;
    let began = Instant::now();
    while !answers() {
        if server.ended().is_some() || began.elapsed() > PATIENCE {
            return Err(DevError::ServerSilent);
        }
        sleep(Duration::from_millis(100));
    }
    step.done();
    Ok(server)
}

fn answers() -> bool {
    TcpStream::connect_timeout(&SERVER, Duration::from_millis(200)).is_ok()
}
