//! The account's SQLCipher database.
//!
//! One thread owns the connection that writes; a closure sent to it runs in one transaction, and its answer comes after
//! the commit. A few connections beside it read, each closure in one snapshot. Tables are modules of [`table`]: functions
//! on a connection (reads) or a transaction (writes). [`sessions`] joins several of them to what the protocol asks for.
//!
//! This layer knows rows, and does not know what they are for.

pub(crate) mod backup;
mod columns;
mod connect;
mod error;
mod files;
mod open;
mod peer;
mod readers;
mod row;
mod schema;
pub mod sessions;
pub mod table;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Transaction};

use crate::clock::Timestamp;
use crate::error::{DatabaseError, StorageError};
use crate::vault::DatabaseKey;
use readers::{READERS, Readers};
use writer::Writer;

pub use peer::Peer;
#[cfg(any(test, fuzzing))]
pub(crate) use schema::in_memory;

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    writer: Arc<Writer>,
    readers: Arc<Readers>,
    checked: bool,
}

impl Store {
    /// Makes the database of a new account. A database that is there already is set aside: its account is gone, or this
    /// would not be a new one.
    pub async fn create(path: PathBuf, key: &DatabaseKey, now: Timestamp) -> Result<Self, DatabaseError> {
        let key = key.clone();
        blocking(move || {
            if path.try_exists().map_err(|_| StorageError::Failed)? {
                files::set_aside(&path, now).map_err(|_| StorageError::Failed)?;
            }
            backup::set_aside(&path, now).map_err(|_| StorageError::Failed)?;
            let made = open::create(&path, &key);
            made.and_then(|writer| Self::assemble(writer, &path, &key, true))
                .inspect_err(|_| files::remove(&path))
        })
        .await
    }

    /// Removes the database of an account that was not made after all: it opens with a key that nobody has.
    pub async fn remove(path: PathBuf) {
        let removed = blocking(move || {
            files::remove(&path);
            Ok(())
        });
        // It is set aside when the next one is made.
        let _: Result<(), DatabaseError> = removed.await;
    }

    /// Opens the database, brings its schema up to date and, if it is small, checks it from end to end.
    pub async fn open(path: PathBuf, key: &DatabaseKey, now: Timestamp) -> Result<Self, DatabaseError> {
        let key = key.clone();
        blocking(move || {
            let checked = path.exists() && files::is_checked_at_start(&path)?;
            let writer = open::writer(&path, &key, now)?;
            Self::assemble(writer, &path, &key, checked)
        })
        .await
    }

    fn assemble(
        writer: Connection,
        path: &Path,
        key: &DatabaseKey,
        checked: bool,
    ) -> Result<Self, DatabaseError> {
        let idle = (0..READERS)
            .map(|_| open::reader(path, key))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            writer: Arc::new(Writer::start(writer)?),
            readers: Arc::new(Readers::new(idle)),
            checked,
        })
    }

    /// Whether it is new, or was checked from end to end when it was opened.
    pub fn is_checked(&self) -> bool {
        self.checked
    }

    /// Renames the files of a database that does not open, so that a new one can take their place; deletes nothing.
    /// Answers where the old one is now. No [`Store`] may have it open.
    pub async fn set_aside(path: PathBuf, now: Timestamp) -> Result<PathBuf, StorageError> {
        blocking(move || files::set_aside(&path, now).map_err(|_| StorageError::Failed)).await
    }

    /// Puts the last backup that is whole in the place of a database that does not open, which is set aside; answers
    /// whether there was one. No [`Store`] may have it open.
    pub async fn restore(path: PathBuf, key: &DatabaseKey, now: Timestamp) -> Result<bool, DatabaseError> {
        let key = key.clone();
        blocking(move || backup::restore(&path, &key, now)).await
    }

    /// Makes a backup of the database at `path`, which may be in use. `goes_on` is asked now and then.
    pub async fn back_up(
        path: PathBuf,
        key: &DatabaseKey,
        now: Timestamp,
        goes_on: impl FnMut() -> bool + Send + 'static,
    ) -> Result<(), DatabaseError> {
        let key = key.clone();
        blocking(move || backup::make(&path, &key, now, goes_on)).await
    }

    /// Makes a backup of the database at `path`, which may be in use, that is to go elsewhere; answers where it is. Whoever has
    /// it removes it.
    pub(crate) async fn copy_out(
        path: PathBuf,
        key: &DatabaseKey,
        now: Timestamp,
        goes_on: impl FnMut() -> bool + Send + 'static,
    ) -> Result<PathBuf, DatabaseError> {
        let key = key.clone();
        blocking(move || backup::copy_out(&path, &key, now, goes_on)).await
    }

    /// Makes a backup from elsewhere the database at `path`, as that of the installation `registration_id`.
    pub(crate) async fn move_in(
        incoming: PathBuf,
        path: PathBuf,
        key: &DatabaseKey,
        registration_id: u32,
        now: Timestamp,
    ) -> Result<(), DatabaseError> {
        let key = key.clone();
        blocking(move || backup::move_in(&incoming, &path, &key, registration_id, now)).await
    }

    /// Makes an empty file that only this user may read.
    pub(crate) fn create_empty(path: &Path) -> Result<(), StorageError> {
        backup::create_empty(path)
    }

    /// Which day it is where the user is, as `2026-11-22`.
    pub(crate) fn day(connection: &Connection, now: Timestamp) -> Result<String, StorageError> {
        let sql = "SELECT date(?1, 'unixepoch', 'localtime')";
        Ok(connection.query_row(sql, [now.millis().div_euclid(1000)], |row| row.get(0))?)
    }

    /// When the newest backup of the database at `path` was made, and whether the database is small.
    pub async fn backed_up_at(path: PathBuf) -> Result<(Option<Timestamp>, bool), StorageError> {
        blocking(move || Ok((backup::newest(&path)?, files::is_small(&path)?))).await
    }

    /// Remembers that the database at `path` is damaged: it is checked from end to end when it is opened next.
    pub async fn distrust(path: PathBuf) -> Result<(), StorageError> {
        blocking(move || files::distrust(&path)).await
    }

    /// Runs `work` in one transaction and answers when it is committed; an error rolls everything back.
    ///
    /// Works run one after another in the order of the calls. One that has been sent runs to its end, even if nobody
    /// waits for the answer any more.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.writer.run(work, |_| ()).await
    }

    /// Like [`Store::write`]; `committed` is called with the answer as soon as it is committed, on the thread that
    /// writes: in the order of the commits, and before the next work begins. It must not block.
    pub async fn write_then<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        committed: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.writer.run(work, committed).await
    }

    /// Runs `work` on one snapshot of what is committed.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// Reads and authenticates the whole database. Takes seconds on a large one; [`Store::open`] does it for small ones.
    pub async fn check(&self) -> Result<(), StorageError> {
        self.read(connect::check).await
    }

    /// Breaks off what is being read, waits for what was sent to be committed, folds the write-ahead log into the database
    /// and closes it. Whoever still has a clone is answered [`StorageError::ShutDown`].
    pub async fn close(&self) {
        // Readers first: the last connection to close is the one that may empty the log.
        self.readers.close().await;
        let writer = Arc::clone(&self.writer);
        if tokio::task::spawn_blocking(move || writer.stop()).await.is_err() {
            tracing::error!("the database was not closed in order");
        }
    }
}

async fn blocking<T: Send + 'static, E: From<StorageError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(StorageError::Failed.into()))
}
