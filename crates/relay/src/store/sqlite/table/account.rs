//! Accounts: who may be written to, by public identity key.

use rusqlite::{Connection, OptionalExtension, Row};
use sotto_wire::{AccountId, CurveKey, WrongLength};

use super::damaged;
use crate::hashes::UserNameHash;

pub(in crate::store::sqlite) struct AccountRow {
    pub(in crate::store::sqlite) id: i64,
    pub(in crate::store::sqlite) identity_key: CurveKey,
    pub(in crate::store::sqlite) has_user_name: bool,
}

pub(in crate::store::sqlite) fn find(
    connection: &Connection,
    account: AccountId,
) -> rusqlite::Result<Option<AccountRow>> {
    connection
        .prepare_cached(
            "SELECT id, identity_key, user_name_hash IS NOT NULL FROM accounts WHERE account = ?1",
        )?
        .query_row([account.as_bytes().as_slice()], |row| {
            Ok(AccountRow {
                id: row.get(0)?,
                identity_key: curve_key(row, 1)?,
                has_user_name: row.get(2)?,
            })
        })
        .optional()
}

pub(in crate::store::sqlite) fn find_by_user_name(
    connection: &Connection,
    hash: &UserNameHash,
) -> rusqlite::Result<Option<AccountId>> {
    connection
        .prepare_cached("SELECT account FROM accounts WHERE user_name_hash = ?1")?
        .query_row([hash.as_bytes()], |row| {
            let bytes: Vec<u8> = row.get(0)?;
            AccountId::from_slice(&bytes).map_err(|_| {
                damaged(
                    0,
                    WrongLength {
                        expected: 16,
                        actual: bytes.len(),
                    },
                )
            })
        })
        .optional()
}

pub(in crate::store::sqlite) fn insert(
    connection: &Connection,
    account: AccountId,
    identity_key: &CurveKey,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("INSERT INTO accounts (account, identity_key) VALUES (?1, ?2)")?
        .insert((account.as_bytes().as_slice(), identity_key.as_bytes().as_slice()))
}

pub(in crate::store::sqlite) fn set_user_name(
    connection: &Connection,
    id: i64,
    hash: Option<&UserNameHash>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE accounts SET user_name_hash = ?2 WHERE id = ?1")?
        .execute((id, hash.map(UserNameHash::as_bytes)))
        .map(drop)
}

pub(super) fn curve_key(row: &Row<'_>, column: usize) -> rusqlite::Result<CurveKey> {
    let bytes = row.get_ref(column)?.as_blob()?;
    CurveKey::try_from(bytes).map_err(|reason| damaged(column, reason))
}
