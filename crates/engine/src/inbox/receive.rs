//! Receiving envelopes, inside the transaction.

use rusqlite::Transaction;
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::session::{DecryptError, Decrypted, PreKeyDecryptError, Session};
use sotto_wire::{AccountId, EnvelopeId};

use super::arrived::Arrived;
use super::batch::{Batch, Received};
use super::speak;
use crate::changes::Arrival;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{Body, CiphertextDigest, Content, ReceiptKind};
use crate::effects::Effects;
use crate::envelope::Opened;
use crate::error::StorageError;
use crate::model::Standing;
use crate::store::Peer;
use crate::store::sessions::{self, StoredPreKeys, StoredSkippedKeys};
use crate::store::table::contacts::{self, ContactRow, TokenSource};
use crate::store::table::{identity_keys, seen_envelopes};
use crate::{changed_key, identity, invite, reach, receipts, requests, resend};

/// Deals with envelopes that the relay pushed. When this is committed, all of them can be acknowledged.
pub(super) fn receive(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    envelopes: &[Arrived],
    now: Timestamp,
) -> Result<Vec<Received>, StorageError> {
    let mut batch = Batch::default();
    for Arrived {
        id,
        payload,
        taken_at,
        request,
    } in envelopes
    {
        if let Some(id) = id
            && !seen_envelopes::insert(transaction, *id, now)?
        {
            continue;
        }
        match Opened::open(payload, owner) {
            Ok(envelope) => {
                let (sender, ciphertext) = (envelope.sender(), envelope.message_bytes().to_vec());
                let came = Came {
                    at: taken_at.unwrap_or(now),
                    request: *request,
                };
                let rejected = open(transaction, effects, owner, envelope, came, &mut batch, now)?;
                if let (Some(rejected), Some(id)) = (rejected, *id) {
                    reject(
                        transaction,
                        effects,
                        rejected,
                        (id, sender),
                        payload,
                        &ciphertext,
                        now,
                    )?;
                }
            }
            Err(_) => keep_rubbish(transaction, *id, payload, now)?,
        }
    }
    for (author, ids) in batch.arrived {
        receipts::queue(transaction, effects, author, ReceiptKind::Delivered, &ids, now)?;
    }
    Ok(batch.received)
}

/// When and how an envelope came.
#[derive(Clone, Copy)]
struct Came {
    at: Timestamp,
    /// Under a token for who looked our user name up.
    request: bool,
}

/// Keeps what does not decrypt, and asks for it again if it is a contact's. Who is blocked, or waits to be accepted, is
/// shown no sign of life.
fn reject(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    rejected: Rejected,
    (id, sender): (EnvelopeId, AccountId),
    payload: &sotto_wire::Payload,
    ciphertext: &[u8],
    now: Timestamp,
) -> Result<(), StorageError> {
    let standing = match &rejected {
        Rejected::FromContact(contact) => contact.standing(),
        Rejected::FromStranger => Standing::Requested,
    };
    if standing != Standing::Blocked {
        resend::keep(transaction, id, Some(sender), payload, now)?;
    }
    match rejected {
        Rejected::FromContact(contact) if standing == Standing::Accepted => {
            resend::request(transaction, effects, &contact, ciphertext, now)
        }
        Rejected::FromContact(_) | Rejected::FromStranger => Ok(()),
    }
}

fn keep_rubbish(
    transaction: &Transaction<'_>,
    id: Option<EnvelopeId>,
    payload: &sotto_wire::Payload,
    now: Timestamp,
) -> Result<(), StorageError> {
    id.map_or(Ok(()), |id| resend::keep(transaction, id, None, payload, now))
}

/// An envelope that does not decrypt.
enum Rejected {
    /// A contact's, or somebody's in their name: to be asked for again.
    FromContact(Box<ContactRow>),
    /// A stranger's.
    FromStranger,
}

/// Decrypts an envelope and does what its content says. `None`: it is dealt with.
fn open(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    envelope: Opened,
    came: Came,
    batch: &mut Batch,
    now: Timestamp,
) -> Result<Option<Rejected>, StorageError> {
    let account = envelope.sender();
    let contact = contacts::by_account(transaction, account)?;
    let rejected = |contact: Option<ContactRow>| {
        Ok(Some(contact.map_or(Rejected::FromStranger, |contact| {
            Rejected::FromContact(Box::new(contact))
        })))
    };
    let only_device = envelope.device() == Owner::DEVICE;
    if account == owner.address.account || !only_device {
        return Ok(Some(Rejected::FromStranger));
    }
    let Some(message) = envelope.message() else {
        return rejected(contact);
    };
    // A relay that brings it again, however it calls it, is not to have us ask for it and begin a session anew.
    let name = seen_envelopes::name_of(&CiphertextDigest::of(envelope.message_bytes()));
    if seen_envelopes::contains(transaction, name)? {
        return Ok(None);
    }
    // Nothing that is said in a contact's name is looked at unless their relay says that the key is theirs. If it says so
    // by another trust root than we know, asking for the message again is how we hear of it.
    let unvouched = match &contact {
        None => Some(envelope),
        Some(known) => {
            let root = known.trust_root.unwrap_or([0; 33]);
            if !envelope.validate(batch.trust_roots(&root), came.at, owner) {
                return rejected(contact);
            }
            None
        }
    };
    let decrypted = match decrypt(transaction, owner, account, &message)? {
        Decryption::Done(decrypted) => decrypted,
        Decryption::Duplicate => return Ok(None),
        Decryption::Failed => return rejected(contact),
    };
    // Whoever still has the key before may be somebody who took the old computer.
    if identity_keys::is_superseded(transaction, account, &decrypted.changes.identity)? {
        return rejected(contact);
    }
    let content = Content::decode(&decrypted.plaintext);
    let contact = match (contact, &content) {
        (Some(contact), _) => contact,
        // A stranger is listened to if they hold an invite, or introduce themself to who wants to be found; otherwise they
        // leave no trace: not even a session.
        (
            None,
            Ok(Content {
                body: Body::InviteAcceptance(acceptance),
                ..
            }),
        ) => {
            let peer = Peer::primary(account);
            let root = acceptance.reach.trust_root;
            let vouched = unvouched.is_some_and(|envelope| {
                envelope.validate(batch.trust_roots(root.as_bytes()), came.at, owner)
            });
            if !vouched {
                return Ok(Some(Rejected::FromStranger));
            }
            match invite::welcome(transaction, peer, acceptance, now)? {
                Some(contact) => contact,
                None => {
                    let began = &decrypted.changes;
                    invite::decline(transaction, effects, owner, peer, acceptance, began, now)?;
                    return Ok(None);
                }
            }
        }
        (
            None,
            Ok(Content {
                body: Body::Introduction(introduction),
                ..
            }),
        ) if came.request => {
            let root = introduction.reach.trust_root;
            let vouched = unvouched.is_some_and(|envelope| {
                envelope.validate(batch.trust_roots(root.as_bytes()), came.at, owner)
            });
            if !vouched {
                return Ok(Some(Rejected::FromStranger));
            }
            match requests::arrive(transaction, effects, Peer::primary(account), introduction, now)? {
                Some(contact) => contact,
                None => return Ok(None),
            }
        }
        (None, _) => return Ok(None),
    };
    seen_envelopes::insert(transaction, name, now)?;
    let observed = sessions::apply(transaction, Peer::primary(account), &decrypted.changes, now)?;
    effects.session_moved(account);
    if decrypted.changes.prekeys_used.is_some() {
        effects.use_prekeys();
    }
    changed_key::observed(transaction, effects, contact.id, account, observed, now)?;
    // It is said once: who is blocked now and unblocked much later could not be reached any more.
    if let Some(reach) = content.as_ref().ok().and_then(|content| content.body.reach()) {
        reach::learned(transaction, effects, &contact, reach, TokenSource::Contact)?;
    }
    if contact.standing() == Standing::Blocked {
        return Ok(None);
    }
    let author = (&contact, &decrypted.changes.identity);
    let arrival = Arrival {
        taken_at: came.at,
        now,
    };
    let said = (content, decrypted.plaintext.as_slice());
    speak::hear(transaction, effects, owner, author, said, batch, arrival)?;
    Ok(None)
}

enum Decryption {
    Done(Box<Decrypted>),
    Duplicate,
    Failed,
}

fn decrypt(
    transaction: &Transaction<'_>,
    owner: &Owner,
    account: AccountId,
    message: &CiphertextMessage,
) -> Result<Decryption, StorageError> {
    let peer = Peer::primary(account);
    let record = sessions::load(transaction, peer)?;
    let trust = identity::trust(transaction, account)?;
    let session = Session {
        local: &owner.party,
        remote: &peer.address(),
        record: &record,
        trust: &trust,
    };
    let skipped = StoredSkippedKeys {
        connection: transaction,
        peer,
    };
    let mut rng = rand::rng();
    match message {
        CiphertextMessage::Signal(message) => match session.decrypt(message, &skipped, &mut rng) {
            Ok(decrypted) => Ok(Decryption::Done(Box::new(decrypted))),
            Err(DecryptError::Duplicate) => Ok(Decryption::Duplicate),
            Err(DecryptError::Store(error)) => Err(error),
            Err(DecryptError::NoSession | DecryptError::Untrusted(_) | DecryptError::Invalid(_)) => {
                Ok(Decryption::Failed)
            }
        },
        CiphertextMessage::PreKeySignal(message) => {
            let prekeys = StoredPreKeys {
                connection: transaction,
            };
            match session.decrypt_prekey(message, &skipped, &prekeys, &mut rng) {
                Ok(decrypted) => Ok(Decryption::Done(Box::new(decrypted))),
                Err(PreKeyDecryptError::Duplicate) => Ok(Decryption::Duplicate),
                Err(PreKeyDecryptError::Store(error)) => Err(error),
                Err(
                    PreKeyDecryptError::Untrusted(_)
                    | PreKeyDecryptError::MissingPreKey(_)
                    | PreKeyDecryptError::Invalid(_)
                    | PreKeyDecryptError::InvalidAgreement(_)
                    | PreKeyDecryptError::KyberCiphertext(_),
                ) => Ok(Decryption::Failed),
            }
        }
    }
}
