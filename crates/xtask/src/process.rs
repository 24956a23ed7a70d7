//! Programs we run: to their end ([`Program::run`], [`Program::output`]) or beside us ([`Running`]).
//!
//! A program beside us gets a process group of its own, so that the terminal's Ctrl-C reaches only us and we decide the
//! order in which things end; and it is ended whenever its [`Running`] is dropped, on every way out.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::interrupt;

/// How long a program may take to end by itself once asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How often we look whether a program has ended.
const GLANCE: Duration = Duration::from_millis(20);

/// Why a program did not do what it was run for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("`{program}` is not installed, or not on the search path")]
    Missing { program: String },
    #[error("`{program}` could not be started")]
    Start { program: String, source: io::Error },
    #[error("`{command}` failed ({status})")]
    Failed { command: String, status: ExitStatus },
    #[error("`{program}` said something that is not text")]
    NotText { program: String },
    #[error("the log `{}` could not be opened", path.display())]
    Log { path: PathBuf, source: io::Error },
}

/// A program and what it is run with.
pub(crate) struct Program {
    command: Command,
    name: String,
    input: Option<Vec<u8>>,
}

impl Program {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref();
        let name = Path::new(program)
            .file_name()
            .unwrap_or(program)
            .to_string_lossy()
            .into_owned();
        Self {
            command: Command::new(program),
            name,
            input: None,
        }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn envs(mut self, variables: impl IntoIterator<Item = (&'static str, OsString)>) -> Self {
        self.command.envs(variables);
        self
    }

    pub(crate) fn without_envs(mut self, names: impl IntoIterator<Item = OsString>) -> Self {
        for name in names {
            self.command.env_remove(name);
        }
        self
    }

    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// What the program reads on its standard input; nothing if this is not said.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Runs the program to its end. What it says goes straight to the terminal.
    pub(crate) fn run(mut self) -> Result<(), ProcessError> {
        let mut child = self.spawn_child()?;
        let mut asked_to_end = None;
        loop {
            if let Some(status) = child.try_wait().map_err(|source| self.start_error(source))? {
                return self.check(status);
            }
            // The terminal's Ctrl-C reached the program as well; it gets its time to end.
            if interrupt::happened() && asked_to_end.get_or_insert_with(Instant::now).elapsed() > GRACE {
                _ = child.kill();
            }
            sleep(GLANCE);
        }
    }

    /// Runs the program to its end and answers what it said on standard output.
    pub(crate) fn output(mut self) -> Result<String, ProcessError> {
        self.command.stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = self.command.output().map_err(|source| self.start_error(source))?;
        self.check(output.status)?;
        String::from_utf8(output.stdout).map_err(|_| ProcessError::NotText { program: self.name })
    }

    /// Runs the program to its end, in silence, and answers whether it succeeded and what it said.
    pub(crate) fn probe(mut self) -> Option<(bool, String)> {
        self.command.stdin(Stdio::null()).stderr(Stdio::null());
        let output = self.command.output().ok()?;
        Some((
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        ))
    }

    /// Runs the program to its end and answers whether it succeeded, and what it said, on either output.
    pub(crate) fn outcome(mut self) -> Result<(bool, String), ProcessError> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = self.spawn_child()?.wait_with_output();
        let output = output.map_err(|source| self.start_error(source))?;
        let said = [output.stdout, output.stderr].concat();
        Ok((
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        ))
    }

    /// Starts the program beside us; what it says goes to the file `log`.
    pub(crate) fn start(mut self, log: &Path) -> Result<Running, ProcessError> {
        let open = || File::options().create(true).append(true).open(log);
        let log_error = |source| ProcessError::Log {
            path: log.to_owned(),
            source,
        };
        self.command
            .stdout(open().map_err(log_error)?)
            .stderr(open().map_err(log_error)?);
        self.spawn()
    }

    /// Starts the program beside us; what it says on standard output can be read, the rest goes to the file `log`.
    pub(crate) fn start_piped(mut self, log: &Path) -> Result<Running, ProcessError> {
        let stderr = File::options().create(true).append(true).open(log);
        let stderr = stderr.map_err(|source| ProcessError::Log {
            path: log.to_owned(),
            source,
        })?;
        self.command.stdout(Stdio::piped()).stderr(stderr);
        self.spawn()
    }

    fn spawn(mut self) -> Result<Running, ProcessError> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        let child = self.spawn_child()?;
        Ok(Running { child })
    }

    fn spawn_child(&mut self) -> Result<Child, ProcessError> {
        self.command.stdin(if self.input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        });
        let mut child = self.command.spawn().map_err(|source| self.start_error(source))?;
        if let (Some(input), Some(mut pipe)) = (&self.input, child.stdin.take()) {
            // A program that does not read what it is given says so by how it ends.
            _ = pipe.write_all(input);
        }
        Ok(child)
    }

    fn start_error(&self, source: io::Error) -> ProcessError {
        let program = self.name.clone();
        match source.kind() {
            io::ErrorKind::NotFound => ProcessError::Missing { program },
            _ => ProcessError::Start { program, source },
        }
    }

    fn check(&self, status: ExitStatus) -> Result<(), ProcessError> {
        if status.success() {
            return Ok(());
        }
        let arguments = self.command.get_args().map(|argument| argument.to_string_lossy());
        let words: Vec<_> = std::iter::once(self.name.as_str().into())
            .chain(arguments)
            .collect();
        Err(ProcessError::Failed {
            command: words.join(" "),
            status,
        })
    }
}

/// A program that runs beside us, with everything it started. Dropping it ends them all.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the program says, if it was started by [`Program::start_piped`] and nobody took it yet.
    pub(crate) fn take_output(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// How the program ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks the program and what it started to end, waits a little, and then insists.
    pub(crate) fn stop(&mut self) {
        if self.ended().is_none() {
            self.signal(Signal::End);
            let asked = Instant::now();
            while self.ended().is_none() && asked.elapsed() < GRACE {
                sleep(GLANCE);
            }
        }
        // The program may have ended and left children behind: the group is told, whoever is still in it.
        self.signal(Signal::Kill);
        _ = self.child.wait();
    }

    #[cfg(unix)]
    fn signal(&mut self, signal: Signal) {
        use rustix::process::{Pid, Signal as Unix, kill_process_group};

        let signal = match signal {
            Signal::End => Unix::TERM,
            Signal::Kill => Unix::KILL,
        };
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // An error means that nobody is left to tell.
            _ = kill_process_group(group, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _: Signal) {
        _ = self.child.kill();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

enum Signal {
    End,
    Kill,
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_named_with_its_arguments() {
        let error = Program::new("sh").args(["-c", "exit 3"]).run().unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 3` failed (exit status: 3)");
    }

    #[test]
    fn a_missing_program_is_told_from_one_that_fails() {
        let error = Program::new("a-program-that-nobody-has").run().unwrap_err();
        assert!(matches!(error, ProcessError::Missing { program } if program == "a-program-that-nobody-has"));
    }

    #[test]
    fn a_program_dropped_takes_its_children_along() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let started = Program::new("sh")
            .args(["-c", "sleep 600 & echo $!; wait"])
            .start(&log)
            .unwrap();
        let child = loop {
            let said = std::fs::read_to_string(&log).unwrap();
            if let Some(pid) = said.strip_suffix('\n') {
                break pid.to_owned();
            }
        };
        let alive = || Path::new("/proc").join(&child).join("stat").exists() && !is_zombie(&child);
        if cfg!(target_os = "linux") {
            assert!(alive());
        }
        drop(started);
        // It is killed by now; a busy machine may take a moment to bury it.
        let killed = Instant::now();
        while alive() && killed.elapsed() < GRACE {
            sleep(GLANCE);
        }
        assert!(!alive());
    }

    fn is_zombie(pid: &str) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z"))
    }
}
