//! Where things are: the repository, cargo's target folder, our tools.

use std::env;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::process::{ProcessError, Program};

/// The folders of one checkout.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

/// Why the repository could not be found or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkspaceError {
    #[error("cargo could not describe the workspace")]
    Metadata(#[from] ProcessError),
    #[error("cargo described the workspace in an unknown form")]
    MetadataForm(#[from] serde_json::Error),
}

impl Workspace {
    /// The checkout this command was built from.
    pub(crate) fn find() -> Result<Self, WorkspaceError> {
        #[derive(Deserialize)]
        struct Metadata {
            workspace_root: PathBuf,
            target_directory: PathBuf,
        }

        // The variable that `cargo run` sets comes first: several checkouts may share one target folder, and the path
        // compiled in is that of the checkout that built last.
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let metadata = Program::new("cargo")
            .args(["metadata", "--no-deps", "--format-version=1"])
            .directory(&package)
            .output()?;
        let Metadata {
            workspace_root,
            target_directory,
        } = serde_json::from_str(&metadata)?;
        Ok(Self {
            root: workspace_root,
            target: target_directory,
        })
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The UI's package.
    pub(crate) fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The package that holds the official library, for the conversations with it.
    pub(crate) fn referee(&self) -> PathBuf {
        self.root.join("tests").join("referee")
    }

    /// Where cargo puts what it builds; not always inside the repository.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where screenshots, logs and reports go. Always inside the repository, so that README can say where.
    pub(crate) fn results(&self, of: &str) -> PathBuf {
        self.root.join("target").join(of)
    }

    /// Where `setup` installs the cargo tools that only this project needs: `SOTTO_TOOLS`, or inside the repository.
    pub(crate) fn tools(&self) -> PathBuf {
        env::var_os("SOTTO_TOOLS").map_or_else(|| self.root.join("target").join("tools"), PathBuf::from)
    }

    /// A program that cargo built.
    pub(crate) fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target
            .join(profile)
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// The search path with our tools before everybody else's.
    pub(crate) fn search_path(&self) -> std::ffi::OsString {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let ours = self.tools().join("bin");
        env::join_paths(std::iter::once(ours).chain(env::split_paths(&inherited))).unwrap_or(inherited)
    }

    /// A program found on [`search_path`](Self::search_path).
    pub(crate) fn find_program(&self, name: &str) -> Option<PathBuf> {
        env::split_paths(&self.search_path())
            .map(|folder| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
            .find(|candidate| candidate.is_file())
    }

    /// A program run at the repository's root with our tools in reach.
    pub(crate) fn program(&self, name: &str) -> Program {
        // `cargo run` describes the package it runs in variables. Left in place, a cargo that we run would take them for
        // ours to give, and compile anew whatever asks about them (ring does), in turns with a cargo run by hand.
        let describes_us = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        let described = env::vars_os().filter(|(name, _)| name.to_str().is_some_and(describes_us));
        Program::new(name)
            .directory(&self.root)
            .env("PATH", self.search_path())
            .without_envs(described.map(|(name, _)| name))
    }

    /// `cargo` at the repository's root.
    pub(crate) fn cargo(&self) -> Program {
        self.program("cargo")
    }

    /// `cargo <command>` on all packages, with the features that the app ships with: the one selection of everything that is
    /// built to be checked or tried. Another selection gives the dependencies that it shares with this one other features,
    /// and compiles them once more.
    pub(crate) fn cargo_on_everything(&self, command: &[&str]) -> Program {
        self.cargo()
            .args(command)
            .args(["--locked", "--workspace", "--features", "custom-protocol"])
    }

    /// `npm` in the UI's package, asking and announcing nothing.
    pub(crate) fn npm(&self) -> Program {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        Program::new(npm)
            .directory(&self.ui())
            .env("npm_config_fund", "false")
            .env("npm_config_audit", "false")
            .env("npm_config_update_notifier", "false")
    }
}
