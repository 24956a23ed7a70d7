//! The app beside an empty window, in one run: start to first usable window, memory, size of the installer.
//!
//! Both windows are shown on a display of their own, drawn by the same renderer, and driven by the same driver, so that
//! the difference is what Sotto itself costs.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::bench::budget::Row;
use crate::bench::build_measuring;
use crate::command::package::{PackageError, make_installers, megabytes};
use crate::command::run::BuildError;
use crate::process::{ProcessError, Program};
use crate::process_table;
use crate::story::cast::ALICE;
use crate::story::display::{Display, DisplayError};
use crate::story::driver::{Driver, DriverError};
use crate::story::relay::{Relay, RelayError};
use crate::story::secret_service::{SecretService, SecretServiceError};
use crate::terminal;
use crate::workspace::Workspace;

/// How many messages the account has that is opened.
const MESSAGES: u32 = 10_000;
/// How often each start is measured; the quickest counts, which is the one that was disturbed least.
const STARTS: usize = 5;
/// How long a window is left alone before its memory is read.
const SETTLING: Duration = Duration::from_secs(10);
/// How long a window may take to be usable.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppBenchError {
    #[error("the app can only be measured on Linux")]
    OnlyLinux,
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the empty window, or the busy account, could not be made")]
    Process(#[from] ProcessError),
    #[error("a folder could not be made")]
    Folder(#[from] io::Error),
    #[error(transparent)]
    SecretService(#[from] SecretServiceError),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error(transparent)]
    Display(#[from] DisplayError),
    #[error(transparent)]
    Driver(#[from] DriverError),
    #[error("a window was not usable within {} s", PATIENCE.as_secs())]
    NotUsable,
    #[error("a window ended while its memory was to be read")]
    Ended,
    #[error(transparent)]
    Package(#[from] PackageError),
}

/// One of the two programs, and how to see that its window can be used.
struct Subject {
    program: PathBuf,
    arguments: Vec<&'static str>,
    usable: &'static str,
}

/// Measures, in a release build.
pub(crate) fn rows(workspace: &Workspace) -> Result<Vec<Row>, AppBenchError> {
    if !cfg!(target_os = "linux") {
        return Err(AppBenchError::OnlyLinux);
    }
    // What is measured is what ships; the installer is made of it.
    let installers = make_installers(workspace, "deb")?;
    let company = [
        "--example",
        "empty_window",
        "--example",
        "introduce",
        "--bin",
        "sotto-relay",
    ];
    build_measuring(workspace, &company)?;
    let empty = Subject {
        program: workspace.built("release/examples", "empty_window"),
        arguments: vec![],
        usable: "return document.readyState === 'complete';",
    };
    let sotto = Subject {
        program: workspace.built("release", "sotto"),
        arguments: vec!["--profile", ALICE.profile],
        usable: "return document.querySelector(\"[data-testid='app']\")?.dataset.stage === 'ready' \
                 && document.querySelector(\"[data-testid='conversation-row']\") !== null;",
    };

    let room = Room::furnish(workspace)?;
    let step = terminal::step(format!("Starting each window {STARTS} times"));
    let (floor_start, our_start) = (
        room.quickest_start(workspace, &empty)?,
        room.quickest_start(workspace, &sotto)?,
    );
    step.done();
    let step = terminal::step("Reading the memory of each window");
    let (floor_memory, our_memory) = (room.memory(&empty)?, room.memory(&sotto)?);
    step.done();
    drop(room);

    let mut rows = vec![
        Row::figure("empty window: start to a page", floor_start, "ms"),
        Row::at_most(
            "start to first usable window, 10,000 messages",
            our_start,
            floor_start + 300.0,
            "ms",
        )
        .because("the empty window + 300 ms"),
        Row::figure("empty window: memory (PSS)", floor_memory, "MiB"),
        Row::at_most(
            "memory, idle, 10,000 messages (PSS)",
            our_memory,
            floor_memory + 60.0,
            "MiB",
        )
        .because("the empty window + 60 MiB; Signal Desktop 400 MB at start"),
    ];
    rows.extend(installers.iter().map(|(_, size)| {
        Row::at_most("installer (.deb)", megabytes(*size), 20.0, "MB").because("Signal's is under 120 MB")
    }));
    Ok(rows)
}

/// Where both windows are shown: a display, a Secret Service, a relay, and a busy account.
struct Room {
    display: Display,
    _relay: Relay,
    secret_service: SecretService,
    folder: TempDir,
    logs: PathBuf,
}

impl Room {
    fn furnish(workspace: &Workspace) -> Result<Self, AppBenchError> {
        let logs = workspace.results("bench");
        std::fs::create_dir_all(&logs)?;
        let folder = tempfile::Builder::new().prefix("sotto-bench-").tempdir()?;
        let secret_service = SecretService::start(&logs)?;
        let relay = workspace.built("release", "sotto-relay");
        let relay = Relay::start_quietly(&relay, &folder.path().join("relay"), &logs.join("relay.log"))?;
        let display = Display::start(&logs)?;

        let step = terminal::step(format!("Filling an account with {MESSAGES} messages"));
        Program::new(workspace.built("release/examples", "introduce"))
            .args([
                "--relay",
                &relay.address(),
                "--messages",
                &MESSAGES.to_string(),
                "--data",
            ])
            .arg(folder.path().join("data"))
            .envs(secret_service.environment())
            .run()?;
        step.done();
        Ok(Self {
            display,
            _relay: relay,
            secret_service,
            folder,
            logs,
        })
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = self.secret_service.environment();
        variables.extend(self.display.environment());
        variables.push(("SOTTO_DATA_DIR", self.folder.path().join("data").into()));
        // The renderer that Sotto chooses for itself; the empty window is to have the same.
        variables.push(("WEBKIT_DISABLE_DMABUF_RENDERER", "1".into()));
        variables
    }

    /// The quickest of some starts, in milliseconds.
    fn quickest_start(&self, workspace: &Workspace, subject: &Subject) -> Result<f64, AppBenchError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut quickest = f64::INFINITY;
        for _ in 0..STARTS {
            let took = runtime.block_on(self.start(workspace, subject))?;
            quickest = quickest.min(took.as_secs_f64() * 1000.0);
        }
        Ok(quickest)
    }

    async fn start(&self, workspace: &Workspace, subject: &Subject) -> Result<Duration, AppBenchError> {
        let driver = Driver::start(workspace, self.environment(), &self.logs.join("driver.log")).await?;
        let began = Instant::now();
        let session = driver.open(&subject.program, &subject.arguments).await?;
        while began.elapsed() < PATIENCE {
            let usable = session.execute(subject.usable, Vec::new()).await;
            if usable.is_ok_and(|usable| usable.as_bool() == Some(true)) {
                let took = began.elapsed();
                _ = session.close().await;
                return Ok(took);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err(AppBenchError::NotUsable)
    }

    /// What all processes of a window take once it has settled, in MiB.
    #[allow(clippy::cast_precision_loss, reason = "shown with three digits")]
    fn memory(&self, subject: &Subject) -> Result<f64, AppBenchError> {
        let mut window = Program::new(&subject.program)
            .args(&subject.arguments)
            .envs(self.environment())
            .start(&self.logs.join("window.log"))?;
        std::thread::sleep(SETTLING);
        if window.ended().is_some() {
            return Err(AppBenchError::Ended);
        }
        let processes = process_table::group(window.id());
        let bytes: u64 = processes
            .into_iter()
            .filter_map(process_table::ProcessId::proportional_memory)
            .sum();
        Ok(bytes as f64 / (1024.0 * 1024.0))
    }
}
