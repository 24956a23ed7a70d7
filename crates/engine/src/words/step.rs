//! One step of one comparison: what is told, what is stored, what comes of it.

use std::time::Duration;

use rusqlite::Transaction;
use sotto_protocol::curve::IdentityKey;

use super::shown::{RUNS_WITHIN, shown};
use crate::ceremony::{Asked, CeremonyId, Context, Side, WordsAgree};
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{Body, Content, WordsMessage, WordsStep};
use crate::effects::Effects;
use crate::error::StorageError;
use crate::events::Event;
use crate::identity;
use crate::model::{Address, VerifiedBy, WordOutcome};
use crate::outbox;
use crate::store::table::contacts::ContactRow;
use crate::store::table::word_ceremonies::{self as table, CeremonyRow, CeremonyState as State};

/// How long each step may take: people are on the telephone with each other, or fetch one.
const STEP: Duration = Duration::from_secs(10 * 60);

/// How long we wait for the other side's "right" once ours is said: their user has nothing more to do, but their network
/// may have.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// Who began.
#[derive(PartialEq, Eq)]
pub(super) enum Initiator {
    We,
    They,
}

/// Who compares with whom, as we believe.
pub(super) fn context(
    ceremony: CeremonyId,
    owner: &Owner,
    contact: &ContactRow,
    key: &IdentityKey,
    initiator: Initiator,
) -> Context {
    let our_key = owner.party.identity.identity_key();
    let ours = Side {
        address: &owner.address,
        key: &our_key,
    };
    let address = Address {
        account: contact.account,
        relay: contact.relay.clone(),
    };
    let theirs = Side {
        address: &address,
        key,
    };
    match initiator {
        Initiator::We => Context::new(ceremony, &ours, &theirs),
        Initiator::They => Context::new(ceremony, &theirs, &ours),
    }
}

/// One step of one comparison.
pub(super) struct Step<'a> {
    pub(super) contact: &'a ContactRow,
    pub(super) ceremony: CeremonyId,
    pub(super) key: IdentityKey,
    pub(super) now: Timestamp,
}

impl<'a> Step<'a> {
    pub(super) fn of(row: &CeremonyRow, contact: &'a ContactRow, now: Timestamp) -> Self {
        Self {
            contact,
            ceremony: row.ceremony,
            key: row.key,
            now,
        }
    }

    pub(super) fn tell(
        &self,
        transaction: &Transaction<'_>,
        effects: &mut Effects,
        step: WordsStep,
    ) -> Result<(), StorageError> {
        let message = WordsMessage {
            ceremony: self.ceremony,
            step,
        };
        let content = Content::new(Body::Words(message), self.now);
        outbox::enqueue(transaction, effects, self.contact.account, &content, self.now)
    }

    pub(super) fn go_to(
        &self,
        transaction: &Transaction<'_>,
        effects: &mut Effects,
        state: State,
    ) -> Result<(), StorageError> {
        let patience = match &state {
            State::Confirming(_) => CONFIRMED_WITHIN,
            _ => STEP,
        };
        let row = CeremonyRow {
            contact: self.contact.id,
            ceremony: self.ceremony,
            key: self.key,
            state,
            ends_at: self.now.after(patience),
        };
        table::put(transaction, &row)?;
        effects.tell(Event::WordsChanged(shown(transaction, row.contact, self.now)?));
        Ok(())
    }

    /// Our nonce is shown: one more guess for who stands in between.
    pub(super) fn answer(
        &self,
        transaction: &Transaction<'_>,
        effects: &mut Effects,
        asked: Asked,
    ) -> Result<(), StorageError> {
        let (nonce, answered) = asked.accept(&mut rand::rng());
        self.tell(transaction, effects, WordsStep::Answer(nonce))?;
        let forgotten_before = self.now.before(RUNS_WITHIN);
        table::insert_run(transaction, self.contact.id, self.now, forgotten_before)?;
        self.go_to(transaction, effects, State::Answered(answered))
    }

    pub(super) fn verified(
        &self,
        transaction: &Transaction<'_>,
        effects: &mut Effects,
        _both_typed_right: &WordsAgree,
    ) -> Result<(), StorageError> {
        identity::compared(
            transaction,
            effects,
            self.contact,
            &self.key,
            VerifiedBy::Words,
            self.now,
        )?;
        table::delete_runs(transaction, self.contact.id)?;
        self.go_to(transaction, effects, State::Ended(WordOutcome::Verified))
    }

    pub(super) fn differed(
        &self,
        transaction: &Transaction<'_>,
        effects: &mut Effects,
    ) -> Result<(), StorageError> {
        identity::differed(transaction, effects, self.contact, &self.key, self.now)?;
        self.go_to(transaction, effects, State::Ended(WordOutcome::Differed))
    }
}
