//! A server that we started: a process with a folder, both gone when it is dropped.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::error::LoadError;
use crate::process::Process;

/// A server's process and its folder.
pub(super) struct Started {
    child: Child,
    _folder: TempDir,
}

impl Started {
    /// Runs the command; what it says on standard output can be read, its log goes to the file `log` in the folder.
    pub(super) fn new(
        program: &'static str,
        command: &mut Command,
        folder: TempDir,
    ) -> Result<Self, LoadError> {
        let log = std::fs::File::create(folder.path().join("log")).map_err(LoadError::Folder)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|source| LoadError::Start { program, source })?;
        Ok(Self {
            child,
            _folder: folder,
        })
    }

    pub(super) fn output(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    pub(super) fn process(&self) -> Process {
        Process::new(self.child.id())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A folder for a server's data, in `within` or in the temporary folder.
pub(super) fn folder(within: Option<&Path>) -> Result<TempDir, LoadError> {
    match within {
        Some(within) => {
            std::fs::create_dir_all(within).map_err(LoadError::Folder)?;
            TempDir::with_prefix_in("sotto-load-", within)
        }
        None => TempDir::with_prefix("sotto-load-"),
    }
    .map_err(LoadError::Folder)
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> Result<u16, LoadError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(LoadError::Folder)
}
