//! The user's own account: one row.

use rusqlite::{Connection, Transaction, named_params};
use sotto_wire::{AccountId, RelayAddress};

use super::{change, find};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::DisplayName;
use crate::store::row::RowExt;

/// The user's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// The account; its device is always the first.
    pub account: AccountId,
    /// The registration id that session partners are told.
    pub registration_id: u32,
    /// The relay that keeps the mailbox.
    pub relay: RelayAddress,
    /// What the user calls themself.
    pub display_name: DisplayName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the relay confirmed the mailbox; `None` until then.
    pub registered_at: Option<Timestamp>,
}

/// The account, once [`insert`] was called.
pub fn read(connection: &Connection) -> Result<Option<AccountRow>, StorageError> {
    let sql = "SELECT account, registration_id, relay, display_name, created_at, registered_at FROM account";
    find(connection, sql, [], |row| {
        Ok(AccountRow {
            account: row.account("account")?,
            registration_id: row.get("registration_id")?,
            relay: row.relay("relay")?,
            display_name: row
                .optional_name("display_name")?
                .ok_or(StorageError::Corrupted)?,
            created_at: row.get("created_at")?,
            registered_at: row.get("registered_at")?,
        })
    })
}

/// Stores the account of a new database. There is one for good: a second one is refused.
pub fn insert(transaction: &Transaction<'_>, row: &AccountRow) -> Result<(), StorageError> {
    change(
        transaction,
        "INSERT INTO account (id, account, registration_id, relay, display_name, created_at, registered_at)
         VALUES (1, :account, :registration_id, :relay, :display_name, :created_at, :registered_at)",
        named_params! {
            ":account": row.account.as_bytes(),
            ":registration_id": row.registration_id,
            ":relay": row.relay.to_string(),
            ":display_name": row.display_name.as_str(),
            ":created_at": row.created_at,
            ":registered_at": row.registered_at,
        },
    )?;
    Ok(())
}

/// Changes what the user calls themself.
pub fn set_display_name(transaction: &Transaction<'_>, name: &DisplayName) -> Result<(), StorageError> {
    change(
        transaction,
        "UPDATE account SET display_name = ?",
        [name.as_str()],
    )?;
    Ok(())
}

/// This is another installation of the account from now on, which the relay has not heard of.
pub fn reinstall(transaction: &Transaction<'_>, registration_id: u32) -> Result<(), StorageError> {
    // Another than before in any case.
    let sql = "UPDATE account SET registered_at = NULL,
               registration_id = CASE registration_id WHEN ?1 THEN ?1 % 16383 + 1 ELSE ?1 END";
    change(transaction, sql, [registration_id])?;
    Ok(())
}

/// Writes the account as it is: what is left to find out is whether anything can be written.
pub fn write_again(transaction: &Transaction<'_>) -> Result<(), StorageError> {
    change(transaction, "UPDATE account SET account = account", [])?;
    Ok(())
}

/// Remembers that the relay has confirmed the mailbox.
pub fn set_registered(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StorageError> {
    change(transaction, "UPDATE account SET registered_at = ?", [now])?;
    Ok(())
}
