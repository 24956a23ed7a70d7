//! One-time prekeys: each is handed out once.

use ring::digest::{self, Digest};
use rusqlite::{Connection, OptionalExtension};
use sotto_wire::{CurveKey, KyberKey, KyberPrekey, OneTimePrekey, Signature};

use super::{Kind, damaged};
use crate::clock::Day;
use crate::mailbox::MailboxId;

/// What an upload brings.
pub(in crate::store::sqlite) struct NewPrekey<'a> {
    pub(in crate::store::sqlite) kind: Kind,
    pub(in crate::store::sqlite) id: u32,
    pub(in crate::store::sqlite) public_key: &'a [u8],
    pub(in crate::store::sqlite) signature: Option<&'a [u8]>,
}

impl<'a> From<&'a OneTimePrekey> for NewPrekey<'a> {
    fn from(prekey: &'a OneTimePrekey) -> Self {
        Self {
            kind: Kind::Curve,
            id: prekey.id,
            public_key: prekey.public_key.as_bytes(),
            signature: None,
        }
    }
}

impl<'a> From<&'a KyberPrekey> for NewPrekey<'a> {
    fn from(prekey: &'a KyberPrekey) -> Self {
        Self {
            kind: Kind::Kyber,
            id: prekey.id,
            public_key: prekey.public_key.as_bytes(),
            signature: Some(prekey.signature.as_bytes()),
        }
    }
}

/// Whether this very key is here, or was handed out not long ago.
pub(in crate::store::sqlite) fn is_known(
    connection: &Connection,
    device: MailboxId,
    prekey: &NewPrekey<'_>,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM one_time_prekeys
             WHERE device_id = ?1 AND kind = ?2 AND prekey_id = ?3 AND digest = ?4",
        )?
        .exists((
            device.0,
            prekey.kind as i64,
            prekey.id,
            digest(prekey.public_key).as_ref(),
        ))
}

/// Adds the prekey; one with the same number makes way.
pub(in crate::store::sqlite) fn put(
    connection: &Connection,
    device: MailboxId,
    prekey: &NewPrekey<'_>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO one_time_prekeys (device_id, kind, prekey_id, digest, public_key, signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (device_id, kind, prekey_id) DO UPDATE SET digest = excluded.digest,
                 public_key = excluded.public_key, signature = excluded.signature, handed_out_on = NULL",
        )?
        .execute((
            device.0,
            prekey.kind as i64,
            prekey.id,
            digest(prekey.public_key).as_ref(),
            prekey.public_key,
            prekey.signature,
        ))
        .map(drop)
}

/// Forgets those that nobody was given yet.
pub(in crate::store::sqlite) fn withdraw(connection: &Connection, device: MailboxId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM one_time_prekeys WHERE device_id = ?1 AND handed_out_on IS NULL")?
        .execute([device.0])
        .map(drop)
}

/// How many are left to hand out.
pub(in crate::store::sqlite) fn count_unused(
    connection: &Connection,
    device: MailboxId,
    kind: Kind,
) -> rusqlite::Result<u32> {
    connection
        .prepare_cached(
            "SELECT COUNT(*) FROM one_time_prekeys
             WHERE device_id = ?1 AND kind = ?2 AND handed_out_on IS NULL",
        )?
        .query_row((device.0, kind as i64), |row| row.get(0))
}

/// Takes the oldest Curve25519 prekey.
pub(in crate::store::sqlite) fn take_curve(
    connection: &Connection,
    device: MailboxId,
    today: Day,
) -> rusqlite::Result<Option<OneTimePrekey>> {
    take(connection, device, Kind::Curve, today, |row| {
        Ok(OneTimePrekey {
            id: row.get(1)?,
            public_key: CurveKey::try_from(row.get_ref(2)?.as_blob()?)
                .map_err(|reason| damaged(2, reason))?,
        })
    })
}

/// Takes the oldest Kyber prekey.
pub(in crate::store::sqlite) fn take_kyber(
    connection: &Connection,
    device: MailboxId,
    today: Day,
) -> rusqlite::Result<Option<KyberPrekey>> {
    take(connection, device, Kind::Kyber, today, |row| {
        Ok(KyberPrekey {
            id: row.get(1)?,
            public_key: KyberKey::try_from(row.get_ref(2)?.as_blob()?)
                .map_err(|reason| damaged(2, reason))?,
            signature: Signature::try_from(row.get_ref(3)?.as_blob()?)
                .map_err(|reason| damaged(3, reason))?,
        })
    })
}

fn take<T>(
    connection: &Connection,
    device: MailboxId,
    kind: Kind,
    today: Day,
    read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let found = connection
        .prepare_cached(
            "SELECT id, prekey_id, public_key, signature FROM one_time_prekeys
             WHERE device_id = ?1 AND kind = ?2 AND handed_out_on IS NULL ORDER BY id LIMIT 1",
        )?
        .query_row((device.0, kind as i64), |row| {
            Ok((row.get::<_, i64>(0)?, read(row)?))
        })
        .optional()?;
    let Some((id, prekey)) = found else {
        return Ok(None);
    };
    connection
        .prepare_cached(
            "UPDATE one_time_prekeys SET public_key = NULL, signature = NULL, handed_out_on = ?2 WHERE id = ?1",
        )?
        .execute((id, today.0))?;
    Ok(Some(prekey))
}

/// Forgets at most `limit` prekeys handed out before the day; returns how many.
pub(in crate::store::sqlite) fn forget_used_before(
    connection: &Connection,
    day: Day,
    limit: u32,
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM one_time_prekeys WHERE id IN
                 (SELECT id FROM one_time_prekeys WHERE handed_out_on < ?1 LIMIT ?2)",
        )?
        .execute((day.0, limit))
}

fn digest(public_key: &[u8]) -> Digest {
    digest::digest(&digest::SHA256, public_key)
}
