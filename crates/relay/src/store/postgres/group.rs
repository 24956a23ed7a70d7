//! One group in one transaction: five trips to PostgreSQL, however many jobs it has.
//!
//! ```text
//! BEGIN | lock the mailboxes | read: what is taken, invites; delete: what is acknowledged | decide | write | COMMIT
//! ```
//! Mailboxes are locked in the order of their ids, by every node, so that two groups never wait for each other. What is read
//! after the locks are held is what the holders before have committed.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::{Object, Transaction};
use sotto_wire::{AccountId, Refusal};

use super::job::Job;
use super::{Failure, decoded, token, unsigned};
use crate::clock::{Day, now_ms};
use crate::config::Limits;
use crate::hashes::TokenHash;
use crate::mailbox::{Sequence, StoredEnvelope};
use crate::store::admission::{Admission, Admitted, Invite, NOBODY};
use crate::store::{Delivery, Kept};

const LOCK: &str = "
    SELECT m.mailbox, a.account, d.device, d.contact_token_hash, m.last_sequence, m.envelopes, m.bytes
    FROM mailboxes m JOIN devices d ON d.id = m.mailbox JOIN accounts a ON a.id = d.account_id
    WHERE m.mailbox IN (
        SELECT d.id FROM UNNEST($1::bytea[], $2::bigint[]) AS asked (account, device)
        JOIN accounts a ON a.account = asked.account
        JOIN devices d ON d.account_id = a.id AND d.device = asked.device
        UNION SELECT UNNEST($3::bigint[]))
    ORDER BY m.mailbox FOR NO KEY UPDATE OF m";

const TAKEN: &str = "
    SELECT t.mailbox, t.client_message_id FROM UNNEST($1::bigint[], $2::bytea[]) AS asked (mailbox, id)
    JOIN taken_messages t ON t.mailbox = asked.mailbox AND t.client_message_id = asked.id";

const INVITES: &str = "
    SELECT t.mailbox, t.token_hash, t.expires_at_ms, t.bundles, t.envelopes
    FROM UNNEST($1::bigint[], $2::bytea[]) AS asked (mailbox, hash)
    JOIN delivery_tokens t ON t.mailbox = asked.mailbox AND t.token_hash = asked.hash";

const ACKNOWLEDGE: &str = "
    DELETE FROM envelopes e USING UNNEST($1::bigint[], $2::bigint[]) AS seen (mailbox, sequence)
    WHERE e.mailbox = seen.mailbox AND e.sequence = seen.sequence
    RETURNING e.mailbox, octet_length(e.payload)::bigint";

const KEEP: &str = "
    INSERT INTO envelopes (mailbox, sequence, envelope_id, received_at_ms, request, payload)
    SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::boolean[], $6::bytea[])";

const TAKE: &str = "
    INSERT INTO taken_messages (mailbox, client_message_id, taken_on)
    SELECT mailbox, id, $3 FROM UNNEST($1::bigint[], $2::bytea[]) AS taken (mailbox, id)";

const COUNT: &str = "
    UPDATE mailboxes m SET last_sequence = now.last, envelopes = now.envelopes, bytes = now.bytes
    FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS now (mailbox, last, envelopes, bytes)
    WHERE m.mailbox = now.mailbox";

const COUNT_INVITES: &str = "
    UPDATE delivery_tokens t SET envelopes = t.envelopes + used.envelopes
    FROM UNNEST($1::bigint[], $2::bytea[], $3::bigint[]) AS used (mailbox, hash, envelopes)
    WHERE t.mailbox = used.mailbox AND t.token_hash = used.hash";

/// A mailbox whose lock is held.
struct Mailbox {
    contact: Option<TokenHash>,
    last_sequence: i64,
    envelopes: u64,
    bytes: u64,
    changed: bool,
}

/// What is known of the mailboxes of a group, and what becomes of them.
#[derive(Default)]
struct Group<'a> {
    by_address: HashMap<(AccountId, i64), i64>,
    mailboxes: HashMap<i64, Mailbox>,
    taken: HashSet<(i64, Vec<u8>)>,
    invites: HashMap<(i64, Vec<u8>), Invite>,
    kept: Columns<'a>,
    used: HashMap<(i64, &'a [u8]), i64>,
}

/// New envelopes, as columns.
#[derive(Default)]
struct Columns<'a> {
    mailboxes: Vec<i64>,
    sequences: Vec<i64>,
    ids: Vec<Vec<u8>>,
    received_at: Vec<i64>,
    requests: Vec<bool>,
    payloads: Vec<&'a [u8]>,
    client_message_ids: Vec<&'a [u8]>,
}

/// Writes the group and commits it. Sets the outcome of each delivery, which counts if this succeeds.
pub(super) async fn write(connection: &mut Object, jobs: &mut [Job], limits: &Limits) -> Result<(), Failure> {
    let transaction = connection.transaction().await?;
    let outcomes = {
        let mut group = Group::default();
        group.lock(&transaction, jobs).await?;
        group.read(&transaction, jobs).await?;
        let outcomes: Vec<Option<Result<Kept, Refusal>>> = jobs
            .iter()
            .map(|job| match job {
                Job::Deliver { delivery, .. } => Some(group.keep(delivery, limits)),
                Job::Acknowledge { .. } => None,
            })
            .collect();
        group.write(&transaction).await?;
        outcomes
    };
    transaction.commit().await?;
    for (job, new) in jobs.iter_mut().zip(outcomes) {
        if let Job::Deliver { outcome, .. } = job {
            *outcome = new;
        }
    }
    Ok(())
}

fn deliveries(jobs: &[Job]) -> impl Iterator<Item = &Delivery> {
    jobs.iter().filter_map(|job| match job {
        Job::Deliver { delivery, .. } => Some(delivery),
        Job::Acknowledge { .. } => None,
    })
}

fn key(delivery: &Delivery) -> (AccountId, i64) {
    let address = delivery.address;
    (address.account, address.device.number().into())
}

impl<'a> Group<'a> {
    async fn lock(&mut self, transaction: &Transaction<'_>, jobs: &[Job]) -> Result<(), Failure> {
        let asked: HashSet<(AccountId, i64)> = deliveries(jobs).map(key).collect();
        let (accounts, devices): (Vec<&[u8]>, Vec<i64>) = asked
            .iter()
            .map(|(account, device)| (account.as_bytes().as_slice(), *device))
            .unzip();
        let acknowledging: Vec<i64> = jobs
            .iter()
            .filter_map(|job| match job {
                Job::Acknowledge { mailbox, .. } => Some(mailbox.0),
                Job::Deliver { .. } => None,
            })
            .collect();
        let lock = transaction.prepare_cached(LOCK).await?;
        for row in transaction
            .query(&lock, &[&accounts, &devices, &acknowledging])
            .await?
        {
            let (mailbox, device): (i64, i64) = (row.try_get(0)?, row.try_get(2)?);
            let account = decoded(AccountId::from_slice(row.try_get(1)?))?;
            let contact: Option<&[u8]> = row.try_get(3)?;
            self.by_address.insert((account, device), mailbox);
            let state = Mailbox {
                contact: decoded(contact.map(TokenHash::try_from).transpose())?,
                last_sequence: row.try_get(4)?,
                envelopes: unsigned(row.try_get(5)?)?,
                bytes: unsigned(row.try_get(6)?)?,
                changed: false,
            };
            self.mailboxes.insert(mailbox, state);
        }
        Ok(())
    }

    async fn read(&mut self, transaction: &Transaction<'_>, jobs: &[Job]) -> Result<(), Failure> {
        let (mut of_ids, mut ids) = (Vec::new(), Vec::new());
        let (mut of_hashes, mut hashes) = (Vec::new(), Vec::new());
        for delivery in deliveries(jobs) {
            let Some(mailbox) = self.by_address.get(&key(delivery)) else {
                continue;
            };
            for envelope in &delivery.envelopes {
                of_ids.push(*mailbox);
                ids.push(envelope.client_message_id.as_bytes().as_slice());
            }
            if let Admission::Token(hash) = &delivery.admission {
                of_hashes.push(*mailbox);
                hashes.push(hash.as_bytes());
            }
        }
        let (mut of_seen, mut seen) = (Vec::new(), Vec::new());
        for job in jobs {
            if let Job::Acknowledge {
                mailbox, sequences, ..
            } = job
            {
                of_seen.extend(sequences.iter().map(|_| mailbox.0));
                seen.extend(sequences.iter().map(|sequence| sequence.0));
            }
        }
        let (taken, invites, acknowledge) = tokio::try_join!(
            transaction.prepare_cached(TAKEN),
            transaction.prepare_cached(INVITES),
            transaction.prepare_cached(ACKNOWLEDGE),
        )?;
        // On their way together: one trip.
        let (taken, invites, freed) = tokio::try_join!(
            async { transaction.query(&taken, &[&of_ids, &ids]).await },
            async { transaction.query(&invites, &[&of_hashes, &hashes]).await },
            async { transaction.query(&acknowledge, &[&of_seen, &seen]).await },
        )?;
        for row in taken {
            self.taken.insert((row.try_get(0)?, row.try_get(1)?));
        }
        for row in invites {
            let invite = token::invite(&row, 2)?;
            self.invites.insert((row.try_get(0)?, row.try_get(1)?), invite);
        }
        for row in freed {
            if let Some(mailbox) = self.mailboxes.get_mut(&row.try_get(0)?) {
                mailbox.envelopes = mailbox.envelopes.saturating_sub(1);
                mailbox.bytes = mailbox.bytes.saturating_sub(unsigned(row.try_get(1)?)?);
                mailbox.changed = true;
            }
        }
        Ok(())
    }

    /// Keeps the envelopes up to the first that is refused; if that is the first of all, answers its refusal.
    fn keep(&mut self, delivery: &'a Delivery, limits: &Limits) -> Result<Kept, Refusal> {
        let id = *self.by_address.get(&key(delivery)).ok_or(NOBODY)?;
        let mailbox = self.mailboxes.get_mut(&id).ok_or(NOBODY)?;
        let invite = |hash: &TokenHash| {
            Ok::<_, std::convert::Infallible>(self.invites.get(&(id, hash.as_bytes().to_vec())).copied())
        };
        let Ok(judged) = delivery.admission.judge(mailbox.contact.as_ref(), invite);
        let mut admitted = judged?;

        let mut kept = Kept::default();
        for envelope in &delivery.envelopes {
            let client_message_id = envelope.client_message_id.as_bytes().as_slice();
            if self.taken.contains(&(id, client_message_id.to_vec())) {
                kept.count += 1;
                continue;
            }
            let now = now_ms();
            let size = envelope.payload.as_bytes().len() as u64;
            let full = mailbox.envelopes >= u64::from(limits.mailbox_envelopes)
                || mailbox.bytes + size > limits.mailbox_bytes;
            let refused =
                admitted
                    .check_envelope(now)
                    .and(if full { Err(Refusal::MailboxFull) } else { Ok(()) });
            match refused {
                Ok(()) => {}
                Err(refusal) if kept.count == 0 => return Err(refusal),
                Err(_) => break,
            }
            admitted.count_envelope();
            self.taken.insert((id, client_message_id.to_vec()));
            mailbox.changed = true;
            mailbox.last_sequence += 1;
            mailbox.envelopes += 1;
            mailbox.bytes += size;
            let stored = StoredEnvelope {
                sequence: Sequence(mailbox.last_sequence),
                id: delivery.address.envelope_id(envelope.client_message_id),
                received_at_ms: now,
                request: delivery.admission.is_request(),
                payload: envelope.payload.clone(),
            };
            self.kept
                .push(id, &stored, envelope.payload.as_bytes(), client_message_id);
            kept.new.push(stored);
            kept.count += 1;
        }
        if let (Admission::Token(hash), Admitted::ByInvite(invite)) = (&delivery.admission, admitted) {
            self.invites.insert((id, hash.as_bytes().to_vec()), invite);
            *self.used.entry((id, hash.as_bytes())).or_default() += kept.new.len() as i64;
        }
        Ok(kept)
    }

    async fn write(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let changed: Vec<_> = self.mailboxes.iter().filter(|(_, state)| state.changed).collect();
        let ids: Vec<i64> = changed.iter().map(|(id, _)| **id).collect();
        let last: Vec<i64> = changed.iter().map(|(_, state)| state.last_sequence).collect();
        let envelopes: Vec<i64> = changed
            .iter()
            .map(|(_, state)| state.envelopes.cast_signed())
            .collect();
        let bytes: Vec<i64> = changed
            .iter()
            .map(|(_, state)| state.bytes.cast_signed())
            .collect();
        let mut used = (Vec::new(), Vec::new(), Vec::new());
        for ((id, hash), count) in &self.used {
            used.0.push(*id);
            used.1.push(*hash);
            used.2.push(*count);
        }
        let today = Day::of(now_ms()).0;
        let (keep, take, count, count_invites) = tokio::try_join!(
            transaction.prepare_cached(KEEP),
            transaction.prepare_cached(TAKE),
            transaction.prepare_cached(COUNT),
            transaction.prepare_cached(COUNT_INVITES),
        )?;
        let kept = &self.kept;
        let keeping: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
            &kept.mailboxes,
            &kept.sequences,
            &kept.ids,
            &kept.received_at,
            &kept.requests,
            &kept.payloads,
        ];
        // On their way together: one trip.
        tokio::try_join!(
            async { transaction.execute(&keep, &keeping).await },
            async {
                transaction
                    .execute(&take, &[&kept.mailboxes, &kept.client_message_ids, &today])
                    .await
            },
            async {
                transaction
                    .execute(&count, &[&ids, &last, &envelopes, &bytes])
                    .await
            },
            async {
                transaction
                    .execute(&count_invites, &[&used.0, &used.1, &used.2])
                    .await
            },
        )?;
        Ok(())
    }
}

impl<'a> Columns<'a> {
    fn push(
        &mut self,
        mailbox: i64,
        stored: &StoredEnvelope,
        payload: &'a [u8],
        client_message_id: &'a [u8],
    ) {
        self.mailboxes.push(mailbox);
        self.sequences.push(stored.sequence.0);
        self.ids.push(stored.id.as_bytes().to_vec());
        self.received_at.push(stored.received_at_ms.cast_signed());
        self.requests.push(stored.request);
        self.payloads.push(payload);
        self.client_message_ids.push(client_message_id);
    }
}
