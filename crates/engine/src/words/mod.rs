//! Comparing by words: each side reads two words out, types the two it hears, and the machines compare.
//!
//! The messages and why nobody can cheat stand in `docs/verification.md`. Here are the steps as they happen, each in one
//! transaction: what the user does ([`begin`], [`accept`], [`typed`], [`close`]) and what the other side says ([`heard`]).
//!
//! A comparison is about the one identity key that the contact had when it began. It survives a restart; it ends when it
//! takes too long, by our own clock, and when the key becomes another one.

mod shown;
mod step;

use rusqlite::{Connection, Transaction};
use sotto_protocol::curve::IdentityKey;

use crate::ceremony::{Asked, Asking, CeremonyId, Typed, Word, WrongOpening};
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{Verdict, WordsMessage, WordsStep};
use crate::effects::Effects;
use crate::error::{BeginWordsError, ConversationError, StorageError, TypeWordsError};
use crate::events::Event;
use crate::model::{ContactId, Standing, WordComparison, WordOutcome};
use crate::moved;
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::identity_keys;
use crate::store::table::word_ceremonies::{self as table, CeremonyRow, CeremonyState as State};
pub(crate) use shown::shown;
use shown::{RUNS_WITHIN, again_at};
use step::{Initiator, Step, context};

/// How the comparison with a contact stands.
pub(crate) fn comparison(
    connection: &Connection,
    contact: ContactId,
    now: Timestamp,
) -> Result<WordComparison, ConversationError> {
    contacts::by_id(connection, contact)?.ok_or(ConversationError::NotFound)?;
    Ok(shown(connection, contact, now)?)
}

/// The user wants to compare. If the contact has asked already, this answers them.
pub(crate) fn begin(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: ContactId,
    now: Timestamp,
) -> Result<(), BeginWordsError> {
    let contact = contacts::by_id(transaction, contact)?
        .filter(|contact| contact.standing() == Standing::Accepted)
        .ok_or(BeginWordsError::NotFound)?;
    let key = identity_keys::present(transaction, contact.account)?.ok_or(BeginWordsError::NotFound)?;
    if key.is_pending() {
        return Err(BeginWordsError::KeyChanged);
    }
    if moved::has_moved(transaction)? {
        return Err(BeginWordsError::Moved);
    }
    match running(transaction, contact.id, now)? {
        Some(row) if matches!(row.state, State::Asked(_)) => {
            return accept(transaction, effects, contact.id, now);
        }
        Some(_) => return Ok(()),
        None => {}
    }
    if let Some(at) = again_at(transaction, contact.id, now)? {
        return Err(BeginWordsError::TooSoon { again_at: at });
    }
    let ceremony = CeremonyId::generate(&mut rand::rng());
    let context = context(ceremony, owner, &contact, &key.key, Initiator::We);
    let (asking, commitment) = Asking::begin(&context, &mut rand::rng());
    let step = Step {
        contact: &contact,
        ceremony,
        key: key.key,
        now,
    };
    step.tell(transaction, effects, WordsStep::Begin(commitment))?;
    Ok(step.go_to(transaction, effects, State::Asking(asking))?)
}

/// The contact has asked, and the user wants to.
pub(crate) fn accept(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    now: Timestamp,
) -> Result<(), BeginWordsError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(BeginWordsError::NotFound)?;
    let Some(CeremonyRow {
        state: State::Asked(asked),
        ceremony,
        key,
        ..
    }) = running(transaction, contact.id, now)?
    else {
        return Err(BeginWordsError::NotFound);
    };
    if let Some(at) = again_at(transaction, contact.id, now)? {
        return Err(BeginWordsError::TooSoon { again_at: at });
    }
    let step = Step {
        contact: &contact,
        ceremony,
        key,
        now,
    };
    Ok(step.answer(transaction, effects, asked)?)
}

/// The user typed the two words that they heard.
pub(crate) fn typed(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    heard: [&str; 2],
    now: Timestamp,
) -> Result<(), TypeWordsError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(TypeWordsError::NotFound)?;
    let Some(CeremonyRow {
        state: State::Reading(reading),
        ceremony,
        key,
        ..
    }) = running(transaction, contact.id, now)?
    else {
        return Err(TypeWordsError::NotFound);
    };
    // What is no word at all was mistyped, and costs nothing: there is nothing to learn from it.
    let heard = match heard.map(Word::typed) {
        [Some(first), Some(second)] => [first, second],
        [first, second] => {
            return Err(TypeWordsError::Unknown {
                first: first.is_none(),
                second: second.is_none(),
            });
        }
    };
    let step = Step {
        contact: &contact,
        ceremony,
        key,
        now,
    };
    match reading.typed(heard) {
        Typed::First(confirming) => {
            step.tell(transaction, effects, WordsStep::Verdict(Verdict::Confirmed))?;
            step.go_to(transaction, effects, State::Confirming(confirming))?;
        }
        Typed::Both(agree) => {
            step.tell(transaction, effects, WordsStep::Verdict(Verdict::Confirmed))?;
            step.verified(transaction, effects, &agree)?;
        }
        Typed::Wrong => {
            step.tell(transaction, effects, WordsStep::Verdict(Verdict::Differed))?;
            step.differed(transaction, effects)?;
        }
    }
    Ok(())
}

/// The user calls it off, or has seen how it ended.
pub(crate) fn close(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    now: Timestamp,
) -> Result<(), ConversationError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(ConversationError::NotFound)?;
    if let Some(row) = running(transaction, contact.id, now)? {
        let step = Step::of(&row, &contact, now);
        step.tell(transaction, effects, WordsStep::Verdict(Verdict::Cancelled))?;
        return Ok(step.go_to(transaction, effects, State::Ended(WordOutcome::Cancelled))?);
    }
    table::delete(transaction, contact.id)?;
    effects.tell(Event::WordsChanged(shown(transaction, contact.id, now)?));
    Ok(())
}

/// The other side says something, in a session with the identity key `key`.
pub(crate) fn heard(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: &ContactRow,
    key: &IdentityKey,
    message: WordsMessage,
    now: Timestamp,
) -> Result<(), StorageError> {
    // What comes from another key than the contact's accepted one is not what is being compared.
    let present = identity_keys::present(transaction, contact.account)?;
    if present.is_none_or(|present| present.is_pending() || present.key != *key) {
        return Ok(());
    }
    let WordsMessage { ceremony, step: said } = message;
    let row = running(transaction, contact.id, now)?;
    if let WordsStep::Begin(commitment) = said {
        let asked = Asked { commitment };
        return asked_by(
            transaction,
            effects,
            owner,
            contact,
            (ceremony, key),
            asked,
            row,
            now,
        );
    }
    let Some(row) = row.filter(|row| row.ceremony == ceremony && row.key == *key) else {
        if matches!(said, WordsStep::Answer(_)) {
            // They wait for what we have forgotten or given up.
            let step = Step {
                contact,
                ceremony,
                key: *key,
                now,
            };
            step.tell(transaction, effects, WordsStep::Verdict(Verdict::Cancelled))?;
        }
        return Ok(());
    };
    let step = Step::of(&row, contact, now);
    match (row.state, said) {
        (State::Asking(asking), WordsStep::Answer(theirs)) => {
            let context = context(ceremony, owner, contact, key, Initiator::We);
            let (ours, reading) = asking.answered(&context, &theirs);
            step.tell(transaction, effects, WordsStep::Opening(ours))?;
            table::insert_run(transaction, contact.id, now, now.before(RUNS_WITHIN))?;
            step.go_to(transaction, effects, State::Reading(reading))
        }
        (State::Answered(answered), WordsStep::Opening(theirs)) => {
            let context = context(ceremony, owner, contact, key, Initiator::They);
            match answered.opened(&context, &theirs) {
                Ok(reading) => step.go_to(transaction, effects, State::Reading(reading)),
                // Not told apart from words that differ: it is the same alarm.
                Err(WrongOpening) => {
                    step.tell(transaction, effects, WordsStep::Verdict(Verdict::Differed))?;
                    step.differed(transaction, effects)
                }
            }
        }
        (State::Reading(reading), WordsStep::Verdict(Verdict::Confirmed)) => {
            let state = State::Reading(reading.they_confirm());
            table::put(transaction, &CeremonyRow { state, ..row })
        }
        (State::Confirming(confirming), WordsStep::Verdict(Verdict::Confirmed)) => {
            step.verified(transaction, effects, &confirming.they_confirm())
        }
        (State::Reading(_) | State::Confirming(_), WordsStep::Verdict(Verdict::Differed)) => {
            step.differed(transaction, effects)
        }
        (_, WordsStep::Verdict(Verdict::Cancelled)) => {
            step.go_to(transaction, effects, State::Ended(WordOutcome::CancelledByThem))
        }
        (State::Asking(_), WordsStep::Verdict(Verdict::TooSoon)) => {
            step.go_to(transaction, effects, State::Ended(WordOutcome::TooSoon))
        }
        // Out of turn: said twice, or by a program that is not ours.
        _ => Ok(()),
    }
}

/// The contact's identity key became another one: what was being compared is not theirs any more.
pub(crate) fn key_changed(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(row) = running(transaction, contact, now)? else {
        return Ok(());
    };
    let state = State::Ended(WordOutcome::KeyChanged);
    table::put(transaction, &CeremonyRow { state, ..row })?;
    effects.tell(Event::WordsChanged(shown(transaction, contact, now)?));
    Ok(())
}

/// The other side begins. `row`: what was running on ours.
#[allow(
    clippy::too_many_arguments,
    reason = "the arguments of `heard`, and what it has found out"
)]
fn asked_by(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: &ContactRow,
    (ceremony, key): (CeremonyId, &IdentityKey),
    asked: Asked,
    row: Option<CeremonyRow>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let step = Step {
        contact,
        ceremony,
        key: *key,
        now,
    };
    // Said twice, perhaps of one that has ended.
    if table::of(transaction, contact.id)?.is_some_and(|row| row.ceremony == ceremony) {
        return Ok(());
    }
    let both_begin = row.is_some_and(|row| matches!(row.state, State::Asking(_)));
    // Both have asked at once: both go on with that of the smaller account, and drop the other, whose commitment is
    // never opened.
    if both_begin && owner.address.account.as_bytes() < contact.account.as_bytes() {
        return Ok(());
    }
    if again_at(transaction, contact.id, now)?.is_some() {
        return step.tell(transaction, effects, WordsStep::Verdict(Verdict::TooSoon));
    }
    if both_begin {
        return step.answer(transaction, effects, asked);
    }
    step.go_to(transaction, effects, State::Asked(asked))
}

/// The comparison that is running, unless it has taken too long.
fn running(
    connection: &Connection,
    contact: ContactId,
    now: Timestamp,
) -> Result<Option<CeremonyRow>, StorageError> {
    let row = table::of(connection, contact)?;
    Ok(row.filter(|row| !matches!(row.state, State::Ended(_)) && now < row.ends_at))
}
