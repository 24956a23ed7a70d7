//! The embedded database, read batch by batch.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::CopyError;
use super::table::{Kind, Table};
use crate::store::sqlite;

/// After so many rows, or bytes, a batch is full: what one transaction writes, and what is in memory twice.
const ROWS: usize = 2_000;
const BYTES: usize = 4 * 1024 * 1024;

/// Batches read ahead.
const AHEAD: usize = 1;

/// See the module.
pub(super) struct Source {
    path: PathBuf,
    _lock: File,
}

/// Rows of a table, column by column.
pub(super) struct Batch(pub(super) Vec<Values>);

/// The values of a column, row by row.
pub(super) enum Values {
    Numbers(Vec<Option<i64>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// What comes of a table.
pub(super) struct Batches(mpsc::Receiver<Result<Batch, CopyError>>);

impl Source {
    /// Brings the database to this version, and its journal into the tables.
    pub(super) async fn open(path: &Path, lock: File) -> Result<Self, CopyError> {
        let path = path.to_owned();
        let opened = spawn_blocking(move || {
            sqlite::settle(&path).map_err(CopyError::Open)?;
            Ok(Self { path, _lock: lock })
        });
        opened.await.unwrap_or(Err(CopyError::Stopped))
    }

    /// How many rows there are to be.
    pub(super) async fn count(&self, table: &'static Table) -> Result<u64, CopyError> {
        let path = self.path.clone();
        let counted = spawn_blocking(move || {
            let count = sqlite::readable(&path)
                .and_then(|connection| connection.query_row(table.count, [], |row| row.get::<_, i64>(0)));
            count.map(i64::cast_unsigned).map_err(CopyError::Read)
        });
        counted.await.unwrap_or(Err(CopyError::Stopped))
    }

    /// Begins to read a table.
    pub(super) fn read(&self, table: &'static Table) -> Batches {
        let (batches, receiver) = mpsc::channel(AHEAD);
        let path = self.path.clone();
        spawn_blocking(move || {
            let read = sqlite::readable(&path).and_then(|connection| send(&connection, table, &batches));
            if let Err(error) = read {
                batches.blocking_send(Err(CopyError::Read(error))).ok();
            }
        });
        Batches(receiver)
    }
}

impl Batches {
    /// The next rows; none if there are no more.
    pub(super) async fn next(&mut self) -> Result<Option<Batch>, CopyError> {
        self.0.recv().await.transpose()
    }
}

/// Sends a table until it ends, or nobody wants more of it.
fn send(
    connection: &Connection,
    table: &Table,
    batches: &mpsc::Sender<Result<Batch, CopyError>>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(table.read)?;
    let mut rows = statement.query([])?;
    let mut batch = Batch::empty(table);
    let (mut count, mut size) = (0, 0);
    while let Some(row) = rows.next()? {
        for (place, values) in batch.0.iter_mut().enumerate() {
            size += values.push(row.get_ref(place)?, place)?;
        }
        count += 1;
        if count >= ROWS || size >= BYTES {
            let full = std::mem::replace(&mut batch, Batch::empty(table));
            if batches.blocking_send(Ok(full)).is_err() {
                return Ok(());
            }
            (count, size) = (0, 0);
        }
    }
    if count > 0 {
        batches.blocking_send(Ok(batch)).ok();
    }
    Ok(())
}

impl Batch {
    fn empty(table: &Table) -> Self {
        let values = table.columns.iter().map(|column| match column.kind {
            Kind::Number | Kind::Small | Kind::Flag => Values::Numbers(Vec::new()),
            Kind::Bytes => Values::Bytes(Vec::new()),
        });
        Self(values.collect())
    }
}

impl Values {
    /// Adds a value; answers its size.
    fn push(&mut self, value: ValueRef<'_>, place: usize) -> rusqlite::Result<usize> {
        match (self, value) {
            (Self::Numbers(values), ValueRef::Integer(number)) => {
                values.push(Some(number));
                Ok(8)
            }
            (Self::Bytes(values), ValueRef::Blob(bytes)) => {
                values.push(Some(bytes.to_vec()));
                Ok(bytes.len())
            }
            (Self::Numbers(values), ValueRef::Null) => {
                values.push(None);
                Ok(1)
            }
            (Self::Bytes(values), ValueRef::Null) => {
                values.push(None);
                Ok(1)
            }
            (_, other) => Err(rusqlite::Error::InvalidColumnType(
                place,
                String::new(),
                other.data_type(),
            )),
        }
    }
}
