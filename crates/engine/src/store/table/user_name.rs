//! The name by which strangers find the user: one row.

use rusqlite::{Connection, Transaction, params};
use sotto_wire::UserName;

use super::{change, find};
use crate::error::StorageError;
use crate::store::row::RowExt;

/// The user's user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserNameRow {
    /// `None`: the user is not to be found by one.
    pub name: Option<UserName>,
    /// The relay was asked for another one, and may have it.
    pub unsure: bool,
}

/// The row, which is always there.
pub fn read(connection: &Connection) -> Result<UserNameRow, StorageError> {
    let row = find(connection, "SELECT name, unsure FROM user_name", [], |row| {
        Ok(UserNameRow {
            name: row.optional_user_name("name")?,
            unsure: row.get("unsure")?,
        })
    })?;
    row.ok_or(StorageError::Corrupted)
}

/// Stores the name that the relay has.
pub fn set(transaction: &Transaction<'_>, name: Option<&UserName>) -> Result<(), StorageError> {
    let sql = "UPDATE user_name SET name = ?, unsure = 0";
    change(transaction, sql, params![name.map(UserName::as_str)]).map(drop)
}

/// Remembers whether the relay may have another one than is stored.
pub fn set_unsure(transaction: &Transaction<'_>, unsure: bool) -> Result<(), StorageError> {
    change(transaction, "UPDATE user_name SET unsure = ?", [unsure]).map(drop)
}
