//! What the relay pushes: stored, then acknowledged.
//!
//! ```text
//! pushed -> one transaction: decrypt, session changes, message, receipt to send, envelope id
//!        -> committed: events
//!        -> acknowledged: the relay deletes it
//! ```
//! A backlog goes through in batches: several envelopes in a transaction, acknowledged together. A crash before the
//! acknowledgement brings the envelope again, and its id shows that it was dealt with.

mod arrived;
mod batch;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod receive;
mod speak;

use std::ops::ControlFlow;
use std::sync::Arc;

use sotto_wire::EnvelopeId;
use tokio::sync::mpsc;

use crate::checkpoint::Checkpoint;
use crate::connection::{Backoff, Mailbox, Pushed};
use crate::core::Core;
use crate::error::StorageError;
use crate::store::table::account;
use crate::typing;

use arrived::Arrived;
use batch::Received;
use receive::receive;

/// The most envelopes of one transaction. It bounds how long the first of a backlog waits for the last, and how long
/// a text of the user's own waits to be stored.
const BATCH: usize = 64;

/// How often an envelope may fail while other writes succeed before it is left to the next connection.
const ATTEMPTS: u32 = 3;

/// Takes what was pushed, until the engine is shut down.
pub(crate) async fn run(core: Arc<Core>, mut pushes: mpsc::Receiver<Pushed>) {
    let mut pushed = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            () = core.shutdown.cancelled() => return,
            received = pushes.recv_many(&mut pushed, BATCH) => if received == 0 {
                return;
            },
        }
        let Some(mailbox) = pushed.last().map(|pushed| pushed.mailbox.clone()) else {
            continue;
        };
        let arrived = pushed
            .drain(..)
            .filter_map(|pushed| Arrived::of(pushed.push))
            .collect();
        if take(&core, &mailbox, arrived).await.is_break() {
            return;
        }
    }
}

/// Stores and acknowledges a batch. One that fails as a whole is taken one by one, so that nothing holds up the rest. Breaks
/// off when the engine is shut down: nothing may overtake what was not stored.
async fn take(core: &Arc<Core>, mailbox: &Mailbox, arrived: Vec<Arrived>) -> ControlFlow<()> {
    if arrived.is_empty() {
        return ControlFlow::Continue(());
    }
    match store(core, arrived.clone()).await {
        Ok(received) => finish(core, mailbox, received, &arrived),
        Err(StorageError::ShutDown) => return ControlFlow::Break(()),
        Err(_) => {
            for one in arrived {
                take_one(core, mailbox, one).await?;
            }
        }
    }
    ControlFlow::Continue(())
}

/// While the disk fails, or is full, what comes behind waits too, so that all comes in order. An envelope that fails although
/// the disk does not is left behind, so that it holds up nothing for ever.
async fn take_one(core: &Arc<Core>, mailbox: &Mailbox, one: Arrived) -> ControlFlow<()> {
    let (mut backoff, mut failures) = (Backoff::default(), 0);
    while failures < ATTEMPTS {
        let error = match store(core, vec![one.clone()]).await {
            Ok(received) => {
                finish(core, mailbox, received, std::slice::from_ref(&one));
                return ControlFlow::Continue(());
            }
            Err(StorageError::ShutDown) => return ControlFlow::Break(()),
            Err(error) => error,
        };
        tracing::error!(%error, "an envelope could not be stored");
        let disk: Result<(), StorageError> = core.store.write(account::write_again).await;
        let is_to_blame = disk.is_ok() && error != StorageError::DiskFull;
        failures = if is_to_blame { failures + 1 } else { 0 };
        let wait = backoff.next(&mut rand::rng());
        tokio::select! {
            () = core.shutdown.cancelled() => return ControlFlow::Break(()),
            () = core.clock().sleep(wait) => {}
        }
    }
    // It is not acknowledged, so it is not lost: the relay pushes it again on the next connection.
    ControlFlow::Continue(())
}

async fn store(core: &Arc<Core>, arrived: Vec<Arrived>) -> Result<Vec<Received>, StorageError> {
    let (owner, now) = (Arc::clone(&core.owner), core.now());
    core.change(move |transaction, effects| receive(transaction, effects, &owner, &arrived, now))
        .await
}

fn finish(core: &Arc<Core>, mailbox: &Mailbox, received: Vec<Received>, arrived: &[Arrived]) {
    core.environment
        .checkpoints
        .reached(Checkpoint::ReceivedCommitted);
    let envelopes: Vec<EnvelopeId> = arrived.iter().filter_map(|arrived| arrived.id).collect();
    if !envelopes.is_empty() {
        mailbox.acknowledge(&envelopes);
        core.environment
            .checkpoints
            .reached(Checkpoint::ReceivedAcknowledged);
    }
    for one in received {
        match one {
            Received::Typing { contact, typing } => typing::heard(core, contact, typing),
            Received::Text { contact } => typing::stopped(core, contact),
        }
    }
}

#[cfg(test)]
mod tests;
