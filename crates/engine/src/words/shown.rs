//! How a comparison stands, as the user sees it.

use std::time::Duration;

use rusqlite::Connection;

use crate::ceremony::Word;
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{ContactId, WordComparison, WordOutcome, WordStage};
use crate::store::table::word_ceremonies::{self as table, CeremonyRow, CeremonyState as State};

/// One comparison and one retry; then it is time to think, or to use another way.
const MAX_RUNS: usize = 2;

/// How long to think. Two guesses an hour, each with a chance of one in two million, are what an attacker gets.
pub(super) const RUNS_WITHIN: Duration = Duration::from_secs(3600);

/// When another one may begin, if not now.
pub(super) fn again_at(
    connection: &Connection,
    contact: ContactId,
    now: Timestamp,
) -> Result<Option<Timestamp>, StorageError> {
    let runs = table::runs(connection, contact, now.before(RUNS_WITHIN))?;
    let oldest = MAX_RUNS.checked_sub(1).and_then(|nth| runs.get(nth));
    Ok(oldest.map(|shown_at| shown_at.after(RUNS_WITHIN)))
}

/// The comparison with a contact, as it is shown.
pub(crate) fn shown(
    connection: &Connection,
    contact: ContactId,
    now: Timestamp,
) -> Result<WordComparison, StorageError> {
    let stage = match table::of(connection, contact)? {
        None => WordStage::None,
        Some(row) => stage(&row, now),
    };
    Ok(WordComparison {
        contact,
        stage,
        again_at: again_at(connection, contact, now)?,
    })
}

fn stage(row: &CeremonyRow, now: Timestamp) -> WordStage {
    let until = row.ends_at;
    match &row.state {
        State::Ended(outcome) => WordStage::Ended(*outcome),
        _ if until <= now => WordStage::Ended(WordOutcome::TimedOut),
        State::Asking(_) | State::Answered(_) => WordStage::Waiting { until },
        State::Asked(_) => WordStage::Asked { until },
        State::Reading(reading) => WordStage::Reading {
            say: reading.say.map(Word::text),
            until,
        },
        State::Confirming(_) => WordStage::Confirming { until },
    }
}
