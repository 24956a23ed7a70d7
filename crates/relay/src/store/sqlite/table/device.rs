//! Devices; each has one mailbox, which goes by the device's row id.

use rusqlite::{Connection, OptionalExtension};
use sotto_wire::{CurveKey, DeviceId};

use super::account::curve_key;
use super::damaged;
use crate::hashes::TokenHash;
use crate::mailbox::{MailboxAddress, MailboxId};

pub(in crate::store::sqlite) struct DeviceRow {
    pub(in crate::store::sqlite) mailbox: MailboxId,
    pub(in crate::store::sqlite) registration_id: u32,
    pub(in crate::store::sqlite) identity_key: CurveKey,
    /// The contact token.
    pub(in crate::store::sqlite) contact: Option<TokenHash>,
}

pub(in crate::store::sqlite) fn find(
    connection: &Connection,
    address: MailboxAddress,
) -> rusqlite::Result<Option<DeviceRow>> {
    connection
        .prepare_cached(
            "SELECT devices.id, devices.registration_id, accounts.identity_key,
                 devices.contact_token_hash
             FROM devices JOIN accounts ON accounts.id = devices.account_id
             WHERE accounts.account = ?1 AND devices.device = ?2",
        )?
        .query_row(
            (address.account.as_bytes().as_slice(), address.device.number()),
            |row| {
                Ok(DeviceRow {
                    mailbox: MailboxId(row.get(0)?),
                    registration_id: row.get(1)?,
                    identity_key: curve_key(row, 2)?,
                    contact: match row.get_ref(3)?.as_blob_or_null()? {
                        Some(bytes) => Some(TokenHash::try_from(bytes).map_err(|reason| damaged(3, reason))?),
                        None => None,
                    },
                })
            },
        )
        .optional()
}

/// Adds the device, or takes the registration id of one that is there already.
pub(in crate::store::sqlite) fn put(
    connection: &Connection,
    account_id: i64,
    device: DeviceId,
    registration_id: u32,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO devices (account_id, device, registration_id) VALUES (?1, ?2, ?3)
             ON CONFLICT (account_id, device) DO UPDATE SET registration_id = excluded.registration_id",
        )?
        .execute((account_id, device.number(), registration_id))
        .map(drop)
}

pub(in crate::store::sqlite) fn set_contact_token(
    connection: &Connection,
    mailbox: MailboxId,
    contact: &TokenHash,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE devices SET contact_token_hash = ?2 WHERE id = ?1")?
        .execute((mailbox.0, contact.as_bytes()))
        .map(drop)
}
