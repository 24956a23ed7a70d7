//! Where the sessions with a contact stand. No shape here has room for a secret: they are numbers, and marks of public keys.

use serde::Serialize;
use ts_rs::TS;

/// What keeps the conversation with a contact secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Inspection {
    /// With whom.
    pub contact: String,
    /// The session that is written in, if there is one.
    pub session: Option<Ratchet>,
    /// How many older sessions are kept for late messages.
    pub archived: u32,
    /// How many keys of late messages those hold.
    pub archived_held: u32,
    /// What others can begin a session with.
    pub prekeys: PrekeysLeft,
    /// How many texts of the conversation are stored on this device.
    pub texts: u32,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Ratchet {
    /// How many steps the root key has taken.
    pub root_step: u32,
    /// What the user's messages are encrypted with.
    pub sending: RatchetChain,
    /// What the contact's messages are decrypted with, newest first.
    pub receiving: Vec<RatchetChain>,
    /// Whether the contact has not been heard in it yet.
    pub is_unacknowledged: bool,
    /// The post-quantum ratchet beside it.
    pub post_quantum: PostQuantum,
}

/// A chain of message keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RatchetChain {
    /// The mark of its public ratchet key: eight hexadecimal digits.
    pub mark: String,
    /// How many message keys it has given.
    pub step: u32,
    /// How many of those wait for messages that have not come.
    pub held: u32,
}

/// The post-quantum ratchet of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PostQuantum {
    /// The epoch whose secret is in the messages that are sent now; 0 until the first exchange is complete.
    pub epoch: u32,
    /// The epoch that is being exchanged.
    pub exchanging: u32,
    /// Whose key the exchange is for.
    pub side: ExchangeSide,
    /// Where it stands.
    pub stage: ExchangeStage,
    /// What rides on the messages that are sent now.
    pub outgoing: Option<Chunks>,
    /// What comes in now.
    pub incoming: Option<Chunks>,
}

/// What this side contributes to an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ExchangeSide {
    /// The key.
    Key,
    /// The secret, locked with the contact's key.
    Ciphertext,
}

/// How far an exchange has come, the same for both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ExchangeStage {
    /// It has not begun.
    Waiting,
    /// The header of the key is on its way.
    Header,
    /// The key goes one way, the first part of the ciphertext the other.
    Crossing,
    /// One of the two has arrived.
    HalfCrossed,
    /// The last part of the ciphertext is on its way.
    Last,
}

/// How much of a value has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Chunks {
    /// So many pieces have.
    pub passed: u8,
    /// So many are enough.
    pub needed: u8,
}

/// The user's own prekeys that nobody has used yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PrekeysLeft {
    /// One-time ones.
    pub one_time: u32,
    /// The same of the post-quantum kind.
    pub one_time_kyber: u32,
    /// When the signed one was made that is handed out now.
    pub signed_at: Option<i64>,
}
