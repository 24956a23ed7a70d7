//! Decrypting: inside one state (spec section 13), and in whichever state a message belongs to (14 to 16).
//!
//! ```text
//! locate   the chain of the message's ratchet key, or step the root key to a new one
//! seed     of the message: the chain's next, one further on, or a skipped one from the store
//! salt     from the post-quantum ratchet (`post_quantum.rs`)
//! open     derive the keys, verify MAC and addresses, decrypt
//! commit   only now: the next state, and what happens to the skipped keys
//! ```
//!
//! Everything up to `open` works on new values, so that an attempt that fails has neither changed anything nor made
//! a key pair.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::curve::{KeyPair, PublicKey};
use crate::message::{AddressPair, Parties, PreKeySignalMessage, SignalMessage, Version};
use crate::prekey::KyberUse;
use crate::ratchet::{ChainKey, MessageKeys, MessageSeed, RootKey};
use crate::session::error::AttemptError;
use crate::session::post_quantum::PostQuantumStep;
use crate::session::state::{ReceivingChain, SendingChain};
use crate::session::{
    ChainId, DecryptError, Decrypted, InvalidMessage, MAX_RECEIVING_CHAINS, PostQuantumChanges,
    PreKeyDecryptError, PreKeys, Session, SessionChanges, SessionState, SkippedKey, SkippedKeyId,
    SkippedKeys,
};
use crate::trust::Direction;

/// How far a message's counter may be ahead of its chain: what one forged message can cost us in hashing (spec
/// section 18). There is no limit in a session with ourselves.
pub const MAX_FORWARD_JUMP: u32 = 25_000;

/// Skipped keys kept per receiving chain; the oldest go first (spec section 18).
pub const MAX_SKIPPED_KEYS: u16 = 2_000;

/// A successful attempt in one state, not yet kept.
struct Attempt {
    plaintext: Zeroizing<Vec<u8>>,
    state: SessionState,
    skipped: SkippedChanges,
    post_quantum: PostQuantumChanges,
}

/// What an attempt does to the skipped keys.
#[derive(Default)]
struct SkippedChanges {
    chains_dropped: Vec<ChainId>,
    used: Option<SkippedKeyId>,
    evicted: Vec<SkippedKeyId>,
    added: Vec<SkippedKey>,
}

/// Where a message's ratchet key leads.
enum Located<'a> {
    /// To a chain that is there.
    Chain(&'a ReceivingChain),
    /// To a new chain, after half a ratchet step: the other half makes our own new key, once the message is proved.
    Step { root_key: RootKey, chain_key: ChainKey },
}

/// A message's seed and what getting it does to its chain.
enum Seed {
    /// From the chain, which moves on.
    Next {
        seed: MessageSeed,
        chain_key: ChainKey,
        skipped: Vec<SkippedKey>,
    },
    /// From the store, where it is used up.
    Skipped { seed: MessageSeed },
}

impl Session<'_> {
    /// Decrypts a plain message in whichever session it belongs to, which becomes the current one (spec sections
    /// 13, 14 and 16).
    ///
    /// Draws 32 bytes when the message's ratchet key is new.
    pub fn decrypt<S: SkippedKeys>(
        &self,
        message: &SignalMessage,
        skipped: &S,
        rng: &mut impl CryptoRng,
    ) -> Result<Decrypted, DecryptError<S::Error>> {
        if self.record.is_empty() {
            return Err(DecryptError::NoSession);
        }
        for state in self.record.states() {
            match self.attempt(state, message, skipped, rng) {
                Ok(attempt) => {
                    self.require_trust(&attempt.state.remote_identity, Direction::Receiving)?;
                    return Ok(self.keep(attempt));
                }
                Err(AttemptError::Duplicate) => return Err(DecryptError::Duplicate),
                Err(AttemptError::Failed) => {}
                Err(AttemptError::Store(error)) => return Err(DecryptError::Store(error)),
            }
        }
        Err(InvalidMessage::DecryptionFailed.into())
    }

    /// Decrypts a prekey message, making a session first unless its session is there already (spec sections 15 and
    /// 16).
    ///
    /// Draws 32 bytes when the message's ratchet key is new.
    pub fn decrypt_prekey<S: SkippedKeys, P: PreKeys<Error = S::Error>>(
        &self,
        message: &PreKeySignalMessage,
        skipped: &S,
        prekeys: &P,
        rng: &mut impl CryptoRng,
    ) -> Result<Decrypted, PreKeyDecryptError<S::Error>> {
        self.require_trust(message.identity(), Direction::Receiving)?;
        if message.version() != Version::Current {
            return Err(InvalidMessage::WithoutKyber.into());
        }
        let Some(state) = self.record.find(message.base_key()) else {
            let (state, used) = self.accepted_state(message, prekeys)?;
            let mut decrypted = self.open_prekey(&state, message, skipped, rng)?;
            let reused = used.kyber_use == KyberUse::LastResort
                && prekeys
                    .was_base_key_used(used.kyber, used.signed, &used.base_key)
                    .map_err(PreKeyDecryptError::Store)?;
            if reused {
                return Err(InvalidMessage::BaseKeyReused.into());
            }
            decrypted.changes.prekeys_used = Some(used);
            return Ok(decrypted);
        };
        // Nothing else proves the identity outside, which trust was asked about, to be the one that sent this.
        if state.remote_identity != *message.identity() {
            return Err(InvalidMessage::DecryptionFailed.into());
        }
        self.open_prekey(state, message, skipped, rng)
    }

    /// The message inside a prekey message is tried in the session that the outside names, and in no other.
    fn open_prekey<S: SkippedKeys>(
        &self,
        state: &SessionState,
        message: &PreKeySignalMessage,
        skipped: &S,
        rng: &mut impl CryptoRng,
    ) -> Result<Decrypted, PreKeyDecryptError<S::Error>> {
        match self.attempt(state, message.message(), skipped, rng) {
            Ok(attempt) => Ok(self.keep(attempt)),
            Err(AttemptError::Duplicate) => Err(PreKeyDecryptError::Duplicate),
            Err(AttemptError::Failed) => Err(InvalidMessage::DecryptionFailed.into()),
            Err(AttemptError::Store(error)) => Err(PreKeyDecryptError::Store(error)),
        }
    }

    fn keep(&self, attempt: Attempt) -> Decrypted {
        let identity = attempt.state.remote_identity;
        let mut changes = SessionChanges::of_rows(identity, self.record.promoting(attempt.state));
        changes.chains_dropped = attempt.skipped.chains_dropped;
        changes.skipped_used = attempt.skipped.used;
        changes.skipped_evicted = attempt.skipped.evicted;
        changes.skipped_added = attempt.skipped.added;
        changes.post_quantum = attempt.post_quantum;
        Decrypted {
            plaintext: attempt.plaintext,
            changes,
        }
    }

    /// Tries a message in one state.
    fn attempt<S: SkippedKeys>(
        &self,
        state: &SessionState,
        message: &SignalMessage,
        skipped: &S,
        rng: &mut impl CryptoRng,
    ) -> Result<Attempt, AttemptError<S::Error>> {
        if message.version() != Version::Current {
            return Err(AttemptError::Failed);
        }
        let located = state.locate(message.ratchet_key()).ok_or(AttemptError::Failed)?;
        let seed = self.seed(state, &located, message, skipped)?;
        let post_quantum = state.post_quantum_step(message, skipped)?;
        let plaintext = self
            .open(state, seed.seed(), &post_quantum, message)
            .ok_or(AttemptError::Failed)?;
        let (state, skipped) = commit(state, located, seed, message, skipped, rng)?;
        Ok(Attempt {
            plaintext,
            state: SessionState {
                post_quantum: post_quantum.next,
                pending: None,
                ..state
            },
            skipped,
            post_quantum: post_quantum.changes,
        })
    }

    /// Finds the message's seed: step 2 of spec section 13.
    fn seed<S: SkippedKeys>(
        &self,
        state: &SessionState,
        located: &Located<'_>,
        message: &SignalMessage,
        skipped: &S,
    ) -> Result<Seed, AttemptError<S::Error>> {
        let chain_key = located.chain_key();
        let chain = state.chain_id(*message.ratchet_key());
        let Some(jump) = message.counter().checked_sub(chain_key.index()) else {
            let id = SkippedKeyId {
                chain,
                counter: message.counter(),
            };
            let seed = skipped
                .find(&id)
                .map_err(AttemptError::Store)?
                .ok_or(AttemptError::Duplicate)?;
            return Ok(Seed::Skipped { seed });
        };
        if jump > MAX_FORWARD_JUMP && !self.is_with_ourselves(&state.remote_identity) {
            return Err(AttemptError::Failed);
        }
        advance(chain, chain_key, message.counter()).ok_or(AttemptError::Failed)
    }

    /// Verifies and decrypts: steps 4 and 5 of spec section 13.
    fn open(
        &self,
        state: &SessionState,
        seed: &MessageSeed,
        post_quantum: &PostQuantumStep,
        message: &SignalMessage,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let keys = MessageKeys::derive(seed, post_quantum.key.as_ref());
        let parties = Parties {
            sender: &state.remote_identity,
            receiver: &state.local_identity,
        };
        let authentic = message.verify_mac(keys.mac_key(), parties)
            && message.verify_addresses(AddressPair::new(self.remote, &self.local.address));
        if !authentic {
            return None;
        }
        keys.decrypt(message.body()).ok()
    }
}

impl SessionState {
    /// Finds the chain of a ratchet key, or begins the step to it. `None` if that key is of small order.
    fn locate(&self, ratchet_key: &PublicKey) -> Option<Located<'_>> {
        // Newest first: that is where nearly every message belongs.
        if let Some(chain) = self
            .receiving
            .iter()
            .rev()
            .find(|chain| chain.ratchet_key == *ratchet_key)
        {
            return Some(Located::Chain(chain));
        }
        let (root_key, chain_key) = self
            .root_key
            .step(self.sending.ratchet.private(), ratchet_key)
            .ok()?;
        Some(Located::Step { root_key, chain_key })
    }
}

impl Located<'_> {
    fn chain_key(&self) -> &ChainKey {
        match self {
            Self::Chain(chain) => &chain.chain_key,
            Self::Step { chain_key, .. } => chain_key,
        }
    }
}

impl Seed {
    fn seed(&self) -> &MessageSeed {
        match self {
            Self::Next { seed, .. } | Self::Skipped { seed } => seed,
        }
    }
}

/// Moves a chain on to behind `counter`, collecting the seeds skipped; of those only as many as are kept.
///
/// They are put where they stay, for seeds that are moved out of a list are not wiped in it.
fn advance(chain: ChainId, chain_key: &ChainKey, counter: u32) -> Option<Seed> {
    let mut chain_key = chain_key.clone();
    let first_kept = counter.saturating_sub(u32::from(MAX_SKIPPED_KEYS));
    while chain_key.index() < first_kept {
        chain_key = chain_key.skip()?;
    }
    let mut skipped = Vec::with_capacity(counter.saturating_sub(chain_key.index()) as usize);
    loop {
        let index = chain_key.index();
        let (seed, next) = chain_key.step()?;
        chain_key = next;
        if index == counter {
            return Some(Seed::Next {
                seed,
                chain_key,
                skipped,
            });
        }
        skipped.push(SkippedKey {
            id: SkippedKeyId {
                chain,
                counter: index,
            },
            seed,
        });
    }
}

/// Makes the next state of a message that has been proved, and says what becomes of the skipped keys.
fn commit<S: SkippedKeys>(
    state: &SessionState,
    located: Located<'_>,
    seed: Seed,
    message: &SignalMessage,
    store: &S,
    rng: &mut impl CryptoRng,
) -> Result<(SessionState, SkippedChanges), AttemptError<S::Error>> {
    let mut next = state.clone();
    let mut changes = SkippedChanges::default();
    if let Located::Step { root_key, chain_key } = located {
        next.finish_step(root_key, chain_key, *message.ratchet_key(), rng)
            .map_err(|_| AttemptError::Failed)?;
        let dropped = state.receiving.iter().take(state.excess_chains());
        changes.chains_dropped = dropped.map(|chain| state.chain_id(chain.ratchet_key)).collect();
    }
    let id = state.chain_id(*message.ratchet_key());
    let Some(chain) = next
        .receiving
        .iter_mut()
        .find(|chain| chain.ratchet_key == id.ratchet_key)
    else {
        return Err(AttemptError::Failed);
    };
    match seed {
        Seed::Skipped { .. } => {
            chain.held = chain.held.saturating_sub(1);
            changes.used = Some(SkippedKeyId {
                chain: id,
                counter: message.counter(),
            });
        }
        Seed::Next {
            chain_key, skipped, ..
        } => {
            let held = usize::from(chain.held) + skipped.len();
            let excess = held.saturating_sub(usize::from(MAX_SKIPPED_KEYS));
            if excess > 0 {
                let counters = store.oldest(&id, excess).map_err(AttemptError::Store)?;
                changes.evicted = counters
                    .into_iter()
                    .map(|counter| SkippedKeyId { chain: id, counter })
                    .collect();
            }
            chain.chain_key = chain_key;
            chain.held = u16::try_from(held - excess).unwrap_or(MAX_SKIPPED_KEYS);
            changes.added = skipped;
        }
    }
    Ok((next, changes))
}

impl SessionState {
    /// The second half of a ratchet step (spec section 9): our own new key, and the chain we send with from now on.
    fn finish_step(
        &mut self,
        root_key: RootKey,
        chain_key: ChainKey,
        ratchet_key: PublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(), crate::curve::InvalidAgreement> {
        let ratchet = KeyPair::generate(rng);
        let (root_key, sending) = root_key.step(ratchet.private(), &ratchet_key)?;
        self.previous_counter = self.sending.chain_key.index().saturating_sub(1);
        self.root_key = root_key;
        self.root_step = self.root_step.saturating_add(2);
        self.sending = SendingChain {
            ratchet,
            chain_key: sending,
        };
        // A list of its own, for one that grows or shifts leaves copies of its chain keys in memory.
        let kept = self.receiving.iter().skip(self.excess_chains());
        let mut receiving = Vec::with_capacity(MAX_RECEIVING_CHAINS);
        receiving.extend(kept.cloned());
        receiving.push(ReceivingChain {
            ratchet_key,
            chain_key,
            held: 0,
        });
        self.receiving = receiving;
        Ok(())
    }

    /// How many chains, the oldest, have to go before there is room for another.
    const fn excess_chains(&self) -> usize {
        (self.receiving.len() + 1).saturating_sub(MAX_RECEIVING_CHAINS)
    }
}
