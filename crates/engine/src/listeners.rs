//! Who hears of what was committed.

use sotto_wire::AccountId;
use tokio::sync::{Notify, mpsc, watch};

use crate::effects::Told;
use crate::events::Events;
use crate::tokens::Tokens;

/// The parts of an open engine that go on from what a transaction did. They know nothing of the store.
pub(crate) struct Listeners {
    pub(crate) events: Events,
    /// For whom there is something to send.
    pub(crate) outgoing: mpsc::UnboundedSender<AccountId>,
    /// Wakes the upkeep of our prekeys.
    pub(crate) prekeys_used: watch::Sender<()>,
    /// What opens our mailbox.
    pub(crate) tokens: Tokens,
    /// Wakes who waits for the next message's time to be over.
    pub(crate) expiry_changed: Notify,
}

impl Listeners {
    /// Tells all of it, the events in their order.
    pub(crate) fn tell(&self, told: &Told) {
        for event in &told.events {
            self.events.send(event.clone());
        }
        for &recipient in &told.recipients {
            self.wake(recipient);
        }
        if told.prekeys_used {
            self.prekeys_used.send_replace(());
        }
        if told.tokens_changed {
            self.tokens.changed();
        }
        if told.expiry_changed {
            self.expiry_changed.notify_one();
        }
    }

    /// There is something to send to `recipient`.
    pub(crate) fn wake(&self, recipient: AccountId) {
        // Whoever sends may be gone already; they look into the outbox when the engine is opened next.
        let _ = self.outgoing.send(recipient);
    }
}
