//! Whom the user talks to. Their identity keys are in [`identity_keys`](super::identity_keys).

use rusqlite::{Connection, Row, Transaction, named_params, params};
use sotto_wire::{AccountId, DeliveryToken, RelayAddress, UserName};

use super::{change, find, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{ContactId, DisplayName, Standing};
use crate::store::row::RowExt;

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
    /// Where that is from.
    pub token_source: TokenSource,
    /// What their relay's certificates go back to, if we know it.
    pub trust_root: Option<[u8; 33]>,
    /// The user name by which the user found them.
    pub user_name: Option<UserName>,
    /// Whether they have been told who the user is, or are about to.
    pub introduced: bool,
    /// They found the user by the user name, and wait to be accepted.
    pub requested: bool,
    /// Since when they are blocked, if they are.
    pub blocked_at: Option<Timestamp>,
}

impl ContactRow {
    /// How the user stands to them.
    pub fn standing(&self) -> Standing {
        match (self.blocked_at, self.requested) {
            (Some(_), _) => Standing::Blocked,
            (None, true) => Standing::Requested,
            (None, false) => Standing::Accepted,
        }
    }
}

/// Where the token that opens a contact's mailbox is from, and so what a refusal of it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSource {
    /// They told us inside the conversation: what replaces it will be told there too.
    Contact,
    /// Their invite.
    Invite,
    /// Their relay, when the user name was looked up: good for some minutes.
    LookUp,
}

const COLUMNS: &str = "id, account, relay, given_name, chosen_name, created_at, delivery_token, token_source, trust_root, user_name, introduced, requested, blocked_at";

fn parse(row: &Row<'_>) -> Result<ContactRow, StorageError> {
    Ok(ContactRow {
        id: row.get("id")?,
        account: row.account("account")?,
        relay: row.relay("relay")?,
        given_name: row.optional_name("given_name")?,
        chosen_name: row.optional_name("chosen_name")?,
        created_at: row.get("created_at")?,
        delivery_token: row.optional_token("delivery_token")?,
        token_source: row.get("token_source")?,
        trust_root: row.get("trust_root")?,
        user_name: row.optional_user_name("user_name")?,
        introduced: row.get("introduced")?,
        requested: row.get("requested")?,
        blocked_at: row.get("blocked_at")?,
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
    source: TokenSource,
) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET delivery_token = ?, token_source = ? WHERE id = ?";
    change(transaction, sql, params![token.as_bytes(), source, id]).map(drop)
}

/// Nothing opens the contact's mailbox that we know of.
pub fn forget_delivery_token(transaction: &Transaction<'_>, id: ContactId) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET delivery_token = NULL WHERE id = ?";
    change(transaction, sql, [id]).map(drop)
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

/// Stores by which user name the user found the contact.
pub fn set_user_name(
    transaction: &Transaction<'_>,
    id: ContactId,
    name: &UserName,
) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET user_name = ? WHERE id = ?";
    change(transaction, sql, params![name.as_str(), id]).map(drop)
}

/// Stores whether the contact has been told who the user is, or is about to.
pub fn set_introduced(
    transaction: &Transaction<'_>,
    id: ContactId,
    introduced: bool,
) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET introduced = ? WHERE id = ?";
    change(transaction, sql, params![introduced, id]).map(drop)
}

/// Stores whether the contact waits to be accepted.
pub fn set_requested(
    transaction: &Transaction<'_>,
    id: ContactId,
    requested: bool,
) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET requested = ? WHERE id = ?";
    change(transaction, sql, params![requested, id]).map(drop)
}

/// Stores since when the contact is blocked; `None`: they are not.
pub fn set_blocked(
    transaction: &Transaction<'_>,
    id: ContactId,
    since: Option<Timestamp>,
) -> Result<(), StorageError> {
    let sql = "UPDATE contacts SET blocked_at = ? WHERE id = ?";
    change(transaction, sql, params![since, id]).map(drop)
}

/// How many wait to be accepted.
pub fn count_requests(connection: &Connection) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM contacts WHERE requested = 1 AND blocked_at IS NULL";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Deletes a contact and all that was said; what is known of their keys and sessions stays.
pub fn delete(transaction: &Transaction<'_>, id: ContactId) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM contacts WHERE id = ?", [id]).map(drop)
}
