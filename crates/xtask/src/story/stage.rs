//! Everything the story needs around the two windows, started in order and ended in reverse.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::command::run::Programs;
use crate::story::cast::{ALICE, BOB, Person};
use crate::story::display::{Display, DisplayError};
use crate::story::driver::{Driver, DriverError};
use crate::story::relay::{Relay, RelayError};
use crate::story::secret_service::{SecretService, SecretServiceError};
use crate::story::window::Window;
use crate::workspace::Workspace;

/// Why the stage could not be set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StageError {
    #[error("the folder for results could not be made")]
    Folder(#[from] io::Error),
    #[error(transparent)]
    SecretService(#[from] SecretServiceError),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error(transparent)]
    Display(#[from] DisplayError),
    #[error(transparent)]
    Driver(#[from] DriverError),
}

/// The stage. Fields are ended in this order: what is shown, before what shows it, before what it stands on.
pub(crate) struct Stage {
    pub(crate) alice: Window,
    pub(crate) bob: Window,
    _displays: [Display; 2],
    pub(crate) relay: Relay,
    pub(crate) secret_service: SecretService,
    folder: TempDir,
    results: PathBuf,
}

impl Stage {
    /// Starts everything but the windows. `results` is emptied: what lies in it afterwards is of this story.
    pub(crate) async fn set(
        workspace: &Workspace,
        programs: &Programs,
        results: &Path,
    ) -> Result<Self, StageError> {
        if results.exists() {
            fs::remove_dir_all(results)?;
        }
        fs::create_dir_all(results.join("logs"))?;
        let logs = results.join("logs");
        let folder = tempfile::Builder::new().prefix("sotto-story-").tempdir()?;

        let secret_service = SecretService::start(&logs)?;
        let relay = Relay::start(
            &programs.relay,
            &folder.path().join("relay"),
            &logs.join("relay.log"),
        )?;
        let displays = [Display::start(&logs)?, Display::start(&logs)?];
        let [first, second] = &displays;
        let data = folder.path().join("data");
        let configuration = folder.path().join("configuration");
        let downloads = folder.path().join("downloads");
        set_up_home(&configuration, &downloads)?;
        let programs_first = set_up_browser(folder.path())?;
        let environment = |display: &Display| {
            let mut variables = secret_service.environment();
            variables.extend(display.environment());
            variables.push(("SOTTO_DATA_DIR", data.clone().into()));
            variables.push(("XDG_CONFIG_HOME", configuration.clone().into()));
            variables.push(("PATH", programs_first.clone()));
            variables.push(("RUST_LOG", "info,sotto=trace".into()));
            variables
        };
        let alice = window(workspace, programs, &logs, ALICE, environment(first)).await?;
        let bob = window(workspace, programs, &logs, BOB, environment(second)).await?;
        let results = results.to_owned();
        Ok(Self {
            alice,
            bob,
            _displays: displays,
            relay,
            secret_service,
            folder,
            results,
        })
    }

    /// Where screenshots go.
    pub(crate) fn results(&self) -> &Path {
        &self.results
    }

    /// The log of everything a person's app says.
    pub(crate) fn logs(&self) -> PathBuf {
        self.results.join("logs")
    }

    /// The folder that all profiles are kept in.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of a person's profile.
    pub(crate) fn profile(&self, person: Person) -> PathBuf {
        self.data().join("profiles").join(person.profile)
    }

    /// What has a person's app start with the session.
    pub(crate) fn autostart(&self, person: Person) -> PathBuf {
        let entry = format!("sotto-{}.desktop", person.profile);
        self.folder
            .path()
            .join("configuration")
            .join("autostart")
            .join(entry)
    }

    /// What the system was asked to open, one to a line; not there as long as that is nothing.
    pub(crate) fn opened(&self) -> PathBuf {
        self.folder.path().join(OPENED)
    }
}

const OPENED: &str = "opened";

/// An `xdg-open` that opens nothing and keeps what it was asked for, and a search path on which it comes first.
fn set_up_browser(folder: &Path) -> io::Result<OsString> {
    let programs = folder.join("programs");
    fs::create_dir_all(&programs)?;
    let browser = programs.join("xdg-open");
    let opened = folder.join(OPENED);
    fs::write(
        &browser,
        format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >>'{}'\n", opened.display()),
    )?;
    #[cfg(unix)]
    fs::set_permissions(&browser, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(programs).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).map_err(io::Error::other)
}

/// What a desktop sets up for whoever logs in: a folder for downloads, and a note of where it is.
fn set_up_home(configuration: &Path, downloads: &Path) -> io::Result<()> {
    fs::create_dir_all(configuration)?;
    fs::create_dir_all(downloads)?;
    let directories = format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads.display());
    fs::write(configuration.join("user-dirs.dirs"), directories)
}

async fn window(
    workspace: &Workspace,
    programs: &Programs,
    logs: &Path,
    person: Person,
    environment: Vec<(&'static str, OsString)>,
) -> Result<Window, StageError> {
    let log = logs.join(format!("{}.log", person.profile));
    let driver = Driver::start(workspace, environment, &log).await?;
    Ok(Window::new(person, driver, programs.app.clone()))
}
