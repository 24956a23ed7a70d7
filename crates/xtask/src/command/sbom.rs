//! `cargo xtask sbom`: what is in the app, in the relay and in the UI, as CycloneDX.

use std::fs;
use std::io;
use std::path::PathBuf;

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
    for member in fs::read_dir(workspace.root().join("crates"))? {
        remove_list(&member?.path())?;
    }
    remove_list(workspace.root())?;

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

fn remove_list(folder: &std::path::Path) -> io::Result<()> {
    match fs::remove_file(folder.join(format!("{NAME}.json"))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
