//! The relay of the story: the real program, with its data in a folder of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::process::{ProcessError, Program, Running};
use crate::story::driver::{answers, free_port};

/// How long the relay may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no relay.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    #[error("no free port was found")]
    Port(#[source] std::io::Error),
    #[error("the relay could not be started")]
    Start(#[from] ProcessError),
    #[error("the relay ended, or does not answer; its log is relay.log")]
    Silent,
}

/// A running `sotto-relay`.
pub(crate) struct Relay {
    process: Running,
    port: u16,
    data: PathBuf,
    log: PathBuf,
}

impl Relay {
    /// Starts the relay as talkative as it can be, its data in `data` and everything it says in `log`: what it would say
    /// at its worst is searched for what it must not know.
    pub(crate) fn start(program: &Path, data: &Path, log: &Path) -> Result<Self, RelayError> {
        Self::start_with(Program::new(program).env("RUST_LOG", "trace"), data, log)
    }

    /// Starts the relay as people run it.
    pub(crate) fn start_quietly(program: &Path, data: &Path, log: &Path) -> Result<Self, RelayError> {
        Self::start_with(Program::new(program), data, log)
    }

    fn start_with(program: Program, data: &Path, log: &Path) -> Result<Self, RelayError> {
        let port = free_port().map_err(RelayError::Port)?;
        let process = program
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .start(log)?;
        let mut relay = Self {
            process,
            port,
            data: data.to_owned(),
            log: log.to_owned(),
        };
        let began = Instant::now();
        while !answers(port) {
            if relay.process.ended().is_some() || began.elapsed() > PATIENCE {
                return Err(RelayError::Silent);
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        Ok(relay)
    }

    /// The address as a person types it into the app.
    pub(crate) fn address(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// Everything the relay keeps.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Everything the relay says.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Ends the relay, so that what it keeps lies still.
    pub(crate) fn stop(&mut self) {
        self.process.stop();
    }
}
