//! The programs of this workspace, built as they are now.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::Deserialize;

/// A program of this workspace.
///
/// Cargo gives a test the path of its own package's programs only, so the story asks cargo for the others. That builds
/// what has changed, and so never runs an old one.
#[derive(Debug, Clone, Copy)]
pub enum Program {
    /// `sotto-headless`: an engine that listens to a story.
    Headless,
    /// `sotto-relay`.
    Relay,
}

/// What matters of a line of `cargo build --message-format=json`.
#[derive(Deserialize)]
struct CargoMessage {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

static HEADLESS: OnceLock<PathBuf> = OnceLock::new();
static RELAY: OnceLock<PathBuf> = OnceLock::new();

impl Program {
    /// Where the program is.
    pub fn path(self) -> &'static Path {
        match self {
            Self::Headless => HEADLESS.get_or_init(|| build("sotto-headless")),
            Self::Relay => RELAY.get_or_init(|| build("sotto-relay")),
        }
    }

    /// Takes the programs that lie beside this one, which were built with it, and builds none.
    pub fn are_beside_this_one() {
        let this = std::env::current_exe().expect("a program knows where it is");
        let beside = |name: &str| this.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        HEADLESS.get_or_init(|| beside("sotto-headless"));
        RELAY.get_or_init(|| beside("sotto-relay"));
    }
}

/// What cargo tells a test about the test. Build scripts look at some of it (`ring`'s does), and would run again each time.
const ABOUT_THE_TEST: [&str; 6] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "OUT_DIR",
];

fn build(program: &str) -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if ABOUT_THE_TEST
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix))
        {
            cargo.env_remove(name);
        }
    }
    // Of the whole workspace, so that what all share has the same features as in a run of all tests, and is not
    // compiled twice. Nothing but the program and what it depends on is built.
    let built = cargo
        .args([
            "build",
            "--quiet",
            "--message-format=json",
            "--workspace",
            "--bin",
            program,
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "`{program}` does not build");
    let messages = String::from_utf8(built.stdout).expect("cargo speaks UTF-8");
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<CargoMessage>(line).ok())
        .find_map(|message| {
            let is_it = message.target.is_some_and(|target| target.name == program);
            message.executable.filter(|_| is_it)
        });
    executable.unwrap_or_else(|| panic!("cargo does not say where `{program}` is"))
}
