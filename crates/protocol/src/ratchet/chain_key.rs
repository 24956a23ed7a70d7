//! The chain key: one step per message.
//!
//! ```text
//! message seed n = HMAC(chain key n, 0x01)
//! chain key n+1  = HMAC(chain key n, 0x02)
//! ```

use hmac::Mac;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::kdf::hmac;
use crate::ratchet::MessageSeed;

/// A chain key and how many steps it is from the start. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct ChainKey {
    key: [u8; 32],
    index: u32,
}

impl ChainKey {
    /// The key a chain starts with.
    pub(crate) const fn first(key: [u8; 32]) -> Self {
        Self { key, index: 0 }
    }

    /// The key a chain has come to.
    pub(crate) const fn from_parts(key: [u8; 32], index: u32) -> Self {
        Self { key, index }
    }

    /// The counter of the next message of the chain.
    pub(crate) const fn index(&self) -> u32 {
        self.index
    }

    pub(crate) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// The seed of message [`Self::index`], and the chain after it. `None` after the last counter there is.
    pub(crate) fn step(&self) -> Option<(MessageSeed, Self)> {
        let index = self.index.checked_add(1)?;
        let keyed = hmac(&self.key);
        let seed = keyed.clone().chain_update([1]).finalize().into_bytes().into();
        let key = keyed.chain_update([2]).finalize().into_bytes().into();
        Some((MessageSeed::from_array(seed), Self { key, index }))
    }

    /// The chain after message [`Self::index`], for whose seed there is no use.
    pub(crate) fn skip(&self) -> Option<Self> {
        let index = self.index.checked_add(1)?;
        let key = hmac(&self.key).chain_update([2]).finalize().into_bytes().into();
        Some(Self { key, index })
    }
}
