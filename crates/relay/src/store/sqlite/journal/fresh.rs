//! The envelopes of the journal in memory, for the writer and for readers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mailbox::{MailboxId, Sequence, StoredEnvelope};

/// Envelopes by mailbox, in the order of their sequence.
#[derive(Default)]
pub(super) struct Envelopes(HashMap<MailboxId, VecDeque<StoredEnvelope>>);

impl Envelopes {
    /// Adds one that comes after all that there are of its mailbox.
    pub(super) fn insert(&mut self, mailbox: MailboxId, envelope: StoredEnvelope) {
        self.0.entry(mailbox).or_default().push_back(envelope);
    }

    fn get(&self, mailbox: MailboxId, sequence: Sequence) -> Option<&StoredEnvelope> {
        let envelopes = self.0.get(&mailbox)?;
        envelopes.get(place(envelopes, sequence)?)
    }

    pub(super) fn remove(&mut self, mailbox: MailboxId, sequence: Sequence) -> Option<StoredEnvelope> {
        let envelopes = self.0.get_mut(&mailbox)?;
        let removed = envelopes.remove(place(envelopes, sequence)?);
        if envelopes.is_empty() {
            self.0.remove(&mailbox);
        }
        removed
    }

    /// Those of a mailbox that come after one.
    fn after(&self, mailbox: MailboxId, after: Sequence) -> impl Iterator<Item = &StoredEnvelope> {
        let envelopes = self.0.get(&mailbox).into_iter();
        envelopes.flat_map(move |envelopes| {
            let first = envelopes.partition_point(|envelope| envelope.sequence <= after);
            envelopes.range(first..)
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (MailboxId, &StoredEnvelope)> {
        let mailboxes = self.0.iter();
        mailboxes.flat_map(|(mailbox, envelopes)| envelopes.iter().map(|envelope| (*mailbox, envelope)))
    }
}

fn place(envelopes: &VecDeque<StoredEnvelope>, sequence: Sequence) -> Option<usize> {
    envelopes
        .binary_search_by_key(&sequence, |envelope| envelope.sequence)
        .ok()
}

/// Envelopes that are in the journal only. All of a mailbox that are in the table come before them.
#[derive(Default)]
pub(in crate::store::sqlite) struct Fresh(Mutex<Envelopes>);

impl Fresh {
    /// What comes after `after`, oldest first, until there are `count` or they have `bytes` bytes; true if there is more.
    pub(in crate::store::sqlite) fn waiting(
        &self,
        mailbox: MailboxId,
        after: Sequence,
        count: usize,
        bytes: usize,
    ) -> (Vec<StoredEnvelope>, bool) {
        let all = self.lock();
        let (mut envelopes, mut size) = (Vec::new(), 0);
        for envelope in all.after(mailbox, after) {
            if envelopes.len() >= count || size >= bytes {
                return (envelopes, true);
            }
            size += envelope.bytes();
            envelopes.push(envelope.clone());
        }
        (envelopes, false)
    }

    /// How many envelopes of the mailbox come after one, and their bytes.
    pub(super) fn usage(&self, mailbox: MailboxId, after: Sequence) -> (u64, u64) {
        let all = self.lock();
        let sizes = all.after(mailbox, after).map(|envelope| envelope.bytes() as u64);
        sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size))
    }

    pub(super) fn insert(&self, mailbox: MailboxId, envelope: StoredEnvelope) {
        self.lock().insert(mailbox, envelope);
    }

    pub(super) fn get(&self, mailbox: MailboxId, sequence: Sequence) -> Option<StoredEnvelope> {
        self.lock().get(mailbox, sequence).cloned()
    }

    pub(super) fn remove(&self, mailbox: MailboxId, sequence: Sequence) -> Option<StoredEnvelope> {
        self.lock().remove(mailbox, sequence)
    }

    /// At once: no reader finds less than what is on disk.
    pub(super) fn replace(&self, envelopes: Envelopes) {
        *self.lock() = envelopes;
    }

    fn lock(&self) -> MutexGuard<'_, Envelopes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
