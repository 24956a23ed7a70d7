//! Forgetting what is too old, a slice at a time so that deliveries do not wait for it. One node at a time sweeps.

use deadpool_postgres::Transaction;

use super::{Failure, Inner};
use crate::clock::{Day, days_before};
use crate::store::admission::{TOMBSTONE_DAYS, stored_expiry};
use crate::store::forgotten_before;

/// Rows looked at in one slice.
const SLICE: i64 = 2_000;

/// Held for one slice by the node that sweeps.
const SWEEPING: i64 = 0x5077_0002;

const FORGET_PREKEYS: &str = "DELETE FROM one_time_prekeys WHERE id IN
    (SELECT id FROM one_time_prekeys WHERE handed_out_on < $1 LIMIT $2)";

const FORGET_TOKENS: &str = "DELETE FROM delivery_tokens WHERE (mailbox, token_hash) IN
    (SELECT mailbox, token_hash FROM delivery_tokens WHERE expires_at_ms < $1 LIMIT $2)";

const FORGET_MESSAGES: &str = "DELETE FROM taken_messages WHERE (mailbox, client_message_id) IN
    (SELECT mailbox, client_message_id FROM taken_messages WHERE taken_on < $1 LIMIT $2)";

const FORGET_INVITES: &str = "DELETE FROM spent_invites WHERE invite IN
    (SELECT invite FROM spent_invites WHERE expires_at_ms < $1 LIMIT $2)";

pub(super) async fn sweep(inner: &Inner, now_ms: u64) -> Result<(), Failure> {
    let before = stored_expiry(days_before(now_ms, inner.limits.retention_days));
    let day: Day = forgotten_before(now_ms, &inner.limits);
    let tokens = stored_expiry(days_before(now_ms, TOMBSTONE_DAYS));
    while delete_envelopes(inner, before).await? > 0 {}
    for (statement, moment) in [
        (FORGET_PREKEYS, day.0),
        (FORGET_TOKENS, tokens),
        (FORGET_INVITES, stored_expiry(now_ms)),
        (FORGET_MESSAGES, day.0),
    ] {
        while forget(inner, statement, moment).await? > 0 {}
    }
    Ok(())
}

/// Whether no other node sweeps.
async fn alone(transaction: &Transaction<'_>) -> Result<bool, Failure> {
    let row = transaction
        .query_one("SELECT pg_try_advisory_xact_lock($1)", &[&SWEEPING])
        .await?;
    Ok(row.try_get(0)?)
}

async fn forget(inner: &Inner, statement: &str, moment: i64) -> Result<u64, Failure> {
    let mut connection = inner.connection().await?;
    let transaction = connection.transaction().await?;
    if !alone(&transaction).await? {
        return Ok(0);
    }
    let forgotten = transaction.execute(statement, &[&moment, &SLICE]).await?;
    transaction.commit().await?;
    Ok(forgotten)
}

async fn delete_envelopes(inner: &Inner, before_ms: i64) -> Result<u64, Failure> {
    let mut connection = inner.connection().await?;
    let transaction = connection.transaction().await?;
    if !alone(&transaction).await? {
        return Ok(0);
    }
    let old = "SELECT mailbox, sequence FROM envelopes WHERE received_at_ms < $1 LIMIT $2";
    let (mut mailboxes, mut sequences) = (Vec::<i64>::new(), Vec::<i64>::new());
    for row in transaction.query(old, &[&before_ms, &SLICE]).await? {
        mailboxes.push(row.try_get(0)?);
        sequences.push(row.try_get(1)?);
    }
    // In the order in which groups lock them.
    let lock = "SELECT 1 FROM mailboxes WHERE mailbox = ANY($1) ORDER BY mailbox FOR NO KEY UPDATE";
    transaction.execute(lock, &[&mailboxes]).await?;
    let delete = "WITH deleted AS (
                      DELETE FROM envelopes e USING UNNEST($1::bigint[], $2::bigint[]) AS old (mailbox, sequence)
                      WHERE e.mailbox = old.mailbox AND e.sequence = old.sequence
                      RETURNING e.mailbox, octet_length(e.payload) AS bytes),
                  freed AS (SELECT mailbox, COUNT(*) AS envelopes, SUM(bytes) AS bytes FROM deleted GROUP BY mailbox)
                  UPDATE mailboxes m SET envelopes = m.envelopes - freed.envelopes, bytes = m.bytes - freed.bytes
                  FROM freed WHERE m.mailbox = freed.mailbox";
    transaction.execute(delete, &[&mailboxes, &sequences]).await?;
    transaction.commit().await?;
    Ok(mailboxes.len() as u64)
}
