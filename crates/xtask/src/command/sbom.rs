//! `cargo xtask sbom`: what is in the app, in the relay and in the UI, as CycloneDX.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::process::ProcessError;
use crate::setup::{self, Purpose, SetupError};
use crate::terminal;
use crate::workspace::Workspace;

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SbomError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("the crates could not be listed")]
    Crates(#[source] ProcessError),
    #[error("the UI's packages could not be listed")]
    Packages(#[source] ProcessError),
    #[error("a list could not be moved to where it belongs")]
    File(#[from] io::Error),
}

/// What the tool calls its files, one beside each manifest of the workspace.
const NAME: &str = "sotto-sbom";

/// The packages that are handed out: where they are, and what their list is called.
const SHIPPED: [(&str, &str); 2] = [("", "sotto.cdx.json"), ("crates/relay", "sotto-relay.cdx.json")];

pub(super) fn run(workspace: &Workspace) -> Result<(), SbomError> {
    for list in write(workspace)? {
        println!("{}", list.display());
    }
    Ok(())
}

/// Writes the lists; answers where they are.
pub(crate) fn write(workspace: &Workspace) -> Result<Vec<PathBuf>, SbomError> {
    setup::make_ready(workspace, Purpose::App)?;
    setup::have_sbom_tool(workspace)?;
    let step = terminal::step("Listing what is in the app, the relay and the UI");
    let results = workspace.results("sbom");
    fs::create_dir_all(&results)?;

    let scattered = Scattered(workspace.root());
    workspace
        .cargo()
        .args([
            "cyclonedx",
            "--format",
            "json",
            "--spec-version",
            "1.5",
            "--quiet",
        ])
        .args(["--override-filename", NAME, "--features", "custom-protocol"])
        .run()
        .map_err(SbomError::Crates)?;
    let mut lists = Vec::new();
    for (package, name) in SHIPPED {
        let list = results.join(name);
        fs::copy(workspace.root().join(package).join(format!("{NAME}.json")), &list)?;
        lists.push(list);
    }
    drop(scattered);

    let list = results.join("sotto-ui.cdx.json");
    let packages = workspace
        .npm()
        .args(["sbom", "--sbom-format", "cyclonedx", "--omit", "dev"])
        .output()
        .map_err(SbomError::Packages)?;
    fs::write(&list, packages)?;
    lists.push(list);
    step.done();
    Ok(lists)
}

/// The files that the tool writes beside the manifests of this workspace: they go, however far it came.
struct Scattered<'a>(&'a Path);

impl Drop for Scattered<'_> {
    fn drop(&mut self) {
        let members = fs::read_dir(self.0.join("crates"))
            .into_iter()
            .flatten()
            .flatten();
        for folder in members.map(|member| member.path()).chain([self.0.to_owned()]) {
            // One that is not there was not written; one that stays is in the way of nothing.
            let _ = fs::remove_file(folder.join(format!("{NAME}.json")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tool_scattered_is_gone_whatever_came_in_between() {
        let root = tempfile::tempdir().unwrap();
        let relay = root.path().join("crates/relay");
        fs::create_dir_all(&relay).unwrap();
        let scattered = Scattered(root.path());
        for folder in [root.path(), &relay] {
            fs::write(folder.join("Cargo.toml"), "").unwrap();
            fs::write(folder.join("sotto-sbom.json"), "half of a li").unwrap();
        }
        drop(scattered);
        for folder in [root.path(), &relay] {
            assert!(folder.join("Cargo.toml").exists());
            assert!(!folder.join("sotto-sbom.json").exists());
        }
    }
}
