//! Client message ids on their way from the journal into their tree.
//!
//! They are random: each falls on a page of its own, which is written whole, unless many go in at a time; and the larger the
//! tree, the more have to. So they gather in rows, in the order in which they come, and in memory. When there are enough, they
//! are sorted in, neighbours together, a slice at a time so that nobody waits long.
//!
//! ```text
//! row = [ mailbox(8) client message id(16) day(8) ] ...
//! ```
//! Numbers are big-endian.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::Type;
use sotto_wire::ClientMessageId;

use super::Taken;
use super::entry::Damaged;
use crate::clock::Day;
use crate::mailbox::MailboxId;
use crate::store::sqlite::table::{gathered_message, taken_message};

/// So many are worth sorting: some 3 MB of memory, and a tenth of a page each in a tree of half a million.
const ENOUGH: usize = 65_536;

/// Sorted at a time: some milliseconds, in which the next group gathers.
pub(super) const SLICE: usize = 4096;

const ENTRY: usize = 32;

type Ids = BTreeMap<(MailboxId, ClientMessageId), Day>;

#[derive(Default)]
pub(super) struct Gathered {
    gathering: Ids,
    /// Those that are being sorted into the tree.
    sorting: Ids,
    /// The last row of all, and the last of those that are being sorted.
    last_row: i64,
    last_sorting: i64,
    /// What this transaction has added, and how many it has sorted.
    adding: Option<i64>,
    sorted: usize,
}

impl Gathered {
    /// What the rows say. Some of it may be in the tree already.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut gathered = Self::default();
        for (id, row) in gathered_message::all(connection)? {
            gathered.last_row = id;
            for entry in read(&row)? {
                let (mailbox, client_message_id, day) = entry;
                gathered.gathering.insert((mailbox, client_message_id), day);
            }
        }
        Ok(gathered)
    }

    pub(super) fn contains(&self, mailbox: MailboxId, id: ClientMessageId) -> bool {
        let place = (mailbox, id);
        self.gathering.contains_key(&place) || self.sorting.contains_key(&place)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = (MailboxId, ClientMessageId)> {
        self.gathering.keys().chain(self.sorting.keys()).copied()
    }

    /// Writes ids down, as part of this transaction. They are [added](Self::add) when it is on disk.
    pub(super) fn write(&mut self, connection: &Connection, taken: &[Taken]) -> rusqlite::Result<()> {
        let mut row = Vec::with_capacity(taken.len() * ENTRY);
        for one in taken {
            row.extend_from_slice(&one.mailbox.0.to_be_bytes());
            row.extend_from_slice(one.client_message_id.as_bytes());
            row.extend_from_slice(&one.day.0.to_be_bytes());
        }
        self.adding = Some(gathered_message::insert(connection, &row)?);
        Ok(())
    }

    pub(super) fn add(&mut self, taken: &Taken) {
        let place = (taken.mailbox, taken.client_message_id);
        self.gathering.insert(place, taken.day);
    }

    /// Whether it is time to sort.
    pub(super) fn is_due(&self) -> bool {
        !self.sorting.is_empty() || self.gathering.len() >= ENOUGH
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sorting.is_empty() && self.gathering.is_empty()
    }

    /// Sorts some ids into the tree, as part of this transaction; returns how many.
    pub(super) fn sort(&mut self, connection: &Connection) -> rusqlite::Result<usize> {
        if self.sorting.is_empty() {
            self.sorting = std::mem::take(&mut self.gathering);
            self.last_sorting = self.last_row;
        }
        let before = self.sorted;
        for ((mailbox, id), day) in self.sorting.iter().skip(before).take(SLICE) {
            taken_message::insert(connection, *mailbox, *id, *day)?;
            self.sorted += 1;
        }
        if self.sorted == self.sorting.len() {
            gathered_message::delete_up_to(connection, self.last_sorting)?;
        }
        Ok(self.sorted - before)
    }

    /// The transaction is on disk.
    pub(super) fn committed(&mut self) {
        self.last_row = self.adding.take().unwrap_or(self.last_row);
        for _ in 0..std::mem::take(&mut self.sorted) {
            self.sorting.pop_first();
        }
    }
}

/// The ids of a row.
fn read(row: &[u8]) -> rusqlite::Result<Vec<(MailboxId, ClientMessageId, Day)>> {
    let (entries, []) = row.as_chunks::<ENTRY>() else {
        return Err(rusqlite::Error::FromSqlConversionFailure(
            1,
            Type::Blob,
            Damaged.into(),
        ));
    };
    let entries = entries.iter().map(|entry| {
        let (mut mailbox, mut id, mut day) = ([0; 8], [0; 16], [0; 8]);
        for (place, byte) in mailbox.iter_mut().chain(&mut id).chain(&mut day).zip(entry) {
            *place = *byte;
        }
        (
            MailboxId(i64::from_be_bytes(mailbox)),
            ClientMessageId::from(id),
            Day(i64::from_be_bytes(day)),
        )
    });
    Ok(entries.collect())
}
