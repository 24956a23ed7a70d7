//! The app beside windows with no app behind them, in one run: start to first usable window, memory, size of the installer.
//!
//! All windows are shown on one display, drawn by the same renderer, and driven by the same driver, so that the difference
//! is what Sotto itself costs. A start is compared with that of an empty window; memory with that of a window, and of
//! Chromium, with the same page in it: the browser build of the UI.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::bench::budget::Row;
use crate::bench::build_measuring;
use crate::bench::pages::{Pages, PagesError};
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
/// The names Chromium goes by.
pub(super) const CHROMIUMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
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
    #[error(transparent)]
    Pages(#[from] PagesError),
    #[error("Chromium, which the app is compared with, was not found")]
    NoChromium,
}

/// A program that opens a window.
struct Subject {
    program: PathBuf,
    arguments: Vec<String>,
}

/// True in a page that is loaded.
const LOADED: &str = "return document.readyState === 'complete';";
/// True in Sotto's page once it can be used.
const USABLE: &str = "return document.querySelector(\"[data-testid='app']\")?.dataset.stage === 'ready' \
                      && document.querySelector(\"[data-testid='conversation-row']\") !== null;";

/// Measures, in a release build.
pub(crate) fn rows(workspace: &Workspace) -> Result<Vec<Row>, AppBenchError> {
    if !cfg!(target_os = "linux") {
        return Err(AppBenchError::OnlyLinux);
    }
    // What is measured is what ships; the installer is made of it.
    let installers = make_installers(workspace, "deb")?;
    let company = [
        "--example",
        "bare_window",
        "--example",
        "introduce",
        "--bin",
        "sotto-relay",
    ];
    build_measuring(workspace, &company)?;
    let bare_window = workspace.built("release/examples", "bare_window");
    let empty = Subject {
        program: bare_window.clone(),
        arguments: vec![],
    };
    let sotto = Subject {
        program: workspace.built("release", "sotto"),
        arguments: vec!["--profile".to_owned(), ALICE.profile.to_owned()],
    };

    let room = Room::furnish(workspace)?;
    let step = terminal::step(format!("Starting each window {STARTS} times"));
    let (floor_start, our_start) = (
        room.quickest_start(workspace, &empty, LOADED)?,
        room.quickest_start(workspace, &sotto, USABLE)?,
    );
    step.done();
    let pages = Pages::serve(workspace, &room.logs)?;
    let page = Subject {
        program: bare_window,
        arguments: vec![pages.address()],
    };
    let chromium = room.chromium(workspace, &pages)?;
    let step = terminal::step("Reading the memory of each window");
    let (floor_memory, chromium_memory) = (room.memory(&page)?, room.memory(&chromium)?);
    let our_memory = room.memory(&sotto)?;
    step.done();
    drop(pages);
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
        Row::figure("a window with the same page: memory (PSS)", floor_memory, "MiB"),
        Row::figure(
            "Chromium with the same page: memory (PSS)",
            chromium_memory,
            "MiB",
        ),
        Row::at_most(
            "memory, idle, 10,000 messages (PSS)",
            our_memory,
            (floor_memory + 60.0).min(0.75 * chromium_memory),
            "MiB",
        )
        .because(
            "the window with the same page + 60 MiB, and 0.75 of Chromium; Signal Desktop 400 MB at start",
        ),
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

    /// Chromium with the page and nothing else of its own: no profile, no greeting.
    fn chromium(&self, workspace: &Workspace, pages: &Pages) -> Result<Subject, AppBenchError> {
        let program = CHROMIUMS.iter().find_map(|name| workspace.find_program(name));
        let profile = self.folder.path().join("chromium");
        Ok(Subject {
            program: program.ok_or(AppBenchError::NoChromium)?,
            arguments: vec![
                format!("--app={}", pages.address()),
                format!("--user-data-dir={}", profile.display()),
                "--window-size=1000,700".to_owned(),
                "--no-first-run".to_owned(),
                // Chromium refuses to run as root otherwise, which is who runs everything in a container.
                "--no-sandbox".to_owned(),
            ],
        })
    }

    /// The quickest of some starts, in milliseconds.
    fn quickest_start(
        &self,
        workspace: &Workspace,
        subject: &Subject,
        usable: &str,
    ) -> Result<f64, AppBenchError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut quickest = f64::INFINITY;
        for _ in 0..STARTS {
            let took = runtime.block_on(self.start(workspace, subject, usable))?;
            quickest = quickest.min(took.as_secs_f64() * 1000.0);
        }
        Ok(quickest)
    }

    async fn start(
        &self,
        workspace: &Workspace,
        subject: &Subject,
        usable: &str,
    ) -> Result<Duration, AppBenchError> {
        let driver = Driver::start(workspace, self.environment(), &self.logs.join("driver.log")).await?;
        let began = Instant::now();
        let arguments: Vec<&str> = subject.arguments.iter().map(String::as_str).collect();
        let session = driver.open(&subject.program, &arguments).await?;
        while began.elapsed() < PATIENCE {
            let usable = session.execute(usable, Vec::new()).await;
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
