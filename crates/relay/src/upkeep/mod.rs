//! What an operator does with a relay's data beside running it: count it, copy it, move it to PostgreSQL, and keep the
//! invites.
//!
//! Counting and copying read the embedded database while the relay writes it; neither waits for the other (WAL).

mod invites;
mod moving;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::clock::{days_before, now_ms};
use crate::config::Config;
use crate::file;
use crate::store::lay_out;

pub use invites::{InviteError, RelayInviteUse, relay_invites, used_relay_invites, withdraw_relay_invite};
pub use moving::{MoveError, MovedRows, move_to_postgres};

/// For a checkpoint of the relay.
const BUSY: Duration = Duration::from_secs(10);

/// How large a relay's store is. Sums, and nothing of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Census {
    /// Accounts there are.
    pub accounts: u64,
    /// Those with a user name.
    pub user_names: u64,
    /// Devices, each with a mailbox.
    pub mailboxes: u64,
    /// Mailboxes in which something waits.
    pub mailboxes_in_use: u64,
    /// Envelopes that wait.
    pub envelopes: u64,
    /// Bytes of payload that wait.
    pub envelope_bytes: u64,
    /// Envelopes that came within the last day and still wait.
    pub envelopes_of_today: u64,
    /// The most envelopes that wait in one mailbox.
    pub fullest_envelopes: u64,
    /// The most bytes that wait in one mailbox.
    pub fullest_bytes: u64,
    /// One-time prekeys not handed out yet.
    pub one_time_prekeys: u64,
    /// Client message ids remembered.
    pub client_message_ids: u64,
    /// The size of the database on disk, its log included.
    pub database_bytes: u64,
}

/// Why it could not be counted or copied.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// There is no relay's database.
    #[error("there is no database in {}", folder.display())]
    NoDatabase {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The database cannot be read.
    #[error("the database cannot be read")]
    Database(#[source] rusqlite::Error),
    /// The database is damaged.
    #[error("the database is damaged; restore it from a backup")]
    Damaged,
    /// A backup never goes over another.
    #[error("{} is there already", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// A secret that belongs to the database is missing.
    #[error("{} is missing", path.display())]
    NoSecret {
        /// Which.
        path: PathBuf,
    },
    /// A file cannot be written or read.
    #[error("{} cannot be written", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl From<rusqlite::Error> for UpkeepError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            _ => Self::Database(error),
        }
    }
}

/// Counts what the relay's embedded database holds.
pub fn census(config: &Config) -> Result<Census, UpkeepError> {
    let path = config.data.join(file::DATABASE);
    let mut connection = open(&path)?;
    // One moment for all the sums.
    let reading = connection.transaction()?;
    lay_out(&reading)?;
    let sum = |sql: &str| {
        reading
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
    };
    let today = days_before(now_ms(), 1);
    let log = path.with_extension("db-wal");
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    Ok(Census {
        accounts: sum("SELECT count(*) FROM accounts")?,
        user_names: sum("SELECT count(*) FROM accounts WHERE user_name_hash IS NOT NULL")?,
        mailboxes: sum("SELECT count(*) FROM devices")?,
        mailboxes_in_use: sum("SELECT count(DISTINCT mailbox) FROM waiting")?,
        envelopes: sum("SELECT count(*) FROM waiting")?,
        envelope_bytes: sum("SELECT coalesce(sum(bytes), 0) FROM waiting")?,
        envelopes_of_today: sum(&format!(
            "SELECT count(*) FROM waiting WHERE received_at_ms >= {today}"
        ))?,
        fullest_envelopes: sum(
            "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM waiting GROUP BY mailbox)",
        )?,
        fullest_bytes: sum(
            "SELECT coalesce(max(n), 0) FROM (SELECT sum(bytes) AS n FROM waiting GROUP BY mailbox)",
        )?,
        one_time_prekeys: sum("SELECT count(*) FROM one_time_prekeys WHERE handed_out_on IS NULL")?,
        client_message_ids: sum(
            "SELECT (SELECT count(*) FROM taken_messages) + (SELECT count(*) FROM unsorted_messages)",
        )?,
        database_bytes: size(&path) + size(&log),
    })
}

/// Copies the database as it is at one moment, and the secrets that belong to it, into a folder, which is made. The
/// database is there under its name only once it is whole and on disk.
pub fn backup(config: &Config, folder: &Path) -> Result<(), UpkeepError> {
    let source = open(&config.data.join(file::DATABASE))?;
    let target = folder.join(file::DATABASE);
    private_folder(folder)?;
    for name in file::SECRETS {
        let from = config.secrets().join(name);
        if !from.exists() {
            return Err(UpkeepError::NoSecret { path: from });
        }
        copy(&from, &folder.join(name))?;
    }
    copy_certificates(&config.secrets().join(file::ACME), &folder.join(file::ACME))?;
    if target.exists() {
        return Err(UpkeepError::Exists { path: target });
    }
    let unfinished = folder.join("relay.db.unfinished");
    drop(new_file(&unfinished)?);
    let mut copy = Connection::open(&unfinished)?;
    // In one step: what is written meanwhile would have it begin again and again.
    let outcome = Backup::new(&source, &mut copy)?.step(-1)?;
    if outcome != StepResult::Done {
        return Err(UpkeepError::Database(rusqlite::Error::InvalidQuery));
    }
    // A file of its own, without a log beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let sound: String = copy.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(UpkeepError::Damaged);
    }
    drop(copy);
    File::open(&unfinished)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&unfinished, &target))
        .map_err(at(&target))
}

/// What was got by ACME, if that was ever asked: a relay that is restored has its certificate at once, and asks for none of
/// the few that an authority gives out in a week.
fn copy_certificates(from: &Path, to: &Path) -> Result<(), UpkeepError> {
    if !from.exists() {
        return Ok(());
    }
    private_folder(to)?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Copies a secret.
fn copy(from: &Path, to: &Path) -> Result<(), UpkeepError> {
    let secret = zeroize::Zeroizing::new(fs::read(from).map_err(at(from))?);
    io::Write::write_all(&mut new_file(to)?, &secret).map_err(at(to))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> UpkeepError {
    let path = path.to_owned();
    move |source| UpkeepError::File { path, source }
}

fn open(path: &Path) -> Result<Connection, UpkeepError> {
    if !path.exists() {
        return Err(UpkeepError::NoDatabase {
            folder: path.parent().unwrap_or(path).to_owned(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// A file that is not there yet, and nobody else's to read.
fn new_file(path: &Path) -> Result<File, UpkeepError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => UpkeepError::Exists {
            path: path.to_owned(),
        },
        _ => at(path)(source),
    })
}

fn private_folder(path: &Path) -> Result<(), UpkeepError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(at(path))
}
