//! How far the relay has heard of the tokens that are to open our mailbox.

use std::time::Duration;

use tokio::sync::watch;

/// How long a new invite waits to be known to the relay before it is shown all the same.
const INVITE_KNOWN_WITHIN: Duration = Duration::from_secs(5);

/// Which state of our tokens is wanted, and which one the relay has.
pub(crate) struct Tokens {
    /// Counts up whenever they are others.
    pub(crate) wanted: watch::Sender<u64>,
    /// The last of them that the relay has.
    pub(crate) set: watch::Sender<u64>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            wanted: watch::Sender::new(1),
            set: watch::Sender::new(0),
        }
    }
}

impl Tokens {
    /// They are others now.
    pub(crate) fn changed(&self) {
        self.wanted.send_modify(|state| *state += 1);
    }

    /// Waits until the relay has what is wanted now, but not for long.
    pub(crate) async fn known(&self, patience: Duration) {
        let wanted = *self.wanted.borrow();
        let mut set = self.set.subscribe();
        let _ = tokio::time::timeout(patience, set.wait_for(|set| *set >= wanted)).await;
    }

    /// Waits until an invite that was just made can be opened, but not for long.
    pub(crate) async fn invite_known(&self) {
        self.known(INVITE_KNOWN_WITHIN).await;
    }
}
