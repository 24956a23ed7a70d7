//! A delivery: envelopes for one mailbox, kept as a prefix.
//!
//! A sender's order must survive a refusal in the middle: the session of a later message may be begun by an earlier one,
//! and a conversation is read in the order in which it was written. So the first envelope that is refused ends the
//! delivery, and the sender asks again from there.

use sotto_wire::open::Envelope;
use sotto_wire::{EnvelopeId, Refusal};

use super::table::{envelope, taken_message};
use super::writer::Writing;
use crate::clock::{Day, now_ms};
use crate::config::Limits;
use crate::mailbox::{MailboxAddress, StoredEnvelope};
use crate::store::Delivery;

/// What became of a delivery.
pub(super) struct Kept {
    /// How many of its envelopes are kept, from the first one on.
    pub(super) count: usize,
    /// Those among them that were not before.
    pub(super) new: Vec<StoredEnvelope>,
}

/// Keeps the envelopes up to the first that is refused; if that is the first of all, answers its refusal.
pub(super) fn keep(
    writing: &mut Writing<'_>,
    delivery: &Delivery,
    limits: &Limits,
) -> rusqlite::Result<Result<Kept, Refusal>> {
    let mut kept = Kept {
        count: 0,
        new: Vec::new(),
    };
    for envelope in &delivery.envelopes {
        match keep_one(writing, delivery.address, envelope, limits)? {
            Ok(new) => kept.new.extend(new),
            Err(refusal) if kept.count == 0 => return Ok(Err(refusal)),
            Err(_) => break,
        }
        kept.count += 1;
    }
    Ok(Ok(kept))
}

/// Keeps an envelope; `None` if its client message id was taken before.
fn keep_one(
    writing: &mut Writing<'_>,
    address: MailboxAddress,
    envelope: &Envelope,
    limits: &Limits,
) -> rusqlite::Result<Result<Option<StoredEnvelope>, Refusal>> {
    let Envelope {
        client_message_id,
        payload,
    } = envelope;
    let Some(usage) = writing.mailboxes.usage(writing.transaction, address)? else {
        return Ok(Err(Refusal::UnknownAccount));
    };
    if taken_message::is_taken(writing.transaction, usage.mailbox, *client_message_id)? {
        return Ok(Ok(None));
    }
    let size = payload.as_bytes().len() as u64;
    if usage.envelopes >= u64::from(limits.mailbox_envelopes) || usage.bytes + size > limits.mailbox_bytes {
        return Ok(Err(Refusal::MailboxFull));
    }
    let received_at_ms = now_ms();
    let id = EnvelopeId::random();
    taken_message::insert(
        writing.transaction,
        usage.mailbox,
        *client_message_id,
        Day::of(received_at_ms),
    )?;
    let sequence = envelope::insert(writing.transaction, usage.mailbox, id, received_at_ms, payload)?;
    writing.mailboxes.added(address, size);
    Ok(Ok(Some(StoredEnvelope {
        sequence,
        id,
        received_at_ms,
        payload: payload.clone(),
    })))
}
