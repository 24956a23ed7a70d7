//! Messages that could not be decrypted: whoever got one asks for it again, in a session begun anew.
//!
//! A restored backup or a lost database puts two sides out of step. The envelope is kept for diagnosis, a notice stands
//! in the conversation, and the sender is told the digest of the ciphertext; it sends the same content under the same
//! name once more. Both sides are bounded, because anybody can send rubbish in somebody's name until envelopes are
//! sealed.

use std::time::Duration;

use rusqlite::Transaction;
use sotto_wire::{AccountId, EnvelopeId, Payload};

use crate::clock::Timestamp;
use crate::content::{Body, CiphertextDigest, Content};
use crate::effects::Effects;
use crate::error::StorageError;
use crate::model::{MessageBody, Notice};
use crate::outbox::{self, Carrying};
use crate::store::table::contacts::ContactRow;
use crate::store::table::undecryptable::{self, UndecryptableRow};
use crate::store::table::{messages, sent};
use crate::store::{Peer, sessions};

/// How often the same content is sent again before it is left at that.
const MAX_RESENDS: u32 = 3;

/// What was sent is remembered for so long.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(14 * 86_400);

/// A session that has just been begun anew is not begun anew again: a burst of messages that were encrypted in the old
/// one asks for one new session, not for one each.
const FRESH_SESSION: Duration = Duration::from_secs(60);

/// The most requests to one contact within [`FRESH_SESSION`].
const MAX_REQUESTS: u32 = 64;

/// Keeps an envelope that could not be decrypted.
pub(crate) fn keep(
    transaction: &Transaction<'_>,
    envelope_id: EnvelopeId,
    sender: Option<AccountId>,
    payload: &Payload,
    now: Timestamp,
) -> Result<(), StorageError> {
    let row = UndecryptableRow {
        envelope_id,
        sender,
        payload: payload.as_bytes().to_vec(),
        received_at: now,
    };
    undecryptable::insert(transaction, &row)
}

/// Asks a contact for a message again that could not be decrypted.
pub(crate) fn request(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    ciphertext: &[u8],
    now: Timestamp,
) -> Result<(), StorageError> {
    let lately = undecryptable::count_since(transaction, contact.account, now.before(FRESH_SESSION))?;
    if lately > MAX_REQUESTS {
        return Ok(());
    }
    // The one that was just kept is among them.
    if lately <= 1 {
        let peer = Peer::primary(contact.account);
        let record = sessions::load(transaction, peer)?;
        sessions::archive_current(transaction, peer, &record)?;
        effects.session_moved(contact.account);
    }
    let last = messages::page(transaction, contact.id, None, 1)?.0.pop();
    let told = last.is_some_and(|last| last.body == MessageBody::Notice(Notice::Undecryptable));
    if !told {
        effects.notice(transaction, contact.id, Notice::Undecryptable, now)?;
    }
    let digest = CiphertextDigest::of(ciphertext);
    let content = Content::new(Body::ResendRequest(digest), now);
    outbox::enqueue(transaction, effects, contact.account, &content, now)
}

/// Sends again what a contact could not decrypt.
pub(crate) fn answer(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    digest: CiphertextDigest,
    now: Timestamp,
) -> Result<(), StorageError> {
    let account = contact.account;
    let Some(row) = sent::by_digest(transaction, digest.as_bytes(), account)? else {
        return Ok(());
    };
    sent::delete(transaction, digest.as_bytes())?;
    let resends = row.resends + 1;
    if resends > MAX_RESENDS {
        return Ok(());
    }
    outbox::enqueue_encoded(
        transaction,
        effects,
        account,
        Carrying::of(row.message, row.about),
        &row.content,
        resends,
        now,
    )?;
    Ok(())
}
