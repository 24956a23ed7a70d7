//! Node, and the UI's packages.

use std::fs;
use std::io;

use crate::process::Program;
use crate::setup::SetupError;
use crate::terminal;
use crate::workspace::Workspace;

/// The oldest major version of Node that the UI's tools run on.
pub(super) const OLDEST: u32 = 20;

/// Refuses a machine without a Node that is new enough. Node is not ours to install: people have their own ways.
pub(super) fn check(workspace: &Workspace) -> Result<(), SetupError> {
    let node = workspace.find_program("node").ok_or(SetupError::NodeMissing)?;
    let (_, version) = Program::new(node)
        .arg("--version")
        .probe()
        .ok_or(SetupError::NodeMissing)?;
    match major(&version) {
        Some(major) if major >= OLDEST => Ok(()),
        _ => Err(SetupError::NodeTooOld {
            found: version.trim().to_owned(),
        }),
    }
}

/// `v20.11.1` → 20.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Runs `npm ci` if the lock file is not the one that was installed last.
pub(super) fn install_packages(workspace: &Workspace) -> Result<(), SetupError> {
    let wanted = workspace.ui().join("package-lock.json");
    // Inside node_modules, so that deleting that folder deletes the memory of having filled it.
    let stamp = workspace
        .ui()
        .join("node_modules")
        .join(".sotto-installed-lock.json");
    let file_error = |path: &std::path::Path| {
        let path = path.to_owned();
        |source| SetupError::File { path, source }
    };

    let lock = fs::read(&wanted).map_err(file_error(&wanted))?;
    match fs::read(&stamp) {
        Ok(installed) if installed == lock => return Ok(()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(file_error(&stamp)(error)),
    }

    let step = terminal::step("Installing the UI's packages (npm ci)");
    workspace.npm().arg("ci").run().map_err(SetupError::Npm)?;
    fs::write(&stamp, lock).map_err(file_error(&stamp))?;
    step.done();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_off_what_node_prints() {
        assert_eq!(major("v20.11.1\n"), Some(20));
        assert_eq!(major("node?"), None);
    }
}
