//! Invites of the user's own.

use rusqlite::{Connection, Row, Transaction, named_params, params};
use sotto_wire::AccountId;
use zeroize::Zeroizing;

use super::{change, find, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{InviteId, InviteState};
use crate::store::row::RowExt;

/// An invite of the user's own.
#[derive(Clone)]
pub struct InviteRow {
    /// Its id.
    pub id: InviteId,
    /// The one-time secret. Compare it in constant time.
    pub secret: Zeroizing<[u8; 16]>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to be good.
    pub expires_at: Timestamp,
    /// Who opened it, and when.
    pub used: Option<(AccountId, Timestamp)>,
    /// When the user took it back.
    pub revoked_at: Option<Timestamp>,
}

impl InviteRow {
    /// What has become of it.
    pub fn state(&self, now: Timestamp) -> InviteState {
        if self.used.is_some() {
            InviteState::Used
        } else if self.revoked_at.is_some() {
            InviteState::Revoked
        } else if self.expires_at <= now {
            InviteState::Expired
        } else {
            InviteState::Open
        }
    }
}

const COLUMNS: &str = "id, secret, created_at, expires_at, used_by, used_at, revoked_at";

fn parse(row: &Row<'_>) -> Result<InviteRow, StorageError> {
    Ok(InviteRow {
        id: row.get("id")?,
        secret: Zeroizing::new(row.get("secret")?),
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        used: row.optional_account("used_by")?.zip(row.get("used_at")?),
        revoked_at: row.get("revoked_at")?,
    })
}

/// Stores a new invite.
pub fn insert(
    transaction: &Transaction<'_>,
    secret: &[u8; 16],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<InviteId, StorageError> {
    change(
        transaction,
        "INSERT INTO invites (secret, created_at, expires_at) VALUES (:secret, :created_at, :expires_at)",
        named_params! { ":secret": secret, ":created_at": now, ":expires_at": expires_at },
    )?;
    Ok(InviteId(transaction.last_insert_rowid()))
}

/// The invite with this id.
pub fn by_id(connection: &Connection, id: InviteId) -> Result<Option<InviteRow>, StorageError> {
    find(
        connection,
        &format!("SELECT {COLUMNS} FROM invites WHERE id = ?"),
        [id],
        parse,
    )
}

/// All invites, newest first.
pub fn all(connection: &Connection) -> Result<Vec<InviteRow>, StorageError> {
    list(
        connection,
        &format!("SELECT {COLUMNS} FROM invites ORDER BY id DESC"),
        [],
        parse,
    )
}

/// Those that can still be opened: what a secret is compared with.
pub fn open(connection: &Connection, now: Timestamp) -> Result<Vec<InviteRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invites WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > ? ORDER BY id"
    );
    list(connection, &sql, [now], parse)
}

/// Uses the invite up; answers whether it could still be opened.
pub fn set_used(
    transaction: &Transaction<'_>,
    id: InviteId,
    by: AccountId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let sql = "UPDATE invites SET used_by = :by, used_at = :now
               WHERE id = :id AND used_at IS NULL AND revoked_at IS NULL AND expires_at > :now";
    let parameters = named_params! { ":by": by.as_bytes(), ":now": now, ":id": id };
    Ok(change(transaction, sql, parameters)? > 0)
}

/// Takes all invites back that could still be opened.
pub fn revoke_all(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StorageError> {
    let sql = "UPDATE invites SET revoked_at = ?1
               WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > ?1";
    change(transaction, sql, [now]).map(drop)
}

/// Takes the invite back; answers whether it could still be opened.
pub fn revoke(transaction: &Transaction<'_>, id: InviteId, now: Timestamp) -> Result<bool, StorageError> {
    let sql = "UPDATE invites SET revoked_at = ?1
               WHERE id = ?2 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?1";
    Ok(change(transaction, sql, params![now, id])? > 0)
}
