//! Who is connected to this node, and the way to them.
//!
//! Arrivals take a short cut past the database: the store hands an envelope to its owner's connection as soon as it has
//! its place, which may be while its group is on the way to the disk (docs/adr/0056-the-journal.md). The way is narrow; when
//! it is full the envelope is not handed over and the connection is marked *behind*: it then reads from the database what it
//! missed. Nothing depends on the short cut but speed.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sotto_wire::{ClientMessageId, Payload};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::now_ms;
use crate::mailbox::{MailboxAddress, MailboxId, Sequence, StoredEnvelope};

/// Arrivals on their way to one connection.
const WAY: usize = 32;

/// An owner who connects replaces whoever has been connected for so long, whatever the clocks of two nodes say.
const SETTLED: Duration = Duration::from_secs(1);

/// When an owner connected: of two connections the later one stays. The random part decides between two of the
/// same millisecond, and tells connections apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    at_ms: u64,
    random: u64,
}

impl Stamp {
    pub(super) fn now() -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *ClientMessageId::random().as_bytes();
        Self {
            at_ms: now_ms(),
            random: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        }
    }

    pub(super) fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.at_ms) << 64 | u128::from(self.random)).to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(bytes);
        Self {
            at_ms: u64::try_from(both >> 64).unwrap_or(u64::MAX),
            random: u64::try_from(both & u128::from(u64::MAX)).unwrap_or(u64::MAX),
        }
    }
}

/// What arrives for a connected owner.
#[derive(Debug)]
pub(crate) enum Arrival {
    // Boxes, because the way has room for many and is empty mostly.
    Stored(Box<StoredEnvelope>),
    Ephemeral(Box<Payload>),
    /// There may be something in the store.
    Wake,
}

/// The connections of owners, at most one for each mailbox.
#[derive(Default)]
pub(super) struct Hub(Mutex<Connections>);

#[derive(Default)]
struct Connections {
    connected: HashMap<MailboxAddress, Connected>,
    /// Who is told of those that leave.
    leaving: Option<mpsc::UnboundedSender<MailboxAddress>>,
}

struct Connected {
    mailbox: MailboxId,
    stamp: Stamp,
    since: Instant,
    way: mpsc::Sender<Arrival>,
    behind: Arc<AtomicBool>,
    seen: Arc<AtomicI64>,
    replaced: CancellationToken,
}

/// A connection's end of the way. Dropped, it leaves the hub.
pub(crate) struct Attachment {
    hub: Arc<Hub>,
    address: MailboxAddress,
    stamp: Stamp,
    arrivals: mpsc::Receiver<Arrival>,
    behind: Arc<AtomicBool>,
    seen: Arc<AtomicI64>,
    replaced: CancellationToken,
}

impl Hub {
    /// From now on tells the addresses of those who leave.
    pub(super) fn tell_who_leaves(&self) -> mpsc::UnboundedReceiver<MailboxAddress> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lock().leaving = Some(sender);
        receiver
    }

    /// Connects an owner; a connection that the mailbox has already is told that it was replaced.
    pub(super) fn attach(self: &Arc<Self>, address: MailboxAddress, mailbox: MailboxId) -> Attachment {
        let stamp = Stamp::now();
        let (way, arrivals) = mpsc::channel(WAY);
        let behind = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(AtomicI64::new(i64::MAX));
        let replaced = CancellationToken::new();
        let connected = Connected {
            mailbox,
            stamp,
            since: Instant::now(),
            way,
            behind: Arc::clone(&behind),
            seen: Arc::clone(&seen),
            replaced: replaced.clone(),
        };
        if let Some(old) = self.lock().connected.insert(address, connected) {
            old.replaced.cancel();
        }
        Attachment {
            hub: Arc::clone(self),
            address,
            stamp,
            arrivals,
            behind,
            seen,
            replaced,
        }
    }

    /// Hands an envelope to its owner if connected. To be called in the order of the envelopes.
    pub(super) fn stored(&self, address: MailboxAddress, envelope: StoredEnvelope) {
        if let Some(owner) = self.lock().connected.get(&address)
            && owner.way.try_send(Arrival::Stored(Box::new(envelope))).is_err()
        {
            // Set before anything later can be handed over: whoever receives that sees this.
            owner.behind.store(true, Ordering::Release);
        }
    }

    /// Hands something to its owner if connected and there is room on the way.
    pub(super) fn ephemeral(&self, address: MailboxAddress, payload: Payload) {
        if let Some(owner) = self.lock().connected.get(&address) {
            owner.way.try_send(Arrival::Ephemeral(Box::new(payload))).ok();
        }
    }

    /// Lets an owner look into the store, if connected.
    pub(super) fn wake(&self, address: MailboxAddress) {
        if let Some(owner) = self.lock().connected.get(&address) {
            owner.wake();
        }
    }

    /// Lets these owners look into the store.
    pub(super) fn wake_mailboxes(&self, mailboxes: &HashSet<MailboxId>) {
        for owner in self.lock().connected.values() {
            if mailboxes.contains(&owner.mailbox) {
                owner.wake();
            }
        }
    }

    /// Lets everybody look into the store; answers who that is, and since when.
    pub(super) fn wake_all(&self) -> Vec<(MailboxAddress, Stamp)> {
        let connections = self.lock();
        connections.connected.values().for_each(Connected::wake);
        connections
            .connected
            .iter()
            .map(|(address, owner)| (*address, owner.stamp))
            .collect()
    }

    /// Who is connected.
    pub(super) fn addresses(&self) -> Vec<MailboxAddress> {
        self.lock().connected.keys().copied().collect()
    }

    pub(super) fn is_connected(&self, address: MailboxAddress) -> bool {
        self.lock().connected.contains_key(&address)
    }

    /// The mailboxes of those who have seen everything, and the last they saw.
    pub(super) fn positions(&self) -> Vec<(MailboxId, Sequence)> {
        let connections = self.lock();
        connections
            .connected
            .values()
            .map(|owner| (owner.mailbox, Sequence(owner.seen.load(Ordering::Relaxed))))
            .filter(|(_, seen)| seen.0 != i64::MAX)
            .collect()
    }

    /// The owner connected to another node; `fresh` if that was just now. Ends the connection here, if there is one, unless
    /// it is the later one: then answers its stamp.
    pub(super) fn attached_elsewhere(
        &self,
        address: MailboxAddress,
        stamp: Stamp,
        fresh: bool,
    ) -> Option<Stamp> {
        let mut connections = self.lock();
        let owner = connections.connected.get(&address)?;
        if stamp < owner.stamp && !(fresh && owner.since.elapsed() > SETTLED) {
            return Some(owner.stamp);
        }
        owner.replaced.cancel();
        connections.leave(address);
        None
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    fn leave(&mut self, address: MailboxAddress) {
        self.connected.remove(&address);
        if let Some(leaving) = &self.leaving {
            leaving.send(address).ok();
        }
    }
}

impl Connected {
    fn wake(&self) {
        // If it was set, whoever set it left something on the way, at which the owner will look.
        if !self.behind.swap(true, Ordering::AcqRel) {
            self.way.try_send(Arrival::Wake).ok();
        }
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

    /// Says that everything up to here was seen.
    pub(crate) fn has_seen(&self, sequence: Sequence) {
        self.seen.store(sequence.0, Ordering::Relaxed);
    }

    /// Ready when another connection took the mailbox over.
    pub(crate) fn replaced(&self) -> CancellationToken {
        self.replaced.clone()
    }

    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let mut connections = self.hub.lock();
        if connections
            .connected
            .get(&self.address)
            .is_some_and(|owner| owner.stamp == self.stamp)
        {
            connections.leave(self.address);
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
            request: false,
            payload,
        }
    }

    #[tokio::test]
    async fn a_connection_learns_that_it_missed_something_no_later_than_what_came_after() {
        let (hub, alice) = (Arc::new(Hub::default()), alice());
        let mut attachment = hub.attach(alice, MailboxId(1));
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
    async fn who_is_woken_twice_looks_once_and_who_looked_is_woken_again() {
        let (hub, alice) = (Arc::new(Hub::default()), alice());
        let mut attachment = hub.attach(alice, MailboxId(1));
        hub.wake(alice);
        hub.wake_all();
        assert!(matches!(attachment.next().await, Some(Arrival::Wake)));
        assert!(attachment.fell_behind());
        hub.wake_mailboxes(&HashSet::from([MailboxId(1), MailboxId(2)]));
        assert!(matches!(attachment.next().await, Some(Arrival::Wake)));
        assert!(attachment.fell_behind());
    }

    #[tokio::test]
    async fn of_two_connections_on_two_nodes_the_later_one_stays() {
        let (hub, alice) = (Arc::new(Hub::default()), alice());
        let earlier = Stamp::from_bytes([0; 16]);
        let here = hub.attach(alice, MailboxId(1));
        assert_eq!(hub.attached_elsewhere(alice, earlier, false), Some(here.stamp()));
        // Just now: the clocks decide.
        assert_eq!(hub.attached_elsewhere(alice, earlier, true), Some(here.stamp()));
        assert!(!here.replaced().is_cancelled());
        let later = Stamp::from_bytes([255; 16]);
        assert_eq!(hub.attached_elsewhere(alice, later, false), None);
        assert!(here.replaced().is_cancelled() && !hub.is_connected(alice));
    }

    #[tokio::test]
    async fn a_whisper_that_finds_no_room_is_no_loss() {
        let (hub, alice) = (Arc::new(Hub::default()), alice());
        let attachment = hub.attach(alice, MailboxId(1));
        for _ in 0..=WAY {
            hub.ephemeral(alice, Payload::new(b"typing".to_vec()).unwrap());
        }
        assert!(!attachment.fell_behind());
    }

    #[tokio::test]
    async fn who_was_replaced_does_not_take_the_successor_along() {
        let (hub, alice) = (Arc::new(Hub::default()), alice());
        let older = hub.attach(alice, MailboxId(1));
        let mut newer = hub.attach(alice, MailboxId(1));
        assert!(older.replaced().is_cancelled() && !newer.replaced().is_cancelled());
        drop(older);
        hub.stored(alice, envelope(1));
        assert!(matches!(newer.next().await, Some(Arrival::Stored(_))));
        drop(newer);
        assert!(!hub.is_connected(alice));
    }
}
