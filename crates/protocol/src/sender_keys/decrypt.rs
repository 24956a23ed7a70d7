//! Decrypting a group message (spec section 3).

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::sender_keys::chain::SenderChainKey;
use crate::sender_keys::{
    GroupDecryptError, SenderKeyChanges, SenderKeyMessage, SenderKeyRecord, SenderKeyRow, SenderKeyState,
    SenderMessageSeed, SkippedSenderKey, SkippedSenderKeyId, SkippedSenderKeys,
};

/// How far a message may be ahead of its chain: what one message can cost us in hashing (spec section 4).
pub const MAX_FORWARD_JUMP: u32 = 25_000;

/// Skipped seeds kept per state; the oldest go first (spec section 4).
pub const MAX_SKIPPED_SEEDS: u16 = 2_000;

/// A decrypted group message, not to be acknowledged before the changes are stored.
pub struct GroupDecrypted {
    /// What the sender wrote.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// What to store.
    pub changes: SenderKeyChanges,
}

impl SenderKeyRecord {
    /// Decrypts a message of the sender whose record this is; `skipped` are the seeds stored beside the record.
    ///
    /// Nothing in the message says who sent it: the caller knows the address from the transport or, better, from a
    /// validated sender certificate.
    pub fn decrypt<S: SkippedSenderKeys>(
        &self,
        message: &SenderKeyMessage,
        skipped: &S,
    ) -> Result<GroupDecrypted, GroupDecryptError<S::Error>> {
        let row = self
            .find(message.chain())
            .filter(|_| message.distribution() == self.distribution())
            .ok_or(GroupDecryptError::NoSenderKey)?;
        message
            .verify(&row.state.verifier)
            .map_err(|_| GroupDecryptError::BadSignature)?;
        let (seed, changes) = match message.iteration().checked_sub(row.state.iteration()) {
            None => late(row, message, skipped)?,
            Some(jump) if jump > MAX_FORWARD_JUMP => return Err(GroupDecryptError::Invalid),
            Some(_) => on_time(row, message, skipped)?,
        };
        let plaintext = seed.keys().decrypt(message.ciphertext());
        Ok(GroupDecrypted {
            plaintext: plaintext.ok_or(GroupDecryptError::Invalid)?,
            changes,
        })
    }
}

/// The seed of a message that later ones have overtaken.
fn late<S: SkippedSenderKeys>(
    row: &SenderKeyRow,
    message: &SenderKeyMessage,
    skipped: &S,
) -> Result<(SenderMessageSeed, SenderKeyChanges), GroupDecryptError<S::Error>> {
    let id = SkippedSenderKeyId {
        chain: row.state.id(),
        iteration: message.iteration(),
    };
    let seed = skipped
        .find(&id)
        .map_err(GroupDecryptError::Store)?
        .ok_or(GroupDecryptError::Duplicate)?;
    let next = SenderKeyState {
        held: row.state.held.saturating_sub(1),
        ..SenderKeyState::clone(&row.state)
    };
    let changes = SenderKeyChanges {
        put: Some(row_of(row.rank, next)),
        skipped_used: Some(id),
        ..SenderKeyChanges::default()
    };
    Ok((seed, changes))
}

/// The seed of the chain's next message, or of one further on, with those of the messages between.
fn on_time<S: SkippedSenderKeys>(
    row: &SenderKeyRow,
    message: &SenderKeyMessage,
    store: &S,
) -> Result<(SenderMessageSeed, SenderKeyChanges), GroupDecryptError<S::Error>> {
    let state = &row.state;
    let advanced = advance(state, message.iteration()).ok_or(GroupDecryptError::Invalid)?;
    let held = usize::from(state.held) + advanced.skipped.len();
    let excess = held.saturating_sub(usize::from(MAX_SKIPPED_SEEDS));
    let evicted = if excess > 0 {
        store
            .oldest(state.id(), excess)
            .map_err(GroupDecryptError::Store)?
    } else {
        Vec::new()
    };
    let id = |iteration| SkippedSenderKeyId {
        chain: state.id(),
        iteration,
    };
    let next = SenderKeyState {
        chain_key: advanced.chain_key,
        held: u16::try_from(held - excess).unwrap_or(MAX_SKIPPED_SEEDS),
        ..SenderKeyState::clone(state)
    };
    let changes = SenderKeyChanges {
        put: Some(row_of(row.rank, next)),
        skipped_evicted: evicted.into_iter().map(id).collect(),
        skipped_added: advanced.skipped,
        ..SenderKeyChanges::default()
    };
    Ok((advanced.seed, changes))
}

fn row_of(rank: u64, state: SenderKeyState) -> SenderKeyRow {
    SenderKeyRow {
        rank,
        state: Arc::new(state),
    }
}

/// A chain moved on to behind a message.
struct Advanced {
    seed: SenderMessageSeed,
    chain_key: SenderChainKey,
    /// Of the messages passed over, as many as are kept.
    skipped: Vec<SkippedSenderKey>,
}

/// `None` if the chain cannot step behind the message.
fn advance(state: &SenderKeyState, iteration: u32) -> Option<Advanced> {
    let mut chain_key = state.chain_key.clone();
    let first_kept = iteration.saturating_sub(u32::from(MAX_SKIPPED_SEEDS));
    while chain_key.iteration() < first_kept {
        chain_key = chain_key.skip()?;
    }
    // Filled once and handed on as it is: seeds that are moved out of a list are not wiped in it.
    let mut skipped = Vec::with_capacity(iteration.saturating_sub(chain_key.iteration()) as usize);
    loop {
        let id = SkippedSenderKeyId {
            chain: state.id(),
            iteration: chain_key.iteration(),
        };
        let (seed, next) = chain_key.step()?;
        chain_key = next;
        if id.iteration == iteration {
            return Some(Advanced {
                seed,
                chain_key,
                skipped,
            });
        }
        skipped.push(SkippedSenderKey { id, seed });
    }
}
