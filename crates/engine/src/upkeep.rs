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

/// When to look again, if nothing happens before.
enum Wait {
    /// At the next connection.
    ForConnection,
    /// At a moment by the wall clock, which is that of certificates and keys.
    Until(Timestamp),
    /// After a while: a clock that is set back must not make it hours.
    For(Duration),
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
        let wait = match connected {
            None => Wait::ForConnection,
            Some(connected) => match upkeep.keep_up(&core, &connected).await {
                Ok(next) => {
                    backoff.reset();
                    Wait::Until(next)
                }
                Err(UpkeepError::Storage(StorageError::ShutDown)) => return,
                // A disk that fails may do so for a moment only.
                Err(UpkeepError::Storage(error)) => {
                    tracing::warn!(%error, "{}", U::FAILURE);
                    Wait::For(backoff.next(&mut rand::rng()))
                }
                // The next connection tries again.
                Err(UpkeepError::Relay(RelayError::Unreachable)) => Wait::ForConnection,
                Err(error) => {
                    tracing::warn!(%error, "{}", U::FAILURE);
                    Wait::For(AFTER_REFUSAL)
                }
            },
        };
        let time = async {
            match wait {
                Wait::ForConnection => std::future::pending().await,
                Wait::Until(at) => core.clock().sleep_until(at).await,
                Wait::For(duration) => core.clock().sleep(duration).await,
            }
        };
        tokio::select! {
            () = core.shutdown.cancelled() => return,
            changed = mailbox.changed() => if changed.is_err() {
                return;
            },
            _ = changes.changed(), if !matches!(wait, Wait::ForConnection) => {}
            () = time => {}
        }
    }
}
