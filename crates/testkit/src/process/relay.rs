//! `sotto-relay` as a process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::Program;
use crate::{Line, TIMEOUT};

/// A relay as a process of its own. Dropped, it is killed.
pub struct RelayProcess {
    process: Child,
    address: SocketAddr,
}

impl RelayProcess {
    /// Starts `sotto-relay serve` on the data in `folder`, under the name by which `line` is dialled, and leads the line
    /// to it. Its log goes to the file `log` beside the folder.
    pub async fn start(folder: &Path, line: &Line) -> Self {
        std::fs::create_dir_all(folder).expect("a folder of our own");
        let log = folder.with_extension("log");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log of our own");
        let mut process = Command::new(Program::Relay.path())
            .arg("serve")
            .arg("--data")
            .arg(folder)
            .args(["--listen", "127.0.0.1:0", "--name", &line.address().to_string()])
            .env("RUST_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the relay starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped above")).lines();
        let said = tokio::time::timeout(TIMEOUT, lines.next_line())
            .await
            .expect("the relay says where it listens");
        let said = said
            .expect("the relay's output is text")
            .expect("the relay says where it listens before it ends");
        let address = said
            .strip_prefix("listening on ")
            .and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("the relay says `{said}` in place of its address"));
        line.lead_to(Some(address));
        Self { process, address }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the process between two instructions (SIGKILL).
    pub async fn is_killed(mut self) {
        self.process.kill().await.expect("a process of ours");
    }
}
