//! The comparison by words with each contact, and how many there were lately.

use rusqlite::{Connection, Row, Transaction, named_params, params};
use sotto_protocol::curve::IdentityKey;

use super::{change, find, list};
use crate::ceremony::{Answered, Asked, Asking, CeremonyId, Commitment, Confirming, Nonce, Reading, Word};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{ContactId, WordOutcome};

/// A comparison by words with a contact.
pub(crate) struct CeremonyRow {
    /// With whom.
    pub(crate) contact: ContactId,
    /// Which.
    pub(crate) ceremony: CeremonyId,
    /// The contact's identity key that it is about.
    pub(crate) key: IdentityKey,
    /// How it stands.
    pub(crate) state: CeremonyState,
    /// When it has taken too long.
    pub(crate) ends_at: Timestamp,
}

/// How a comparison stands.
pub(crate) enum CeremonyState {
    /// We have asked.
    Asking(Asking),
    /// They have asked.
    Asked(Asked),
    /// We want to.
    Answered(Answered),
    /// The words are there.
    Reading(Reading),
    /// We typed right.
    Confirming(Confirming),
    /// It is over.
    Ended(WordOutcome),
}

const COLUMNS: &str =
    "contact, ceremony, identity_key, state, commitment, nonce, words, confirmed, outcome, ends_at";

fn parse(row: &Row<'_>) -> Result<CeremonyRow, StorageError> {
    let key: [u8; 33] = row.get("identity_key")?;
    Ok(CeremonyRow {
        contact: row.get("contact")?,
        ceremony: CeremonyId(row.get("ceremony")?),
        key: IdentityKey::from_bytes(&key).map_err(|_| StorageError::Corrupted)?,
        state: state(row)?,
        ends_at: row.get("ends_at")?,
    })
}

fn state(row: &Row<'_>) -> Result<CeremonyState, StorageError> {
    let nonce = || Ok::<_, StorageError>(Nonce::from_bytes(row.get("nonce")?));
    let commitment = || Ok::<_, StorageError>(Commitment(row.get("commitment")?));
    Ok(match row.get::<_, String>("state")?.as_str() {
        "asking" => CeremonyState::Asking(Asking { nonce: nonce()? }),
        "asked" => CeremonyState::Asked(Asked {
            commitment: commitment()?,
        }),
        "answered" => CeremonyState::Answered(Answered {
            commitment: commitment()?,
            nonce: nonce()?,
        }),
        "reading" => CeremonyState::Reading(reading(row.get("words")?, row.get("confirmed")?)),
        "confirming" => CeremonyState::Confirming(Confirming::restored()),
        "ended" => CeremonyState::Ended(row.get("outcome")?),
        _ => return Err(StorageError::Corrupted),
    })
}

fn reading(words: [u8; 8], they_confirmed: bool) -> Reading {
    let [a, b, c, d, e, f, g, h] = words;
    let word = |high, low| Word::chosen_by(u16::from_be_bytes([high, low]));
    Reading {
        say: [word(a, b), word(c, d)],
        expect: [word(e, f), word(g, h)],
        they_confirmed,
    }
}

fn words(reading: &Reading) -> Vec<u8> {
    let words = reading.say.iter().chain(&reading.expect);
    words.flat_map(|word| word.number().to_be_bytes()).collect()
}

/// The comparison with a contact, if there is or was one.
pub(crate) fn of(connection: &Connection, contact: ContactId) -> Result<Option<CeremonyRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM word_ceremonies WHERE contact = ?");
    find(connection, &sql, [contact], parse)
}

/// Stores a comparison in the place of the one before.
pub(crate) fn put(transaction: &Transaction<'_>, row: &CeremonyRow) -> Result<(), StorageError> {
    let (name, commitment, nonce, words, confirmed, outcome) = match &row.state {
        CeremonyState::Asking(Asking { nonce }) => ("asking", None, Some(nonce), None, false, None),
        CeremonyState::Asked(Asked { commitment }) => ("asked", Some(commitment), None, None, false, None),
        CeremonyState::Answered(Answered { commitment, nonce }) => {
            ("answered", Some(commitment), Some(nonce), None, false, None)
        }
        CeremonyState::Reading(reading) => {
            let words = Some(words(reading));
            ("reading", None, None, words, reading.they_confirmed, None)
        }
        CeremonyState::Confirming(_) => ("confirming", None, None, None, false, None),
        CeremonyState::Ended(outcome) => ("ended", None, None, None, false, Some(*outcome)),
    };
    change(
        transaction,
        "INSERT OR REPLACE INTO word_ceremonies
                (contact, ceremony, identity_key, state, commitment, nonce, words, confirmed, outcome, ends_at)
         VALUES (:contact, :ceremony, :key, :state, :commitment, :nonce, :words, :confirmed, :outcome, :ends_at)",
        named_params! {
            ":contact": row.contact,
            ":ceremony": row.ceremony.0,
            ":key": row.key.to_bytes(),
            ":state": name,
            ":commitment": commitment.map(|commitment| commitment.0),
            ":nonce": nonce.map(Nonce::expose_bytes),
            ":words": words,
            ":confirmed": confirmed,
            ":outcome": outcome,
            ":ends_at": row.ends_at,
        },
    )
    .map(drop)
}

/// Forgets the comparison with a contact.
pub(crate) fn delete(transaction: &Transaction<'_>, contact: ContactId) -> Result<(), StorageError> {
    change(
        transaction,
        "DELETE FROM word_ceremonies WHERE contact = ?",
        [contact],
    )
    .map(drop)
}

/// Notes that our nonce was shown to a contact. What is older than `forgotten_before` is forgotten.
pub(crate) fn insert_run(
    transaction: &Transaction<'_>,
    contact: ContactId,
    shown_at: Timestamp,
    forgotten_before: Timestamp,
) -> Result<(), StorageError> {
    let forget = "DELETE FROM word_runs WHERE contact = ? AND shown_at < ?";
    change(transaction, forget, params![contact, forgotten_before])?;
    let sql = "INSERT INTO word_runs (contact, shown_at) VALUES (?, ?)";
    change(transaction, sql, params![contact, shown_at]).map(drop)
}

/// When our nonce was shown to a contact, since `after`; the latest first.
pub(crate) fn runs(
    connection: &Connection,
    contact: ContactId,
    after: Timestamp,
) -> Result<Vec<Timestamp>, StorageError> {
    let sql = "SELECT shown_at FROM word_runs WHERE contact = ? AND shown_at > ? ORDER BY shown_at DESC";
    list(connection, sql, params![contact, after], |row| {
        Ok(row.get("shown_at")?)
    })
}

/// The comparison ended well: no guess was made.
pub(crate) fn delete_runs(transaction: &Transaction<'_>, contact: ContactId) -> Result<(), StorageError> {
    change(transaction, "DELETE FROM word_runs WHERE contact = ?", [contact]).map(drop)
}
