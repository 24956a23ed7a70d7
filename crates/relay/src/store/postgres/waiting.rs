//! What waits in a mailbox.

use std::collections::HashSet;

use bytes::Bytes;
use deadpool_postgres::Object;
use sotto_wire::{EnvelopeId, Payload};

use super::{Failure, decoded, unsigned};
use crate::mailbox::{MailboxId, Sequence, StoredEnvelope};
use crate::store::Waiting;

/// One statement, so that the counter and the envelopes are of one moment. The bytes before each row are summed up from
/// the lengths alone, and what is too much is not read.
const WAITING: &str = "
    SELECT m.last_sequence, e.sequence, e.envelope_id, e.received_at_ms, e.request, e.payload, e.left_out
    FROM mailboxes m LEFT JOIN LATERAL (
        SELECT sequence, envelope_id, received_at_ms, request,
            CASE WHEN before < $4::bigint AND place <= $3 THEN payload END AS payload,
            before >= $4 OR place > $3 AS left_out
        FROM (
            SELECT *, row_number() OVER w AS place,
                COALESCE(sum(octet_length(payload)) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
            FROM (
                SELECT * FROM envelopes WHERE mailbox = $1 AND sequence > $2 ORDER BY sequence LIMIT $3::bigint + 1
            ) next WINDOW w AS (ORDER BY sequence)
        ) summed
    ) e ON true
    WHERE m.mailbox = $1 ORDER BY e.sequence";

pub(super) async fn read(
    connection: &Object,
    mailbox: MailboxId,
    after: Sequence,
    count: usize,
    bytes: usize,
) -> Result<Waiting, Failure> {
    let statement = connection.prepare_cached(WAITING).await?;
    let count = i64::try_from(count).unwrap_or(i64::from(i32::MAX));
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let rows = connection
        .query(&statement, &[&mailbox.0, &after.0, &count, &bytes])
        .await?;
    let mut waiting = Waiting {
        envelopes: Vec::new(),
        more: false,
        up_to: after,
    };
    for row in rows {
        waiting.up_to = Sequence(row.try_get(0)?);
        // A mailbox in which nothing waits has one row without an envelope.
        let Some(sequence) = row.try_get(1)? else { break };
        if row.try_get(6)? {
            waiting.more = true;
            break;
        }
        let payload: &[u8] = row.try_get(5)?;
        waiting.envelopes.push(StoredEnvelope {
            sequence: Sequence(sequence),
            id: decoded(EnvelopeId::try_from(row.try_get::<_, &[u8]>(2)?))?,
            received_at_ms: unsigned(row.try_get(3)?)?,
            request: row.try_get(4)?,
            payload: decoded(Payload::new(Bytes::copy_from_slice(payload)))?,
        });
    }
    Ok(waiting)
}

pub(super) async fn arrived_since(
    connection: &Object,
    positions: &[(MailboxId, Sequence)],
) -> Result<HashSet<MailboxId>, Failure> {
    let statement = connection
        .prepare_cached(
            "SELECT mailbox FROM UNNEST($1::bigint[], $2::bigint[]) AS position (mailbox, seen)
             WHERE EXISTS (SELECT 1 FROM envelopes e WHERE e.mailbox = position.mailbox AND e.sequence > seen)",
        )
        .await?;
    let (mailboxes, seen): (Vec<i64>, Vec<i64>) = positions
        .iter()
        .map(|(mailbox, seen)| (mailbox.0, seen.0))
        .unzip();
    let rows = connection.query(&statement, &[&mailboxes, &seen]).await?;
    rows.iter().map(|row| Ok(MailboxId(row.try_get(0)?))).collect()
}
