//! What the parts of an open engine share.

use std::sync::{Arc, OnceLock};

use rusqlite::Transaction;
use sotto_protocol::fingerprint::Fingerprint;
use tokio::sync::{Mutex, Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Clock, Timestamp};
use crate::connection::{Owner, Relays, Status};
use crate::effects::Effects;
use crate::environment::Environment;
use crate::error::StorageError;
use crate::listeners::Listeners;
use crate::profile::Profile;
use crate::spells::TypingPeers;
use crate::store::Store;
use crate::vault::{AccountSecrets, Vault};

/// What the parts of an open engine share.
pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) owner: Arc<Owner>,
    pub(crate) environment: Environment,
    /// Who hears of what was committed.
    pub(crate) listeners: Arc<Listeners>,
    /// How the connection to our mailbox stands.
    pub(crate) status: Arc<Status>,
    /// Wakes the connection from its backoff.
    pub(crate) reconnect: Arc<Notify>,
    /// The relays of our contacts.
    pub(crate) relays: Relays,
    /// Changes when waiting is pointless: the network is back, or the user asked for it.
    pub(crate) hurry: watch::Sender<()>,
    /// Who writes at the moment.
    pub(crate) typing: TypingPeers,
    /// Our half of every safety number, once it was asked for.
    pub(crate) fingerprint: OnceLock<Fingerprint>,
    /// Held by whoever talks with the relay about our user name.
    pub(crate) naming: Mutex<()>,
    pub(crate) vault: Mutex<Vault>,
    /// What another slot of the vault would hold.
    pub(crate) secrets: AccountSecrets,
    /// Where tasks run: some are begun from the thread that writes, which is none of the runtime's.
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
    /// Where the files are. Held so that no other process opens it.
    pub(crate) profile: Arc<Profile>,
}

impl Core {
    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.environment.clock.now()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.environment.clock
    }

    /// Runs `work` in one transaction; once it is committed, tells what it did: in the order of the commits, and before
    /// the answer.
    pub(crate) async fn change<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &mut Effects) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        // Not the core: who waits in the writer's queue must not keep the writer alive.
        let listeners = Arc::clone(&self.listeners);
        let (answer, _) = self
            .store
            .write_then(
                move |transaction| {
                    let mut effects = Effects::default();
                    let answer = work(transaction, &mut effects)?;
                    Ok::<_, E>((answer, effects.complete(transaction)?))
                },
                move |(_, told)| listeners.tell(told),
            )
            .await?;
        Ok(answer)
    }

    /// Lets everything that waits for another attempt try now rather than when its backoff says so.
    pub(crate) fn hurry(&self) {
        self.hurry.send_replace(());
    }
}
