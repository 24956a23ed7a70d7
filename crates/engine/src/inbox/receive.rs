//! Receiving envelopes, inside the transaction.

use rusqlite::Transaction;
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::session::{DecryptError, Decrypted, PreKeyDecryptError, Session};
use sotto_wire::{AccountId, EnvelopeId};

use super::batch::{Batch, Received};
use super::{Arrived, speak};
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{Body, Content, ReceiptKind};
use crate::effects::Effects;
use crate::envelope::Envelope;
use crate::error::StorageError;
use crate::store::Peer;
use crate::store::sessions::{self, StoredPreKeys, StoredSkippedKeys};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::{identity_keys, seen_envelopes};
use crate::{identity, invite, receipts, resend};

/// Deals with envelopes that the relay pushed. When this is committed, all of them can be acknowledged.
pub(super) fn receive(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    envelopes: &[Arrived],
    now: Timestamp,
) -> Result<Vec<Received>, StorageError> {
    let mut batch = Batch::default();
    for Arrived { id, payload } in envelopes {
        if let Some(id) = id
            && !seen_envelopes::insert(transaction, *id, now)?
        {
            continue;
        }
        match Envelope::parse(payload) {
            Ok(envelope) => {
                let rejected = open(transaction, effects, owner, &envelope, &mut batch, now)?;
                if let (Some(rejected), Some(id)) = (rejected, *id) {
                    let sender = Some(envelope.sender.address.account);
                    resend::keep(transaction, id, sender, payload, now)?;
                    if let Rejected::FromContact(contact) = rejected {
                        resend::request(transaction, effects, &contact, &envelope.ciphertext, now)?;
                    }
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
    FromContact(ContactRow),
    /// A stranger's.
    FromStranger,
}

/// Decrypts an envelope and does what its content says. `None`: it is dealt with.
fn open(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    envelope: &Envelope,
    batch: &mut Batch,
    now: Timestamp,
) -> Result<Option<Rejected>, StorageError> {
    let account = envelope.sender.address.account;
    let contact = contacts::by_account(transaction, account)?;
    let rejected = |contact: Option<ContactRow>| {
        Ok(Some(
            contact.map_or(Rejected::FromStranger, Rejected::FromContact),
        ))
    };
    let only_device = envelope.sender.device == Owner::DEVICE;
    if account == owner.address.account || !only_device {
        return Ok(Some(Rejected::FromStranger));
    }
    let Ok(message) = CiphertextMessage::from_bytes(envelope.message_type, &envelope.ciphertext) else {
        return rejected(contact);
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
        // A stranger is listened to if they hold an invite, and otherwise leaves no trace: not even a session.
        (
            None,
            Ok(Content {
                body: Body::InviteAcceptance(acceptance),
                ..
            }),
        ) => {
            let peer = Peer::primary(account);
            match invite::welcome(transaction, peer, acceptance, now)? {
                Some(contact) => contact,
                None => {
                    let began = &decrypted.changes;
                    invite::decline(transaction, effects, owner, peer, acceptance, began, now)?;
                    return Ok(None);
                }
            }
        }
        (None, _) => return Ok(None),
    };
    let observed = sessions::apply(transaction, Peer::primary(account), &decrypted.changes, now)?;
    if decrypted.changes.prekeys_used.is_some() {
        effects.use_prekeys();
    }
    identity::observed(transaction, effects, contact.id, account, observed, now)?;
    match content {
        Ok(content) => speak::take(transaction, effects, &contact, content, batch, now)?,
        // The peer's version says things that ours does not know. The message is gone, as its key is.
        Err(error) => tracing::warn!(%error, "content was dropped"),
    }
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
