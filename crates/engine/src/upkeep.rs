//! What our relay is kept up to date with: at the beginning of each connection, whenever something changed, and when it is
//! time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Timestamp;
use crate::connection::{Backoff, Mailbox};
use crate::core::Core;
use crate::error::{RelayError, StorageError};

/// How long a refused request is left alone, unless something changes.
pub(crate) const AFTER_REFUSAL: Duration = Duration::from_secs(3600);

/// Why upkeep did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpkeepError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Relay(#[from] RelayError),
}

/// Something that our relay is kept up to date with.
pub(crate) trait Upkeep {
    /// What the log says when it did not work.
    const FAILURE: &'static str;

    /// Brings the relay up to date; answers when to look again.
    fn keep_up(
        &self,
        core: &Arc<Core>,
        mailbox: &Mailbox,
    ) -> impl Future<Output = Result<Timestamp, UpkeepError>> + Send;
}

/// Keeps up until the engine is shut down. `changes` tells of a reason to look sooner.
pub(crate) async fn run<U: Upkeep, T>(core: Arc<Core>, upkeep: U, mut changes: watch::Receiver<T>) {
    let mut mailbox = core.status.mailbox();
    let mut backoff = Backoff::default();
    loop {
        changes.mark_unchanged();
        let connected = mailbox.borrow_and_update().clone();
        let wake_at = match connected {
            None => None,
            Some(connected) => match upkeep.keep_up(&core, &connected).await {
                Ok(next) => {
                    backoff.reset();
                    Some(next)
                }
                Err(UpkeepError::Storage(StorageError::ShutDown)) => return,
                // A disk that fails may do so for a moment only.
                Err(UpkeepError::Storage(error)) => {
                    tracing::warn!(%error, "{}", U::FAILURE);
                    Some(core.now().after(backoff.next(&mut rand::rng())))
                }
                // The next connection tries again.
                Err(UpkeepError::Relay(RelayError::Unreachable)) => None,
                Err(error) => {
                    tracing::warn!(%error, "{}", U::FAILURE);
                    Some(core.now().after(AFTER_REFUSAL))
                }
            },
        };
        let time = async {
            match wake_at {
                Some(at) => core.clock().sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = core.shutdown.cancelled() => return,
            changed = mailbox.changed() => if changed.is_err() {
                return;
            },
            _ = changes.changed(), if wake_at.is_some() => {}
            () = time => {}
        }
    }
}
