//! The symmetric chains: a key for every message, from the secrets of the exchanges (`spqr.md` section 6).
//!
//! ```text
//! start, from PQ0:     root || A to B || B to A = HKDF(0*32, PQ0, "Signal PQ Ratchet V1 Chain  Start", 96)
//! add epoch e:         root || A to B || B to A = HKDF(root, ES_e, "Signal PQ Ratchet V1 Chain Add Epoch", 96)
//! next key of a chain: ctr += 1; chain || key ctr = HKDF(0*32, chain, BE32(ctr) || "Signal PQ Ratchet V1 Chain Next", 64)
//! ```
//!
//! Not here: keys that were skipped. They leave with the answer, one row each, and the caller looks them up when their
//! message comes; a receiving chain only remembers between which numbers there may be any.

use std::ops::Range;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::kdf::hkdf;
use crate::spqr::authenticator::{AuthenticationKey, EpochSecret};
use crate::spqr::epoch::ChainEpoch;
use crate::spqr::summary::EpochSummary;
use crate::stored::{Reader, StoredFormError, Writer};

const START_LABEL: &[u8] = b"Signal PQ Ratchet V1 Chain  Start";
const ADD_EPOCH_LABEL: &[u8] = b"Signal PQ Ratchet V1 Chain Add Epoch";
const NEXT_LABEL: &[u8; 31] = b"Signal PQ Ratchet V1 Chain Next";

/// How far a message's index may be ahead of its chain: what one forged message can cost us in hashing.
const MAX_JUMP: u32 = 25_000;

/// A key of this many messages before the newest one can still be had; older ones are thrown away.
const MAX_AGE: u32 = 2_000;

/// Epochs kept before the one that is sent in.
const EPOCHS_BEHIND: u64 = 1;

/// Most epochs that are kept after an operation: one behind the one that is sent in, and one ahead of it, for an
/// exchange ends before its chains are sent in, and the next one does not end before we send in them.
const MAX_EPOCHS: usize = 3;

/// The key the post-quantum ratchet contributes to one message: the salt of its message keys. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PostQuantumKey([u8; 32]);

impl PostQuantumKey {
    /// Takes stored bytes for a key.
    pub const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, to be stored in a safe place.
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Which side of the session we are, and so which of two chains is ours to send on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// We processed a bundle: we send A to B.
    Initiator,
    /// We published it: we send B to A.
    Responder,
}

/// Whether the jump ahead is limited; in a session with ourselves it is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum JumpLimit {
    /// By [`MAX_JUMP`].
    Limited,
    /// By the largest index there is.
    Unlimited,
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChainError {
    #[error("an epoch whose chains are forgotten or not there yet")]
    Epoch,
    #[error("a key that was taken before, or thrown away")]
    Gone,
    #[error("a key too far ahead")]
    TooFarAhead,
    #[error("the chain has come to the last index there is")]
    Exhausted,
}

/// All chains that are kept, and the root of those to come.
#[derive(Clone)]
pub(crate) struct Chains {
    role: Role,
    limit: JumpLimit,
    next_root: Root,
    /// The epoch of the last key taken for sending.
    send_epoch: ChainEpoch,
    /// Oldest first, without gaps, never empty.
    epochs: Vec<EpochChains>,
}

/// A key for sending, and what was forgotten by taking it.
pub(crate) struct SendKey {
    pub(crate) index: u32,
    pub(crate) key: PostQuantumKey,
    /// All skipped keys of epochs before this one are to be deleted.
    pub(crate) forgotten_before: Option<ChainEpoch>,
}

/// The key of a received message.
pub(crate) enum ReceiveKey {
    /// The chain gave it.
    Next {
        key: PostQuantumKey,
        /// The keys passed over, to be stored.
        skipped: Vec<(u32, PostQuantumKey)>,
        /// Skipped keys of this epoch with a smaller index are to be deleted.
        gone_before: Option<u32>,
    },
    /// If it is anywhere, it is where skipped keys are stored.
    Stored,
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Root([u8; 32]);

/// The two chains of an epoch.
#[derive(Clone)]
struct EpochChains {
    epoch: ChainEpoch,
    /// Erased when a later epoch is sent in. Boxed for the same reason as the states of the exchange.
    sending: Option<Box<Chain>>,
    receiving: Chain,
    /// Where skipped keys of the receiving chain may be stored: none outside this range of indexes.
    stored: Range<u32>,
}

/// A chain and the number of the last key taken from it. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Chain {
    key: [u8; 32],
    index: u32,
}

impl Chain {
    /// Moves on and gives the next key.
    fn next(&mut self) -> Result<PostQuantumKey, ChainError> {
        let [chain, key] = *self.expand::<2>()?;
        self.key = chain;
        Ok(PostQuantumKey(key))
    }

    /// Moves on past a key for which there is no use.
    fn skip(&mut self) -> Result<(), ChainError> {
        // A shorter output is the beginning of a longer one.
        let [chain] = *self.expand::<1>()?;
        self.key = chain;
        Ok(())
    }

    fn expand<const K: usize>(&mut self) -> Result<Zeroizing<[[u8; 32]; K]>, ChainError> {
        self.index = self.index.checked_add(1).ok_or(ChainError::Exhausted)?;
        let mut info = [0; 4 + NEXT_LABEL.len()];
        let (number, label) = info.split_at_mut(4);
        number.copy_from_slice(&self.index.to_be_bytes());
        label.copy_from_slice(NEXT_LABEL);
        Ok(hkdf(None, &self.key, &info))
    }
}

impl Chains {
    pub(crate) const MAX_STORED_LENGTH: usize = 32 + 8 + 8 + 1 + MAX_EPOCHS * (1 + 2 * 36 + 8) + 2;

    pub(crate) fn start(role: Role, limit: JumpLimit, key: &AuthenticationKey) -> Self {
        let (next_root, chains) = epoch_chains(role, ChainEpoch(0), None, key.expose_bytes(), START_LABEL);
        Self {
            role,
            limit,
            next_root,
            send_epoch: ChainEpoch(0),
            epochs: vec![chains],
        }
    }

    /// Adds the chains of an exchange that has come to its secret. Epochs follow on each other.
    pub(super) fn add(&mut self, epoch: ChainEpoch, secret: &EpochSecret) -> Result<(), ChainError> {
        if self.newest().0.checked_add(1) != Some(epoch.0) {
            return Err(ChainError::Epoch);
        }
        let root = Some(&self.next_root.0);
        let (next_root, chains) =
            epoch_chains(self.role, epoch, root, secret.expose_bytes(), ADD_EPOCH_LABEL);
        self.next_root = next_root;
        self.keep_from(ChainEpoch(0), Some(chains));
        Ok(())
    }

    /// Takes the next key for sending. The epoch never decreases; when it rises, older ones are forgotten.
    pub(super) fn send(&mut self, epoch: ChainEpoch) -> Result<SendKey, ChainError> {
        if epoch < self.send_epoch || epoch > self.newest() {
            return Err(ChainError::Epoch);
        }
        let mut forgotten_before = None;
        if epoch > self.send_epoch {
            self.send_epoch = epoch;
            let first_kept = ChainEpoch(epoch.0.saturating_sub(EPOCHS_BEHIND));
            let had_keys = |old: &EpochChains| old.epoch < first_kept && !old.stored.is_empty();
            forgotten_before = self.epochs.iter().any(had_keys).then_some(first_kept);
            self.keep_from(first_kept, None);
            self.epochs
                .iter_mut()
                .filter(|chains| chains.epoch < epoch)
                .for_each(|chains| chains.sending = None);
        }
        let chains = self.epochs.iter_mut().find(|chains| chains.epoch == epoch);
        let sending = chains.and_then(|chains| chains.sending.as_mut());
        let sending = sending.ok_or(ChainError::Epoch)?;
        let key = sending.next()?;
        Ok(SendKey {
            index: sending.index,
            key,
            forgotten_before,
        })
    }

    /// Finds out where the key of a received message is, and takes it if it is the chain's to give.
    pub(super) fn receive(&mut self, epoch: ChainEpoch, index: u32) -> Result<ReceiveKey, ChainError> {
        let chains = self.epochs.iter_mut().find(|chains| chains.epoch == epoch);
        let chains = chains.ok_or(ChainError::Epoch)?;
        let newest = chains.receiving.index;
        if index <= newest {
            let too_old = newest - index > MAX_AGE;
            return match too_old || !chains.stored.contains(&index) {
                true => Err(ChainError::Gone),
                false => Ok(ReceiveKey::Stored),
            };
        }
        if self.limit == JumpLimit::Limited && index - newest > MAX_JUMP {
            return Err(ChainError::TooFarAhead);
        }
        chains.advance(index)
    }

    pub(super) const fn role(&self) -> Role {
        self.role
    }

    pub(super) const fn send_epoch(&self) -> ChainEpoch {
        self.send_epoch
    }

    /// How far the chains have come, oldest epoch first.
    pub(super) fn summary(&self) -> Vec<EpochSummary> {
        let epochs = self.epochs.iter().map(|chains| EpochSummary {
            epoch: chains.epoch,
            sent: chains.sending.as_ref().map(|chain| chain.index),
            received: chains.receiving.index,
        });
        epochs.collect()
    }

    /// Drops the epochs before one, and adds one.
    fn keep_from(&mut self, first_kept: ChainEpoch, added: Option<EpochChains>) {
        // A list of its own, for one that grows or shifts leaves copies of its keys in memory.
        let mut epochs = Vec::with_capacity(self.epochs.len() + 1);
        let kept = self.epochs.iter().filter(|chains| chains.epoch >= first_kept);
        epochs.extend(kept.cloned().chain(added));
        self.epochs = epochs;
    }

    fn newest(&self) -> ChainEpoch {
        self.epochs.last().map_or(self.send_epoch, |chains| chains.epoch)
    }
}

impl EpochChains {
    fn advance(&mut self, index: u32) -> Result<ReceiveKey, ChainError> {
        let first_kept = index.saturating_sub(MAX_AGE);
        while self.receiving.index.saturating_add(1) < first_kept {
            self.receiving.skip()?;
        }
        let first_skipped = self.receiving.index.saturating_add(1);
        let mut skipped = Vec::with_capacity(index.saturating_sub(first_skipped) as usize);
        let key = loop {
            let key = self.receiving.next()?;
            if self.receiving.index == index {
                break key;
            }
            skipped.push((self.receiving.index, key));
        };

        let has_old = !self.stored.is_empty() && self.stored.start < first_kept;
        if has_old {
            self.stored.start = first_kept;
        }
        if !skipped.is_empty() {
            if self.stored.is_empty() {
                self.stored.start = first_skipped;
            }
            self.stored.end = index;
        }
        Ok(ReceiveKey::Next {
            key,
            skipped,
            gone_before: has_old.then_some(first_kept),
        })
    }
}

fn epoch_chains(
    role: Role,
    epoch: ChainEpoch,
    root: Option<&[u8; 32]>,
    secret: &[u8; 32],
    label: &[u8],
) -> (Root, EpochChains) {
    let [root, a_to_b, b_to_a] = *hkdf(root, secret, label);
    let (sending, receiving) = match role {
        Role::Initiator => (a_to_b, b_to_a),
        Role::Responder => (b_to_a, a_to_b),
    };
    let chain = |key| Chain { key, index: 0 };
    let chains = EpochChains {
        epoch,
        sending: Some(Box::new(chain(sending))),
        receiving: chain(receiving),
        stored: 0..0,
    };
    (Root(root), chains)
}

impl Chains {
    pub(super) fn write(&self, form: &mut Writer) {
        form.u8(match self.role {
            Role::Initiator => 0,
            Role::Responder => 1,
        });
        form.u8(match self.limit {
            JumpLimit::Limited => 0,
            JumpLimit::Unlimited => 1,
        });
        form.bytes(&self.next_root.0);
        form.u64(self.send_epoch.0);
        form.u64(self.newest().0);
        // Proof: at most [`MAX_EPOCHS`].
        form.u8(self.epochs.len() as u8);
        for chains in &self.epochs {
            form.u8(u8::from(chains.sending.is_some()));
            if let Some(sending) = &chains.sending {
                sending.write(form);
            }
            chains.receiving.write(form);
            form.u32(chains.stored.start);
            form.u32(chains.stored.end);
        }
    }

    pub(super) fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        let role = match form.flag()? {
            false => Role::Initiator,
            true => Role::Responder,
        };
        let limit = match form.flag()? {
            false => JumpLimit::Limited,
            true => JumpLimit::Unlimited,
        };
        let next_root = Root(form.array()?);
        let send_epoch = ChainEpoch(form.u64()?);
        let newest = form.u64()?;
        let count = form.u8()?;
        let oldest = (newest.checked_add(1)).and_then(|end| end.checked_sub(u64::from(count)));
        let oldest = oldest.ok_or(StoredFormError::Value)?;
        let holds_send_epoch = (oldest..=newest).contains(&send_epoch.0);
        if usize::from(count) > MAX_EPOCHS || !holds_send_epoch {
            return Err(StoredFormError::Value);
        }
        let mut epochs = Vec::with_capacity(MAX_EPOCHS);
        for epoch in oldest..=newest {
            epochs.push(EpochChains::read(ChainEpoch(epoch), form)?);
        }
        Ok(Self {
            role,
            limit,
            next_root,
            send_epoch,
            epochs,
        })
    }
}

impl EpochChains {
    fn read(epoch: ChainEpoch, form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        let sending = match form.flag()? {
            true => Some(Box::new(Chain::read(form)?)),
            false => None,
        };
        Ok(Self {
            epoch,
            sending,
            receiving: Chain::read(form)?,
            stored: form.u32()?..form.u32()?,
        })
    }
}

impl Chain {
    fn write(&self, form: &mut Writer) {
        form.bytes(&self.key);
        form.u32(self.index);
    }

    fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        Ok(Self {
            key: form.array()?,
            index: form.u32()?,
        })
    }
}

#[cfg(test)]
impl Chains {
    /// Compares with a state of the vectors. How many keys are kept is the store's to know.
    pub(super) fn check(&self, expected: &serde_json::Value) {
        use crate::vectors::{array, cases};

        assert_eq!(self.next_root.0, array(&expected["next_root"]));
        assert_eq!(Some(self.newest().0), expected["newest_chain_epoch"].as_u64());
        assert_eq!(Some(self.send_epoch.0), expected["send_chain_epoch"].as_u64());
        let expected = cases(expected, "chains");
        assert_eq!(self.epochs.len(), expected.len());
        for (chains, expected) in self.epochs.iter().zip(expected) {
            assert_eq!(Some(chains.epoch.0), expected["epoch"].as_u64());
            let sending = (!expected["send_chain"].is_null()).then(|| array(&expected["send_chain"]));
            assert_eq!(chains.sending.as_ref().map(|chain| chain.key), sending);
            if let Some(chain) = &chains.sending {
                assert_eq!(Some(u64::from(chain.index)), expected["send_ctr"].as_u64());
            }
            assert_eq!(chains.receiving.key, array(&expected["recv_chain"]));
            assert_eq!(
                Some(u64::from(chains.receiving.index)),
                expected["recv_ctr"].as_u64()
            );
        }
    }
}
