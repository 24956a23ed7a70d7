//! Node, and the packages of what is written for it.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use crate::process::Program;
use crate::setup::SetupError;
use crate::terminal;
use crate::workspace::Workspace;

/// The oldest version of Node that the UI's tools run on (`engines` in ui/package.json).
pub(super) const OLDEST: Version = Version(20, 19);

/// A version of Node, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(major, minor) = self;
        write!(f, "{major}.{minor}")
    }
}

impl Version {
    /// `v20.19.1` → 20.19.
    fn parse(printed: &str) -> Option<Self> {
        let mut parts = printed.trim().strip_prefix('v')?.split('.');
        Some(Self(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }
}

/// Refuses a machine without a Node that is new enough. Node is not ours to install: people have their own ways.
pub(super) fn check(workspace: &Workspace) -> Result<(), SetupError> {
    let node = workspace.find_program("node").ok_or(SetupError::NodeMissing)?;
    let (_, version) = Program::new(node)
        .arg("--version")
        .probe()
        .ok_or(SetupError::NodeMissing)?;
    match Version::parse(&version) {
        Some(version) if version >= OLDEST => Ok(()),
        _ => Err(SetupError::NodeTooOld {
            found: version.trim().to_owned(),
        }),
    }
}

/// Runs `npm ci` if the lock file is not the one that was installed last.
pub(super) fn install_packages(workspace: &Workspace, folder: &Path) -> Result<(), SetupError> {
    let wanted = folder.join("package-lock.json");
    // Inside node_modules, so that deleting that folder deletes the memory of having filled it.
    let stamp = folder.join("node_modules").join(".sotto-installed-lock.json");
    let file_error = |path: &Path| {
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

    let name = folder.strip_prefix(workspace.root()).unwrap_or(folder).display();
    let step = terminal::step(format!("Installing the packages of {name} (npm ci)"));
    workspace
        .npm()
        .directory(folder)
        .arg("ci")
        .run()
        .map_err(|source| SetupError::Npm {
            folder: folder.to_owned(),
            source,
        })?;
    fs::write(&stamp, lock).map_err(file_error(&stamp))?;
    step.done();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_off_what_node_prints() {
        assert_eq!(Version::parse("v20.11.1\n"), Some(Version(20, 11)));
        assert_eq!(Version::parse("node?"), None);
    }

    #[test]
    fn an_older_node_is_told_from_a_newer_one() {
        assert!(Version(20, 18) < OLDEST);
        assert!(Version(22, 0) > OLDEST);
    }
}
