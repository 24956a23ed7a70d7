//! Lanes: deliveries and acknowledgements, committed in groups.
//!
//! ```text
//! deliver, acknowledge -> lane of the mailbox -> [ take all that waits | BEGIN | lock, read, decide, write | COMMIT ] -> answers
//! ```
//! While a group is on its way to PostgreSQL the next one gathers. A mailbox has its lane, so that what comes for it stays
//! in order; several lanes, so that one waiting for the lock of another node does not hold up everybody.
//!
//! A group that failed is tried again: whatever became of it, client message ids make sure that nothing is kept twice. If
//! it fails for a reason of its own, each of its jobs is tried alone.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use sotto_wire::Refusal;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::error::SqlState;

use super::job::{Job, Stored};
use super::{Failure, Inner, group};
use crate::mailbox::{MailboxAddress, MailboxId, Sequence};
use crate::store::{Delivery, Kept, Pending, StoreError};

/// Lanes of a node; each has a connection while it commits.
const LANES: usize = 4;

/// Jobs that may wait in a lane; then submitting waits, and with it the reading of the connections that submit.
const QUEUE: usize = 1_024;

/// Most jobs in one group, and the bytes of payload after which it is full.
const GROUP: usize = 256;
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// How often a group is tried, and the pause before it is tried again.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);

enum Order {
    Write(Job),
    Stop,
}

pub(super) struct Lanes {
    lanes: Vec<mpsc::Sender<Order>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    hasher: RandomState,
}

impl Lanes {
    pub(super) fn start(inner: &Arc<Inner>) -> Self {
        let (lanes, tasks) = (0..LANES)
            .map(|_| {
                let (orders, queue) = mpsc::channel(QUEUE);
                (
                    orders,
                    tokio::spawn(write_until_stopped(Arc::clone(inner), queue)),
                )
            })
            .unzip();
        Self {
            lanes,
            tasks: Mutex::new(tasks),
            hasher: RandomState::new(),
        }
    }

    pub(super) async fn deliver(
        &self,
        delivery: Delivery,
        stored: Stored,
    ) -> Pending<Result<usize, Refusal>> {
        let (answer, pending) = oneshot::channel();
        let address = delivery.address;
        let job = Job::Deliver {
            delivery,
            stored: Mutex::new(stored),
            answer,
            outcome: None,
        };
        self.submit(address, job).await;
        Pending(pending)
    }

    pub(super) async fn acknowledge(
        &self,
        address: MailboxAddress,
        mailbox: MailboxId,
        sequences: Vec<Sequence>,
    ) -> Pending<Result<(), Refusal>> {
        let (answer, pending) = oneshot::channel();
        let job = Job::Acknowledge {
            mailbox,
            sequences,
            answer,
        };
        self.submit(address, job).await;
        Pending(pending)
    }

    async fn submit(&self, address: MailboxAddress, job: Job) {
        let lane = self.hasher.hash_one(address) as usize % LANES;
        if let Some(lane) = self.lanes.get(lane) {
            // If the lane has stopped, the job is dropped and with it the answer: the pending one says so.
            lane.send(Order::Write(job)).await.ok();
        }
    }

    /// Writes what was submitted before, and stops.
    pub(super) async fn close(&self) {
        for lane in &self.lanes {
            lane.send(Order::Stop).await.ok();
        }
        for task in self.tasks.lock().await.drain(..) {
            task.await.ok();
        }
    }
}

impl Job {
    fn bytes(&self) -> usize {
        match self {
            Self::Deliver { delivery, .. } => delivery
                .envelopes
                .iter()
                .map(|envelope| envelope.payload.as_bytes().len())
                .sum(),
            Self::Acknowledge { .. } => 0,
        }
    }

    fn finish(self, committed: Result<(), StoreError>) {
        // Whoever asked may be gone; the write stands.
        match self {
            Self::Deliver {
                stored,
                answer,
                outcome,
                ..
            } => {
                let outcome = committed.and_then(|()| outcome.ok_or(StoreError::Failed));
                let told = outcome.map(|outcome| {
                    outcome.map(|Kept { count, new }| {
                        new.into_iter().for_each(stored.into_inner());
                        count
                    })
                });
                answer.send(told).ok();
            }
            Self::Acknowledge { answer, .. } => {
                answer.send(committed.map(Ok)).ok();
            }
        }
    }
}

async fn write_until_stopped(inner: Arc<Inner>, mut queue: mpsc::Receiver<Order>) {
    let mut waiting = Vec::with_capacity(GROUP);
    let mut stopped = false;
    while !stopped && queue.recv_many(&mut waiting, GROUP).await > 0 {
        let mut group = Vec::with_capacity(waiting.len());
        let mut bytes = 0;
        for order in waiting.drain(..) {
            match order {
                Order::Write(job) => {
                    bytes += job.bytes();
                    group.push(job);
                    if bytes >= GROUP_BYTES {
                        commit(&inner, std::mem::take(&mut group)).await;
                        bytes = 0;
                    }
                }
                // What came after it is dropped, and thereby answered.
                Order::Stop => {
                    stopped = true;
                    break;
                }
            }
        }
        if !group.is_empty() {
            commit(&inner, group).await;
        }
    }
}

async fn commit(inner: &Arc<Inner>, mut jobs: Vec<Job>) {
    let together = try_often(inner, &mut jobs).await;
    let alone = jobs.len() > 1 && together.as_ref().is_err_and(is_of_a_job);
    if !alone {
        let outcome = inner.noted(together);
        jobs.into_iter().for_each(|job| job.finish(outcome));
        return;
    }
    for job in jobs {
        let mut job = [job];
        let outcome = inner.noted(try_often(inner, &mut job).await);
        let [job] = job;
        job.finish(outcome);
    }
}

async fn try_often(inner: &Inner, jobs: &mut [Job]) -> Result<(), Failure> {
    let mut attempt = 1;
    loop {
        let outcome = async { group::write(&mut inner.connection().await?, jobs, &inner.limits).await }.await;
        match outcome {
            Err(failure) if attempt < ATTEMPTS && is_passing(&failure) => {
                sleep(attempt * PAUSE).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// The connection was lost, or another node was in the way: trying again may help.
fn is_passing(failure: &Failure) -> bool {
    let Failure::Database(error) = failure else {
        return false;
    };
    match error.code() {
        None => true,
        Some(code) => [
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
        ]
        .contains(code),
    }
}

/// The database works, but not for these jobs.
fn is_of_a_job(failure: &Failure) -> bool {
    match failure {
        Failure::Database(error) => error.code().is_some() && !is_passing(failure),
        Failure::Damaged => true,
        Failure::Pool(_) | Failure::Build(_) => false,
    }
}
