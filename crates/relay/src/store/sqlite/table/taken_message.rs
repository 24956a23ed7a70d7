//! Client message ids that were taken already, so that a delivery tried again is not delivered twice.

use rusqlite::{Connection, OptionalExtension};
use sotto_wire::ClientMessageId;

use crate::clock::Day;
use crate::mailbox::MailboxId;

/// A place in the table.
#[derive(Debug, Clone)]
pub(in crate::store::sqlite) struct Cursor {
    mailbox: i64,
    client_message_id: Vec<u8>,
}

impl Cursor {
    pub(in crate::store::sqlite) const START: Self = Self {
        mailbox: 0,
        client_message_id: Vec::new(),
    };
}

pub(in crate::store::sqlite) fn is_taken(
    connection: &Connection,
    mailbox: MailboxId,
    id: ClientMessageId,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM taken_messages WHERE mailbox = ?1 AND client_message_id = ?2")?
        .exists((mailbox.0, id.as_bytes().as_slice()))
}

/// Does nothing if it is there.
pub(in crate::store::sqlite) fn insert(
    connection: &Connection,
    mailbox: MailboxId,
    id: ClientMessageId,
    today: Day,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO taken_messages (mailbox, client_message_id, taken_on) VALUES (?1, ?2, ?3)",
        )?
        .execute((mailbox.0, id.as_bytes().as_slice(), today.0))
        .map(drop)
}

/// Forgets those of the next `slice` ids after the cursor that were taken before the day; returns where to go on.
///
/// By slices, because an index on the day would cost every delivery a write to save this one a walk.
pub(in crate::store::sqlite) fn forget_before(
    connection: &Connection,
    day: Day,
    from: &Cursor,
    slice: u32,
) -> rusqlite::Result<Option<Cursor>> {
    let last = connection
        .prepare_cached(
            "SELECT mailbox, client_message_id FROM taken_messages
             WHERE (mailbox, client_message_id) > (?1, ?2)
             ORDER BY mailbox, client_message_id LIMIT 1 OFFSET ?3",
        )?
        .query_row(
            (from.mailbox, &from.client_message_id, slice.saturating_sub(1)),
            |row| {
                Ok(Cursor {
                    mailbox: row.get(0)?,
                    client_message_id: row.get(1)?,
                })
            },
        )
        .optional()?;
    match &last {
        Some(to) => connection
            .prepare_cached(
                "DELETE FROM taken_messages WHERE (mailbox, client_message_id) > (?1, ?2)
                 AND (mailbox, client_message_id) <= (?3, ?4) AND taken_on < ?5",
            )?
            .execute((
                from.mailbox,
                &from.client_message_id,
                to.mailbox,
                &to.client_message_id,
                day.0,
            ))?,
        None => connection
            .prepare_cached(
                "DELETE FROM taken_messages WHERE (mailbox, client_message_id) > (?1, ?2) AND taken_on < ?3",
            )?
            .execute((from.mailbox, &from.client_message_id, day.0))?,
    };
    Ok(last)
}
