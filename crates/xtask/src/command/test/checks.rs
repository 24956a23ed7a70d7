//! The checks themselves.
//!
//! Whatever compiles goes through [`Workspace::cargo_on_everything`]: one selection of packages and features for all of
//! them, so that each dependency is compiled once for the lints and once for everything that runs.

use std::path::Path;

use super::report::{self, FailedTests};
use crate::command::bindings::{self, BindingsError};
use crate::command::demo::{self, DemoError};
use crate::command::referee::{self, RefereeError};
use crate::command::run::{self, BuildError};
use crate::process::{ProcessError, Program};
use crate::story::secret_service::{SecretService, SecretServiceError};
use crate::workspace::Workspace;

/// One thing that must hold.
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    pub(super) run: fn(&Workspace) -> Result<(), CheckError>,
}

/// Why one check failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("{tests}")]
    Tests {
        tests: FailedTests,
        source: ProcessError,
    },
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Bindings(#[from] BindingsError),
    #[error(transparent)]
    Referee(#[from] RefereeError),
    #[error("the Secret Service for the keychain tests could not be started")]
    SecretService(#[from] SecretServiceError),
    #[error(transparent)]
    Window(#[from] DemoError),
}

pub(super) const WINDOW: &str = "window";

/// The checks that only Linux can run: they need Xvfb and a Secret Service.
pub(super) const ONLY_ON_LINUX: &[&str] = &["keychain", WINDOW];

/// In the order in which they are run: the quick ones first, and the UI's build before what embeds it.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "fmt",
        says: "formatting",
        run: formatting,
    },
    Check {
        name: "ui-build",
        says: "the UI builds",
        run: |it| Ok(run::build_ui(it)?),
    },
    Check {
        name: "ui-check",
        says: "the UI's types",
        run: |it| npm_script(it, "check"),
    },
    Check {
        name: "ui-lint",
        says: "the UI's lints",
        run: |it| npm_script(it, "lint"),
    },
    Check {
        name: "ui-unit",
        says: "the UI's unit tests",
        run: |it| npm_tests(it, "test", "ui-unit.xml"),
    },
    Check {
        name: "ui-browser",
        says: "the UI's stories in a browser",
        run: |it| npm_tests(it, "stories", "ui-stories.xml"),
    },
    Check {
        name: "ui-components",
        says: "every component, in every state and theme",
        run: |it| npm_tests(it, "stories:components", "ui-stories.xml"),
    },
    Check {
        name: "clippy",
        says: "Rust lints",
        run: clippy,
    },
    Check {
        name: "rust",
        says: "Rust tests",
        run: rust_tests,
    },
    Check {
        name: "doc",
        says: "Rust's documented examples",
        run: documented_examples,
    },
    Check {
        name: "bindings",
        says: "the bindings are up to date",
        run: |it| Ok(bindings::check(it, bindings::among_everything)?),
    },
    Check {
        name: "referee",
        says: "conversations with the official library",
        run: |it| Ok(referee::check(it)?),
    },
    Check {
        name: "keychain",
        says: "the keychain, with a real Secret Service",
        run: keychain_tests,
    },
    Check {
        name: WINDOW,
        says: "the story with the real windows",
        run: |it| Ok(demo::headless(it)?),
    },
];

fn formatting(workspace: &Workspace) -> Result<(), CheckError> {
    Ok(workspace.cargo().args(["fmt", "--all", "--check"]).run()?)
}

fn clippy(workspace: &Workspace) -> Result<(), CheckError> {
    run::have_ui(workspace)?;
    Ok(workspace
        .cargo_on_everything(&["clippy"])
        .args(["--all-targets", "--", "--deny", "warnings"])
        .run()?)
}

fn rust_tests(workspace: &Workspace) -> Result<(), CheckError> {
    run::have_ui(workspace)?;
    // ts-rs writes the bindings when its tests run. Here they go aside: written over the committed ones, they would leave
    // the check of the bindings nothing to find.
    let tests = workspace
        .cargo_on_everything(&["nextest", "run"])
        .env("TS_RS_EXPORT_DIR", workspace.results("bindings"));
    reported(tests, &nextest_report(workspace))
}

fn documented_examples(workspace: &Workspace) -> Result<(), CheckError> {
    run::have_ui(workspace)?;
    Ok(workspace.cargo_on_everything(&["test"]).arg("--doc").run()?)
}

/// The tests that talk to the operating system's keychain, against a GNOME Keyring of their own: unlocked, then locked.
fn keychain_tests(workspace: &Workspace) -> Result<(), CheckError> {
    run::have_ui(workspace)?;
    let service = SecretService::start(&workspace.results("keychain"))?;
    let tests = |which: &str| {
        workspace
            .cargo_on_everything(&["nextest", "run"])
            .args(["-E", which])
            .envs(service.environment())
            .env("SOTTO_TEST_KEYCHAIN", "1")
    };
    let report = nextest_report(workspace);
    reported(tests("package(sotto-engine) & test(keychain)"), &report)?;
    service.lock()?;
    let locked =
        tests("package(sotto-engine) & test(a_locked_keychain)").env("SOTTO_TEST_KEYCHAIN_LOCKED", "1");
    reported(locked, &report)
}

fn npm_script(workspace: &Workspace, script: &str) -> Result<(), CheckError> {
    Ok(workspace.npm().args(["run", "--silent", script]).run()?)
}

fn npm_tests(workspace: &Workspace, script: &str, report: &str) -> Result<(), CheckError> {
    let tests = workspace.npm().args(["run", "--silent", script]);
    reported(tests, &workspace.results(report))
}

/// Where `.config/nextest.toml` has nextest write its report: inside the repository, wherever cargo builds.
fn nextest_report(workspace: &Workspace) -> std::path::PathBuf {
    workspace.results("nextest").join("default").join("junit.xml")
}

/// Runs tests that leave a report, and names those that failed.
fn reported(tests: Program, report: &Path) -> Result<(), CheckError> {
    // What an earlier run left would be taken for this one's if this one does not come as far as its tests.
    _ = std::fs::remove_file(report);
    tests.run().map_err(|source| match report::failed_tests(report) {
        Some(tests) => CheckError::Tests { tests, source },
        None => CheckError::Process(source),
    })
}
