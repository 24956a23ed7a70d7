//! The Sparse Post-Quantum Ratchet, version 1 (`spqr.md`): a ratchet beside the Double Ratchet.
//!
//! ```text
//! braid    ML-KEM-768, its public values cut into chunks that ride on the messages sent anyway
//!    │ an epoch secret, every time an exchange completes
//! chains   two per epoch, a key per message: the salt of the message's keys
//! ```
//!
//! | module | what | section of `spqr.md` |
//! |---|---|---|
//! | `epoch` | numbers of exchanges and of chains | 1, 8.3 |
//! | `kem` | ML-KEM-768 in two steps | 3 |
//! | `erasure` | values as streams of chunks, any N of which are enough | 4 |
//! | `authenticator` | MACs over what is exchanged | 5 |
//! | `chains` | keys of messages | 6 |
//! | `message` | field 5 of a `SignalMessage` | 7 |
//! | `braid` | the state machine | 8 |
//! | `ratchet` | sending and receiving, versions | 9, 10 |
//! | `summary` | what may be shown of it | |

mod authenticator;
mod braid;
mod chains;
mod epoch;
mod erasure;
mod kem;
mod message;
mod ratchet;
#[cfg(test)]
mod secrets;
mod summary;
#[cfg(test)]
pub(crate) mod vectors;

pub(crate) use authenticator::AuthenticationKey;
pub use chains::PostQuantumKey;
pub(crate) use chains::{JumpLimit, ReceiveKey, Role};
pub use epoch::{ChainEpoch, Epoch};
pub use erasure::{CHUNK_LENGTH, Chunk};
pub use message::{Heading, MalformedMessage, Message, Payload};
pub(crate) use ratchet::{PostQuantumKeySource, PostQuantumRatchet};
pub use summary::{Chunks, EpochSummary, ExchangeSide, ExchangeStage, ExchangeSummary, PostQuantumSummary};
