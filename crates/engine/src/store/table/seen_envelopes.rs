//! Envelopes that were dealt with: one that the relay pushes again is acknowledged and dropped.
//!
//! They are known by two names: the relay's, and [one](name_of) that a relay which lies about its own cannot change.

use rusqlite::{Connection, Transaction, params};
use sotto_wire::EnvelopeId;

use super::change;
use crate::clock::Timestamp;
use crate::content::CiphertextDigest;
use crate::error::StorageError;

/// The name of what is in the seal.
pub(crate) fn name_of(ciphertext: &CiphertextDigest) -> EnvelopeId {
    let mut name = [0; 16];
    for (place, byte) in name.iter_mut().zip(ciphertext.as_bytes()) {
        *place = *byte;
    }
    name.into()
}

/// Whether the envelope was dealt with.
pub fn contains(connection: &Connection, id: EnvelopeId) -> Result<bool, StorageError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM seen_envelopes WHERE envelope_id = ?")?;
    Ok(statement.exists([id.as_bytes()])?)
}

/// Remembers the envelope; answers whether it is new.
pub fn insert(transaction: &Transaction<'_>, id: EnvelopeId, now: Timestamp) -> Result<bool, StorageError> {
    let sql = "INSERT INTO seen_envelopes (envelope_id, seen_at) VALUES (?, ?) ON CONFLICT DO NOTHING";
    Ok(change(transaction, sql, params![id.as_bytes(), now])? > 0)
}

/// Forgets those seen before `before`; answers how many.
pub fn delete_before(transaction: &Transaction<'_>, before: Timestamp) -> Result<usize, StorageError> {
    change(
        transaction,
        "DELETE FROM seen_envelopes WHERE seen_at < ?",
        [before],
    )
}
