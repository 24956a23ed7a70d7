//! The identity keys an account has had, and what the user thinks of each.
//!
//! ```text
//!            first key of the account
//!  (none) ──────────────────────────► accepted ◄──────────── verified
//!                                      │  │  └───────────────────▲
//!                 another key observed │  └── set_verified ──────┘
//!                                      ▼
//!                          a new row: pending ── accept ──► accepted
//!                                             ── set_verified ──► verified
//! ```
//!
//! A pending key blocks sending. An account's present key is its row without `replaced_at`. A key that was replaced comes
//! back only if the relay hands it out as the account's key of now ([`observe_present`]): a late message
//! ([`observe`]) does not bring it back (`docs/adr/0015-late-messages-of-a-replaced-key.md`).

use rusqlite::{Connection, Row, Transaction, named_params, params};
use sotto_protocol::curve::IdentityKey;
use sotto_wire::AccountId;

use super::{change, find, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::VerifiedBy;

/// One identity key an account has had, for one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityKeyRow {
    /// The key.
    pub key: IdentityKey,
    /// When this device first saw it.
    pub first_seen: Timestamp,
    /// When it was accepted: at once for an account's first key, by the user's decision for another. `None`: pending.
    pub accepted_at: Option<Timestamp>,
    /// When it was verified.
    pub verified_at: Option<Timestamp>,
    /// How.
    pub verified_by: Option<VerifiedBy>,
    /// When another key took its place. `None`: the present one.
    pub replaced_at: Option<Timestamp>,
}

impl IdentityKeyRow {
    /// Whether it waits for the user's decision, so that nothing may be sent.
    pub fn is_pending(&self) -> bool {
        self.accepted_at.is_none()
    }
}

/// What [`observe`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// The account's first key; it counts as accepted.
    First,
    /// The present key once more.
    Same,
    /// Another key than the present one: it takes its place, and waits for the user's decision.
    Changed,
    /// One that the present key has replaced before: nothing changes.
    Replaced,
}

const COLUMNS: &str = "key, first_seen, accepted_at, verified_at, verified_by, replaced_at";

fn parse(row: &Row<'_>) -> Result<IdentityKeyRow, StorageError> {
    let key: [u8; 33] = row.get("key")?;
    Ok(IdentityKeyRow {
        key: IdentityKey::from_bytes(&key).map_err(|_| StorageError::Corrupted)?,
        first_seen: row.get("first_seen")?,
        accepted_at: row.get("accepted_at")?,
        verified_at: row.get("verified_at")?,
        verified_by: row.get("verified_by")?,
        replaced_at: row.get("replaced_at")?,
    })
}

/// The account's present key, accepted or pending.
pub fn present(connection: &Connection, account: AccountId) -> Result<Option<IdentityKeyRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM identity_keys WHERE account = ? AND replaced_at IS NULL");
    find(connection, &sql, [account.as_bytes()], parse)
}

/// The key that the user last accepted: the present one, unless that is pending.
pub fn last_accepted(
    connection: &Connection,
    account: AccountId,
) -> Result<Option<IdentityKeyRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_keys WHERE account = ? AND accepted_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    );
    find(connection, &sql, [account.as_bytes()], parse)
}

/// All keys the account has had, newest first.
pub fn history(connection: &Connection, account: AccountId) -> Result<Vec<IdentityKeyRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM identity_keys WHERE account = ? ORDER BY id DESC");
    list(connection, &sql, [account.as_bytes()], parse)
}

/// Whether another key took the place of `key`, and the user accepted that other one: then `key` speaks for the account
/// no more.
pub fn is_superseded(
    connection: &Connection,
    account: AccountId,
    key: &IdentityKey,
) -> Result<bool, StorageError> {
    match present(connection, account)? {
        Some(present) if present.key != *key && !present.is_pending() => {
            was_replaced(connection, account, key)
        }
        _ => Ok(false),
    }
}

fn was_replaced(
    connection: &Connection,
    account: AccountId,
    key: &IdentityKey,
) -> Result<bool, StorageError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM identity_keys WHERE account = ? AND key = ? AND replaced_at IS NOT NULL)";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row(params![account.as_bytes(), key.to_bytes()], |row| row.get(0))?)
}

/// Takes note of the key of a message. One that was replaced before is that of a late message: it changes nothing.
pub fn observe(
    transaction: &Transaction<'_>,
    account: AccountId,
    key: &IdentityKey,
    now: Timestamp,
) -> Result<Observed, StorageError> {
    let present = present(transaction, account)?;
    if present.is_some_and(|present| present.key != *key) && was_replaced(transaction, account, key)? {
        return Ok(Observed::Replaced);
    }
    observe_present(transaction, account, key, now)
}

/// Takes note of the key that the account has now, as its relay or an invite says.
pub fn observe_present(
    transaction: &Transaction<'_>,
    account: AccountId,
    key: &IdentityKey,
    now: Timestamp,
) -> Result<Observed, StorageError> {
    let observed = match present(transaction, account)? {
        None => Observed::First,
        Some(present) if present.key == *key => return Ok(Observed::Same),
        Some(_) => Observed::Changed,
    };
    let sql = "UPDATE identity_keys SET replaced_at = ? WHERE account = ? AND replaced_at IS NULL";
    change(transaction, sql, params![now, account.as_bytes()])?;
    change(
        transaction,
        "INSERT INTO identity_keys (account, key, first_seen, accepted_at)
         VALUES (:account, :key, :first_seen, :accepted_at)",
        named_params! {
            ":account": account.as_bytes(),
            ":key": key.to_bytes(),
            ":first_seen": now,
            ":accepted_at": (observed == Observed::First).then_some(now),
        },
    )?;
    Ok(observed)
}

/// Accepts `key` without having compared it; answers whether it is the account's present key.
pub fn accept(
    transaction: &Transaction<'_>,
    account: AccountId,
    key: &IdentityKey,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let sql = "UPDATE identity_keys SET accepted_at = coalesce(accepted_at, :now)
               WHERE account = :account AND key = :key AND replaced_at IS NULL";
    let parameters = named_params! { ":now": now, ":account": account.as_bytes(), ":key": key.to_bytes() };
    Ok(change(transaction, sql, parameters)? > 0)
}

/// Marks `key` as verified, which accepts it too; answers whether it is the account's present key.
pub fn set_verified(
    transaction: &Transaction<'_>,
    account: AccountId,
    key: &IdentityKey,
    by: VerifiedBy,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let sql = "UPDATE identity_keys
               SET accepted_at = coalesce(accepted_at, :now), verified_at = :now, verified_by = :by
               WHERE account = :account AND key = :key AND replaced_at IS NULL";
    let parameters =
        named_params! { ":now": now, ":by": by, ":account": account.as_bytes(), ":key": key.to_bytes() };
    Ok(change(transaction, sql, parameters)? > 0)
}

/// Takes the verification of `key` back; answers whether it is the account's present key.
pub fn clear_verified(
    transaction: &Transaction<'_>,
    account: AccountId,
    key: &IdentityKey,
) -> Result<bool, StorageError> {
    let sql = "UPDATE identity_keys SET verified_at = NULL, verified_by = NULL
               WHERE account = ? AND key = ? AND replaced_at IS NULL";
    Ok(change(transaction, sql, params![account.as_bytes(), key.to_bytes()])? > 0)
}
