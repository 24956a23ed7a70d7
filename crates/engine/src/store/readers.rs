//! The connections that read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::Semaphore;

use crate::error::StorageError;

/// How many reads run at once: the UI reads in short bursts, and each connection has a page cache of its own.
pub(super) const READERS: u32 = 2;

/// How often reads that hold up the end are told of it: one that has not begun yet does not hear it.
const TOLD_EVERY: Duration = Duration::from_millis(10);

/// The connections that read: as many as there are permits, lent to one read each.
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    interrupts: Vec<InterruptHandle>,
    closing: AtomicBool,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections.len())),
            interrupts: connections.iter().map(Connection::get_interrupt_handle).collect(),
            idle: Mutex::new(connections),
            closing: AtomicBool::new(false),
        }
    }

    /// Runs `work` on one snapshot of what is committed.
    pub(super) async fn read<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StorageError::ShutDown)?;
        if self.closing.load(Ordering::Relaxed) {
            return Err(StorageError::ShutDown.into());
        }
        let readers = Arc::clone(self);
        let answer = tokio::task::spawn_blocking(move || {
            // Held by the read, not by who waits for it: they may give up, the connection is lent until it comes back.
            let _permit = permit;
            // Proof that there is one: there are as many as permits.
            let mut connection = readers.idle().pop().ok_or(StorageError::Failed)?;
            // A panic of `work` must not cost the pool a connection; the snapshot ends while it unwinds.
            let answer = catch_unwind(AssertUnwindSafe(|| snapshot(&mut connection, work)));
            readers.idle().push(connection);
            match answer {
                Ok(Err(_)) if readers.closing.load(Ordering::Relaxed) => Err(StorageError::ShutDown.into()),
                Ok(answer) => answer,
                Err(_) => Err(StorageError::Failed.into()),
            }
        });
        answer.await.unwrap_or_else(|_| Err(StorageError::Failed.into()))
    }

    /// Breaks off what is being read, and closes the connections once all are back.
    pub(super) async fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        let all = self.permits.acquire_many(READERS);
        tokio::pin!(all);
        loop {
            self.interrupts.iter().for_each(InterruptHandle::interrupt);
            tokio::select! {
                _ = &mut all => break,
                () = tokio::time::sleep(TOLD_EVERY) => {}
            }
        }
        self.permits.close();
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn snapshot<T, E: From<StorageError>>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    // Never committed: there is nothing to commit.
    let transaction = connection.transaction().map_err(StorageError::from)?;
    work(&transaction)
}
