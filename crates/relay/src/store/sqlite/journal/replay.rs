//! Reading the journal: at the start, after a failure, and beside a relay that runs.

use std::time::Instant;

use rusqlite::Connection;
use rusqlite::types::Type;

use super::entry::{self, Entry};
use super::fresh::Envelopes;
use super::gathered::Gathered;
use super::{Row, Taken};
use crate::store::sqlite::table::{journal, taken_message};

/// What the rows of a journal come to.
pub(super) struct Replayed {
    /// The oldest first.
    pub(super) rows: Vec<Row>,
    /// Those not acknowledged.
    pub(super) envelopes: Envelopes,
}

pub(super) fn replay(connection: &Connection) -> rusqlite::Result<Replayed> {
    let (mut rows, mut envelopes) = (Vec::new(), Envelopes::default());
    for (id, row) in journal::all(connection)? {
        let bytes = row.len();
        let entries = entry::read(row)
            .map_err(|damaged| rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, damaged.into()))?;
        let mut taken = Vec::new();
        for entry in entries {
            match entry {
                Entry::Taken {
                    mailbox,
                    client_message_id,
                    envelope,
                } => {
                    taken.push(Taken::new(mailbox, client_message_id, &envelope));
                    envelopes.insert(mailbox, envelope);
                }
                Entry::Acknowledged { mailbox, sequence } => drop(envelopes.remove(mailbox, sequence)),
            }
        }
        rows.push(Row {
            id,
            bytes,
            written: Instant::now(),
            taken,
        });
    }
    Ok(Replayed { rows, envelopes })
}

/// For who counts what a relay keeps, while it may be running: the temporary view `waiting`, of which the mailbox, the moment
/// and the size of every envelope are columns, wherever it lies, and the temporary table `unsorted_messages` with as many
/// rows as there are client message ids that are not sorted.
pub(crate) fn lay_out(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY;
         CREATE TEMP TABLE unsorted (mailbox INTEGER, received_at_ms INTEGER, bytes INTEGER);
         CREATE TEMP TABLE unsorted_messages (mailbox INTEGER);
         CREATE TEMP VIEW waiting AS
             SELECT mailbox, received_at_ms, length(payload) AS bytes FROM envelopes
             UNION ALL SELECT mailbox, received_at_ms, bytes FROM unsorted;",
    )?;
    let Replayed { rows, envelopes } = replay(connection)?;
    let mut insert =
        connection.prepare("INSERT INTO unsorted (mailbox, received_at_ms, bytes) VALUES (?1, ?2, ?3)")?;
    for (mailbox, envelope) in envelopes.iter() {
        let bytes = i64::try_from(envelope.bytes()).unwrap_or(i64::MAX);
        insert.execute((mailbox.0, envelope.received_at_ms.cast_signed(), bytes))?;
    }
    let mut insert = connection.prepare("INSERT INTO unsorted_messages (mailbox) VALUES (?1)")?;
    for taken in rows.iter().flat_map(|row| &row.taken) {
        insert.execute([taken.mailbox.0])?;
    }
    for (mailbox, id) in Gathered::read(connection)?.ids() {
        if !taken_message::is_taken(connection, mailbox, id)? {
            insert.execute([mailbox.0])?;
        }
    }
    Ok(())
}
