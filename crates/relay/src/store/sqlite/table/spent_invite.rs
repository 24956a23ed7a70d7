//! Invites to the relay that were used, how often, or withdrawn, until they expire.

use rusqlite::{Connection, OptionalExtension};
use sotto_wire::WrongLength;

use super::damaged;
use crate::store::{KnownInvite, SpentInvite};

/// Uses an invite once more; false if it is used up or withdrawn.
pub(in crate::store::sqlite) fn spend(
    connection: &Connection,
    invite: &SpentInvite,
) -> rusqlite::Result<bool> {
    let used: Option<(i64, bool)> = connection
        .prepare_cached("SELECT accounts, withdrawn FROM spent_invites WHERE invite = ?1")?
        .query_row([invite.id.as_slice()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if used.is_some_and(|(accounts, withdrawn)| withdrawn || accounts >= i64::from(invite.accounts)) {
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

/// Remembers that an invite is good no more.
pub(in crate::store::sqlite) fn withdraw(
    connection: &Connection,
    id: [u8; 8],
    expires_at_ms: u64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO spent_invites (invite, accounts, expires_at_ms, withdrawn) VALUES (?1, 0, ?2, 1)
             ON CONFLICT (invite) DO UPDATE SET withdrawn = 1",
        )?
        .execute((id.as_slice(), expires_at_ms.cast_signed()))
        .map(drop)
}

/// Those that are remembered.
pub(in crate::store::sqlite) fn all(connection: &Connection) -> rusqlite::Result<Vec<KnownInvite>> {
    let mut statement = connection.prepare_cached(
        "SELECT invite, accounts, expires_at_ms, withdrawn FROM spent_invites ORDER BY expires_at_ms, invite",
    )?;
    let rows = statement.query_map([], |row| {
        let id = row.get_ref(0)?.as_blob()?;
        Ok(KnownInvite {
            id: id.try_into().map_err(|_| {
                damaged(
                    0,
                    WrongLength {
                        expected: 8,
                        actual: id.len(),
                    },
                )
            })?,
            accounts: row.get(1)?,
            expires_at_ms: row.get::<_, i64>(2)?.cast_unsigned(),
            withdrawn: row.get(3)?,
        })
    })?;
    rows.collect()
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
