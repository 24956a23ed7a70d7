//! The session record: several states per peer (spec section 14).
//!
//! ```text
//! promote a new state:       archive the current one, the new one is current
//! promote an archived state: take it from the list, archive the current one, it is current
//! archive:                   clear the pending prekey data, drop the oldest if 40 are there, put in front
//! ```
//!
//! Nothing here changes a record in place but [`SessionRecord::apply`]: the rest says which rows would change.

use std::sync::Arc;

use crate::curve::{IdentityKey, PublicKey};
use crate::prekey::{RegistrationId, Timestamp};
use crate::session::{Place, SessionChanges, SessionState, StateId, StateRow};
use crate::stored::StoredFormError;

/// Archived states kept per peer (spec section 18): what simultaneous starts and restored backups leave behind.
pub const MAX_ARCHIVED_STATES: usize = 40;

/// All session states with one peer, newest first: the heads, no skipped keys.
#[derive(Clone, Default)]
pub struct SessionRecord {
    current: Option<Arc<SessionState>>,
    /// Newest, that is largest rank, first.
    archived: Vec<Archived>,
}

#[derive(Clone)]
struct Archived {
    rank: u64,
    state: Arc<SessionState>,
}

/// Which rows a change of the record removes and puts.
#[derive(Default)]
pub(super) struct RowChanges {
    pub(super) removed: Vec<StateId>,
    pub(super) put: Vec<StateRow>,
}

impl SessionRecord {
    /// A record without sessions.
    pub const fn new() -> Self {
        Self {
            current: None,
            archived: Vec::new(),
        }
    }

    /// Puts together the rows that a store has for a peer, in any order. Two current states, two of one rank, or
    /// two of one id are impossible.
    pub fn from_rows(rows: impl IntoIterator<Item = StateRow>) -> Result<Self, StoredFormError> {
        let mut record = Self::new();
        for row in rows {
            let taken = match row.place {
                Place::Current => record.current.is_some(),
                Place::Archived { rank } => record.archived.iter().any(|archived| archived.rank == rank),
            };
            if taken || record.states().any(|state| state.id() == row.state.id()) {
                return Err(StoredFormError::Value);
            }
            record.put(row);
        }
        Ok(record)
    }

    /// The rows of the record, newest first.
    pub fn rows(&self) -> impl Iterator<Item = StateRow> {
        let current = self.current.iter().map(|state| (Place::Current, state));
        let archived = self
            .archived
            .iter()
            .map(|old| (Place::Archived { rank: old.rank }, &old.state));
        current.chain(archived).map(|(place, state)| StateRow {
            place,
            state: Arc::clone(state),
        })
    }

    /// Carries over what an operation changed.
    pub fn apply(&mut self, changes: &SessionChanges) {
        for id in &changes.removed {
            self.remove(*id);
        }
        // All leave their old places before any takes its new one.
        for row in &changes.put {
            self.remove(row.state.id());
        }
        for row in &changes.put {
            self.put(row.clone());
        }
    }

    /// Whether [`Session::encrypt`](crate::session::Session::encrypt) would find a session to send in.
    pub fn can_send(&self, now: Timestamp) -> bool {
        self.current.as_ref().is_some_and(|state| state.is_fresh(now))
    }

    /// Whether the peer has answered in the current state. One that is never answered may have been begun with prekeys that
    /// the peer has no more.
    pub fn is_acknowledged(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|state| !state.is_unacknowledged())
    }

    /// The current state's identity of the peer.
    pub fn remote_identity(&self) -> Option<IdentityKey> {
        self.current.as_ref().map(|state| state.remote_identity)
    }

    /// The peer's registration id in the current state.
    pub fn remote_registration_id(&self) -> Option<RegistrationId> {
        self.current.as_ref().map(|state| state.remote_registration)
    }

    /// Whether this is our own ratchet key of the current state: what a report of a message that did not decrypt
    /// is matched with (`sealed-sender.md` section 7).
    pub fn is_current_ratchet_key(&self, key: &PublicKey) -> bool {
        self.current
            .as_ref()
            .is_some_and(|state| state.sending.ratchet.public() == key)
    }

    /// Whether there is no state at all.
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.archived.is_empty()
    }

    /// Archives the current state, so that the next message starts a session anew. `None` if there is none;
    /// otherwise what to store.
    pub fn archive_current(&self) -> Option<SessionChanges> {
        let identity = self.current.as_ref()?.remote_identity;
        Some(SessionChanges::of_rows(
            identity,
            self.archiving(MAX_ARCHIVED_STATES),
        ))
    }

    pub(crate) fn current(&self) -> Option<&Arc<SessionState>> {
        self.current.as_ref()
    }

    /// All states, in the order in which they are tried.
    pub(super) fn states(&self) -> impl Iterator<Item = &Arc<SessionState>> {
        self.current
            .iter()
            .chain(self.archived.iter().map(|archived| &archived.state))
    }

    /// The state that a prekey message with this base key belongs to.
    pub(super) fn find(&self, base_key: &PublicKey) -> Option<&Arc<SessionState>> {
        self.states().find(|state| state.base_key == *base_key)
    }

    /// Makes `state` current: a new one, or the successor of one that is in the record.
    pub(super) fn promoting(&self, state: SessionState) -> RowChanges {
        let id = state.id();
        let is_current = self.current.as_ref().is_some_and(|current| current.id() == id);
        let is_archived = self.archived.iter().any(|archived| archived.state.id() == id);
        let mut rows = if is_current {
            RowChanges::default()
        } else {
            // A promoted state leaves the list before the current one enters it.
            self.archiving(MAX_ARCHIVED_STATES + usize::from(is_archived))
        };
        rows.put.push(StateRow {
            place: Place::Current,
            state: Arc::new(state),
        });
        rows
    }

    /// Archives the current state, dropping the oldest ones so that at most `limit` are left.
    fn archiving(&self, limit: usize) -> RowChanges {
        let Some(current) = &self.current else {
            return RowChanges::default();
        };
        let state = match current.pending {
            None => Arc::clone(current),
            Some(_) => Arc::new(SessionState {
                pending: None,
                ..SessionState::clone(current)
            }),
        };
        let rank = self
            .archived
            .first()
            .map_or(0, |newest| newest.rank.saturating_add(1));
        let dropped = self.archived.iter().skip(limit.saturating_sub(1));
        RowChanges {
            removed: dropped.map(|archived| archived.state.id()).collect(),
            put: vec![StateRow {
                place: Place::Archived { rank },
                state,
            }],
        }
    }

    fn remove(&mut self, id: StateId) {
        self.current.take_if(|state| state.id() == id);
        self.archived.retain(|archived| archived.state.id() != id);
    }

    fn put(&mut self, row: StateRow) {
        match row.place {
            Place::Current => self.current = Some(row.state),
            Place::Archived { rank } => {
                let at = self.archived.partition_point(|archived| archived.rank > rank);
                self.archived.insert(
                    at,
                    Archived {
                        rank,
                        state: row.state,
                    },
                );
            }
        }
    }
}
