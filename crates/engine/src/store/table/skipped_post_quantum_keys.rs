//! Post-quantum keys of messages that have not come yet. Written through [`sessions`](crate::store::sessions).

use rusqlite::{Connection, OptionalExtension, Transaction, named_params};
use sotto_protocol::session::{PostQuantumEviction, PostQuantumKeyId, SkippedPostQuantumKey};
use sotto_protocol::spqr::{ChainEpoch, PostQuantumKey};
use zeroize::Zeroizing;

use super::change;
use super::session_states::ROW_OF_STATE;
use crate::error::StorageError;
use crate::store::Peer;

pub(in crate::store) fn find(
    connection: &Connection,
    peer: Peer,
    id: &PostQuantumKeyId,
) -> Result<Option<PostQuantumKey>, StorageError> {
    let sql = format!(
        "SELECT key FROM skipped_post_quantum_keys
         WHERE session = {ROW_OF_STATE} AND epoch = :epoch AND position = :position"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let parameters = named_params! {
        ":account": peer.account.as_bytes(),
        ":device": peer.device.get(),
        ":state": id.state.0,
        ":epoch": number(id.epoch)?,
        ":position": id.index,
    };
    let key: Option<[u8; 32]> = statement.query_row(parameters, |row| row.get(0)).optional()?;
    Ok(key
        .map(Zeroizing::new)
        .map(|key| PostQuantumKey::from_array(*key)))
}

pub(in crate::store) fn insert(
    transaction: &Transaction<'_>,
    peer: Peer,
    skipped: &SkippedPostQuantumKey,
) -> Result<(), StorageError> {
    // The state's row is there: a change-set puts states before it adds keys. Without it, NOT NULL refuses this one.
    let sql = format!(
        "INSERT INTO skipped_post_quantum_keys (session, epoch, position, key)
         VALUES ({ROW_OF_STATE}, :epoch, :position, :key)
         ON CONFLICT (session, epoch, position) DO UPDATE SET key = excluded.key"
    );
    change(
        transaction,
        &sql,
        named_params! {
            ":account": peer.account.as_bytes(),
            ":device": peer.device.get(),
            ":state": skipped.id.state.0,
            ":epoch": number(skipped.id.epoch)?,
            ":position": skipped.id.index,
            ":key": skipped.key.expose_bytes(),
        },
    )?;
    Ok(())
}

pub(in crate::store) fn delete(
    transaction: &Transaction<'_>,
    peer: Peer,
    id: &PostQuantumKeyId,
) -> Result<(), StorageError> {
    let sql = format!(
        "DELETE FROM skipped_post_quantum_keys
         WHERE session = {ROW_OF_STATE} AND epoch = :epoch AND position = :position"
    );
    change(
        transaction,
        &sql,
        named_params! {
            ":account": peer.account.as_bytes(),
            ":device": peer.device.get(),
            ":state": id.state.0,
            ":epoch": number(id.epoch)?,
            ":position": id.index,
        },
    )?;
    Ok(())
}

/// Deletes a range of keys.
pub(in crate::store) fn evict(
    transaction: &Transaction<'_>,
    peer: Peer,
    eviction: &PostQuantumEviction,
) -> Result<(), StorageError> {
    match eviction {
        PostQuantumEviction::Epochs { state, before } => {
            let sql = format!(
                "DELETE FROM skipped_post_quantum_keys WHERE session = {ROW_OF_STATE} AND epoch < :before"
            );
            change(
                transaction,
                &sql,
                named_params! {
                    ":account": peer.account.as_bytes(),
                    ":device": peer.device.get(),
                    ":state": state.0,
                    ":before": number(*before)?,
                },
            )?;
        }
        PostQuantumEviction::Keys { state, epoch, before } => {
            let sql = format!(
                "DELETE FROM skipped_post_quantum_keys
                 WHERE session = {ROW_OF_STATE} AND epoch = :epoch AND position < :before"
            );
            change(
                transaction,
                &sql,
                named_params! {
                    ":account": peer.account.as_bytes(),
                    ":device": peer.device.get(),
                    ":state": state.0,
                    ":epoch": number(*epoch)?,
                    ":before": before,
                },
            )?;
        }
    }
    Ok(())
}

/// SQLite's integers are signed. An epoch takes dozens of messages, so that none comes near the limit.
fn number(epoch: ChainEpoch) -> Result<i64, StorageError> {
    i64::try_from(epoch.0).map_err(|_| StorageError::Failed)
}
