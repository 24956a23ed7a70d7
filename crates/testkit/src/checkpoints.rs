//! Stops somebody between a commit and what follows it.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use sotto_engine::checkpoint::{Checkpoint, Checkpoints};
use tokio::sync::watch;

/// How long somebody is held before the story is taken to have forgotten them.
const PATIENCE: Duration = Duration::from_secs(300);

/// Holds whoever reaches a chosen [`Checkpoint`] until the story lets them go on.
pub struct Gate {
    shut: Mutex<Option<Checkpoint>>,
    opened: Condvar,
    reached: watch::Sender<HashMap<Checkpoint, u64>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            shut: Mutex::new(None),
            opened: Condvar::new(),
            reached: watch::Sender::new(HashMap::new()),
        }
    }
}

impl Gate {
    /// From now on nobody gets past `checkpoint`.
    pub fn shut_at(&self, checkpoint: Checkpoint) {
        *self.shut.lock().expect("no holder of this lock panics") = Some(checkpoint);
    }

    /// Lets everybody go on.
    pub fn open(&self) {
        *self.shut.lock().expect("no holder of this lock panics") = None;
        self.opened.notify_all();
    }

    /// How often `checkpoint` has been reached.
    pub fn count(&self, checkpoint: Checkpoint) -> u64 {
        self.reached.borrow().get(&checkpoint).copied().unwrap_or(0)
    }

    /// Returns when `checkpoint` has been reached `times` times, counted from the beginning.
    pub async fn until_reached(&self, checkpoint: Checkpoint, times: u64) {
        let mut reached = self.reached.subscribe();
        let enough = reached.wait_for(|counts| counts.get(&checkpoint).copied().unwrap_or(0) >= times);
        let waited = tokio::time::timeout(crate::TIMEOUT, enough).await;
        assert!(
            waited.is_ok(),
            "{checkpoint:?} was not reached {times} times in {:?}",
            crate::TIMEOUT
        );
    }
}

impl Checkpoints for Gate {
    fn reached(&self, checkpoint: Checkpoint) {
        self.reached
            .send_modify(|counts| *counts.entry(checkpoint).or_default() += 1);
        let shut = self.shut.lock().expect("no holder of this lock panics");
        if *shut != Some(checkpoint) {
            return;
        }
        let (_shut, waited) = self
            .opened
            .wait_timeout_while(shut, PATIENCE, |shut| *shut == Some(checkpoint))
            .expect("no holder of this lock panics");
        assert!(
            !waited.timed_out(),
            "the gate at {checkpoint:?} was never opened again"
        );
    }
}

/// Ends this process at a checkpoint, without any of the goodbyes that a process says: for the crash stories.
pub struct DieAt {
    at: Checkpoint,
    after: std::sync::atomic::AtomicU64,
}

impl DieAt {
    /// Dies when `at` is reached for the `nth` time, counted from 1.
    pub fn new(at: Checkpoint, nth: u64) -> Self {
        Self {
            at,
            after: std::sync::atomic::AtomicU64::new(nth),
        }
    }
}

impl Checkpoints for DieAt {
    fn reached(&self, checkpoint: Checkpoint) {
        if checkpoint == self.at && self.after.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 1 {
            std::process::abort();
        }
    }
}
