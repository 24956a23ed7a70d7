//! Who is connected, and the way to them.
//!
//! Arrivals take a short cut past the database: the writer hands an envelope to its owner's connection as soon as it
//! is on disk. The way is narrow; when it is full the envelope is not handed over and the connection is marked
//! *behind*: it then reads from the database what it missed. Nothing depends on the short cut but speed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sotto_wire::Payload;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::mailbox::{MailboxAddress, StoredEnvelope};

/// Arrivals on their way to one connection.
const WAY: usize = 32;

/// What arrives for a connected owner.
#[derive(Debug)]
pub(crate) enum Arrival {
    Stored(Box<StoredEnvelope>),
    Ephemeral(Payload),
}

/// The connections of owners, at most one for each mailbox.
#[derive(Default)]
pub(crate) struct Hub {
    connected: Mutex<HashMap<MailboxAddress, Connected>>,
    next: AtomicU64,
}

struct Connected {
    number: u64,
    way: mpsc::Sender<Arrival>,
    behind: Arc<AtomicBool>,
    replaced: CancellationToken,
}

/// A connection's end of the way. Dropped, it leaves the hub.
pub(crate) struct Attachment {
    hub: Arc<Hub>,
    address: MailboxAddress,
    number: u64,
    arrivals: mpsc::Receiver<Arrival>,
    behind: Arc<AtomicBool>,
    replaced: CancellationToken,
}

impl Hub {
    /// Connects an owner; a connection that the mailbox has already is told that it was replaced.
    pub(crate) fn attach(self: &Arc<Self>, address: MailboxAddress) -> Attachment {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (way, arrivals) = mpsc::channel(WAY);
        let behind = Arc::new(AtomicBool::new(false));
        let replaced = CancellationToken::new();
        let connected = Connected {
            number,
            way,
            behind: Arc::clone(&behind),
            replaced: replaced.clone(),
        };
        if let Some(old) = self.lock().insert(address, connected) {
            old.replaced.cancel();
        }
        Attachment {
            hub: Arc::clone(self),
            address,
            number,
            arrivals,
            behind,
            replaced,
        }
    }

    /// Hands an envelope to its owner if connected. To be called in the order of the envelopes.
    pub(crate) fn stored(&self, address: MailboxAddress, envelope: StoredEnvelope) {
        if let Some(owner) = self.lock().get(&address)
            && owner.way.try_send(Arrival::Stored(Box::new(envelope))).is_err()
        {
            // Set before anything later can be handed over: whoever receives that sees this.
            owner.behind.store(true, Ordering::Release);
        }
    }

    /// Hands something to its owner if connected and there is room on the way.
    pub(crate) fn ephemeral(&self, address: MailboxAddress, payload: Payload) {
        if let Some(owner) = self.lock().get(&address) {
            owner.way.try_send(Arrival::Ephemeral(payload)).ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxAddress, Connected>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attachment {
    /// The next arrival. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }

    /// Whether an arrival was lost since this was asked last.
    pub(crate) fn fell_behind(&self) -> bool {
        self.behind.swap(false, Ordering::AcqRel)
    }

    /// Ready when another connection took the mailbox over.
    pub(crate) fn replaced(&self) -> CancellationToken {
        self.replaced.clone()
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let mut connected = self.hub.lock();
        if connected
            .get(&self.address)
            .is_some_and(|owner| owner.number == self.number)
        {
            connected.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use sotto_wire::{AccountId, DeviceId, EnvelopeId};

    use super::*;
    use crate::mailbox::Sequence;

    fn alice() -> MailboxAddress {
        MailboxAddress {
            account: AccountId::random(),
            device: DeviceId::FIRST,
        }
    }

    fn envelope(number: i64) -> StoredEnvelope {
        let payload = Payload::new(b"sealed".to_vec()).unwrap();
        StoredEnvelope {
            sequence: Sequence(number),
            id: EnvelopeId::random(),
            received_at_ms: 0,
            payload,
        }
    }

    #[tokio::test]
    async fn a_connection_learns_that_it_missed_something_no_later_than_what_came_after() {
        let (hub, alice) = (Arc::new(Hub::default()), alice());
        let mut attachment = hub.attach(alice);
        for number in 1..=WAY as i64 {
            hub.stored(alice, envelope(number));
        }
        assert!(!attachment.fell_behind());
        hub.stored(alice, envelope(WAY as i64 + 1));
        assert!(
            matches!(attachment.next().await, Some(Arrival::Stored(first)) if first.sequence == Sequence(1))
        );
        assert!(attachment.fell_behind());
        assert!(!attachment.fell_behind());
        hub.stored(alice, envelope(WAY as i64 + 2));
        assert!(!attachment.fell_behind());
    }

    #[tokio::test]
    async fn a_whisper_that_finds_no_room_is_no_loss() {
        let (hub, alice) = (Arc::new(Hub::default()), alice());
        let attachment = hub.attach(alice);
        for _ in 0..=WAY {
            hub.ephemeral(alice, Payload::new(b"typing".to_vec()).unwrap());
        }
        assert!(!attachment.fell_behind());
    }

    #[tokio::test]
    async fn who_was_replaced_does_not_take_the_successor_along() {
        let (hub, alice) = (Arc::new(Hub::default()), alice());
        let older = hub.attach(alice);
        let mut newer = hub.attach(alice);
        assert!(older.replaced().is_cancelled() && !newer.replaced().is_cancelled());
        drop(older);
        hub.stored(alice, envelope(1));
        assert!(matches!(newer.next().await, Some(Arrival::Stored(_))));
        drop(newer);
        assert!(hub.lock().is_empty());
    }
}
