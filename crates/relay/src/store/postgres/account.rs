//! Accounts and their devices.

use deadpool_postgres::Object;
use sotto_wire::{AccountId, CurveKey, Refusal};
use tokio_postgres::error::SqlState;

use super::{Failure, decoded, invite, unsigned};
use crate::hashes::{TokenHash, UserNameHash};
use crate::mailbox::{MailboxAddress, MailboxId};
use crate::store::{IfNew, Owner, Registration};

/// A device, as far as strangers need it.
pub(super) struct DeviceRow {
    pub(super) mailbox: MailboxId,
    pub(super) registration_id: u32,
    pub(super) identity_key: CurveKey,
    pub(super) contact: Option<TokenHash>,
}

pub(super) async fn register(
    connection: &mut Object,
    registration: &Registration,
) -> Result<Result<(), Refusal>, Failure> {
    match register_once(connection, registration).await {
        // Another node gave the name away at this very moment.
        Err(Failure::Database(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Ok(Err(Refusal::UserNameTaken))
        }
        outcome => outcome,
    }
}

async fn register_once(
    connection: &mut Object,
    registration: &Registration,
) -> Result<Result<(), Refusal>, Failure> {
    let Registration {
        address,
        identity_key,
        registration_id,
        user_name,
        if_new,
    } = registration;
    let account = address.account.as_bytes().as_slice();
    let name = user_name.as_ref().map(UserNameHash::as_bytes);
    let transaction = connection.transaction().await?;
    let find = transaction
        .prepare_cached(
            "SELECT id, identity_key, user_name_hash IS NOT NULL FROM accounts WHERE account = $1 FOR UPDATE",
        )
        .await?;
    let mut known = transaction.query_opt(&find, &[&account]).await?;
    let holder = match name {
        Some(name) => {
            let held = "SELECT account FROM accounts WHERE user_name_hash = $1";
            transaction.query_opt(held, &[&name]).await?
        }
        None => None,
    };
    let holder: Option<Vec<u8>> = holder.map(|row| row.try_get(0)).transpose()?;
    if holder.as_ref().is_some_and(|holder| holder != account) {
        return Ok(Err(Refusal::UserNameTaken));
    }
    if known.is_none() {
        match if_new {
            IfNew::Allowed => {}
            IfNew::Spends(invite) => {
                if !invite::spend(&transaction, invite).await? {
                    return Ok(Err(Refusal::WrongInvite));
                }
            }
            IfNew::Refused(refusal) => return Ok(Err(*refusal)),
        }
        let insert =
            "INSERT INTO accounts (account, identity_key) VALUES ($1, $2) ON CONFLICT (account) DO NOTHING";
        transaction
            .execute(insert, &[&account, &identity_key.as_bytes().as_slice()])
            .await?;
        // Ours, or that of another node at this very moment.
        known = transaction.query_opt(&find, &[&account]).await?;
    }
    let row = known.ok_or(Failure::Damaged)?;
    let (id, key, has_name): (i64, &[u8], bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if key != identity_key.as_bytes() {
        return Ok(Err(Refusal::AlreadyRegistered));
    }
    if has_name && name.is_some() && holder.is_none() {
        return Ok(Err(Refusal::AlreadyRegistered));
    }
    if let (Some(name), false) = (name, has_name) {
        let set = "UPDATE accounts SET user_name_hash = $2 WHERE id = $1";
        transaction.execute(set, &[&id, &name]).await?;
    }
    let put = "INSERT INTO devices (account_id, device, registration_id) VALUES ($1, $2, $3)
               ON CONFLICT (account_id, device) DO UPDATE SET registration_id = excluded.registration_id
               RETURNING id";
    let (device, registration_id) = (i64::from(address.device.number()), i64::from(*registration_id));
    let device: i64 = transaction
        .query_one(put, &[&id, &device, &registration_id])
        .await?
        .try_get(0)?;
    let open = "INSERT INTO mailboxes (mailbox) VALUES ($1) ON CONFLICT DO NOTHING";
    transaction.execute(open, &[&device]).await?;
    transaction.commit().await?;
    Ok(Ok(()))
}

/// Gives an account this user name and no other, or none.
pub(super) async fn set_user_name(
    connection: &Object,
    account: AccountId,
    name: Option<&UserNameHash>,
) -> Result<Result<(), Refusal>, Failure> {
    let set = "UPDATE accounts SET user_name_hash = $2 WHERE account = $1";
    let name = name.map(UserNameHash::as_bytes);
    match connection
        .execute(set, &[&account.as_bytes().as_slice(), &name])
        .await
    {
        Ok(0) => Ok(Err(Refusal::UnknownAccount)),
        Ok(_) => Ok(Ok(())),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(Err(Refusal::UserNameTaken)),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn find(
    connection: &impl deadpool_postgres::GenericClient,
    address: MailboxAddress,
) -> Result<Option<DeviceRow>, Failure> {
    let statement = connection
        .prepare_cached(
            "SELECT devices.id, devices.registration_id, accounts.identity_key, devices.contact_token_hash
             FROM devices JOIN accounts ON accounts.id = devices.account_id
             WHERE accounts.account = $1 AND devices.device = $2",
        )
        .await?;
    let (account, device) = (
        address.account.as_bytes().as_slice(),
        i64::from(address.device.number()),
    );
    let Some(row) = connection.query_opt(&statement, &[&account, &device]).await? else {
        return Ok(None);
    };
    let contact: Option<&[u8]> = row.try_get(3)?;
    Ok(Some(DeviceRow {
        mailbox: MailboxId(row.try_get(0)?),
        registration_id: unsigned(row.try_get(1)?)?,
        identity_key: decoded(CurveKey::try_from(row.try_get::<_, &[u8]>(2)?))?,
        contact: decoded(contact.map(TokenHash::try_from).transpose())?,
    }))
}

pub(super) async fn owner(connection: &Object, address: MailboxAddress) -> Result<Option<Owner>, Failure> {
    let row = find(connection, address).await?;
    Ok(row.map(|row| Owner {
        mailbox: row.mailbox,
        identity_key: row.identity_key,
        registration_id: row.registration_id,
    }))
}

pub(super) async fn find_by_user_name(
    connection: &Object,
    hash: &UserNameHash,
) -> Result<Option<AccountId>, Failure> {
    let statement = connection
        .prepare_cached("SELECT account FROM accounts WHERE user_name_hash = $1")
        .await?;
    let row = connection.query_opt(&statement, &[&hash.as_bytes()]).await?;
    row.map(|row| decoded(AccountId::from_slice(row.try_get(0)?)))
        .transpose()
}
