//! Copying an embedded database into an empty PostgreSQL, while no relay runs on either.
//!
//! ```text
//! SQLite --a thread reads--> batches --one transaction each--> PostgreSQL --counted--> claimed
//! ```
//! A row in the table `copying` says that it is not finished: no relay uses such a database, and a copy that is begun again
//! removes what the one before has left. Only the last transaction, when everything was counted, gives the database to its
//! relay.

mod source;
mod table;
mod target;

use std::fs::File;
use std::path::Path;

use super::postgres::{Connected, Failure};
use super::sqlite::OpenError as SqliteError;
use source::Source;
use target::Target;

use table::TABLES;

/// Why it was not copied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    #[error("the embedded database cannot be opened")]
    Open(#[source] SqliteError),
    #[error("the embedded database cannot be read")]
    Read(#[source] rusqlite::Error),
    #[error("the program is stopping")]
    Stopped,
    #[error("the other database cannot be written")]
    Write(#[source] Failure),
    #[error("a relay uses the other database")]
    InUse,
    #[error("the other database is not empty")]
    NotEmpty,
    #[error("a copy of another relay was begun in the other database")]
    OtherCopy,
    #[error("it is being copied already")]
    UnderWay,
    #[error("{copied} of {there_are} rows of {table} were copied")]
    Differs {
        table: &'static str,
        there_are: u64,
        copied: u64,
    },
}

impl<E: Into<Failure>> From<E> for CopyError {
    fn from(error: E) -> Self {
        Self::Write(error.into())
    }
}

/// A table, and how many rows of it were copied.
pub(crate) type Copied = Vec<(&'static str, u64)>;

/// Copies everything. The lock is that of the data folder.
pub(crate) async fn copy(
    path: &Path,
    lock: File,
    connected: Connected,
    fingerprint: &[u8],
) -> Result<Copied, CopyError> {
    let mut target = Target::begin(connected, fingerprint).await?;
    let source = Source::open(path, lock).await?;
    let mut copied = Vec::new();
    for table in TABLES {
        let there_are = source.count(table).await?;
        let mut batches = source.read(table);
        while let Some(batch) = batches.next().await? {
            target.write(table, &batch).await?;
        }
        let found = target.count(table).await?;
        if found != there_are {
            return Err(CopyError::Differs {
                table: table.name,
                there_are,
                copied: found,
            });
        }
        copied.push((table.name, found));
    }
    target.finish(fingerprint).await?;
    Ok(copied)
}
