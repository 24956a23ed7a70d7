//! Comparing cards and scanned codes with what we believe of a contact.
//!
//! One that matches verifies the contact. One that does not changes nothing: it may be old, or somebody else's; what is to be
//! done about it the user decides.

use std::sync::Arc;

use rusqlite::Connection;
use sotto_protocol::fingerprint::{Fingerprint, ScannableFingerprint, Scanned};
use sotto_wire::AccountId;

use crate::account;
use crate::card::Card;
use crate::contacts::name_of;
use crate::core::Core;
use crate::error::{CompareCardError, CompareCodeError, StorageError};
use crate::identity;
use crate::model::{ContactId, IdentityFingerprint, Judgement, OwnCard, VerifiedBy};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::identity_keys::{self, IdentityKeyRow};
use crate::store::table::messages;
use crate::verification;

/// The user's own card.
pub(crate) async fn own_card(core: &Arc<Core>) -> Result<OwnCard, StorageError> {
    let name = core.store.read(account::read).await?.display_name;
    let card = Card {
        key: IdentityFingerprint::of(&core.owner.party.identity.identity_key()),
        address: core.owner.address.clone(),
        name,
    };
    Ok(OwnCard {
        text: card.to_text(),
        fingerprint: card.key,
    })
}

/// Compares the cards in a text with a contact's key.
pub(crate) async fn compare_card(
    core: &Arc<Core>,
    contact: ContactId,
    text: &str,
) -> Result<Judgement, CompareCardError> {
    let cards = Card::read(text)?;
    let (own, now) = (core.owner.address.account, core.now());
    core.change(move |transaction, effects| {
        let (contact, key) = known(transaction, contact)?.ok_or(CompareCardError::NotFound)?;
        let judgement = judge(transaction, own, &contact, &key, &cards)?;
        if judgement == Judgement::Verified {
            identity::compared(transaction, effects, &contact, &key.key, VerifiedBy::Card, now)?;
        }
        Ok(judgement)
    })
    .await
}

fn judge(
    connection: &Connection,
    own: AccountId,
    contact: &ContactRow,
    key: &IdentityKeyRow,
    cards: &[Card],
) -> Result<Judgement, StorageError> {
    let fingerprint = IdentityFingerprint::of(&key.key);
    let mut theirs = cards
        .iter()
        .filter(|card| card.address.account == contact.account)
        .peekable();
    if theirs.peek().is_some() {
        return Ok(if theirs.any(|card| card.key != fingerprint) {
            Judgement::Differs
        } else if came_in_the_conversation(connection, contact.id, &fingerprint)? {
            Judgement::FromTheConversation
        } else {
            Judgement::Verified
        });
    }
    let another = cards.iter().find(|card| card.address.account != own);
    Ok(another.map_or(Judgement::Own, |card| Judgement::SomebodyElses {
        name: card.name.as_str().to_owned(),
    }))
}

/// Whether the contact's session brought a card with this key: then it says of the session only what the session says of
/// itself.
fn came_in_the_conversation(
    connection: &Connection,
    contact: ContactId,
    key: &IdentityFingerprint,
) -> Result<bool, StorageError> {
    let texts = messages::received_with(connection, contact, "Sotto card")?;
    Ok(texts.iter().any(|text| {
        let cards = Card::read(text).unwrap_or_default();
        cards.iter().any(|card| card.key == *key)
    }))
}

/// Compares a scanned code with that of the safety number with a contact.
pub(crate) async fn compare_code(
    core: &Arc<Core>,
    contact: ContactId,
    scanned: Vec<u8>,
) -> Result<Judgement, CompareCodeError> {
    let (shown, others) = core
        .store
        .read(move |connection| {
            let shown = known(connection, contact)?.ok_or(CompareCodeError::NotFound)?;
            Ok::<_, CompareCodeError>((shown, others(connection, contact)?))
        })
        .await?;
    let (ours, key) = (Arc::clone(core), shown.1.key);
    let account = shown.0.account;
    // 5,200 hashes for each contact that it might be of.
    let judged = tokio::task::spawn_blocking(move || {
        let own = verification::own_fingerprint(&ours);
        let theirs = Fingerprint::new(account.as_bytes(), &key);
        recognise(own, &theirs, &others, &scanned)
    });
    let recognised = judged.await.map_err(|_| StorageError::Failed)??;
    let now = core.now();
    core.change(move |transaction, effects| {
        Ok(match recognised {
            Recognised::Matches => {
                // What was compared must still be theirs.
                let (contact, present) = known(transaction, contact)?.ok_or(CompareCodeError::NotFound)?;
                if present.key != key {
                    return Ok(Judgement::Differs);
                }
                identity::compared(transaction, effects, &contact, &key, VerifiedBy::Code, now)?;
                Judgement::Verified
            }
            Recognised::Own => Judgement::Own,
            Recognised::ForAnother => Judgement::ForAnother,
            Recognised::Of(other) => Judgement::SomebodyElses {
                name: name_of(transaction, other)?.unwrap_or_default(),
            },
            Recognised::Nobodys => Judgement::Differs,
        })
    })
    .await
}

/// What a code turned out to be.
enum Recognised {
    Matches,
    Own,
    ForAnother,
    Of(ContactId),
    Nobodys,
}

/// A code that nobody we know shows is an alarm, and not somebody else's: it cannot be told from that of a key which
/// somebody in between made for the contact.
fn recognise(
    own: &Fingerprint,
    theirs: &Fingerprint,
    others: &[(ContactId, AccountId, IdentityKeyRow)],
    scanned: &[u8],
) -> Result<Recognised, CompareCodeError> {
    let with = |them: &Fingerprint| {
        ScannableFingerprint::new(ScannableFingerprint::VERSION, own, them).compare(scanned)
    };
    Ok(match with(theirs)? {
        Scanned::Counterpart => Recognised::Matches,
        Scanned::Ours => Recognised::Own,
        Scanned::FromThemForAnother => Recognised::ForAnother,
        Scanned::Another => {
            for (id, account, key) in others {
                let found = with(&Fingerprint::new(account.as_bytes(), &key.key))?;
                match found {
                    Scanned::Counterpart | Scanned::FromThemForAnother => return Ok(Recognised::Of(*id)),
                    Scanned::Ours => return Ok(Recognised::Own),
                    Scanned::Another => {}
                }
            }
            Recognised::Nobodys
        }
    })
}

/// A contact and the key they have now.
fn known(
    connection: &Connection,
    contact: ContactId,
) -> Result<Option<(ContactRow, IdentityKeyRow)>, StorageError> {
    let Some(contact) = contacts::by_id(connection, contact)? else {
        return Ok(None);
    };
    let key = identity_keys::present(connection, contact.account)?;
    Ok(key.map(|key| (contact, key)))
}

/// All other contacts and their keys.
fn others(
    connection: &Connection,
    contact: ContactId,
) -> Result<Vec<(ContactId, AccountId, IdentityKeyRow)>, StorageError> {
    let mut others = Vec::new();
    for other in contacts::all(connection)? {
        if other.id != contact
            && let Some(key) = identity_keys::present(connection, other.account)?
        {
            others.push((other.id, other.account, key));
        }
    }
    Ok(others)
}
