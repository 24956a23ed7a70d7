//! What may be shown of a session: where it stands, in numbers and public keys.
//!
//! Every shape here derives `Debug`, which no secret of this crate has: a key that opens something cannot get in here
//! without the compiler refusing it.

use crate::curve::PublicKey;
use crate::session::SessionState;
use crate::spqr::PostQuantumSummary;

/// Where a session stands. It moves with each message: encrypting moves the sending chain, a message on a chain that is
/// there moves that chain, and one with a new ratchet key moves the root key twice and begins both chains anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// How many steps the root key has taken: one when we start a session, two with each new ratchet key of the peer's. Two
    /// that talk are one apart: ahead is who was the last to read something new.
    pub root_step: u32,
    /// What we encrypt with.
    pub sending: ChainSummary,
    /// What we decrypt with, newest first.
    pub receiving: Vec<ChainSummary>,
    /// Whether what we send still carries what starts the session at the peer's: they have not been heard in it.
    pub is_unacknowledged: bool,
    /// The ratchet beside it.
    pub post_quantum: PostQuantumSummary,
}

/// A chain of message keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainSummary {
    /// The ratchet key it belongs to: ours for the sending chain, the peer's for a receiving one. It is on every message.
    pub ratchet_key: PublicKey,
    /// How many message keys it has given.
    pub step: u32,
    /// How many of those wait for messages that have not come.
    pub held: u16,
}

impl SessionState {
    /// Where this session stands.
    pub fn summary(&self) -> SessionSummary {
        let receiving = self.receiving.iter().rev();
        SessionSummary {
            root_step: self.root_step,
            sending: ChainSummary {
                ratchet_key: *self.sending.ratchet.public(),
                step: self.sending.chain_key.index(),
                held: 0,
            },
            receiving: receiving
                .map(|chain| ChainSummary {
                    ratchet_key: chain.ratchet_key,
                    step: chain.chain_key.index(),
                    held: chain.held,
                })
                .collect(),
            is_unacknowledged: self.pending.is_some(),
            post_quantum: self.post_quantum.summary(),
        }
    }
}
