//! What an operation may ask the store for: single keys, never a whole session.

use crate::curve::PublicKey;
use crate::prekey::{
    KyberPreKey, KyberPreKeyId, OneTimePreKey, OneTimePreKeyId, SignedPreKey, SignedPreKeyId,
};
use crate::ratchet::MessageSeed;
use crate::session::StateId;
use crate::spqr::{ChainEpoch, PostQuantumKey};

/// A receiving chain: the state it belongs to and the peer's ratchet key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChainId {
    /// The state.
    pub state: StateId,
    /// The peer's ratchet key.
    pub ratchet_key: PublicKey,
}

/// Which message of which chain a skipped key is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SkippedKeyId {
    /// The chain.
    pub chain: ChainId,
    /// The message's counter in it.
    pub counter: u32,
}

/// Which message of which chain of the post-quantum ratchet a skipped key is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PostQuantumKeyId {
    /// The state.
    pub state: StateId,
    /// The epoch of the chain.
    pub epoch: ChainEpoch,
    /// The key's number in it.
    pub index: u32,
}

/// The skipped keys stored for one peer.
pub trait SkippedKeys {
    /// How the store fails.
    type Error;

    /// The seed stored for a message, if there is one.
    fn find(&self, id: &SkippedKeyId) -> Result<Option<MessageSeed>, Self::Error>;

    /// The `count` smallest counters stored for a chain, ascending; all of them if there are fewer. (Seeds are
    /// stored in the order of their counters, so these are the oldest.)
    fn oldest(&self, chain: &ChainId, count: usize) -> Result<Vec<u32>, Self::Error>;

    /// The post-quantum key stored for a message, if there is one.
    fn find_post_quantum(&self, id: &PostQuantumKeyId) -> Result<Option<PostQuantumKey>, Self::Error>;
}

/// Our own prekeys.
pub trait PreKeys {
    /// How the store fails.
    type Error;

    /// The one-time prekey with this number, if we (still) have it.
    fn one_time(&self, id: OneTimePreKeyId) -> Result<Option<OneTimePreKey>, Self::Error>;

    /// The signed prekey with this number, if we (still) have it.
    fn signed(&self, id: SignedPreKeyId) -> Result<Option<SignedPreKey>, Self::Error>;

    /// The Kyber prekey with this number, if we (still) have it.
    fn kyber(&self, id: KyberPreKeyId) -> Result<Option<KyberPreKey>, Self::Error>;

    /// Whether a session was made before with this pair of prekeys and this base key. Asked for last-resort Kyber
    /// prekeys only; see [`PreKeysUsed`](crate::session::PreKeysUsed).
    fn was_base_key_used(
        &self,
        kyber: KyberPreKeyId,
        signed: SignedPreKeyId,
        base_key: &PublicKey,
    ) -> Result<bool, Self::Error>;
}
