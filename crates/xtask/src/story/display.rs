//! A display that nobody looks at.
//!
//! Each window has a display of its own: there is no window manager to give a second window the focus, and a window
//! without focus marks nothing as read.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::process::{ProcessError, Program, Running};

/// Why there is no display.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DisplayError {
    #[error("Xvfb could not be started")]
    Start(#[from] ProcessError),
    #[error("Xvfb found no free display number; its log is xvfb.log")]
    NoNumber,
}

/// A running Xvfb.
pub(crate) struct Display {
    _server: Running,
    number: u32,
}

impl Display {
    /// Starts an X server in memory, on a number that it finds free itself.
    pub(crate) fn start(logs: &Path) -> Result<Self, DisplayError> {
        let mut server = Program::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x860x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .start_piped(&logs.join("xvfb.log"))?;
        let output = server.take_output().ok_or(DisplayError::NoNumber)?;
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .map_err(|_| DisplayError::NoNumber)?;
        let number = line.trim().parse().map_err(|_| DisplayError::NoNumber)?;
        Ok(Self {
            _server: server,
            number,
        })
    }

    /// The variables by which a program shows its windows here.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("DISPLAY", format!(":{}", self.number).into()),
            ("GDK_BACKEND", "x11".into()),
            ("LIBGL_ALWAYS_SOFTWARE", "1".into()),
        ]
    }
}
