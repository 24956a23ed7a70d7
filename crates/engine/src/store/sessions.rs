//! What the protocol asks of a store, over the tables; and its change-sets, applied to them.

use std::sync::Arc;

use rusqlite::{Connection, Transaction};
use sotto_protocol::curve::PublicKey;
use sotto_protocol::prekey::{
    KyberPreKey, KyberPreKeyId, KyberUse, OneTimePreKey, OneTimePreKeyId, SignedPreKey, SignedPreKeyId,
};
use sotto_protocol::ratchet::MessageSeed;
use sotto_protocol::session::{
    ChainId, Place, PostQuantumChanges, PostQuantumKeyId, PreKeys, PreKeysUsed, SessionChanges,
    SessionRecord, SessionState, SkippedKeyId, SkippedKeys, StateRow,
};
use sotto_protocol::spqr::PostQuantumKey;

use super::peer::Peer;
use super::table::identity_keys::{self, Observed};
use super::table::{prekeys, session_states, skipped_keys, skipped_post_quantum_keys};
use crate::clock::Timestamp;
use crate::error::StorageError;

/// All session states with a peer; an empty record if there are none.
pub fn load(connection: &Connection, peer: Peer) -> Result<SessionRecord, StorageError> {
    let rows = session_states::all(connection, peer)?.into_iter().map(|row| {
        let place = row.rank.map_or(Place::Current, |rank| Place::Archived { rank });
        let state = SessionState::from_bytes(&row.bytes).map_err(|_| StorageError::Corrupted)?;
        Ok(StateRow {
            place,
            state: Arc::new(state),
        })
    });
    let rows = rows.collect::<Result<Vec<_>, StorageError>>()?;
    SessionRecord::from_rows(rows).map_err(|_| StorageError::Corrupted)
}

/// Stores what an operation changed. Answers what the peer's identity key turned out to be: if it changed, the caller
/// blocks what waits to be sent, and says so in the conversation.
pub fn apply(
    transaction: &Transaction<'_>,
    peer: Peer,
    changes: &SessionChanges,
    now: Timestamp,
) -> Result<Observed, StorageError> {
    let observed = identity_keys::observe(transaction, peer.account, &changes.identity, now)?;
    store(transaction, peer, changes)?;
    Ok(observed)
}

/// Archives the current state, so that the next message begins a session anew; answers the record as it is then. It says
/// nothing about the peer's identity key: the state may be one with a key that was replaced since.
pub fn archive_current(
    transaction: &Transaction<'_>,
    peer: Peer,
    record: &SessionRecord,
) -> Result<SessionRecord, StorageError> {
    let mut archived = record.clone();
    if let Some(changes) = record.archive_current() {
        store(transaction, peer, &changes)?;
        archived.apply(&changes);
    }
    Ok(archived)
}

fn store(transaction: &Transaction<'_>, peer: Peer, changes: &SessionChanges) -> Result<(), StorageError> {
    for state in &changes.removed {
        session_states::delete(transaction, peer, state)?;
    }
    // Archived states first: at no moment may there be two current ones.
    let (current, archived): (Vec<_>, Vec<_>) =
        changes.put.iter().partition(|row| row.place == Place::Current);
    for row in archived.into_iter().chain(current) {
        let rank = match row.place {
            Place::Current => None,
            Place::Archived { rank } => Some(rank),
        };
        session_states::put(transaction, peer, &row.state.id(), rank, &row.state.to_bytes())?;
    }
    for chain in &changes.chains_dropped {
        skipped_keys::delete_chain(transaction, peer, chain)?;
    }
    for id in changes.skipped_used.iter().chain(&changes.skipped_evicted) {
        skipped_keys::delete(transaction, peer, id)?;
    }
    for key in &changes.skipped_added {
        skipped_keys::insert(transaction, peer, key)?;
    }
    store_post_quantum(transaction, peer, &changes.post_quantum)?;
    if let Some(used) = &changes.prekeys_used {
        use_prekeys(transaction, used)?;
    }
    Ok(())
}

fn store_post_quantum(
    transaction: &Transaction<'_>,
    peer: Peer,
    changes: &PostQuantumChanges,
) -> Result<(), StorageError> {
    if let Some(eviction) = &changes.evicted {
        skipped_post_quantum_keys::evict(transaction, peer, eviction)?;
    }
    if let Some(id) = &changes.used {
        skipped_post_quantum_keys::delete(transaction, peer, id)?;
    }
    for key in &changes.added {
        skipped_post_quantum_keys::insert(transaction, peer, key)?;
    }
    Ok(())
}

fn use_prekeys(transaction: &Transaction<'_>, used: &PreKeysUsed) -> Result<(), StorageError> {
    if let Some(one_time) = used.one_time {
        prekeys::delete_one_time(transaction, one_time)?;
    }
    match used.kyber_use {
        KyberUse::OneTime => prekeys::delete_one_time_kyber(transaction, used.kyber),
        KyberUse::LastResort => {
            prekeys::insert_used_base_key(transaction, used.kyber, used.signed, &used.base_key)
        }
    }
}

/// The skipped keys stored for a peer.
pub struct StoredSkippedKeys<'a> {
    /// Where to look: for a change, the transaction that will store it.
    pub connection: &'a Connection,
    /// The peer.
    pub peer: Peer,
}

impl SkippedKeys for StoredSkippedKeys<'_> {
    type Error = StorageError;

    fn find(&self, id: &SkippedKeyId) -> Result<Option<MessageSeed>, StorageError> {
        skipped_keys::find(self.connection, self.peer, id)
    }

    fn oldest(&self, chain: &ChainId, count: usize) -> Result<Vec<u32>, StorageError> {
        skipped_keys::oldest(self.connection, self.peer, chain, count)
    }

    fn find_post_quantum(&self, id: &PostQuantumKeyId) -> Result<Option<PostQuantumKey>, StorageError> {
        skipped_post_quantum_keys::find(self.connection, self.peer, id)
    }
}

/// Our own prekeys.
pub struct StoredPreKeys<'a> {
    /// Where to look: for a change, the transaction that will store it.
    pub connection: &'a Connection,
}

impl PreKeys for StoredPreKeys<'_> {
    type Error = StorageError;

    fn one_time(&self, id: OneTimePreKeyId) -> Result<Option<OneTimePreKey>, StorageError> {
        prekeys::one_time(self.connection, id)
    }

    fn signed(&self, id: SignedPreKeyId) -> Result<Option<SignedPreKey>, StorageError> {
        prekeys::signed(self.connection, id)
    }

    fn kyber(&self, id: KyberPreKeyId) -> Result<Option<KyberPreKey>, StorageError> {
        prekeys::kyber(self.connection, id)
    }

    fn was_base_key_used(
        &self,
        kyber: KyberPreKeyId,
        signed: SignedPreKeyId,
        base_key: &PublicKey,
    ) -> Result<bool, StorageError> {
        prekeys::was_base_key_used(self.connection, kyber, signed, base_key)
    }
}
