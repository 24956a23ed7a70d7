//! What SQLite's failures mean to us. Messages of SQLite are never passed on: they may quote what was stored.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use crate::error::StorageError;

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, _) => {
                let meaning = match failure.code {
                    // Whoever interrupted it knows why.
                    ErrorCode::OperationInterrupted => return Self::Failed,
                    ErrorCode::DiskFull => Self::DiskFull,
                    // The shared-memory file grows by whole blocks; that fails when there is none left.
                    ErrorCode::SystemIoFailure if failure.extended_code == SQLITE_IOERR_SHMSIZE => {
                        Self::DiskFull
                    }
                    ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupted,
                    _ => Self::Failed,
                };
                tracing::error!(code = failure.extended_code, "SQLite failed");
                meaning
            }
            // A value that is not what its column holds: nobody but a damaged file wrote it.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Corrupted,
            _ => Self::Failed,
        }
    }
}
