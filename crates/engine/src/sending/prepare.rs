//! Encrypting what is next for a recipient: the ratchet advances, and what will be sent is fixed, in one transaction.

use rusqlite::Transaction;
use sotto_protocol::curve::IdentityKey;
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::session::{EncryptError, Session, SessionRecord};
use sotto_wire::open::{Envelope as Outgoing, Envelopes};
use sotto_wire::{
    AccountId, ClientMessageId, DeliveryToken, MAX_DELIVERY_BYTES, MAX_ENVELOPES_PER_DELIVERY, RelayAddress,
};

use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{self, CiphertextDigest};
use crate::effects::Effects;
use crate::envelope::{self, Unsealable};
use crate::error::StorageError;
use crate::expiry;
use crate::identity::{self, is_blocked};
use crate::model::{Delivery, Standing};
use crate::reach;
use crate::store::table::outbox::{self, OutboxId, OutboxRow, OutboxState};
use crate::store::table::sent::{self, SentRow};
use crate::store::table::{contacts, declined_guests, identity_keys};
use crate::store::{Peer, sessions};
use crate::undelivered::give_up;

/// How many messages are encrypted at once: what one delivery takes.
const BATCH: u32 = MAX_ENVELOPES_PER_DELIVERY as u32;

/// What is to be done for a recipient.
pub(super) enum Prepared {
    /// Nothing.
    Nothing,
    /// Send these, in order.
    Deliver(Way, Ready),
    /// Begin a session first.
    NeedsSession(Way),
    /// Our relay has to say first that we are who we are.
    NeedsCertificate,
}

/// The way to a recipient.
pub(super) struct Way {
    /// Where their mailbox is.
    pub(super) relay: RelayAddress,
    /// What opens it.
    pub(super) token: DeliveryToken,
}

/// Fixed ciphertexts that make one delivery.
pub(super) struct Ready {
    /// As many as there are envelopes, in the same order.
    pub(super) rows: Vec<OutboxRow>,
    pub(super) envelopes: Envelopes,
}

/// What a relay's answer settled.
#[derive(Clone, Default)]
pub(super) struct Settled {
    /// The relay has these.
    pub(super) accepted: Vec<OutboxId>,
    /// This one it will never take.
    pub(super) refused: Option<OutboxRow>,
}

/// A fixed ciphertext on its way.
struct Delivering {
    row: OutboxRow,
    envelope: Outgoing,
}

/// Encrypts the next messages for `recipient`, as far as they are not encrypted yet.
pub(super) fn prepare(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    recipient: AccountId,
    now: Timestamp,
) -> Result<Prepared, StorageError> {
    let rows = outbox::first(transaction, recipient, BATCH)?;
    if rows.is_empty() {
        return Ok(Prepared::Nothing);
    }
    let Some((way, present_key)) = way_to(transaction, recipient)? else {
        // Nobody to send to any more, or no way to them.
        for row in rows {
            give_up(transaction, effects, &row, now)?;
        }
        return Ok(Prepared::Nothing);
    };
    let Some(certificate) = reach::certificate(transaction, owner, now)? else {
        return Ok(Prepared::NeedsCertificate);
    };
    let peer = Peer::primary(recipient);
    let mut record = sessions::load(transaction, peer)?;
    let (mut ready, mut bytes) = (Vec::new(), 0);
    for row in rows {
        let encrypted = match &row.state {
            OutboxState::Blocked => break,
            OutboxState::Encrypted {
                message_type,
                ciphertext,
                client_message_id,
            } => Encrypted {
                message: CiphertextMessage::from_bytes(*message_type, ciphertext)
                    .map_err(|_| StorageError::Corrupted)?,
                client_message_id: *client_message_id,
            },
            OutboxState::Queued => {
                match encrypt(transaction, effects, owner, peer, &mut record, &row, now)? {
                    Encryption::Done(encrypted) => *encrypted,
                    Encryption::Dropped => continue,
                    Encryption::NeedsSession if ready.is_empty() => {
                        return Ok(Prepared::NeedsSession(way));
                    }
                    Encryption::NeedsSession | Encryption::Blocked => break,
                }
            }
        };
        // Sealed anew each time it is sent: a certificate is good for a day, and a relay may be away for longer.
        let recipient_key = record.remote_identity().or(present_key);
        let sealed = recipient_key
            .ok_or(Unsealable)
            .and_then(|recipient_key| envelope::seal(owner, &certificate, &recipient_key, encrypted.message));
        let Ok(payload) = sealed else {
            give_up(transaction, effects, &row, now)?;
            continue;
        };
        let delivering = Delivering {
            row,
            envelope: Outgoing {
                client_message_id: encrypted.client_message_id,
                payload,
            },
        };
        bytes += delivering.envelope.payload.as_bytes().len();
        // One that does not fit any more is encrypted by now, and begins the next delivery.
        if bytes > MAX_DELIVERY_BYTES {
            break;
        }
        ready.push(delivering);
    }
    if ready.is_empty() {
        return Ok(Prepared::Nothing);
    }
    let (rows, envelopes) = ready
        .into_iter()
        .map(|Delivering { row, envelope }| (row, envelope))
        .unzip();
    // Proof: no more rows than fit were read, and their bytes were counted.
    let envelopes = Envelopes::new(envelopes).ok_or(StorageError::Failed)?;
    Ok(Prepared::Deliver(way, Ready { rows, envelopes }))
}

/// The way to a contact, or to somebody who is told one thing and is no contact; and the key they are known by, if there
/// is no session that says it.
fn way_to(
    transaction: &Transaction<'_>,
    recipient: AccountId,
) -> Result<Option<(Way, Option<IdentityKey>)>, StorageError> {
    let Some(contact) = contacts::by_account(transaction, recipient)? else {
        return Ok(declined_guests::find_guest(transaction, recipient)?.map(|guest| {
            let way = Way {
                relay: guest.relay,
                token: guest.delivery_token,
            };
            (way, Some(guest.identity_key))
        }));
    };
    if contact.standing() == Standing::Blocked {
        return Ok(None);
    }
    let key = identity_keys::present(transaction, recipient)?.map(|row| row.key);
    Ok(contact.delivery_token.map(|token| {
        let relay = contact.relay;
        (Way { relay, token }, key)
    }))
}

/// A fixed message, to be sealed.
struct Encrypted {
    message: CiphertextMessage,
    client_message_id: ClientMessageId,
}

enum Encryption {
    Done(Box<Encrypted>),
    /// It can never be sent.
    Dropped,
    NeedsSession,
    Blocked,
}

fn encrypt(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    peer: Peer,
    record: &mut SessionRecord,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<Encryption, StorageError> {
    let trust = identity::trust(transaction, peer.account)?;
    let Ok(padded) = content::pad(&row.content) else {
        give_up(transaction, effects, row, now)?;
        return Ok(Encryption::Dropped);
    };
    let session = Session {
        local: &owner.party,
        remote: &peer.address(),
        record,
        trust: &trust,
    };
    let encrypted = match session.encrypt(&padded, now.into(), &mut rand::rng()) {
        Ok(encrypted) => encrypted,
        Err(EncryptError::NoSession) => return Ok(Encryption::NeedsSession),
        // It cannot go on, or is one with a key that the user replaced by another.
        Err(EncryptError::ChainExhausted | EncryptError::Untrusted(_)) => {
            if is_blocked(transaction, peer.account)? {
                return Ok(Encryption::Blocked);
            }
            *record = sessions::archive_current(transaction, peer, record)?;
            effects.session_moved(peer.account);
            return Ok(Encryption::NeedsSession);
        }
    };
    sessions::apply(transaction, peer, &encrypted.changes, now)?;
    effects.session_moved(peer.account);
    record.apply(&encrypted.changes);
    let client_message_id = ClientMessageId::random();
    let (kind, bytes) = (encrypted.message.type_number(), encrypted.message.as_bytes());
    outbox::set_encrypted(transaction, row.id, kind, bytes, client_message_id)?;
    let digest = CiphertextDigest::of(encrypted.message.as_bytes());
    let sent = SentRow {
        message: row.message,
        about: row.about,
        content: row.content.clone(),
        resends: row.resends,
    };
    sent::insert(transaction, digest.as_bytes(), peer.account, &sent, now)?;
    Ok(Encryption::Done(Box::new(Encrypted {
        message: encrypted.message,
        client_message_id,
    })))
}

/// Takes note of what the relay answered.
pub(super) fn settle(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    settled: &Settled,
    now: Timestamp,
) -> Result<(), StorageError> {
    for &id in &settled.accepted {
        let Some(row) = outbox::by_id(transaction, id)? else {
            continue;
        };
        outbox::delete(transaction, id)?;
        if let Some(message) = row.message {
            expiry::begin(transaction, effects, message, now)?;
        }
        effects.deliveries(transaction, row.message, Delivery::Sent)?;
        effects.messages_changed(transaction, row.about)?;
    }
    match &settled.refused {
        Some(row) => give_up(transaction, effects, row, now),
        None => Ok(()),
    }
}
