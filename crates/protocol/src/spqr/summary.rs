//! What may be shown of the ratchet: numbers, and where its exchange stands. Like [`crate::session::SessionSummary`] it
//! derives `Debug`, which no secret has.

use crate::spqr::{ChainEpoch, Epoch};

/// Where the post-quantum ratchet of a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostQuantumSummary {
    /// Whether a message of the peer's has shown that they take part. The first one does.
    pub is_agreed: bool,
    /// The exchange that is under way; there is always one.
    pub exchange: ExchangeSummary,
    /// The chains that the last key for sending was taken from.
    pub sending_epoch: ChainEpoch,
    /// The chains that are kept, oldest first.
    pub chains: Vec<EpochSummary>,
}

/// The two chains of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochSummary {
    /// Which one.
    pub epoch: ChainEpoch,
    /// How many keys were taken for sending; `None`: the chain was erased when a later epoch was sent in.
    pub sent: Option<u32>,
    /// How many keys the chain for receiving has given.
    pub received: u32,
}

/// An exchange of ML-KEM values in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeSummary {
    /// Whose secret it is for.
    pub epoch: Epoch,
    /// Where it stands.
    pub stage: ExchangeStage,
    /// What rides on the messages we send now, if anything. They may get lost: more go out until something comes back.
    pub outgoing: Option<Chunks>,
    /// What comes in now, if anything.
    pub incoming: Option<Chunks>,
}

/// How much of a value has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunks {
    /// So many pieces have.
    pub passed: u8,
    /// So many are enough.
    pub needed: u8,
}

/// The states of the exchange by their names in the specification (`spqr.md` section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExchangeStage {
    /// There is no key pair yet; the next message we send makes one.
    KeysUnsampled,
    /// The header goes out.
    KeysSampled,
    /// The key goes out, the first part of the ciphertext comes in.
    HeaderSent,
    /// That part is here; the key goes on going out.
    Ct1Received,
    /// The peer has the key; the second part comes in.
    EkSentCt1Received,
    /// The header comes in, or not yet.
    NoHeaderReceived,
    /// It is here; the next message we send encapsulates to it.
    HeaderReceived,
    /// The first part of the ciphertext goes out, the key comes in.
    Ct1Sampled,
    /// The key is here; that part goes on going out.
    EkReceivedCt1Sampled,
    /// The peer has that part; the key still comes in.
    Ct1Acknowledged,
    /// The second part goes out until the peer is in the next epoch.
    Ct2Sampled,
}

/// What we contribute to an exchange. The sides take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExchangeSide {
    /// A key.
    Key,
    /// A ciphertext made with the peer's key.
    Ciphertext,
}

impl ExchangeStage {
    /// Which side is in this stage.
    pub const fn side(self) -> ExchangeSide {
        match self {
            Self::KeysUnsampled
            | Self::KeysSampled
            | Self::HeaderSent
            | Self::Ct1Received
            | Self::EkSentCt1Received => ExchangeSide::Key,
            Self::NoHeaderReceived
            | Self::HeaderReceived
            | Self::Ct1Sampled
            | Self::EkReceivedCt1Sampled
            | Self::Ct1Acknowledged
            | Self::Ct2Sampled => ExchangeSide::Ciphertext,
        }
    }
}

impl Chunks {
    /// Of `(passed, needed)`: no value of the exchange has more than 36 chunks.
    pub(super) fn new((passed, needed): (usize, usize)) -> Self {
        let number = |count| u8::try_from(count).unwrap_or(u8::MAX);
        Self {
            passed: number(passed),
            needed: number(needed),
        }
    }
}
