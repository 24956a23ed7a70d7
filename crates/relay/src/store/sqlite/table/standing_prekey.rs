//! The prekeys that stay until replaced: the signed one and the last-resort Kyber one.

use rusqlite::{Connection, OptionalExtension};
use sotto_wire::{CurveKey, KyberKey, KyberPrekey, Signature, SignedPrekey};

use super::{Kind, damaged};
use crate::mailbox::MailboxId;

pub(in crate::store::sqlite) fn put_signed(
    connection: &Connection,
    device: MailboxId,
    prekey: &SignedPrekey,
) -> rusqlite::Result<()> {
    put(
        connection,
        device,
        Kind::Curve,
        prekey.id,
        prekey.public_key.as_bytes(),
        &prekey.signature,
    )
}

pub(in crate::store::sqlite) fn put_last_resort(
    connection: &Connection,
    device: MailboxId,
    prekey: &KyberPrekey,
) -> rusqlite::Result<()> {
    put(
        connection,
        device,
        Kind::Kyber,
        prekey.id,
        prekey.public_key.as_bytes(),
        &prekey.signature,
    )
}

pub(in crate::store::sqlite) fn signed(
    connection: &Connection,
    device: MailboxId,
) -> rusqlite::Result<Option<SignedPrekey>> {
    connection
        .prepare_cached(
            "SELECT prekey_id, public_key, signature FROM standing_prekeys WHERE device_id = ?1 AND kind = ?2",
        )?
        .query_row((device.0, Kind::Curve as i64), |row| {
            Ok(SignedPrekey {
                id: row.get(0)?,
                public_key: CurveKey::try_from(row.get_ref(1)?.as_blob()?)
                    .map_err(|reason| damaged(1, reason))?,
                signature: Signature::try_from(row.get_ref(2)?.as_blob()?)
                    .map_err(|reason| damaged(2, reason))?,
            })
        })
        .optional()
}

pub(in crate::store::sqlite) fn last_resort(
    connection: &Connection,
    device: MailboxId,
) -> rusqlite::Result<Option<KyberPrekey>> {
    connection
        .prepare_cached(
            "SELECT prekey_id, public_key, signature FROM standing_prekeys WHERE device_id = ?1 AND kind = ?2",
        )?
        .query_row((device.0, Kind::Kyber as i64), |row| {
            Ok(KyberPrekey {
                id: row.get(0)?,
                public_key: KyberKey::try_from(row.get_ref(1)?.as_blob()?)
                    .map_err(|reason| damaged(1, reason))?,
                signature: Signature::try_from(row.get_ref(2)?.as_blob()?)
                    .map_err(|reason| damaged(2, reason))?,
            })
        })
        .optional()
}

/// The number of the current prekey of this kind.
pub(in crate::store::sqlite) fn current_id(
    connection: &Connection,
    device: MailboxId,
    kind: Kind,
) -> rusqlite::Result<Option<u32>> {
    connection
        .prepare_cached("SELECT prekey_id FROM standing_prekeys WHERE device_id = ?1 AND kind = ?2")?
        .query_row((device.0, kind as i64), |row| row.get(0))
        .optional()
}

fn put(
    connection: &Connection,
    device: MailboxId,
    kind: Kind,
    id: u32,
    public_key: &[u8],
    signature: &Signature,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO standing_prekeys (device_id, kind, prekey_id, public_key, signature)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (device_id, kind) DO UPDATE SET prekey_id = excluded.prekey_id,
                 public_key = excluded.public_key, signature = excluded.signature",
        )?
        .execute((
            device.0,
            kind as i64,
            id,
            public_key,
            signature.as_bytes().as_slice(),
        ))
        .map(drop)
}
