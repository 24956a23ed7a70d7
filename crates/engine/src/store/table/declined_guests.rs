//! Who came with an invite that is worthless, and is told so: the way to them, for they do not become contacts.

use rusqlite::{Connection, Transaction, named_params};
use sotto_wire::{AccountId, RelayAddress};

use super::{change, find};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::store::columns::RowExt;

/// Takes note of somebody who is told that their invite is worthless.
pub fn insert(
    transaction: &Transaction<'_>,
    account: AccountId,
    relay: &RelayAddress,
    now: Timestamp,
) -> Result<(), StorageError> {
    change(
        transaction,
        "INSERT INTO declined_guests (account, relay, declined_at) VALUES (:account, :relay, :now)",
        named_params! { ":account": account.as_bytes(), ":relay": relay.to_string(), ":now": now },
    )?;
    Ok(())
}

/// Where somebody is to be told.
pub fn relay_of(connection: &Connection, account: AccountId) -> Result<Option<RelayAddress>, StorageError> {
    let sql = "SELECT relay FROM declined_guests WHERE account = ? ORDER BY id DESC LIMIT 1";
    find(connection, sql, [account.as_bytes()], |row| row.relay("relay"))
}

/// How many there were at `since` or later.
pub fn count_since(connection: &Connection, since: Timestamp) -> Result<u32, StorageError> {
    let mut statement =
        connection.prepare_cached("SELECT count(*) FROM declined_guests WHERE declined_at >= ?")?;
    Ok(statement.query_row([since], |row| row.get(0))?)
}

/// Forgets those from before `moment`.
pub fn delete_before(transaction: &Transaction<'_>, moment: Timestamp) -> Result<(), StorageError> {
    change(
        transaction,
        "DELETE FROM declined_guests WHERE declined_at < ?",
        [moment],
    )?;
    Ok(())
}
