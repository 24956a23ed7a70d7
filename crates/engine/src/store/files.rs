//! The database's files: how large it is, whether it is suspected, and how it is set aside.

use std::path::{Path, PathBuf};

use crate::clock::Timestamp;
use crate::error::StorageError;

/// Up to this size a database is checked from end to end when it is opened, which takes tens of milliseconds.
/// A larger one is checked page by page as it is read (SQLCipher authenticates each), and by
/// [`Store::check`](super::Store::check) when there is time.
const CHECKED_AT_START: u64 = 8 * 1024 * 1024;

/// Whether the database is checked from end to end when it is opened: it is small, or was found to be damaged.
pub(super) fn is_checked_at_start(path: &Path) -> Result<bool, StorageError> {
    Ok(is_small(path)? || beside(path, SUSPECT).exists())
}

/// Whether reading all of it takes no time worth mentioning.
pub(super) fn is_small(path: &Path) -> Result<bool, StorageError> {
    let size = std::fs::metadata(path).map_err(|_| StorageError::Failed)?.len();
    Ok(size <= CHECKED_AT_START)
}

/// Has the database checked from end to end when it is opened next, however large it is: it was found to be damaged.
pub(super) fn distrust(path: &Path) -> Result<(), StorageError> {
    std::fs::write(beside(path, SUSPECT), []).map_err(|_| StorageError::Failed)
}

/// It is whole after all.
pub(super) fn trust(path: &Path) {
    // One that stays costs a little time at the next start.
    let _ = std::fs::remove_file(beside(path, SUSPECT));
}

/// An empty file of this name says that the database was found to be damaged.
const SUSPECT: &str = "-suspect";

/// The database's own file, those that SQLite keeps beside it, and ours.
const SUFFIXES: [&str; 4] = ["", SUSPECT, "-wal", "-shm"];

/// A file beside the database, named after it.
pub(super) fn beside(path: &Path, extra: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extra);
    PathBuf::from(name)
}

/// Removes a database that was not made to the end. What cannot be removed is set aside when the next one is made.
pub(super) fn remove(path: &Path) {
    for suffix in SUFFIXES {
        let _ = std::fs::remove_file(beside(path, suffix));
    }
}

/// Renames the database's files out of the way, to `messages.db.damaged-<milliseconds>` and the like. Deletes nothing:
/// a later version, or somebody who knows how, may still get messages out of it. Answers the new name.
pub(super) fn set_aside(path: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    let named = |extra: &str| beside(path, extra);
    let mut moment = now.millis();
    // Twice within a millisecond, or a clock that was set back.
    while SUFFIXES
        .iter()
        .any(|suffix| named(&format!(".damaged-{moment}{suffix}")).exists())
    {
        moment = moment.saturating_add(1);
    }
    // The main file last: until it has moved, a process that dies here leaves a database that is still recognised as
    // damaged, and can be set aside again.
    for suffix in SUFFIXES.iter().rev() {
        match std::fs::rename(named(suffix), named(&format!(".damaged-{moment}{suffix}"))) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            result => result?,
        }
    }
    Ok(named(&format!(".damaged-{moment}")))
}
