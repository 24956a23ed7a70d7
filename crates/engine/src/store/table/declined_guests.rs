//! Who came with an invite that is worthless, and is told so: the way to them, for they do not become contacts.

use rusqlite::{Connection, Transaction, named_params};
use sotto_protocol::curve::IdentityKey;
use sotto_wire::{AccountId, DeliveryToken, RelayAddress};

use super::{change, find};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::store::row::RowExt;

/// The way to somebody who is told that their invite is worthless.
pub struct DeclinedGuest {
    /// Where their mailbox is.
    pub relay: RelayAddress,
    /// What opens it.
    pub delivery_token: DeliveryToken,
    /// The identity key that they came with.
    pub identity_key: IdentityKey,
}

/// Takes note of somebody who is told that their invite is worthless.
pub fn insert(
    transaction: &Transaction<'_>,
    account: AccountId,
    guest: &DeclinedGuest,
    now: Timestamp,
) -> Result<(), StorageError> {
    change(
        transaction,
        "INSERT INTO declined_guests (account, relay, delivery_token, identity_key, declined_at)
         VALUES (:account, :relay, :delivery_token, :identity_key, :now)",
        named_params! {
            ":account": account.as_bytes(),
            ":relay": guest.relay.to_string(),
            ":delivery_token": guest.delivery_token.as_bytes(),
            ":identity_key": guest.identity_key.to_bytes(),
            ":now": now,
        },
    )?;
    Ok(())
}

/// The way to somebody who is to be told.
pub fn find_guest(
    connection: &Connection,
    account: AccountId,
) -> Result<Option<DeclinedGuest>, StorageError> {
    let sql = "SELECT relay, delivery_token, identity_key FROM declined_guests
               WHERE account = ? ORDER BY id DESC LIMIT 1";
    find(connection, sql, [account.as_bytes()], |row| {
        let key: [u8; 33] = row.get("identity_key")?;
        Ok(DeclinedGuest {
            relay: row.relay("relay")?,
            delivery_token: row
                .optional_token("delivery_token")?
                .ok_or(StorageError::Corrupted)?,
            identity_key: IdentityKey::from_bytes(&key).map_err(|_| StorageError::Corrupted)?,
        })
    })
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
