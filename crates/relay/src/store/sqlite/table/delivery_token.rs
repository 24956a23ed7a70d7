//! Invite tokens, as keyed hashes; see [`crate::store::admission`]. (The contact token is a column of the device.)

use rusqlite::{Connection, OptionalExtension};

use crate::hashes::TokenHash;
use crate::mailbox::MailboxId;
use crate::store::admission::{Invite, MOST_ROWS, stored_expiry};

pub(in crate::store::sqlite) fn find(
    connection: &Connection,
    mailbox: MailboxId,
    hash: &TokenHash,
) -> rusqlite::Result<Option<Invite>> {
    connection
        .prepare_cached(
            "SELECT expires_at_ms, bundles, envelopes FROM delivery_tokens WHERE mailbox = ?1 AND token_hash = ?2",
        )?
        .query_row((mailbox.0, hash.as_bytes()), |row| {
            Ok(Invite {
                expires_at_ms: row.get::<_, i64>(0)?.cast_unsigned(),
                bundles: row.get(1)?,
                envelopes: row.get(2)?,
            })
        })
        .optional()
}

/// Makes these the good ones: what is counted for one that is known stays, what is not named is good no more.
pub(in crate::store::sqlite) fn set(
    connection: &Connection,
    mailbox: MailboxId,
    invites: &[(TokenHash, u64)],
    now_ms: u64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE delivery_tokens SET expires_at_ms = ?2 WHERE mailbox = ?1 AND expires_at_ms > ?2",
        )?
        .execute((mailbox.0, stored_expiry(now_ms)))?;
    for (hash, expires_at_ms) in invites {
        connection
            .prepare_cached(
                "INSERT INTO delivery_tokens (mailbox, token_hash, expires_at_ms) VALUES (?1, ?2, ?3)
                 ON CONFLICT (mailbox, token_hash) DO UPDATE SET expires_at_ms = excluded.expires_at_ms",
            )?
            .execute((mailbox.0, hash.as_bytes(), stored_expiry(*expires_at_ms)))?;
    }
    connection
        .prepare_cached(
            "DELETE FROM delivery_tokens WHERE mailbox = ?1 AND token_hash IN
                 (SELECT token_hash FROM delivery_tokens WHERE mailbox = ?1
                  ORDER BY expires_at_ms DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute((mailbox.0, MOST_ROWS))
        .map(drop)
}

pub(in crate::store::sqlite) fn count(
    connection: &Connection,
    mailbox: MailboxId,
    hash: &TokenHash,
    bundles: u32,
    envelopes: u32,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE delivery_tokens SET bundles = bundles + ?3, envelopes = envelopes + ?4
             WHERE mailbox = ?1 AND token_hash = ?2",
        )?
        .execute((mailbox.0, hash.as_bytes(), bundles, envelopes))
        .map(drop)
}

/// Forgets at most `limit` that were good no longer before the moment; returns how many.
pub(in crate::store::sqlite) fn forget_before(
    connection: &Connection,
    moment_ms: u64,
    limit: u32,
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM delivery_tokens WHERE (mailbox, token_hash) IN
                 (SELECT mailbox, token_hash FROM delivery_tokens WHERE expires_at_ms < ?1 LIMIT ?2)",
        )?
        .execute((stored_expiry(moment_ms), limit))
}
