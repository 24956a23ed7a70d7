//! The one thread that writes: group commit.
//!
//! ```text
//! submit -> queue -> [ take all that waits | BEGIN | run each | COMMIT (one fsync) | tell each ] -> answers
//! ```
//! While one group is being committed the next one gathers, so that groups grow with the load by themselves and a
//! lone write waits for nobody. If a group fails, each of its jobs is tried alone: one that cannot be done does not
//! take the others with it. Between two groups the [journal](super::journal) is tidied up.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::OpenError;
use super::journal::{Fresh, Journal};
use super::usage::Mailboxes;
use crate::store::{Pending, StoreError};

/// Jobs that may wait; then submitting waits, and with it the reading of the connections that submit.
const QUEUE: usize = 4096;

/// Most jobs in one group: bounds how long the first one waits for the last.
const GROUP: usize = 1024;

/// What a job works on.
pub(super) struct Writing<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) mailboxes: &'a mut Mailboxes,
    pub(super) journal: &'a mut Journal,
}

/// Something to be written, as often as it takes until it is committed.
trait Job: Send {
    fn run(&mut self, writing: &mut Writing<'_>) -> rusqlite::Result<()>;
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

enum Order {
    Write(Box<dyn Job>),
    /// There may have been nothing to write for a while.
    Settle,
    Stop,
}

pub(super) struct Writer {
    orders: mpsc::Sender<Order>,
    healthy: Arc<AtomicBool>,
    fresh: Arc<Fresh>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Sorts what a writer that was killed left in the journal, and starts.
    pub(super) fn start(mut connection: Connection, lock: File) -> Result<Self, OpenError> {
        let journal = Journal::open(&mut connection)?;
        let fresh = Arc::clone(journal.fresh());
        let (orders, queue) = mpsc::channel(QUEUE);
        let healthy = Arc::new(AtomicBool::new(true));
        let health = Arc::clone(&healthy);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                write_until_stopped(connection, journal, queue, &health);
                drop(lock);
            })
            .map_err(OpenError::Thread)?;
        Ok(Self {
            orders,
            healthy,
            fresh,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Puts a write into the queue; jobs are run in the order of their submission. `run` may be run more than once,
    /// what counts is the run that is committed; `committed` is called on the writer's thread after the commit.
    pub(super) async fn submit<T: Send + 'static, R: Send + 'static>(
        &self,
        run: impl FnMut(&mut Writing<'_>) -> rusqlite::Result<T> + Send + 'static,
        committed: impl FnOnce(T) -> R + Send + 'static,
    ) -> Pending<R> {
        let (answer, pending) = oneshot::channel();
        let job = Write {
            run,
            committed,
            value: None,
            answer,
        };
        // If the writer has stopped, the job is dropped and with it the answer: the pending one says so.
        self.orders.send(Order::Write(Box::new(job))).await.ok();
        Pending(pending)
    }

    /// Sorts what was left in the journal because nothing came after it.
    pub(super) fn settle(&self) {
        // If the queue is full, something comes.
        self.orders.try_send(Order::Settle).ok();
    }

    /// What is in the journal, for readers.
    pub(super) fn fresh(&self) -> &Arc<Fresh> {
        &self.fresh
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    /// Writes what was submitted before, and stops.
    pub(super) async fn close(&self) {
        self.orders.send(Order::Stop).await.ok();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            spawn_blocking(move || thread.join().ok()).await.ok();
        }
    }
}

/// A store that is gone has closed its database: a thread left behind could still be in libcrypto while the process ends,
/// which frees what that thread uses as soon as `main` has returned.
impl Drop for Writer {
    fn drop(&mut self) {
        // With the last sender the queue ends, after what is in it.
        self.orders = mpsc::channel(1).0;
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // A job may hold the last clone of its own store: the thread cannot wait for itself.
        let thread = thread.filter(|thread| thread.thread().id() != thread::current().id());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writing thread panicked");
        }
    }
}

struct Write<T, R, Run, Committed> {
    run: Run,
    committed: Committed,
    value: Option<T>,
    answer: oneshot::Sender<Result<R, StoreError>>,
}

impl<T, R, Run, Committed> Job for Write<T, R, Run, Committed>
where
    T: Send,
    R: Send,
    Run: FnMut(&mut Writing<'_>) -> rusqlite::Result<T> + Send,
    Committed: FnOnce(T) -> R + Send,
{
    fn run(&mut self, writing: &mut Writing<'_>) -> rusqlite::Result<()> {
        self.value = Some((self.run)(writing)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let answer = match (outcome, self.value) {
            (Ok(()), Some(value)) => Ok((self.committed)(value)),
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(StoreError::Failed),
        };
        // Whoever asked may be gone; the write stands.
        self.answer.send(answer).ok();
    }
}

fn write_until_stopped(
    mut connection: Connection,
    mut journal: Journal,
    mut queue: mpsc::Receiver<Order>,
    healthy: &AtomicBool,
) {
    let mut mailboxes = Mailboxes::default();
    let mut orders = Vec::with_capacity(GROUP);
    let mut group: Vec<Box<dyn Job>> = Vec::with_capacity(GROUP);
    let mut stopped = false;
    while !stopped && queue.blocking_recv_many(&mut orders, GROUP) > 0 {
        for order in orders.drain(..) {
            match order {
                Order::Write(job) => group.push(job),
                Order::Settle => {}
                // What came after it is dropped, and thereby answered.
                Order::Stop => {
                    stopped = true;
                    break;
                }
            }
        }
        if !group.is_empty() {
            commit(&mut connection, &mut mailboxes, &mut journal, &mut group, healthy);
        }
        // If others wait, only as much as must be.
        while journal.is_due() {
            if let Err(error) = journal.tidy(&mut connection) {
                tracing::error!(code = ?error.sqlite_error_code(), "the journal could not be sorted");
                break;
            }
            if !queue.is_empty() && !journal.is_full() {
                break;
            }
        }
    }
    if let Err(error) = journal.tidy_everything(&mut connection) {
        // Nothing is lost: the next start reads the journal.
        tracing::warn!(code = ?error.sqlite_error_code(), "the journal could not be sorted");
    }
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        // Nothing is lost: the next start reads the log.
        tracing::warn!(code = ?error.sqlite_error_code(), "the write-ahead log could not be folded in");
    }
}

fn commit(
    connection: &mut Connection,
    mailboxes: &mut Mailboxes,
    journal: &mut Journal,
    group: &mut Vec<Box<dyn Job>>,
    healthy: &AtomicBool,
) {
    let together = run_and_commit(connection, mailboxes, journal, group);
    let alone = together.is_err() && group.len() > 1;
    for mut job in group.drain(..) {
        let outcome = match &together {
            Err(_) if alone => run_and_commit(connection, mailboxes, journal, std::slice::from_mut(&mut job)),
            Err(_) => Err(StoreError::Failed),
            Ok(()) => Ok(()),
        };
        healthy.store(outcome.is_ok(), Ordering::Relaxed);
        job.finish(outcome);
    }
}

fn run_and_commit(
    connection: &mut Connection,
    mailboxes: &mut Mailboxes,
    journal: &mut Journal,
    jobs: &mut [Box<dyn Job>],
) -> Result<(), StoreError> {
    let outcome = (|| {
        journal.refresh(connection)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for job in jobs {
            job.run(&mut Writing {
                transaction: &transaction,
                mailboxes,
                journal,
            })?;
        }
        journal.write(&transaction)?;
        transaction.commit()
    })();
    if outcome.is_ok() {
        journal.committed();
    }
    outcome.map_err(|error: rusqlite::Error| {
        // Rolled back: what was counted did not happen.
        mailboxes.forget();
        journal.rolled_back();
        tracing::error!(code = ?error.sqlite_error_code(), "a write failed");
        StoreError::Failed
    })
}

#[cfg(test)]
mod tests;
