//! `cargo xtask package`: an installer for this platform.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::run::{BuildError, build_ui};
use crate::process::ProcessError;
use crate::setup::{self, Purpose, SetupError};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which kinds of installer, comma-separated: deb, rpm, appimage; dmg, app; msi, nsis
    #[arg(long, value_delimiter = ',')]
    bundles: Vec<String>,
}

/// Why no installer was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackageError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("Tauri's bundler failed")]
    Bundler(#[source] ProcessError),
    #[error("the folder `{}` could not be read", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the bundler succeeded, but left no installer in `{}`", folder.display())]
    Nothing { folder: PathBuf },
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), PackageError> {
    setup::make_ready(workspace, Purpose::App)?;
    let bundles = if arguments.bundles.is_empty() {
        default_bundles()
    } else {
        arguments.bundles.join(",")
    };
    for (installer, size) in make_installers(workspace, &bundles)? {
        let shown = installer
            .strip_prefix(workspace.root())
            .unwrap_or(&installer)
            .display();
        println!("{:>8.1} MB  {shown}", megabytes(size));
    }
    Ok(())
}

/// What each platform's bundler makes without fetching anything else.
fn default_bundles() -> String {
    match std::env::consts::OS {
        "linux" => "deb,rpm",
        "macos" => "app,dmg",
        _ => "nsis",
    }
    .to_owned()
}

/// Builds the app in release mode and makes the installers; answers what was made, with sizes in bytes.
pub(crate) fn make_installers(
    workspace: &Workspace,
    bundles: &str,
) -> Result<Vec<(PathBuf, u64)>, PackageError> {
    build_ui(workspace)?;
    build_app(workspace)?;

    let step = terminal::step(format!("Making installers ({bundles})"));
    let tauri = workspace
        .ui()
        .join("node_modules")
        .join("@tauri-apps")
        .join("cli")
        .join("tauri.js");
    // Only the bundler: Tauri's own build would compile every crate of the workspace, and the features that other programs
    // ask for would be in the app.
    workspace
        .program("node")
        .arg(tauri)
        .args(["bundle", "--bundles", bundles])
        .run()
        .map_err(PackageError::Bundler)?;
    step.done();

    let folder = workspace.target().join("release").join("bundle");
    let mut installers = Vec::new();
    for kind in bundles.split(',') {
        installers.extend(installers_in(&folder.join(kind))?);
    }
    if installers.is_empty() {
        Err(PackageError::Nothing { folder })
    } else {
        Ok(installers)
    }
}

/// Builds the app as it ships; answers where it is.
pub(crate) fn build_app(workspace: &Workspace) -> Result<PathBuf, BuildError> {
    let step = terminal::step("Building the app in release mode (the first time takes minutes)");
    workspace
        .cargo()
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "sotto",
            "--bin",
            "sotto",
        ])
        .args(["--features", "custom-protocol"])
        .run()
        .map_err(BuildError::Rust)?;
    step.done();
    Ok(workspace.built("release", "sotto"))
}

/// The finished installers of one kind.
fn installers_in(folder: &Path) -> Result<Vec<(PathBuf, u64)>, PackageError> {
    const KINDS: &[&str] = &["deb", "rpm", "AppImage", "dmg", "msi", "exe"];
    let error = |source| PackageError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut installers = Vec::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let entry = entry.map_err(error)?;
        let path = entry.path();
        let is_installer = path
            .extension()
            .is_some_and(|kind| KINDS.iter().any(|known| *known == kind));
        if is_installer && path.is_file() {
            installers.push((path, entry.metadata().map_err(error)?.len()));
        }
    }
    Ok(installers)
}

/// Bytes as installers are advertised: decimal megabytes.
#[allow(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
