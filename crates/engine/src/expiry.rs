//! Messages that are not kept for good: erased when their time is over.
//!
//! A text carries how long it is to be kept. The time begins when it was read (by its reader) or has left (by its author),
//! and is counted by this machine's wall clock. A clock that is set back lengthens it by no more than once its length;
//! one that is set forward shortens it.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Transaction;

use crate::clock::Timestamp;
use crate::core::Core;
use crate::effects::Effects;
use crate::error::StorageError;
use crate::model::MessageId;
use crate::store::table::message_changes;

/// How many messages are erased in one transaction.
const STEP: u32 = 200;

/// The wall clock is looked at this often while a message's time runs: it may be set meanwhile.
const LOOK: Duration = Duration::from_secs(30);

/// A text of ours has left.
pub(crate) fn begin(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    message: MessageId,
    now: Timestamp,
) -> Result<(), StorageError> {
    if message_changes::begin_life(transaction, message, now)? {
        effects.review_expiry();
    }
    Ok(())
}

/// Erases messages whose time is over, until the engine is shut down.
pub(crate) async fn run(core: Arc<Core>) {
    loop {
        let now = core.now();
        let next = core
            .change(move |transaction, effects| erase_some(transaction, effects, now))
            .await;
        let wait = match next {
            Ok(Some(at)) => Some(at.since(core.now()).min(LOOK)),
            Ok(None) => None,
            Err(StorageError::ShutDown) => return,
            Err(error) => {
                tracing::warn!(%error, "messages whose time is over were not erased");
                Some(LOOK)
            }
        };
        let passed = async {
            match wait {
                Some(wait) => core.clock().sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = core.shutdown.cancelled() => return,
            () = core.listeners.expiry_changed.notified() => {}
            () = passed => {}
        }
    }
}

/// Erases up to [`STEP`] messages; answers when the next one is due, which may be now.
fn erase_some(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    now: Timestamp,
) -> Result<Option<Timestamp>, StorageError> {
    message_changes::begin_future_lives_now(transaction, now)?;
    for (id, conversation) in message_changes::expired(transaction, now, STEP)? {
        message_changes::delete(transaction, id)?;
        effects.message_removed(conversation, id);
    }
    message_changes::next_expiry(transaction)
}
