//! Whom the user talks to. Their identity keys are in [`identity_keys`](super::identity_keys).

use rusqlite::{Connection, Row, Transaction, named_params, params};
use sotto_wire::{AccountId, DeliveryToken, RelayAddress};

use super::{change, find, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{ContactId, DisplayName};
use crate::store::columns::RowExt;

/// Somebody the user talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Its id, which the conversation shares.
    pub id: ContactId,
    /// Their account. One account is one contact.
    pub account: AccountId,
    /// The relay that keeps their mailbox.
    pub relay: RelayAddress,
    /// What they call themself.
    pub given_name: Option<DisplayName>,
    /// What the user calls them.
    pub chosen_name: Option<DisplayName>,
    /// When they became a contact.
    pub created_at: Timestamp,
    /// What opens their mailbox, if we know it.
    pub delivery_token: Option<DeliveryToken>,
    /// What their relay's certificates go back to, if we know it.
    pub trust_root: Option<[u8; 33]>,
}

const COLUMNS: &str = "id, account, relay, given_name, chosen_name, created_at, delivery_token, trust_root";

fn parse(row: &Row<'_>) -> Result<ContactRow, StorageError> {
    Ok(ContactRow {
        id: row.get("id")?,
        account: row.account("account")?,
        relay: row.relay("relay")?,
        given_name: row.optional_name("given_name")?,
        chosen_name: row.optional_name("chosen_name")?,
        created_at: row.get("created_at")?,
        delivery_token: row.optional_token("delivery_token")?,
        trust_root: row.get("trust_root")?,
    })
}

/// The contact with this id.
pub fn by_id(connection: &Connection, id: ContactId) -> Result<Option<ContactRow>, StorageError> {
    find(
        connection,
        &format!("SELECT {COLUMNS} FROM contacts WHERE id = ?"),
        [id],
        parse,
    )
}

/// The contact with this account.
pub fn by_account(connection: &Connection, account: AccountId) -> Result<Option<ContactRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM contacts WHERE account = ?");
    find(connection, &sql, [account.as_bytes()], parse)
}

/// All contacts, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<ContactRow>, StorageError> {
    list(
        connection,
        &format!("SELECT {COLUMNS} FROM contacts ORDER BY id"),
        [],
        parse,
    )
}

/// Adds a contact; the account must not be one yet.
pub fn insert(
    transaction: &Transaction<'_>,
    account: AccountId,
    relay: &RelayAddress,
    given_name: Option<&DisplayName>,
    now: Timestamp,
) -> Result<ContactId, StorageError> {
    change(
        transaction,
        "INSERT INTO contacts (account, relay, given_name, chosen_name, created_at)
         VALUES (:account, :relay, :given_name, NULL, :created_at)",
        named_params! {
            ":account": account.as_bytes(),
            ":relay": relay.to_string(),
            ":given_name": given_name.map(DisplayName::as_str),
            ":created_at": now,
        },
    )?;
    Ok(ContactId(transaction.last_insert_rowid()))
}

/// Stores what the contact calls themself; answers whether there is such a contact.
pub fn set_given_name(
    transaction: &Transaction<'_>,
    id: ContactId,
    name: &DisplayName,
) -> Result<bool, StorageError> {
    let sql = "UPDATE contacts SET given_name = ? WHERE id = ?";
    Ok(change(transaction, sql, params![name.as_str(), id])? > 0)
}

/// Stores what the user calls the contact (`None`: by their own name); answers whether there is such a contact.
pub fn set_chosen_name(
    transaction: &Transaction<'_>,
    id: ContactId,
    name: Option<&DisplayName>,
) -> Result<bool, StorageError> {
    let sql = "UPDATE contacts SET chosen_name = ? WHERE id = ?";
    Ok(change(transaction, sql, params![name.map(DisplayName::as_str), id])? > 0)
}

/// Stores where the contact's mailbox is now; answers whether there is such a contact.
pub fn set_relay(
    transaction: &Transaction<'_>,
    id: ContactId,
    relay: &RelayAddress,
) -> Result<bool, StorageError> {
    let sql = "UPDATE contacts SET relay = ? WHERE id = ?";
    Ok(change(transaction, sql, params![relay.to_string(), id])? > 0)
}

/// Stores what opens the contact's mailbox now.
pub fn set_delivery_token(
    transaction: &Transaction<'_>,
    id: ContactId,
    token: &DeliveryToken,
) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET delivery_token = ? WHERE id = ?";
    change(transaction, sql, params![token.as_bytes(), id]).map(drop)
}

/// Stores what the certificates of the contact's relay go back to.
pub fn set_trust_root(
    transaction: &Transaction<'_>,
    id: ContactId,
    trust_root: &[u8; 33],
) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET trust_root = ? WHERE id = ?";
    change(transaction, sql, params![trust_root, id]).map(drop)
}

/// Stores what the certificates of a relay go back to, for all contacts there.
pub fn set_trust_root_at(
    transaction: &Transaction<'_>,
    relay: &RelayAddress,
    trust_root: &[u8; 33],
) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET trust_root = ?1 WHERE relay = ?2 AND trust_root IS NOT ?1";
    change(transaction, sql, params![trust_root, relay.to_string()]).map(drop)
}
