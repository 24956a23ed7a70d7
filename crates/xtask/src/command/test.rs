//! `cargo xtask test`: everything that must hold.
//!
//! The checks do not depend on each other: all of them run, and what failed is listed at the end. The last line is the
//! plain `N passed, M failed` that counts them.

use std::time::Instant;

use crate::command::bindings::{self, BindingsError};
use crate::command::demo::{self, DemoError};
use crate::interrupt;
use crate::process::ProcessError;
use crate::setup::{self, Purpose, SetupError};
use crate::story::secret_service::{SecretService, SecretServiceError};
use crate::terminal::{self, palette};
use crate::workspace::Workspace;

#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Leave out the story with the real windows
    #[arg(long)]
    skip_window: bool,
    /// Only these checks, comma-separated (see --list)
    #[arg(long, value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(CHECKS.iter().map(|check| check.name)))]
    only: Vec<String>,
    /// Name the checks, and run none
    #[arg(long)]
    list: bool,
}

impl Arguments {
    /// All checks.
    pub(super) fn everything() -> Self {
        Self::default()
    }

    fn include(&self, check: &Check) -> bool {
        let wanted = self.only.is_empty() || self.only.iter().any(|name| name == check.name);
        wanted && !(self.skip_window && check.name == WINDOW)
    }
}

/// Why `test` did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TestError {
    #[error("setting up failed, so nothing was checked")]
    Setup(#[from] SetupError),
    #[error("the checks were interrupted")]
    Interrupted,
    #[error("{failed} of the checks failed")]
    Failed { failed: usize },
}

/// Why one check failed.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error(transparent)]
    Bindings(#[from] BindingsError),
    #[error("the Secret Service for the keychain tests could not be started")]
    SecretService(#[from] SecretServiceError),
    #[error(transparent)]
    Window(#[from] DemoError),
}

/// One thing that must hold.
struct Check {
    name: &'static str,
    says: &'static str,
    run: fn(&Workspace) -> Result<(), CheckError>,
}

const WINDOW: &str = "window";

/// In the order in which they are run: the quick ones first, and the UI's build before what embeds it.
const CHECKS: &[Check] = &[
    Check {
        name: "fmt",
        says: "formatting",
        run: formatting,
    },
    Check {
        name: "ui-build",
        says: "the UI builds",
        run: |it| npm_script(it, "build"),
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
        run: |it| npm_script(it, "test"),
    },
    Check {
        name: "ui-browser",
        says: "the UI's stories in a browser",
        run: |it| npm_script(it, "stories"),
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
        run: |it| Ok(bindings::check(it)?),
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

/// The checks that only Linux can run: they need Xvfb and a Secret Service.
const ONLY_ON_LINUX: &[&str] = &["keychain", WINDOW];

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), TestError> {
    if arguments.list {
        for check in CHECKS {
            println!("{:12} {}", check.name, check.says);
        }
        return Ok(());
    }

    setup::make_ready(workspace, Purpose::Test)?;

    let began = Instant::now();
    let mut failures = Vec::new();
    let mut passed = 0_usize;
    let mut skipped = 0_usize;
    for check in CHECKS.iter().filter(|check| arguments.include(check)) {
        if !cfg!(target_os = "linux") && ONLY_ON_LINUX.contains(&check.name) {
            terminal::warning(format!("skipped on this system: {}", check.says));
            skipped += 1;
            continue;
        }
        let step = terminal::step(format!("{} ({})", check.says, check.name));
        match (check.run)(workspace) {
            Ok(()) => {
                passed += 1;
                step.done();
            }
            Err(error) => {
                if interrupt::happened() {
                    return Err(TestError::Interrupted);
                }
                terminal::failure(&error);
                failures.push((check, error));
            }
        }
    }

    summarise(began, &failures, passed, skipped);
    match failures.len() {
        0 => Ok(()),
        failed => Err(TestError::Failed { failed }),
    }
}

fn summarise(began: Instant, failures: &[(&Check, CheckError)], passed: usize, skipped: usize) {
    let colour = palette();
    println!();
    println!(
        "{}{}{}",
        colour.dim,
        terminal::duration(began.elapsed()),
        colour.plain
    );
    for (check, error) in failures {
        println!(
            "{}✗ {} ({}): {error}{}",
            colour.red, check.says, check.name, colour.plain
        );
    }
    let failed = failures.len();
    match skipped {
        0 => println!("{passed} passed, {failed} failed"),
        _ => println!("{passed} passed, {failed} failed, {skipped} skipped"),
    }
}

fn formatting(workspace: &Workspace) -> Result<(), CheckError> {
    Ok(workspace.cargo().args(["fmt", "--all", "--check"]).run()?)
}

fn clippy(workspace: &Workspace) -> Result<(), CheckError> {
    let arguments = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--features",
        "custom-protocol",
    ];
    Ok(workspace
        .cargo()
        .args(arguments)
        .args(["--", "--deny", "warnings"])
        .run()?)
}

fn rust_tests(workspace: &Workspace) -> Result<(), CheckError> {
    let arguments = [
        "nextest",
        "run",
        "--locked",
        "--workspace",
        "--features",
        "custom-protocol",
    ];
    Ok(workspace.cargo().args(arguments).arg("--no-fail-fast").run()?)
}

fn documented_examples(workspace: &Workspace) -> Result<(), CheckError> {
    let arguments = [
        "test",
        "--locked",
        "--workspace",
        "--features",
        "custom-protocol",
        "--doc",
    ];
    Ok(workspace.cargo().args(arguments).run()?)
}

/// The tests that talk to the operating system's keychain, against a GNOME Keyring of their own: unlocked, then locked.
fn keychain_tests(workspace: &Workspace) -> Result<(), CheckError> {
    let service = SecretService::start(&workspace.results("keychain"))?;
    let tests = |which: &str| {
        let arguments = [
            "nextest",
            "run",
            "--locked",
            "--package",
            "sotto-engine",
            "-E",
            which,
        ];
        workspace
            .cargo()
            .args(arguments)
            .envs(service.environment())
            .env("SOTTO_TEST_KEYCHAIN", "1")
    };
    tests("test(keychain)").run()?;
    service.lock()?;
    Ok(tests("test(a_locked_keychain)")
        .env("SOTTO_TEST_KEYCHAIN_LOCKED", "1")
        .run()?)
}

fn npm_script(workspace: &Workspace, script: &str) -> Result<(), CheckError> {
    Ok(workspace.npm().args(["run", "--silent", script]).run()?)
}
