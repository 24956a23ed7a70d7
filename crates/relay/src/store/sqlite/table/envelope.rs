//! Envelopes that wait for their owner.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};
use sotto_wire::{EnvelopeId, Payload, WrongLength};

use super::damaged;
use crate::mailbox::{MailboxId, Sequence, StoredEnvelope};
use crate::store::Waiting;

/// Puts an envelope where its sequence says.
pub(in crate::store::sqlite) fn insert(
    connection: &Connection,
    mailbox: MailboxId,
    envelope: &StoredEnvelope,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO envelopes (id, mailbox, envelope_id, received_at_ms, request, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            envelope.sequence.0,
            mailbox.0,
            envelope.id.as_bytes().as_slice(),
            envelope.received_at_ms.cast_signed(),
            envelope.request,
            envelope.payload.as_bytes(),
        ))
        .map(drop)
}

/// The greatest sequence that there ever was in this table.
pub(in crate::store::sqlite) fn last_sequence(connection: &Connection) -> rusqlite::Result<Sequence> {
    connection
        .query_row(
            "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'envelopes'",
            [],
            |row| row.get(0),
        )
        .map(Sequence)
}

/// What comes after `after`, oldest first, until there are `count` or they have `bytes` bytes.
pub(in crate::store::sqlite) fn waiting(
    connection: &Connection,
    mailbox: MailboxId,
    after: Sequence,
    count: usize,
    bytes: usize,
) -> rusqlite::Result<Waiting> {
    let mut statement = connection.prepare_cached(
        "SELECT id, envelope_id, received_at_ms, payload, request FROM envelopes
         WHERE mailbox = ?1 AND id > ?2 ORDER BY id",
    )?;
    let mut rows = statement.query((mailbox.0, after.0))?;
    let (mut envelopes, mut size) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        if envelopes.len() >= count || size >= bytes {
            return Ok(Waiting {
                envelopes,
                more: true,
                up_to: after,
            });
        }
        let payload = row.get_ref(3)?.as_blob()?;
        size += payload.len();
        envelopes.push(StoredEnvelope {
            sequence: Sequence(row.get(0)?),
            id: EnvelopeId::try_from(row.get_ref(1)?.as_blob()?).map_err(|reason| damaged(1, reason))?,
            received_at_ms: row.get::<_, i64>(2)?.cast_unsigned(),
            request: row.get(4)?,
            payload: Payload::new(Bytes::copy_from_slice(payload)).map_err(|_| {
                damaged(
                    3,
                    WrongLength {
                        expected: 1,
                        actual: payload.len(),
                    },
                )
            })?,
        });
    }
    let up_to = envelopes
        .last()
        .map_or(after, |last: &StoredEnvelope| last.sequence);
    Ok(Waiting {
        envelopes,
        more: false,
        up_to,
    })
}

pub(in crate::store::sqlite) fn is_any_after(
    connection: &Connection,
    mailbox: MailboxId,
    after: Sequence,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM envelopes WHERE mailbox = ?1 AND id > ?2 LIMIT 1")?
        .exists((mailbox.0, after.0))
}

/// How many envelopes wait in the mailbox, and their bytes.
pub(in crate::store::sqlite) fn usage(
    connection: &Connection,
    mailbox: MailboxId,
) -> rusqlite::Result<(u64, u64)> {
    connection
        .prepare_cached(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(payload)), 0) FROM envelopes WHERE mailbox = ?1",
        )?
        .query_row([mailbox.0], |row| {
            Ok((
                row.get::<_, i64>(0)?.cast_unsigned(),
                row.get::<_, i64>(1)?.cast_unsigned(),
            ))
        })
}

/// Deletes the envelope if it is in this mailbox; returns its bytes.
pub(in crate::store::sqlite) fn delete(
    connection: &Connection,
    mailbox: MailboxId,
    sequence: Sequence,
) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached("DELETE FROM envelopes WHERE id = ?1 AND mailbox = ?2 RETURNING LENGTH(payload)")?
        .query_row((sequence.0, mailbox.0), |row| row.get::<_, i64>(0))
        .optional()
        .map(|bytes| bytes.map(i64::cast_unsigned))
}

/// Deletes those among the oldest `limit` envelopes that came before the moment; returns how many.
pub(in crate::store::sqlite) fn delete_before(
    connection: &Connection,
    moment_ms: u64,
    limit: u32,
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM envelopes WHERE id IN (SELECT id FROM envelopes ORDER BY id LIMIT ?2)
             AND received_at_ms < ?1",
        )?
        .execute((moment_ms.cast_signed(), limit))
}
