//! Delivery tokens; see [`crate::store::admission`].

use deadpool_postgres::{GenericClient, Object};
use sotto_wire::Refusal;

use super::{Failure, account, unsigned};
use crate::clock::now_ms;
use crate::hashes::TokenHash;
use crate::mailbox::{MailboxAddress, MailboxId};
use crate::store::admission::{
    Admission, Admitted, DeliveryTokens, Invite, MOST_ROWS, NOBODY, stored_expiry,
};

/// Makes these the good ones: what is counted for one that is known stays, what is not named is good no more.
pub(super) async fn set(
    connection: &mut Object,
    mailbox: MailboxId,
    tokens: &DeliveryTokens,
) -> Result<(), Failure> {
    let transaction = connection.transaction().await?;
    // Deliveries read the tokens under this lock.
    let lock = "SELECT 1 FROM mailboxes WHERE mailbox = $1 FOR NO KEY UPDATE";
    transaction.execute(lock, &[&mailbox.0]).await?;
    let contact = "UPDATE devices SET contact_token_hash = $2 WHERE id = $1";
    transaction
        .execute(contact, &[&mailbox.0, &tokens.contact.as_bytes()])
        .await?;
    let end = "UPDATE delivery_tokens SET expires_at_ms = $2 WHERE mailbox = $1 AND expires_at_ms > $2";
    transaction
        .execute(end, &[&mailbox.0, &stored_expiry(now_ms())])
        .await?;
    // The last one named counts, as everywhere; one statement cannot write a row twice.
    let named: std::collections::HashMap<&[u8], i64> = tokens
        .invites
        .iter()
        .map(|(hash, expiry)| (hash.as_bytes(), stored_expiry(*expiry)))
        .collect();
    let (hashes, expiries): (Vec<&[u8]>, Vec<i64>) = named.into_iter().unzip();
    let put = "INSERT INTO delivery_tokens (mailbox, token_hash, expires_at_ms)
               SELECT $1, hash, expiry FROM UNNEST($2::bytea[], $3::bigint[]) AS named (hash, expiry)
               ON CONFLICT (mailbox, token_hash) DO UPDATE SET expires_at_ms = excluded.expires_at_ms";
    transaction
        .execute(put, &[&mailbox.0, &hashes, &expiries])
        .await?;
    let forget = "DELETE FROM delivery_tokens WHERE mailbox = $1 AND token_hash IN
                      (SELECT token_hash FROM delivery_tokens WHERE mailbox = $1
                       ORDER BY expires_at_ms DESC OFFSET $2)";
    transaction
        .execute(forget, &[&mailbox.0, &i64::from(MOST_ROWS)])
        .await?;
    transaction.commit().await?;
    Ok(())
}

pub(super) async fn find(
    connection: &impl GenericClient,
    mailbox: MailboxId,
    hash: &TokenHash,
) -> Result<Option<Invite>, Failure> {
    let statement = connection
        .prepare_cached(
            "SELECT expires_at_ms, bundles, envelopes FROM delivery_tokens WHERE mailbox = $1 AND token_hash = $2",
        )
        .await?;
    let row = connection
        .query_opt(&statement, &[&mailbox.0, &hash.as_bytes()])
        .await?;
    row.map(|row| invite(&row, 0)).transpose()
}

/// Reads an invite whose columns begin at `first`.
pub(super) fn invite(row: &tokio_postgres::Row, first: usize) -> Result<Invite, Failure> {
    Ok(Invite {
        expires_at_ms: unsigned(row.try_get(first)?)?,
        bundles: unsigned(row.try_get(first + 1)?)?,
        envelopes: unsigned(row.try_get(first + 2)?)?,
    })
}

/// What the admission admits to at this mailbox.
pub(super) async fn judge(
    connection: &impl GenericClient,
    device: &account::DeviceRow,
    admission: &Admission,
) -> Result<Result<Admitted, Refusal>, Failure> {
    let invite = match admission {
        Admission::Token(hash) if device.contact.as_ref() != Some(hash) => {
            find(connection, device.mailbox, hash).await?
        }
        Admission::Token(_) | Admission::LookUp => None,
    };
    admission.judge(device.contact.as_ref(), |_| Ok(invite))
}

pub(super) async fn admits(
    connection: &Object,
    address: MailboxAddress,
    admission: &Admission,
) -> Result<Result<(), Refusal>, Failure> {
    let Some(device) = account::find(connection, address).await? else {
        return Ok(Err(NOBODY));
    };
    let judged = judge(connection, &device, admission).await?;
    Ok(judged.and_then(|admitted| admitted.check_envelope(now_ms())))
}
