//! WebDriver: WebKitGTK's own driver beside us, and sessions in it.
//!
//! Spoken to directly, not through `tauri-driver`: docs/adr/ says why.

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fantoccini::error::NewSessionError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::process::{ProcessError, Running};
use crate::process_table::{self, ProcessId};
use crate::workspace::Workspace;

/// How long the driver, and the app under it, may take until they answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a window cannot be driven.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriverError {
    #[error("no free port was found")]
    Port(#[source] io::Error),
    #[error("WebKitWebDriver could not be started")]
    Start(#[source] ProcessError),
    #[error("WebKitWebDriver ended, or does not answer; its log is `{}`", log.display())]
    Silent { log: PathBuf },
    #[error("the app ended, or has no window")]
    NoWindow,
    #[error("the app did not start under the driver")]
    Session(#[source] Box<NewSessionError>),
}

/// A running WebKitWebDriver. It drives one window at a time.
pub(crate) struct Driver {
    process: Running,
    port: u16,
}

impl Driver {
    /// Starts a driver whose windows inherit `environment`.
    pub(crate) async fn start(
        workspace: &Workspace,
        environment: impl IntoIterator<Item = (&'static str, OsString)>,
        log: &Path,
    ) -> Result<Self, DriverError> {
        let port = free_port().map_err(DriverError::Port)?;
        let process = workspace
            .program("WebKitWebDriver")
            .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
            // The app inherits this, and Tauri lets its page be driven.
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(environment)
            .start(log)
            .map_err(DriverError::Start)?;
        let mut driver = Self { process, port };
        let began = Instant::now();
        while !answers(port) {
            if driver.process.ended().is_some() || began.elapsed() > PATIENCE {
                return Err(DriverError::Silent { log: log.to_owned() });
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        Ok(driver)
    }

    /// Starts `application` under the driver, and answers the session by which its window is driven.
    pub(crate) async fn open(&self, application: &Path, arguments: &[&str]) -> Result<Client, DriverError> {
        let options = json!({ "binary": application, "args": arguments });
        let capabilities = [("webkitgtk:browserOptions".to_owned(), options)]
            .into_iter()
            .collect();
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let session = builder.capabilities(capabilities).connect(&address);
        // The driver waits for ever for an app that ends before it has a window.
        tokio::time::timeout(PATIENCE, session)
            .await
            .map_err(|_| DriverError::NoWindow)?
            .map_err(|error| DriverError::Session(Box::new(error)))
    }

    /// Whether a process of `application` that this driver started is still there, or one of which nobody can tell any more.
    pub(crate) fn runs(&self, application: &Path) -> bool {
        self.processes().iter().any(|process| {
            process.is_there() && process.program().is_none_or(|program| program == application)
        })
    }

    /// The driver and everything it started: the app and the app's web processes.
    pub(crate) fn processes(&self) -> Vec<ProcessId> {
        process_table::group(self.process.id())
    }
}

/// A port that nobody listened on a moment ago.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whether somebody listens on a port of this machine.
pub(crate) fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}
