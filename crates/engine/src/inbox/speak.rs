//! What a contact says, and what comes of it, inside the transaction that received it.

use rusqlite::Transaction;
use sotto_protocol::curve::IdentityKey;

use super::batch::{Batch, Received};
use crate::changes::{self, Arrival};
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{Body, Content, ContentError, Text};
use crate::effects::Effects;
use crate::error::StorageError;
use crate::model::{DisplayName, Standing};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::message_changes;
use crate::store::table::messages::{self, ContentId, Key, NewText};
use crate::{invite, receipts, requests, resend, settings, timer, words};

/// Does what was said, if it is something that we know. `said`: what the plaintext means, and the plaintext.
pub(super) fn hear(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    author: (&ContactRow, &IdentityKey),
    said: (Result<Content, ContentError>, &[u8]),
    batch: &mut Batch,
    arrival: Arrival,
) -> Result<(), StorageError> {
    match said {
        (Ok(content), _) => take(transaction, effects, owner, author, content, batch, arrival),
        // The peer's version says things that ours does not know.
        (Err(ContentError::UnknownBody { silent: true, .. }), _) => Ok(()),
        (Err(ContentError::UnknownBody { id, sent_at, .. }), plaintext) => {
            let (contact, _) = author;
            take_unsupported(transaction, effects, contact, id, plaintext, sent_at, arrival.now)
        }
        // No version of ours says such a thing. The message is gone, as its key is.
        (Err(error), _) => {
            tracing::warn!(%error, "content was dropped");
            Ok(())
        }
    }
}

/// Does what the content says. `key`: the identity key of the session that it came in.
pub(super) fn take(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    (contact, key): (&ContactRow, &IdentityKey),
    content: Content,
    batch: &mut Batch,
    arrival: Arrival,
) -> Result<(), StorageError> {
    let now = arrival.now;
    // Whoever waits to be accepted is shown no sign of life: neither receipts, nor that they are heard typing.
    let accepted = contact.standing() == Standing::Accepted;
    match content.body {
        Body::Text(Text {
            text,
            quote,
            lifetime,
        }) => {
            if !requests::has_room(transaction, contact)? {
                return Ok(());
            }
            let quote = quote.map(|quote| Key {
                outgoing: quote.author == owner.address.account,
                content_id: quote.id,
            });
            let new = NewText {
                contact: contact.id,
                content_id: content.id,
                delivery: None,
                text: &text,
                quote,
                lifetime,
                sent_at: content.sent_at,
                stored_at: now,
            };
            // One that is here already is confirmed once more: the confirmation may have been lost.
            if let Some(id) = messages::insert_text(transaction, &new)? {
                // First: nobody is to be shown what its author has deleted meanwhile.
                changes::catch_up(transaction, effects, contact, content.id, now)?;
                effects.message_added(transaction, id)?;
            }
            if !accepted {
                return Ok(());
            }
            batch.arrived.entry(contact.account).or_default().push(content.id);
            batch.received.push(Received::Text { contact: contact.id });
            Ok(())
        }
        Body::Reaction(_) | Body::Edit(_) | Body::Deletion(_) => {
            changes::take(transaction, effects, contact, &content, &arrival)
        }
        // A stranger who waits to be accepted sets no rules.
        Body::Timer(timer) if accepted => timer::heard(transaction, effects, contact, timer, now),
        Body::Timer(_) => Ok(()),
        Body::Receipt(kind, ids) => receipts::take(transaction, effects, contact.id, kind, &ids, now),
        Body::Typing(typing) => {
            if accepted && settings::read(transaction)?.typing_indicators {
                batch.received.push(Received::Typing {
                    contact: contact.id,
                    typing,
                });
            }
            Ok(())
        }
        Body::InviteAcceptance(acceptance) => {
            invite::accepted(transaction, effects, contact, &acceptance, now)
        }
        Body::Introduction(introduction) => {
            requests::introduced(transaction, effects, contact, &introduction, now)
        }
        Body::InviteDeclined => invite::declined(transaction, effects, contact, now),
        Body::Profile(profile) => rename(transaction, effects, contact, &profile.name),
        Body::ResendRequest(digest) => resend::answer(transaction, effects, contact, digest, now),
        Body::Words(_) if !accepted => Ok(()),
        Body::Words(message) => words::heard(transaction, effects, owner, contact, key, message, now),
    }
}

/// A contact's newer version said something that this one does not know: its place is kept.
fn take_unsupported(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    id: ContentId,
    content: &[u8],
    sent_at: Timestamp,
    now: Timestamp,
) -> Result<(), StorageError> {
    if !requests::has_room(transaction, contact)? {
        return Ok(());
    }
    match message_changes::insert_unsupported(transaction, contact.id, id, content, sent_at, now)? {
        Some(message) => effects.message_added(transaction, message),
        None => Ok(()),
    }
}

/// The contact calls themself something else.
fn rename(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    name: &DisplayName,
) -> Result<(), StorageError> {
    if contact.given_name.as_ref() != Some(name) {
        contacts::set_given_name(transaction, contact.id, name)?;
        effects.touch(contact.id);
    }
    Ok(())
}
