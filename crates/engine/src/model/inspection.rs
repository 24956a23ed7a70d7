//! Where the sessions with a contact stand.

use ring::digest::{SHA256, digest};
use sotto_protocol::curve::PublicKey;
pub use sotto_protocol::session::{ChainSummary, SessionSummary};
pub use sotto_protocol::spqr::{
    Chunks, EpochSummary, ExchangeSide, ExchangeStage, ExchangeSummary, PostQuantumSummary,
};

use super::ContactId;
use crate::clock::Timestamp;

/// What keeps the conversation with a contact secret, without anything that is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// With whom.
    pub contact: ContactId,
    /// The session that is written in, if there is one.
    pub session: Option<SessionSummary>,
    /// Older ones, newest first: late messages of theirs can still be read.
    pub archived: Vec<SessionSummary>,
    /// What others can begin a session with.
    pub prekeys: PrekeysLeft,
    /// How many texts of the conversation are stored on this device.
    pub texts: u32,
}

/// Our own prekeys that nobody has used yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrekeysLeft {
    /// One-time ones that the relay has or has handed out.
    pub one_time: u32,
    /// The same of the post-quantum kind.
    pub one_time_kyber: u32,
    /// When the signed one was made that is handed out now.
    pub signed_at: Option<Timestamp>,
}

/// Two groups of four digits of a public key's SHA-256: enough to see that it is another one than before.
pub fn key_mark(key: &PublicKey) -> String {
    let hash = digest(&SHA256, &key.to_bytes());
    let groups = hash.as_ref().chunks_exact(2).take(2);
    let groups: Vec<String> = groups
        .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    groups.join(" ")
}
