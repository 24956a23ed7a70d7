//! The journal: what arrives is written down as it comes, and sorted into the tables later.
//!
//! ```text
//! group of jobs -> one row of the journal, on disk -> answers
//!                        | some seconds later, thousands at a time: folded
//!                        v
//!       envelopes still there -> envelopes      ids -> gathered_messages      row -> gone
//!                                                       | by the ten thousands: sorted
//!                                                       v
//!                                                 taken_messages
//! ```
//! Into a table with indexes an envelope costs a page or two of log for each tree it enters, twice if it is acknowledged
//! soon after. In a row with hundreds of others it costs its own bytes, and what was acknowledged before the fold never
//! enters a table. Nothing is answered before its row is on disk, so the promise is the same; a relay that was killed
//! folds what it finds in the journal when it starts. See docs/adr/0056-the-journal.md.

mod entry;
mod fresh;
mod gathered;
mod replay;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sotto_wire::{ClientMessageId, EnvelopeId, Payload};

use super::table::{envelope, journal, taken_message};
use crate::clock::Day;
use crate::mailbox::{MailboxId, Sequence, StoredEnvelope};
use gathered::Gathered;
use replay::{Replayed, replay};

pub(super) use fresh::Fresh;
pub(crate) use replay::lay_out;

/// How long an envelope waits for its owner's acknowledgement before it is worth a place in the table.
const GRACE: Duration = Duration::from_secs(5);

/// What the journal may hold though it is younger: bounds memory, and the time that a start after a crash takes.
const BYTES: usize = 8 * 1024 * 1024;

/// Envelopes folded at a time: some milliseconds, in which the next group gathers.
const FOLD: usize = 4096;

/// Bytes after which a group begins another row.
const ROW_BYTES: usize = 1024 * 1024;

/// The writer's side of the journal. What is shared with readers is [`Fresh`].
pub(super) struct Journal {
    fresh: Arc<Fresh>,
    /// Rows on disk, the oldest first.
    rows: VecDeque<Row>,
    /// Rows of this group.
    writing: Vec<Row>,
    /// The last of them, not given to SQLite yet.
    open: Vec<u8>,
    opened: Vec<Taken>,
    /// The client message ids of all rows.
    taken: HashSet<(MailboxId, ClientMessageId)>,
    /// Those that left it.
    gathered: Gathered,
    bytes: usize,
    next_row: i64,
    next_sequence: i64,
    /// How many rows this transaction has folded.
    folding: usize,
    /// Envelopes up to this one are in the table, if the transaction is committed.
    folded: Sequence,
    /// What is in memory may not be what is on disk, or commits may not wait for the disk.
    stale: bool,
}

struct Row {
    id: i64,
    bytes: usize,
    written: Instant,
    taken: Vec<Taken>,
}

#[derive(Clone, Copy)]
struct Taken {
    mailbox: MailboxId,
    sequence: Sequence,
    client_message_id: ClientMessageId,
    day: Day,
}

impl Taken {
    fn new(mailbox: MailboxId, client_message_id: ClientMessageId, envelope: &StoredEnvelope) -> Self {
        Self {
            mailbox,
            sequence: envelope.sequence,
            client_message_id,
            day: Day::of(envelope.received_at_ms),
        }
    }
}

/// An envelope that has no place yet.
pub(super) struct Arriving<'a> {
    pub(super) client_message_id: ClientMessageId,
    pub(super) id: EnvelopeId,
    pub(super) received_at_ms: u64,
    pub(super) request: bool,
    pub(super) payload: &'a Payload,
}

impl Journal {
    /// Reads what a relay that was killed left, and sorts it into the tables.
    pub(super) fn open(connection: &mut Connection) -> rusqlite::Result<Self> {
        let mut journal = Self {
            fresh: Arc::new(Fresh::default()),
            rows: VecDeque::new(),
            writing: Vec::new(),
            open: Vec::new(),
            opened: Vec::new(),
            taken: HashSet::new(),
            gathered: Gathered::default(),
            bytes: 0,
            next_row: 1,
            next_sequence: envelope::last_sequence(connection)?.0 + 1,
            folding: 0,
            folded: Sequence::START,
            stale: true,
        };
        journal.refresh(connection)?;
        journal.tidy_everything(connection)?;
        Ok(journal)
    }

    pub(super) fn fresh(&self) -> &Arc<Fresh> {
        &self.fresh
    }

    /// Whether a client message id was taken before.
    pub(super) fn is_taken(
        &self,
        connection: &Connection,
        mailbox: MailboxId,
        id: ClientMessageId,
    ) -> rusqlite::Result<bool> {
        Ok(self.taken.contains(&(mailbox, id))
            || self.gathered.contains(mailbox, id)
            || taken_message::is_taken(connection, mailbox, id)?)
    }

    /// How many envelopes of the mailbox are in no table, and their bytes.
    pub(super) fn usage(&self, mailbox: MailboxId) -> (u64, u64) {
        self.fresh.usage(mailbox, self.folded)
    }

    /// Takes an envelope in, as part of this transaction.
    pub(super) fn take(
        &mut self,
        connection: &Connection,
        mailbox: MailboxId,
        arriving: &Arriving<'_>,
    ) -> rusqlite::Result<StoredEnvelope> {
        let envelope = StoredEnvelope {
            sequence: Sequence(self.next_sequence),
            id: arriving.id,
            received_at_ms: arriving.received_at_ms,
            request: arriving.request,
            payload: arriving.payload.clone(),
        };
        self.next_sequence += 1;
        entry::put_taken(&mut self.open, mailbox, arriving.client_message_id, &envelope);
        self.taken.insert((mailbox, arriving.client_message_id));
        self.opened
            .push(Taken::new(mailbox, arriving.client_message_id, &envelope));
        self.fresh.insert(mailbox, envelope.clone());
        if self.open.len() >= ROW_BYTES {
            self.write(connection)?;
        }
        Ok(envelope)
    }

    /// Deletes an envelope, as part of this transaction; returns its bytes if it was there.
    pub(super) fn acknowledge(
        &mut self,
        connection: &Connection,
        mailbox: MailboxId,
        sequence: Sequence,
    ) -> rusqlite::Result<Option<u64>> {
        match self.fresh.remove(mailbox, sequence) {
            Some(envelope) if sequence > self.folded => {
                entry::put_acknowledged(&mut self.open, mailbox, sequence);
                Ok(Some(envelope.bytes() as u64))
            }
            _ => envelope::delete(connection, mailbox, sequence),
        }
    }

    /// Gives SQLite what was noted in this transaction.
    pub(super) fn write(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        journal::insert(connection, self.next_row, &self.open)?;
        self.writing.push(Row {
            id: self.next_row,
            bytes: self.open.len(),
            written: Instant::now(),
            taken: std::mem::take(&mut self.opened),
        });
        self.next_row += 1;
        self.open.clear();
        Ok(())
    }

    /// The transaction is on disk.
    pub(super) fn committed(&mut self) {
        for row in self.rows.drain(..self.folding) {
            self.bytes -= row.bytes;
            for taken in row.taken {
                self.taken.remove(&(taken.mailbox, taken.client_message_id));
                self.gathered.add(&taken);
                self.fresh.remove(taken.mailbox, taken.sequence);
            }
        }
        self.bytes += self.writing.iter().map(|row| row.bytes).sum::<usize>();
        self.rows.extend(self.writing.drain(..));
        self.gathered.committed();
        self.folding = 0;
        self.folded = Sequence::START;
    }

    /// The transaction did not happen.
    pub(super) fn rolled_back(&mut self) {
        self.stale = true;
    }

    /// Reads the rows anew if what is in memory may not be what they say. To be called before each transaction.
    pub(super) fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if !self.stale {
            return Ok(());
        }
        connection.pragma_update(None, "synchronous", "FULL")?;
        let Replayed { rows, envelopes } = replay(connection)?;
        self.gathered = Gathered::read(connection)?;
        self.writing.clear();
        self.open.clear();
        self.opened.clear();
        (self.folding, self.folded) = (0, Sequence::START);
        self.bytes = rows.iter().map(|row| row.bytes).sum();
        let all = rows.iter().flat_map(|row| &row.taken);
        self.taken = all.map(|one| (one.mailbox, one.client_message_id)).collect();
        if let Some(last) = rows.last() {
            self.next_row = self.next_row.max(last.id + 1);
        }
        let sequences = rows.iter().flat_map(|row| &row.taken).map(|one| one.sequence.0);
        self.next_sequence = sequences.fold(self.next_sequence, |next, one| next.max(one + 1));
        self.rows = rows.into();
        self.fresh.replace(envelopes);
        self.stale = false;
        Ok(())
    }

    /// Sorts the oldest rows into the tables, as part of this transaction, until so many envelopes are done.
    pub(super) fn fold(&mut self, connection: &Connection, most: usize) -> rusqlite::Result<()> {
        let mut taken = Vec::new();
        let mut last = None;
        for row in self.rows.range(self.folding..) {
            if last.is_some() && taken.len() + row.taken.len() > most {
                break;
            }
            taken.extend_from_slice(&row.taken);
            last = Some(row.id);
            self.folding += 1;
        }
        let Some(last) = last else {
            return Ok(());
        };
        for one in &taken {
            if let Some(envelope) = self.fresh.get(one.mailbox, one.sequence) {
                envelope::insert(connection, one.mailbox, &envelope)?;
            }
            self.folded = self.folded.max(one.sequence);
        }
        self.gathered.write(connection, &taken)?;
        journal::delete_up_to(connection, last)
    }

    /// Sorts some of the ids that left the journal, as part of this transaction; returns how many.
    pub(super) fn sort_ids(&mut self, connection: &Connection) -> rusqlite::Result<usize> {
        self.gathered.sort(connection)
    }

    /// Whether it is time to tidy up.
    pub(super) fn is_due(&self) -> bool {
        !self.stale && (self.is_full() || self.is_ripe() || self.gathered.is_due())
    }

    fn is_ripe(&self) -> bool {
        let oldest = self.rows.front();
        oldest.is_some_and(|row| row.written.elapsed() > GRACE)
    }

    /// Whether it is time to do nothing else.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > BYTES
    }

    /// Folds some of the rows, and sorts some of the ids, in a transaction of its own.
    pub(super) fn tidy(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        self.lazily(connection, |journal, transaction| {
            if journal.is_full() || journal.is_ripe() {
                journal.fold(transaction, FOLD)?;
            }
            if journal.gathered.is_due() {
                journal.gathered.sort(transaction)?;
            }
            Ok(())
        })
    }

    /// Sorts everything into the tables.
    pub(super) fn tidy_everything(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        self.refresh(connection)?;
        while !self.rows.is_empty() {
            self.lazily(connection, |journal, transaction| journal.fold(transaction, FOLD))?;
        }
        while !self.gathered.is_empty() {
            self.lazily(connection, |journal, transaction| {
                journal.sort_ids(transaction).map(drop)
            })?;
        }
        Ok(())
    }

    /// Does something in a transaction of its own.
    ///
    /// Nobody waits for this one to be on disk, and it need not be: should it be lost, the rows are still there.
    fn lazily(
        &mut self,
        connection: &mut Connection,
        step: impl FnOnce(&mut Self, &Connection) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let done = self.step(connection, step);
        // What comes next does wait.
        let restored = connection.pragma_update(None, "synchronous", "FULL");
        self.stale |= done.is_err() || restored.is_err();
        done.and(restored)
    }

    fn step(
        &mut self,
        connection: &mut Connection,
        step: impl FnOnce(&mut Self, &Connection) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let transaction = connection.transaction()?;
        step(self, &transaction)?;
        transaction.commit()?;
        self.committed();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
