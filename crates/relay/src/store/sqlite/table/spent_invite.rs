//! Invites to the relay that were used, until they expire: how often.

use rusqlite::{Connection, OptionalExtension};

use crate::store::SpentInvite;

/// Uses an invite once more; false if it is used up.
pub(in crate::store::sqlite) fn spend(
    connection: &Connection,
    invite: &SpentInvite,
) -> rusqlite::Result<bool> {
    let used: Option<i64> = connection
        .prepare_cached("SELECT accounts FROM spent_invites WHERE invite = ?1")?
        .query_row([invite.id.as_slice()], |row| row.get(0))
        .optional()?;
    if used.unwrap_or(0) >= i64::from(invite.accounts) {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO spent_invites (invite, accounts, expires_at_ms) VALUES (?1, 1, ?2)
             ON CONFLICT (invite) DO UPDATE SET accounts = accounts + 1",
        )?
        .execute((invite.id.as_slice(), invite.expires_at_ms.cast_signed()))?;
    Ok(true)
}

/// Forgets those that expired: they are refused without being looked up.
pub(in crate::store::sqlite) fn forget_expired(
    connection: &Connection,
    before_ms: u64,
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("DELETE FROM spent_invites WHERE expires_at_ms < ?1")?
        .execute([before_ms.cast_signed()])
}
