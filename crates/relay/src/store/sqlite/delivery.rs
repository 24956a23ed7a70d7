//! A delivery: envelopes for one mailbox, kept as a prefix.
//!
//! A sender's order must survive a refusal in the middle: the session of a later message may be begun by an earlier one,
//! and a conversation is read in the order in which it was written. So the first envelope that is refused ends the
//! delivery, and the sender asks again from there.

use sotto_wire::Refusal;
use sotto_wire::open::Envelope;

use super::journal::Arriving;
use super::table::delivery_token;
use super::usage::Usage;
use super::writer::Writing;
use crate::clock::now_ms;
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
    let usage = writing
        .mailboxes
        .usage(writing.transaction, writing.journal, delivery.address)?;
    let Some(usage) = usage else {
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
    let Writing {
        transaction,
        mailboxes,
        journal,
    } = writing;
    let Some(Usage {
        mailbox,
        envelopes,
        bytes,
        ..
    }) = mailboxes.usage(transaction, journal, delivery.address)?
    else {
        return Ok(Err(NOBODY));
    };
    if journal.is_taken(transaction, mailbox, *client_message_id)? {
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
    let arriving = Arriving {
        client_message_id: *client_message_id,
        id: delivery.address.envelope_id(*client_message_id),
        received_at_ms,
        request: delivery.admission.is_request(),
        payload,
    };
    let envelope = journal.take(transaction, mailbox, &arriving)?;
    mailboxes.added(delivery.address, size);
    Ok(Ok(Some(envelope)))
}
