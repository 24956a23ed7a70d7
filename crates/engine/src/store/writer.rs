//! The one thread that writes.

use std::panic::AssertUnwindSafe;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::error::StorageError;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A thread that owns the writing connection and runs one job after another.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(mut connection: Connection) -> Result<Self, StorageError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new()
            .name("sotto-store".to_owned())
            .spawn(move || {
                for job in queue {
                    // A defect in one job must not take the account down: its transaction is rolled back while the panic
                    // unwinds, and whoever waits for its answer learns that there is none.
                    let ran = std::panic::catch_unwind(AssertUnwindSafe(|| job(&mut connection)));
                    if ran.is_err() {
                        tracing::error!("a write panicked and was rolled back");
                    }
                }
                close(connection);
            })
            .map_err(|_| StorageError::Failed)?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        committed: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.send(Box::new(move |connection| {
            let result = in_transaction(connection, work);
            if let Ok(value) = &result {
                committed(value);
            }
            // Nobody may be waiting any more; what was committed stays committed.
            let _ = answer.send(result);
        }))?;
        answered
            .await
            .unwrap_or_else(|_| Err(StorageError::Failed.into()))
    }

    fn send(&self, job: Job) -> Result<(), StorageError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = jobs.as_ref().ok_or(StorageError::ShutDown)?;
        jobs.send(job).map_err(|_| StorageError::ShutDown)
    }

    /// Takes no more jobs, and returns when those that are there are done and the connection is closed.
    pub(super) fn stop(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A job may hold the last clone of its own store: the thread cannot wait for itself, and ends after that job.
        let thread = thread.filter(|thread| thread.thread().id() != std::thread::current().id());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writing thread panicked");
        }
    }
}

/// A store that is gone has closed its file. A thread left behind could still be in libcrypto while the process ends,
/// and libcrypto frees what that thread uses as soon as `main` has returned: the process would crash on its way out.
impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn in_transaction<T, E: From<StorageError>>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    // IMMEDIATE: the lock is taken before anything is read, so that nothing read can change before it is written.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(StorageError::from)?;
    // Dropped with an error, a transaction rolls back.
    let answer = work(&transaction)?;
    transaction.commit().map_err(StorageError::from)?;
    Ok(answer)
}

fn close(connection: Connection) {
    if let Err((_, error)) = connection.close() {
        // The log stays beside the database and is folded in when it is opened next; nothing is lost.
        let _ = StorageError::from(error);
    }
}
