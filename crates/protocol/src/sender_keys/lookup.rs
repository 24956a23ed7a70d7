//! What decrypting may ask the store for: single seeds, never a whole record.

use crate::sender_keys::{SenderChainId, SenderMessageSeed};

/// Which message of which chain a skipped seed is for, within the record of one distribution.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SkippedSenderKeyId {
    /// The chain.
    pub chain: SenderChainId,
    /// The message's number in it.
    pub iteration: u32,
}

/// The skipped seeds stored for one distribution, that is one sender address and one distribution id.
pub trait SkippedSenderKeys {
    /// How the store fails.
    type Error;

    /// The seed stored for a message, if there is one.
    fn find(&self, id: &SkippedSenderKeyId) -> Result<Option<SenderMessageSeed>, Self::Error>;

    /// The `count` smallest iterations stored for a chain, ascending; all of them if there are fewer. (Seeds are
    /// stored in the order of their iterations, so these are the oldest.)
    fn oldest(&self, chain: SenderChainId, count: usize) -> Result<Vec<u32>, Self::Error>;
}
