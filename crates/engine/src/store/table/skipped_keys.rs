//! Seeds of messages that have not come yet. Written through [`sessions`](crate::store::sessions).

use rusqlite::{Connection, OptionalExtension, Transaction, named_params};
use sotto_protocol::ratchet::MessageSeed;
use sotto_protocol::session::{ChainId, SkippedKey, SkippedKeyId};
use zeroize::Zeroizing;

use super::session_states::ROW_OF_STATE;
use super::{change, list};
use crate::error::StorageError;
use crate::store::Peer;

pub(in crate::store) fn find(
    connection: &Connection,
    peer: Peer,
    id: &SkippedKeyId,
) -> Result<Option<MessageSeed>, StorageError> {
    let sql = format!(
        "SELECT seed FROM skipped_keys
         WHERE session = {ROW_OF_STATE} AND ratchet_key = :ratchet_key AND counter = :counter"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let parameters = named_params! {
        ":account": peer.account.as_bytes(),
        ":device": peer.device.get(),
        ":state": id.chain.state.0,
        ":ratchet_key": id.chain.ratchet_key.u(),
        ":counter": id.counter,
    };
    let seed: Option<[u8; 32]> = statement.query_row(parameters, |row| row.get(0)).optional()?;
    Ok(seed
        .map(Zeroizing::new)
        .map(|seed| MessageSeed::from_array(*seed)))
}

/// The `count` smallest counters of a chain, ascending.
pub(in crate::store) fn oldest(
    connection: &Connection,
    peer: Peer,
    chain: &ChainId,
    count: usize,
) -> Result<Vec<u32>, StorageError> {
    let sql = format!(
        "SELECT counter FROM skipped_keys
         WHERE session = {ROW_OF_STATE} AND ratchet_key = :ratchet_key ORDER BY counter LIMIT :count"
    );
    let parameters = named_params! {
        ":account": peer.account.as_bytes(),
        ":device": peer.device.get(),
        ":state": chain.state.0,
        ":ratchet_key": chain.ratchet_key.u(),
        ":count": i64::try_from(count).unwrap_or(i64::MAX),
    };
    list(connection, &sql, parameters, |row| Ok(row.get(0)?))
}

pub(in crate::store) fn insert(
    transaction: &Transaction<'_>,
    peer: Peer,
    key: &SkippedKey,
) -> Result<(), StorageError> {
    // The state's row is there: a change-set puts states before it adds keys. Without it, NOT NULL refuses this one.
    let sql = format!(
        "INSERT INTO skipped_keys (session, ratchet_key, counter, seed)
         VALUES ({ROW_OF_STATE}, :ratchet_key, :counter, :seed)
         ON CONFLICT (session, ratchet_key, counter) DO UPDATE SET seed = excluded.seed"
    );
    change(
        transaction,
        &sql,
        named_params! {
            ":account": peer.account.as_bytes(),
            ":device": peer.device.get(),
            ":state": key.id.chain.state.0,
            ":ratchet_key": key.id.chain.ratchet_key.u(),
            ":counter": key.id.counter,
            ":seed": key.seed.expose_bytes(),
        },
    )?;
    Ok(())
}

pub(in crate::store) fn delete(
    transaction: &Transaction<'_>,
    peer: Peer,
    id: &SkippedKeyId,
) -> Result<(), StorageError> {
    let sql = format!(
        "DELETE FROM skipped_keys
         WHERE session = {ROW_OF_STATE} AND ratchet_key = :ratchet_key AND counter = :counter"
    );
    change(
        transaction,
        &sql,
        named_params! {
            ":account": peer.account.as_bytes(),
            ":device": peer.device.get(),
            ":state": id.chain.state.0,
            ":ratchet_key": id.chain.ratchet_key.u(),
            ":counter": id.counter,
        },
    )?;
    Ok(())
}

/// Deletes all keys of a chain.
pub(in crate::store) fn delete_chain(
    transaction: &Transaction<'_>,
    peer: Peer,
    chain: &ChainId,
) -> Result<(), StorageError> {
    let sql =
        format!("DELETE FROM skipped_keys WHERE session = {ROW_OF_STATE} AND ratchet_key = :ratchet_key");
    change(
        transaction,
        &sql,
        named_params! {
            ":account": peer.account.as_bytes(),
            ":device": peer.device.get(),
            ":state": chain.state.0,
            ":ratchet_key": chain.ratchet_key.u(),
        },
    )?;
    Ok(())
}
