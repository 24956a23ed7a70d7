//! A delivery: envelopes for one mailbox, kept as a prefix.
//!
//! A sender's order must survive a refusal in the middle: the session of a later message may be begun by an earlier one,
//! and a conversation is read in the order in which it was written. So the first envelope that is refused ends the
//! delivery, and the sender asks again from there.

use sotto_wire::open::Envelope;
use sotto_wire::{EnvelopeId, Refusal};

use super::table::{delivery_token, envelope, taken_message};
use super::usage::Usage;
use super::writer::Writing;
use crate::clock::{Day, now_ms};
use crate::config::Limits;
use crate::mailbox::StoredEnvelope;
use crate::store::admission::{Admission, Admitted, NOBODY};
use crate::store::{Delivery, Kept};

/// Keeps the envelopes up to the first that is refused; if that is the first of all, answers its refusal.
pub(super) fn keep(
    writing: &mut Writing<'_>,
    delivery: &Delivery,
    limits: &Limits,
) -> rusqlite::Result<Result<Kept, Refusal>> {
    let Some(usage) = writing.mailboxes.usage(writing.transaction, delivery.address)? else {
        return Ok(Err(NOBODY));
    };
    let judged = delivery.admission.judge(usage.contact.as_ref(), |hash| {
        delivery_token::find(writing.transaction, usage.mailbox, hash)
    })?;
    let mut admitted = match judged {
        Ok(admitted) => admitted,
        Err(refusal) => return Ok(Err(refusal)),
    };

    let mut kept = Kept::default();
    for envelope in &delivery.envelopes {
        match keep_one(writing, delivery, envelope, admitted, limits)? {
            Ok(Some(new)) => {
                admitted.count_envelope();
                kept.new.push(new);
            }
            Ok(None) => {}
            Err(refusal) if kept.count == 0 => return Ok(Err(refusal)),
            Err(_) => break,
        }
        kept.count += 1;
    }
    if let (Admission::Token(hash), Admitted::ByInvite(_), 1..) =
        (&delivery.admission, admitted, kept.new.len())
    {
        // A delivery has few envelopes.
        let new = u32::try_from(kept.new.len()).unwrap_or(u32::MAX);
        delivery_token::count(writing.transaction, usage.mailbox, hash, 0, new)?;
    }
    Ok(Ok(kept))
}

/// Keeps an envelope; `None` if its client message id was taken before.
fn keep_one(
    writing: &mut Writing<'_>,
    delivery: &Delivery,
    envelope: &Envelope,
    admitted: Admitted,
    limits: &Limits,
) -> rusqlite::Result<Result<Option<StoredEnvelope>, Refusal>> {
    let Envelope {
        client_message_id,
        payload,
    } = envelope;
    let Some(Usage {
        mailbox,
        envelopes,
        bytes,
        ..
    }) = writing.mailboxes.usage(writing.transaction, delivery.address)?
    else {
        return Ok(Err(NOBODY));
    };
    if taken_message::is_taken(writing.transaction, mailbox, *client_message_id)? {
        return Ok(Ok(None));
    }
    let received_at_ms = now_ms();
    if let Err(refusal) = admitted.check_envelope(received_at_ms) {
        return Ok(Err(refusal));
    }
    let size = payload.as_bytes().len() as u64;
    if envelopes >= u64::from(limits.mailbox_envelopes) || bytes + size > limits.mailbox_bytes {
        return Ok(Err(Refusal::MailboxFull));
    }
    let id = EnvelopeId::random();
    let request = delivery.admission.is_request();
    taken_message::insert(
        writing.transaction,
        mailbox,
        *client_message_id,
        Day::of(received_at_ms),
    )?;
    let sequence = envelope::insert(writing.transaction, mailbox, id, received_at_ms, request, payload)?;
    writing.mailboxes.added(delivery.address, size);
    Ok(Ok(Some(StoredEnvelope {
        sequence,
        id,
        received_at_ms,
        request,
        payload: payload.clone(),
    })))
}
