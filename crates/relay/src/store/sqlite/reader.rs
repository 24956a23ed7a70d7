//! Reads, each on a connection of its own beside the writer.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::open;
use crate::store::StoreError;

/// Reads at a time: they are short and mostly from memory, more would only contend.
const CONNECTIONS: usize = 4;

pub(super) struct Readers {
    path: PathBuf,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            permits: Semaphore::new(CONNECTIONS),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs a read on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let path = idle.is_none().then(|| self.path.clone());
        let outcome = spawn_blocking(move || {
            let connection = match (idle, path) {
                (Some(connection), _) => connection,
                (None, path) => open::readable(&path.unwrap_or_default())?,
            };
            let value = read(&connection)?;
            Ok::<_, rusqlite::Error>((connection, value))
        })
        .await;
        match outcome {
            Ok(Ok((connection, value))) => {
                self.idle
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(connection);
                Ok(value)
            }
            Ok(Err(error)) => {
                tracing::error!(code = ?error.sqlite_error_code(), "a read failed");
                Err(StoreError::Failed)
            }
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// No more reads; those under way end.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
