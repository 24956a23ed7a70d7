//! From the embedded database to PostgreSQL, while the relay is stopped.

use std::path::PathBuf;

use crate::config::Config;
use crate::file;
use crate::running::{ServeError, lock, secrets};
use crate::store::Connected;
use crate::store::copying::{self, CopyError};

/// Why a relay was not moved; what it has is where it was.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The settings name no PostgreSQL.
    #[error("where to? --database is missing, such as postgres://sotto:password@host/relay")]
    NoTarget,
    /// There is no embedded database.
    #[error("there is no database in {}", folder.display())]
    NoDatabase {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// One of the databases or the secrets cannot be opened, or the relay is running.
    #[error(transparent)]
    Open(#[from] ServeError),
    /// The embedded database cannot be read.
    #[error("the embedded database cannot be read")]
    Read(#[source] rusqlite::Error),
    /// The other database cannot be written.
    #[error("the other database cannot be written; run it again to begin anew")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The other database is a relay's already.
    #[error("the other database belongs to a relay already; a copy goes into an empty one")]
    InUse,
    /// There is something in its tables.
    #[error("there is something in the other database; a copy goes into an empty one")]
    NotEmpty,
    /// Half a copy of another relay is in it.
    #[error("the other database holds half a copy of another relay; a copy goes into an empty one")]
    OtherCopy,
    /// Somebody else is copying into it.
    #[error("somebody is copying into the other database at this moment")]
    UnderWay,
    /// After the copy the two do not have the same.
    #[error("of {there_are} rows of {table} {copied} are in the other database; run it again to begin anew")]
    Differs {
        /// The table.
        table: &'static str,
        /// How many there are to be.
        there_are: u64,
        /// How many there are.
        copied: u64,
    },
    /// The program was told to end.
    #[error("stopped before the end; run it again to begin anew")]
    Stopped,
}

impl From<CopyError> for MoveError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Open(error) => Self::Open(error.into()),
            CopyError::Read(error) => Self::Read(error),
            CopyError::Write(error) => Self::Write(error.into()),
            CopyError::InUse => Self::InUse,
            CopyError::NotEmpty => Self::NotEmpty,
            CopyError::OtherCopy => Self::OtherCopy,
            CopyError::UnderWay => Self::UnderWay,
            CopyError::Differs {
                table,
                there_are,
                copied,
            } => Self::Differs {
                table,
                there_are,
                copied,
            },
            CopyError::Stopped => Self::Stopped,
        }
    }
}

/// A table that was moved, and how many rows it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedRows {
    /// The table.
    pub table: &'static str,
    /// Its rows in both databases.
    pub rows: u64,
}

/// Copies everything that the embedded database in the data folder holds into the empty PostgreSQL that the settings name, and
/// gives that to the relay with the secrets there are. The embedded database stays as it is.
///
/// Ended in the middle, it can be begun anew; until it has come to its end, no relay uses the PostgreSQL.
pub async fn move_to_postgres(config: &Config) -> Result<Vec<MovedRows>, MoveError> {
    let address = config.database.as_ref().ok_or(MoveError::NoTarget)?;
    let path = config.data.join(file::DATABASE);
    if !path.exists() {
        let folder = config.data.clone();
        return Err(MoveError::NoDatabase { folder });
    }
    let lock = lock(&config.data)?;
    let (pepper, certificates) = secrets(config)?;
    let connected = Connected::to_be_filled(address).await.map_err(ServeError::from)?;
    let fingerprint = pepper.fingerprint(&certificates.trust_root());
    let copied = copying::copy(&path, lock, connected, &fingerprint).await?;
    let rows = copied.into_iter().map(|(table, rows)| MovedRows { table, rows });
    Ok(rows.collect())
}
