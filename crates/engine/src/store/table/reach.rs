//! How we are reached: the token of our mailbox, and by what others believe that a message is ours. One row.

use rusqlite::{Connection, Transaction, named_params, params};
use sotto_wire::DeliveryToken;
use zeroize::Zeroizing;

use super::{change, find};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::store::row::RowExt;

/// How we are reached.
#[derive(Clone)]
pub struct ReachRow {
    /// What opens our mailbox to contacts.
    pub delivery_token: DeliveryToken,
    /// What is to take its place as soon as our relay has heard of it. Nobody was told of it yet.
    pub next_token: Option<DeliveryToken>,
    /// What our relay's certificates go back to; `None` until we have heard it.
    pub trust_root: Option<[u8; 33]>,
    /// Our sender certificate, and until when it is good.
    pub certificate: Option<(Vec<u8>, Timestamp)>,
}

/// How we are reached, once [`insert`] was called.
pub fn read(connection: &Connection) -> Result<Option<ReachRow>, StorageError> {
    let sql = "SELECT delivery_token, next_token, trust_root, certificate, certificate_expires_at FROM reach";
    find(connection, sql, [], |row| {
        let token: Zeroizing<[u8; 16]> = Zeroizing::new(row.get("delivery_token")?);
        let certificate: Option<Vec<u8>> = row.get("certificate")?;
        Ok(ReachRow {
            delivery_token: (*token).into(),
            next_token: row.optional_token("next_token")?,
            trust_root: row.get("trust_root")?,
            certificate: certificate.zip(row.get("certificate_expires_at")?),
        })
    })
}

/// Stores the token of our mailbox. There is one row for good.
pub fn insert(transaction: &Transaction<'_>, delivery_token: &[u8; 16]) -> Result<(), StorageError> {
    let sql = "INSERT INTO reach (id, delivery_token) VALUES (1, ?)";
    change(transaction, sql, [delivery_token]).map(drop)
}

/// Stores what is to open our mailbox next.
pub fn set_next_token(transaction: &Transaction<'_>, token: &[u8; 16]) -> Result<(), StorageError> {
    change(transaction, "UPDATE reach SET next_token = ?", [token]).map(drop)
}

/// The next token takes the place of the present one.
pub fn adopt_next_token(transaction: &Transaction<'_>) -> Result<(), StorageError> {
    let sql = "UPDATE reach SET delivery_token = next_token, next_token = NULL WHERE next_token IS NOT NULL";
    change(transaction, sql, params![]).map(drop)
}

/// Stores what our relay's certificates go back to.
pub fn set_trust_root(transaction: &Transaction<'_>, trust_root: &[u8; 33]) -> Result<(), StorageError> {
    change(transaction, "UPDATE reach SET trust_root = ?", [trust_root]).map(drop)
}

/// Stores our sender certificate.
pub fn set_certificate(
    transaction: &Transaction<'_>,
    certificate: &[u8],
    expires_at: Timestamp,
) -> Result<(), StorageError> {
    change(
        transaction,
        "UPDATE reach SET certificate = :certificate, certificate_expires_at = :expires_at",
        named_params! { ":certificate": certificate, ":expires_at": expires_at },
    )
    .map(drop)
}

/// Forgets our sender certificate: it does not go back to what our relay says now.
pub fn forget_certificate(transaction: &Transaction<'_>) -> Result<(), StorageError> {
    let sql = "UPDATE reach SET certificate = NULL, certificate_expires_at = NULL";
    change(transaction, sql, params![]).map(drop)
}
