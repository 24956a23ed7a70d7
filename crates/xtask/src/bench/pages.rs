//! The browser build of the UI, served to whoever is to show the same page as the app.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::{ProcessError, Running};
use crate::terminal;
use crate::workspace::Workspace;

/// How long the build and the server's start may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PagesError {
    #[error("there is no free port for the pages")]
    Port(#[source] io::Error),
    #[error("the server of the pages could not be started")]
    Server(#[source] ProcessError),
    #[error("the pages are not served; the log is target/bench/pages.log")]
    Silent,
}

/// A server of the UI's browser build, ended when this is dropped.
pub(crate) struct Pages {
    _server: Running,
    listens: SocketAddr,
}

impl Pages {
    pub(crate) fn serve(workspace: &Workspace, logs: &Path) -> Result<Self, PagesError> {
        let step = terminal::step("Building and serving the UI's browser build");
        let listens = free_address().map_err(PagesError::Port)?;
        let mut server = workspace
            .npm()
            .args([
                "run",
                "preview",
                "--",
                "--strictPort",
                "--host",
                "127.0.0.1",
                "--port",
            ])
            .arg(listens.port().to_string())
            .start(&logs.join("pages.log"))
            .map_err(PagesError::Server)?;
        let began = Instant::now();
        while TcpStream::connect_timeout(&listens, Duration::from_millis(200)).is_err() {
            if server.ended().is_some() || began.elapsed() > PATIENCE {
                return Err(PagesError::Silent);
            }
            sleep(Duration::from_millis(100));
        }
        step.done();
        Ok(Self {
            _server: server,
            listens,
        })
    }

    /// The page as the app shows it to somebody who has conversations, in which nothing happens.
    pub(crate) fn address(&self) -> String {
        format!("{}/?world=still&chrome=off", self.origin())
    }

    /// Where the pages are, without a path.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.listens)
    }
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
