//! Session states: one row per state, its head only. Written through [`sessions`](crate::store::sessions).

use rusqlite::{Connection, Transaction, named_params, params};
use sotto_protocol::session::StateId;
use zeroize::Zeroizing;

use super::{change, list};
use crate::error::StorageError;
use crate::store::Peer;

/// The row id of the session state that a skipped key belongs to.
pub(super) const ROW_OF_STATE: &str =
    "(SELECT id FROM sessions WHERE account = :account AND device = :device AND state = :state)";

/// A session state as it is stored.
pub(in crate::store) struct StateBytes {
    /// `None`: the current one; else archived, the larger the later.
    pub(in crate::store) rank: Option<u64>,
    pub(in crate::store) bytes: Zeroizing<Vec<u8>>,
}

pub(in crate::store) fn all(connection: &Connection, peer: Peer) -> Result<Vec<StateBytes>, StorageError> {
    let sql = "SELECT rank, bytes FROM sessions WHERE account = ? AND device = ?";
    list(
        connection,
        sql,
        params![peer.account.as_bytes(), peer.device.get()],
        |row| {
            let rank: Option<i64> = row.get("rank")?;
            Ok(StateBytes {
                rank: rank
                    .map(u64::try_from)
                    .transpose()
                    .map_err(|_| StorageError::Corrupted)?,
                bytes: Zeroizing::new(row.get("bytes")?),
            })
        },
    )
}

/// Inserts the state, or replaces the one of this id.
pub(in crate::store) fn put(
    transaction: &Transaction<'_>,
    peer: Peer,
    state: &StateId,
    rank: Option<u64>,
    bytes: &[u8],
) -> Result<(), StorageError> {
    let rank = rank
        .map(i64::try_from)
        .transpose()
        .map_err(|_| StorageError::Failed)?;
    // An update keeps the row's id, and so its skipped keys.
    change(
        transaction,
        "INSERT INTO sessions (account, device, state, rank, bytes)
         VALUES (:account, :device, :state, :rank, :bytes)
         ON CONFLICT (account, device, state) DO UPDATE SET rank = excluded.rank, bytes = excluded.bytes",
        named_params! {
            ":account": peer.account.as_bytes(),
            ":device": peer.device.get(),
            ":state": state.0,
            ":rank": rank,
            ":bytes": bytes,
        },
    )?;
    Ok(())
}

/// Deletes the state and, with it, its skipped keys.
pub(in crate::store) fn delete(
    transaction: &Transaction<'_>,
    peer: Peer,
    state: &StateId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM sessions WHERE account = ? AND device = ? AND state = ?";
    change(
        transaction,
        sql,
        params![peer.account.as_bytes(), peer.device.get(), state.0],
    )?;
    Ok(())
}
