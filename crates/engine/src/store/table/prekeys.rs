//! Our own prekeys: one-time, signed and Kyber, and the base keys seen with a last-resort one. Three tables of one shape.
//!
//! Numbers rise and are never given twice ([`next_id`]): a peer may come back with an old one.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sotto_protocol::curve::PublicKey;
use sotto_protocol::prekey::{
    KyberPreKey, KyberPreKeyId, KyberUse, OneTimePreKey, OneTimePreKeyId, SignedPreKey, SignedPreKeyId,
};
use zeroize::Zeroizing;

use super::{change, list};
use crate::clock::Timestamp;
use crate::error::StorageError;

/// Which of the three tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreKeyKind {
    /// Used once, then deleted.
    OneTime,
    /// Rotated.
    Signed,
    /// One-time ones and last-resort ones.
    Kyber,
}

impl PreKeyKind {
    const fn table(self) -> &'static str {
        match self {
            Self::OneTime => "one_time_prekeys",
            Self::Signed => "signed_prekeys",
            Self::Kyber => "kyber_prekeys",
        }
    }
}

/// The number for the next prekey of a kind. Insert it in the same transaction.
pub fn next_id(transaction: &Transaction<'_>, kind: PreKeyKind) -> Result<u32, StorageError> {
    let mut statement = transaction.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = ?")?;
    let last: Option<u32> = statement.query_row([kind.table()], |row| row.get(0)).optional()?;
    last.unwrap_or(0).checked_add(1).ok_or(StorageError::Failed)
}

/// Leaves the next `count` numbers out, of all kinds: they may have been given before.
pub fn leap(transaction: &Transaction<'_>, count: u32) -> Result<(), StorageError> {
    for kind in [PreKeyKind::OneTime, PreKeyKind::Signed, PreKeyKind::Kyber] {
        let last = next_id(transaction, kind)?
            .checked_add(count)
            .ok_or(StorageError::Failed)?;
        // A table of which nothing was ever numbered has no row.
        let known = change(
            transaction,
            "UPDATE sqlite_sequence SET seq = ? WHERE name = ?",
            params![last, kind.table()],
        )?;
        if known == 0 {
            let sql = "INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)";
            change(transaction, sql, params![last, kind.table()])?;
        }
    }
    Ok(())
}

/// Stores a one-time prekey.
pub fn insert_one_time(
    transaction: &Transaction<'_>,
    prekey: &OneTimePreKey,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO one_time_prekeys (id, bytes, created_at) VALUES (?, ?, ?)";
    change(transaction, sql, params![prekey.id.0, *prekey.to_bytes(), now])?;
    Ok(())
}

/// Stores a signed prekey.
pub fn insert_signed(
    transaction: &Transaction<'_>,
    prekey: &SignedPreKey,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO signed_prekeys (id, bytes, created_at) VALUES (?, ?, ?)";
    change(transaction, sql, params![prekey.id.0, *prekey.to_bytes(), now])?;
    Ok(())
}

/// Stores a Kyber prekey.
pub fn insert_kyber(
    transaction: &Transaction<'_>,
    prekey: &KyberPreKey,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO kyber_prekeys (id, last_resort, bytes, created_at) VALUES (?, ?, ?, ?)";
    let last_resort = prekey.usage == KyberUse::LastResort;
    change(
        transaction,
        sql,
        params![prekey.id.0, last_resort, *prekey.to_bytes(), now],
    )?;
    Ok(())
}

fn bytes_of(
    connection: &Connection,
    kind: PreKeyKind,
    id: u32,
) -> Result<Option<Zeroizing<Vec<u8>>>, StorageError> {
    let sql = format!("SELECT bytes FROM {} WHERE id = ?", kind.table());
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached(&sql)?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(bytes.map(Zeroizing::new))
}

/// The one-time prekey of this number, if it is still there.
pub fn one_time(connection: &Connection, id: OneTimePreKeyId) -> Result<Option<OneTimePreKey>, StorageError> {
    let bytes = bytes_of(connection, PreKeyKind::OneTime, id.0)?;
    bytes
        .map(|bytes| OneTimePreKey::from_bytes(&bytes))
        .transpose()
        .map_err(|_| StorageError::Corrupted)
}

/// The signed prekey of this number, if it is still there.
pub fn signed(connection: &Connection, id: SignedPreKeyId) -> Result<Option<SignedPreKey>, StorageError> {
    let bytes = bytes_of(connection, PreKeyKind::Signed, id.0)?;
    bytes
        .map(|bytes| SignedPreKey::from_bytes(&bytes))
        .transpose()
        .map_err(|_| StorageError::Corrupted)
}

/// The Kyber prekey of this number, if it is still there.
pub fn kyber(connection: &Connection, id: KyberPreKeyId) -> Result<Option<KyberPreKey>, StorageError> {
    let bytes = bytes_of(connection, PreKeyKind::Kyber, id.0)?;
    bytes
        .map(|bytes| KyberPreKey::from_bytes(&bytes))
        .transpose()
        .map_err(|_| StorageError::Corrupted)
}

/// The newest signed prekey, and when it was made.
pub fn newest_signed(connection: &Connection) -> Result<Option<(SignedPreKey, Timestamp)>, StorageError> {
    let sql = "SELECT bytes, created_at FROM signed_prekeys ORDER BY id DESC LIMIT 1";
    super::find(connection, sql, [], |row| {
        let bytes = Zeroizing::new(row.get::<_, Vec<u8>>("bytes")?);
        let prekey = SignedPreKey::from_bytes(&bytes).map_err(|_| StorageError::Corrupted)?;
        Ok((prekey, row.get("created_at")?))
    })
}

/// The newest last-resort Kyber prekey, and when it was made.
pub fn newest_last_resort(connection: &Connection) -> Result<Option<(KyberPreKey, Timestamp)>, StorageError> {
    let sql = "SELECT bytes, created_at FROM kyber_prekeys WHERE last_resort = 1 ORDER BY id DESC LIMIT 1";
    super::find(connection, sql, [], |row| {
        let bytes = Zeroizing::new(row.get::<_, Vec<u8>>("bytes")?);
        let prekey = KyberPreKey::from_bytes(&bytes).map_err(|_| StorageError::Corrupted)?;
        Ok((prekey, row.get("created_at")?))
    })
}

/// How many one-time prekeys the relay has or has handed out, and nobody has used.
pub fn one_time_count(connection: &Connection) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM one_time_prekeys WHERE published_at IS NOT NULL";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// The same of one-time Kyber prekeys.
pub fn one_time_kyber_count(connection: &Connection) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM kyber_prekeys WHERE last_resort = 0 AND published_at IS NOT NULL";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// The numbers of those that the relay has not confirmed yet, ascending.
pub fn unpublished(connection: &Connection, kind: PreKeyKind) -> Result<Vec<u32>, StorageError> {
    let sql = format!(
        "SELECT id FROM {} WHERE published_at IS NULL ORDER BY id",
        kind.table()
    );
    list(connection, &sql, [], |row| Ok(row.get(0)?))
}

/// Remembers that the relay has confirmed these.
pub fn set_published(
    transaction: &Transaction<'_>,
    kind: PreKeyKind,
    ids: &[u32],
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = format!("UPDATE {} SET published_at = ? WHERE id = ?", kind.table());
    for id in ids {
        change(transaction, &sql, params![now, id])?;
    }
    Ok(())
}

/// Deletes a one-time prekey that a session was made with.
pub fn delete_one_time(transaction: &Transaction<'_>, id: OneTimePreKeyId) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM one_time_prekeys WHERE id = ?", [id.0])?;
    Ok(())
}

/// Deletes a one-time Kyber prekey that a session was made with; a last-resort one stays.
pub fn delete_one_time_kyber(transaction: &Transaction<'_>, id: KyberPreKeyId) -> Result<(), StorageError> {
    change(
        transaction,
        "DELETE FROM kyber_prekeys WHERE id = ? AND last_resort = 0",
        [id.0],
    )?;
    Ok(())
}

/// Deletes signed and last-resort Kyber prekeys that were made before `before`, except the newest of each, and with the
/// Kyber prekeys the base keys remembered for them. Answers how many prekeys went.
pub fn delete_rotated(transaction: &Transaction<'_>, before: Timestamp) -> Result<usize, StorageError> {
    let signed = change(
        transaction,
        "DELETE FROM signed_prekeys WHERE created_at < ? AND id < (SELECT max(id) FROM signed_prekeys)",
        [before],
    )?;
    let kyber = change(
        transaction,
        "DELETE FROM kyber_prekeys WHERE last_resort = 1 AND created_at < ?
         AND id < (SELECT max(id) FROM kyber_prekeys WHERE last_resort = 1)",
        [before],
    )?;
    Ok(signed + kyber)
}

/// Whether a session was made with these prekeys and this base key.
pub fn was_base_key_used(
    connection: &Connection,
    kyber: KyberPreKeyId,
    signed: SignedPreKeyId,
    base_key: &PublicKey,
) -> Result<bool, StorageError> {
    let sql = "SELECT 1 FROM used_base_keys WHERE kyber_prekey = ? AND signed_prekey = ? AND base_key = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.exists(params![kyber.0, signed.0, base_key.to_bytes()])?)
}

/// Remembers that a session was made with these prekeys and this base key.
pub fn insert_used_base_key(
    transaction: &Transaction<'_>,
    kyber: KyberPreKeyId,
    signed: SignedPreKeyId,
    base_key: &PublicKey,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO used_base_keys (kyber_prekey, signed_prekey, base_key) VALUES (?, ?, ?)";
    change(transaction, sql, params![kyber.0, signed.0, base_key.to_bytes()])?;
    Ok(())
}
