//! Backups: copies of the database beside it, and one of them in its place.
//!
//! ```text
//! messages.db ── VACUUM INTO ──► .backup-unfinished ── leave out, check, sync, rename ──► .backup-<milliseconds>
//! .backup-<milliseconds> ── copy, check, sync ──► .restoring; messages.db ──► .damaged-<milliseconds>; .restoring ──► messages.db
//! ```
//! A backup is a database like the other, under the same key, in which nothing stands that must never be used twice, and
//! that says of itself that it is one: whoever opens it, wherever they have it from, knows that the world has gone on since.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::connect::{Access, check, connect, not_opened, schema_version};
use super::files::{self, beside};
use super::schema::SCHEMA_VERSION;
use super::table::{account, settings};
use crate::clock::Timestamp;
use crate::error::{DatabaseError, StorageError};
use crate::profile::private_file;
use crate::vault::DatabaseKey;

/// How many backups are kept: the one before is for when the last one turns out to be damaged, too.
const KEPT: usize = 2;

/// What the names of backups have between the database's own and the moment at which they were made.
const INFIX: &str = ".backup-";

/// How many of its own steps SQLite takes before it asks whether to go on.
const STEPS: i32 = 10_000;

/// What a backup does not hold, and the first schema version that knows of it. A ratchet that turned twice from the same
/// state would use keys twice; the same goes for the nonces of a comparison. What was encrypted in a session that is gone is
/// encrypted once more. Texts that are to disappear disappear from here at once.
const LEFT_OUT: [(usize, &str); 5] = [
    (1, "DELETE FROM sessions"),
    (1, "DELETE FROM undecryptable"),
    (
        4,
        "UPDATE outbox SET state = 'queued', message_type = NULL, ciphertext = NULL, client_message_id = NULL
         WHERE state = 'encrypted' AND recipient IN (SELECT account FROM contacts)",
    ),
    (6, "DELETE FROM word_ceremonies WHERE state <> 'ended'"),
    (8, "DELETE FROM messages WHERE lifetime IS NOT NULL"),
];

/// Under what a backup says that it is one.
const MARK: &str = "backup";

/// What a backup says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// What is in it is what was in the database then.
    pub(crate) made_at: Timestamp,
    /// Whether it goes on somewhere else than where it was made.
    #[serde(default)]
    pub(crate) moved: bool,
}

/// Whether this database is a backup that was put in the place of another, and nobody has dealt with that yet.
pub(crate) fn mark(connection: &Connection) -> Result<Option<Mark>, StorageError> {
    settings::read(connection, MARK)
}

/// It is the database from now on.
pub(crate) fn unmark(transaction: &rusqlite::Transaction<'_>) -> Result<(), StorageError> {
    settings::remove(transaction, MARK)
}

/// Makes a backup while the database is in use, and removes those before the last. `goes_on` is asked now and then. What the
/// database has of it is read page by page, so one that is damaged gives none.
pub(super) fn make(
    path: &Path,
    key: &DatabaseKey,
    now: Timestamp,
    goes_on: impl FnMut() -> bool + Send + 'static,
) -> Result<(), DatabaseError> {
    let unfinished = beside(path, ".backup-unfinished");
    let made = copy_whole(path, &unfinished, key, now, goes_on)
        .and_then(|()| Ok(keep(path, &unfinished, now).map_err(failed)?));
    if made.is_err() {
        // What is left of it is in the way of nothing.
        let _ = std::fs::remove_file(&unfinished);
    }
    made
}

/// Makes a backup that is to go elsewhere; answers where it is. Whoever has it removes it.
pub(super) fn copy_out(
    path: &Path,
    key: &DatabaseKey,
    now: Timestamp,
    goes_on: impl FnMut() -> bool + Send + 'static,
) -> Result<PathBuf, DatabaseError> {
    let outgoing = beside(path, ".outgoing");
    match copy_whole(path, &outgoing, key, now, goes_on) {
        Ok(()) => Ok(outgoing),
        Err(error) => {
            let _ = std::fs::remove_file(&outgoing);
            Err(error)
        }
    }
}

/// Copies the database to what is a backup but for its name.
fn copy_whole(
    path: &Path,
    to: &Path,
    key: &DatabaseKey,
    now: Timestamp,
    goes_on: impl FnMut() -> bool + Send + 'static,
) -> Result<(), DatabaseError> {
    copy(path, to, key, goes_on).and_then(|()| leave_out(to, key, now))
}

/// Makes a backup from elsewhere the database at `path`, of an installation of its own. What is there is set aside: its
/// account is gone. If it cannot be done, the backup is removed.
pub(super) fn move_in(
    incoming: &Path,
    path: &Path,
    key: &DatabaseKey,
    registration_id: u32,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let moved = verify(incoming, key)
        .and_then(|()| note_move(incoming, key, registration_id))
        .and_then(|()| {
            let replace = || {
                File::open(incoming)?.sync_all()?;
                if path.try_exists()? {
                    files::set_aside(path, now)?;
                }
                set_aside(path, now)?;
                std::fs::rename(incoming, path)?;
                sync_folder(path)
            };
            Ok(replace().map_err(failed)?)
        });
    if moved.is_err() {
        let _ = std::fs::remove_file(incoming);
    }
    moved
}

/// Has a backup say that it goes on elsewhere, as another installation than the one it is of.
fn note_move(path: &Path, key: &DatabaseKey, registration_id: u32) -> Result<(), DatabaseError> {
    let mut connection = connect(path, key, Access::Write)?;
    connection
        .pragma_update(None, "journal_mode", "memory")
        .map_err(not_opened)?;
    let transaction = connection.transaction().map_err(not_opened)?;
    let mark = mark(&transaction)?.ok_or(StorageError::Corrupted)?;
    settings::write(&transaction, MARK, &Mark { moved: true, ..mark })?;
    account::reinstall(&transaction, registration_id)?;
    transaction.commit().map_err(not_opened)?;
    Ok(())
}

/// Copies what is in the database, as it is at one moment, into a file that is encrypted under the same key.
fn copy(
    path: &Path,
    to: &Path,
    key: &DatabaseKey,
    mut goes_on: impl FnMut() -> bool + Send + 'static,
) -> Result<(), DatabaseError> {
    create_empty(to)?;
    let source = connect(path, key, Access::Write)?;
    source
        .progress_handler(STEPS, Some(move || !goes_on()))
        .map_err(not_opened)?;
    let target = to.to_str().ok_or(StorageError::Failed)?;
    source.execute("VACUUM INTO ?", [target]).map_err(not_opened)?;
    Ok(())
}

/// SQLite would make the file readable by whom the user's mask allows.
pub(super) fn create_empty(path: &Path) -> Result<(), StorageError> {
    let mut options = private_file();
    options.write(true).create(true).truncate(true);
    options.open(path).map(drop).map_err(failed)
}

/// Removes what a backup does not hold, and marks it.
fn leave_out(path: &Path, key: &DatabaseKey, now: Timestamp) -> Result<(), DatabaseError> {
    let mut connection = connect(path, key, Access::Write)?;
    let version = schema_version(&connection)?;
    // Nothing that fails here leaves anything behind, so there is nothing to roll back to after a crash.
    connection
        .pragma_update(None, "journal_mode", "memory")
        .map_err(not_opened)?;
    connection
        .pragma_update(None, "secure_delete", "on")
        .map_err(not_opened)?;
    let transaction = connection.transaction().map_err(not_opened)?;
    for (since, statement) in LEFT_OUT {
        if since <= version {
            transaction.execute(statement, []).map_err(not_opened)?;
        }
    }
    settings::write(
        &transaction,
        MARK,
        &Mark {
            made_at: now,
            moved: false,
        },
    )?;
    transaction.commit().map_err(not_opened)?;
    Ok(check(&connection)?)
}

/// Gives a finished backup its name, and lets those go that are too many.
fn keep(path: &Path, finished: &Path, now: Timestamp) -> io::Result<()> {
    let before = all(path)?;
    // A clock that was set back must not make the newest look like the oldest.
    let newest = before.first().map_or(i64::MIN, |(made_at, _)| made_at.millis());
    let moment = now.millis().max(newest.saturating_add(1));
    File::open(finished)?.sync_all()?;
    std::fs::rename(finished, beside(path, &format!("{INFIX}{moment}")))?;
    sync_folder(path)?;
    for (_, superfluous) in before.iter().skip(KEPT - 1) {
        std::fs::remove_file(superfluous)?;
    }
    Ok(())
}

/// When the newest backup was made, if there is one.
pub(super) fn newest(path: &Path) -> Result<Option<Timestamp>, StorageError> {
    Ok(all(path).map_err(failed)?.first().map(|(made_at, _)| *made_at))
}

/// All backups, the newest first.
fn all(path: &Path) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    let mut found = files(path, INFIX)?;
    found.sort_unstable_by(|one, other| other.cmp(one));
    Ok(found)
}

/// The files beside the database that are named after it and a moment.
fn files(path: &Path, infix: &str) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let moment = entry.file_name().to_str().and_then(|file| {
            let moment = file.strip_prefix(name)?.strip_prefix(infix)?;
            moment.parse().ok().map(Timestamp::from_millis)
        });
        found.extend(moment.map(|moment| (moment, entry.path())));
    }
    Ok(found)
}

/// Puts the newest backup that is whole in the place of a database that is not; answers whether there was one. Until it is
/// in place nothing has changed but names, and a process that dies in between finds the database missing and does it again.
pub(super) fn restore(path: &Path, key: &DatabaseKey, now: Timestamp) -> Result<bool, DatabaseError> {
    let copy = beside(path, ".restoring");
    for (_, backup) in all(path).map_err(failed)? {
        std::fs::copy(&backup, &copy).map_err(failed)?;
        match verify(&copy, key) {
            Ok(()) => {}
            Err(DatabaseError::Storage(StorageError::DiskFull)) => {
                let _ = std::fs::remove_file(&copy);
                return Err(StorageError::DiskFull.into());
            }
            Err(error) => {
                tracing::warn!(%error, "a backup cannot be used");
                let _ = std::fs::remove_file(&copy);
                continue;
            }
        }
        let replace = || {
            File::open(&copy)?.sync_all()?;
            files::set_aside(path, now)?;
            std::fs::rename(&copy, path)?;
            sync_folder(path)
        };
        replace().map_err(failed)?;
        return Ok(true);
    }
    Ok(false)
}

/// Whether it opens with this key, is of a version that we know, says that it is a backup, and is whole.
fn verify(path: &Path, key: &DatabaseKey) -> Result<(), DatabaseError> {
    let connection = connect(path, key, Access::Write)?;
    match schema_version(&connection)? {
        0 => return Err(StorageError::Corrupted.into()),
        version if version > SCHEMA_VERSION => return Err(DatabaseError::TooNew),
        _ => {}
    }
    check(&connection)?;
    match mark(&connection)? {
        Some(_) => Ok(()),
        None => Err(StorageError::Corrupted.into()),
    }
}

/// The databases that were set aside, and when.
pub(crate) fn damaged(path: &Path) -> Vec<(Timestamp, PathBuf)> {
    files(path, ".damaged-").unwrap_or_default()
}

/// The backups of an account that is gone open with a key that nobody has: they are set aside with its database.
pub(super) fn set_aside(path: &Path, now: Timestamp) -> io::Result<()> {
    for (made_at, backup) in all(path)? {
        let aside = format!(".damaged-{}-backup-{}", now.millis(), made_at.millis());
        std::fs::rename(backup, beside(path, &aside))?;
    }
    Ok(())
}

/// On Unix a rename is durable only when its folder is; Windows has no such call and needs none.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn failed(error: io::Error) -> StorageError {
    StorageError::of(&error)
}
