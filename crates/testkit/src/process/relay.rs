//! `sotto-relay` as a process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::Program;
use crate::{Line, TIMEOUT};

/// A relay as a process of its own. Dropped, it is killed.
pub struct RelayProcess {
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
    address: Option<SocketAddr>,
}

impl RelayProcess {
    /// Starts `sotto-relay serve` on the data in `folder`, under the name by which `line` is dialled, and leads the line
    /// to it. Its log, all of it, goes to a file beside the folder.
    pub async fn start(folder: &Path, line: &Line) -> Self {
        std::fs::create_dir_all(folder).expect("a folder of our own");
        let mut command = Command::new(Program::Relay.path());
        command.env("RUST_LOG", "trace");
        let mut relay = Self::run(command, folder, &folder.with_extension("log"), line);
        let listens = relay.listens(line).await;
        assert!(listens, "the relay ended before it said where it listens");
        relay
    }

    /// Runs a command line that ends in `sotto-relay`, such as one that gives it a disk of its own, on the data in `folder`.
    /// Nobody is led to it yet.
    pub fn run(mut command: Command, folder: &Path, log: &Path, line: &Line) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(log);
        let mut process = command
            .arg("serve")
            .arg("--data")
            .arg(folder)
            .args(["--listen", "127.0.0.1:0", "--name", &line.address().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("a log of our own"))
            .kill_on_drop(true)
            .spawn()
            .expect("the relay starts");
        let said = BufReader::new(process.stdout.take().expect("piped above")).lines();
        Self {
            process,
            said,
            address: None,
        }
    }

    /// Waits until it listens, and leads the line to it; answers whether it came so far.
    pub async fn listens(&mut self, line: &Line) -> bool {
        let said = tokio::time::timeout(TIMEOUT, self.said.next_line()).await;
        let said = said.expect("the relay says where it listens, or ends");
        let Some(said) = said.expect("the relay's output is text") else {
            return false;
        };
        let address = said
            .strip_prefix("listening on ")
            .and_then(|address| address.parse().ok());
        self.address =
            Some(address.unwrap_or_else(|| panic!("the relay says `{said}` in place of its address")));
        line.lead_to(self.address);
        true
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address.expect("a relay that listens")
    }

    /// The process.
    pub fn process_id(&self) -> u32 {
        self.process.id().expect("a process that has not been waited for")
    }

    /// Whether the process has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    /// Ends the process between two instructions (SIGKILL).
    pub async fn is_killed(mut self) {
        self.process.kill().await.expect("a process of ours");
    }
}
