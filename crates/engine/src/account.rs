//! The user's own account: made, opened, shown.

use rand::RngExt;
use rusqlite::Connection;
use sotto_protocol::curve::{IdentityKeyPair, PrivateKey};
use sotto_protocol::prekey::RegistrationId;
use sotto_wire::UserName;

use crate::connection::Owner;
use crate::error::StorageError;
use crate::model::{Account, Address, Restoration};
use crate::store::table::account::{self, AccountRow};
use crate::vault::{IdentitySecret, SlotKind};

/// Registration ids have 14 bits in the official clients, and never are 0.
const MAX_REGISTRATION_ID: u32 = 0x3FFF;

/// A registration id for a new installation.
pub(crate) fn new_registration_id() -> RegistrationId {
    RegistrationId(rand::rng().random_range(1..=MAX_REGISTRATION_ID))
}

/// The identity that the vault keeps.
pub(crate) fn identity(secret: &IdentitySecret) -> Option<IdentityKeyPair> {
    let private = PrivateKey::from_bytes(secret.expose_secret()).ok()?;
    Some(IdentityKeyPair::from_private(private))
}

/// The account's row. An open database has one.
pub(crate) fn read(connection: &Connection) -> Result<AccountRow, StorageError> {
    account::read(connection)?.ok_or(StorageError::Corrupted)
}

/// Whom the mailbox belongs to.
pub(crate) fn owner(row: &AccountRow, identity: IdentityKeyPair) -> Owner {
    let address = Address {
        account: row.account,
        relay: row.relay.clone(),
    };
    Owner::new(address, identity, RegistrationId(row.registration_id))
}

/// The account as it is shown.
pub(crate) fn shown(
    row: AccountRow,
    user_name: Option<UserName>,
    vault_slots: Vec<SlotKind>,
    restored: Option<Restoration>,
) -> Account {
    Account {
        address: Address {
            account: row.account,
            relay: row.relay,
        },
        display_name: row.display_name,
        user_name,
        vault_slots,
        restored,
    }
}
