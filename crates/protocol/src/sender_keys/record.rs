//! The record of one distribution: several states, newest first (spec section 2).
//!
//! Nothing here changes a record in place but [`SenderKeyRecord::apply`]: the rest says which rows would change.

use std::sync::Arc;

use crate::sender_keys::{DistributionId, SenderChainId, SenderKeyChanges, SenderKeyRow, SenderKeyState};
use crate::stored::StoredFormError;

/// States kept per distribution: late messages of a sender's last five chains still decrypt (spec section 4).
pub const MAX_STATES: usize = 5;

/// All states of one sender in one distribution: the heads, no skipped seeds.
#[derive(Clone)]
pub struct SenderKeyRecord {
    distribution: DistributionId,
    /// Newest, that is largest rank, first.
    states: Vec<SenderKeyRow>,
}

impl SenderKeyRecord {
    /// A record without states.
    pub const fn new(distribution: DistributionId) -> Self {
        Self {
            distribution,
            states: Vec::new(),
        }
    }

    /// Puts together the rows that a store has for a sender's address and a distribution, in any order. More than
    /// [`MAX_STATES`], two of one rank, or two of one id are impossible.
    pub fn from_rows(
        distribution: DistributionId,
        rows: impl IntoIterator<Item = SenderKeyRow>,
    ) -> Result<Self, StoredFormError> {
        let mut record = Self::new(distribution);
        for row in rows {
            let taken = record
                .states
                .iter()
                .any(|other| other.rank == row.rank || other.state.id() == row.state.id());
            if taken || record.states.len() == MAX_STATES {
                return Err(StoredFormError::Value);
            }
            record.put(row);
        }
        Ok(record)
    }

    /// The rows of the record, newest first.
    pub fn rows(&self) -> &[SenderKeyRow] {
        &self.states
    }

    /// Whose record this is, together with the sender's address.
    pub const fn distribution(&self) -> DistributionId {
        self.distribution
    }

    /// Whether there is no state at all.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Carries over what an operation changed.
    pub fn apply(&mut self, changes: &SenderKeyChanges) {
        self.states
            .retain(|row| !changes.removed.contains(&row.state.id()));
        if let Some(row) = &changes.put {
            self.states.retain(|old| old.state.id() != row.state.id());
            self.put(row.clone());
        }
    }

    /// The state that is used for sending.
    pub(super) fn first(&self) -> Option<&SenderKeyRow> {
        self.states.first()
    }

    pub(super) fn find(&self, id: SenderChainId) -> Option<&SenderKeyRow> {
        self.states.iter().find(|row| row.state.id() == id)
    }

    /// Puts a new state in front, where it takes the place of one with its id, if there is one, and pushes out the
    /// last ones.
    pub(super) fn adding(&self, state: SenderKeyState) -> SenderKeyChanges {
        let id = state.id();
        let replaced = self.find(id).map(|row| row.state.id());
        let others = self.states.iter().filter(|row| row.state.id() != id);
        let pushed_out = others.skip(MAX_STATES - 1).map(|row| row.state.id());
        SenderKeyChanges {
            removed: replaced.into_iter().chain(pushed_out).collect(),
            put: Some(self.in_front(Arc::new(state))),
            ..SenderKeyChanges::default()
        }
    }

    /// The row of a state that is to be the first.
    pub(super) fn in_front(&self, state: Arc<SenderKeyState>) -> SenderKeyRow {
        let rank = self.first().map_or(0, |first| first.rank.saturating_add(1));
        SenderKeyRow { rank, state }
    }

    fn put(&mut self, row: SenderKeyRow) {
        let at = self.states.partition_point(|other| other.rank > row.rank);
        self.states.insert(at, row);
    }
}
