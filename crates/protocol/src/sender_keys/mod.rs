//! Sender keys: one ciphertext for a whole group (`sender-keys.md`).
//!
//! ```text
//! distribution = who sends (an address) and which group (a distribution id)
//! SenderKeyRecord (per distribution) = at most 5 states, newest first
//! SenderKeyState  (one row)          = chain key, signing key: the head, small
//! skipped seeds   (one row each)     = of messages that have not come yet, looked up when they do
//! ```
//!
//! The sender creates a state in a record of its own and sends the [`DistributionMessage`] to every member inside a
//! pairwise session. A member processes it in the record it keeps for the sender's address and the distribution id.
//! From then on one [`SenderKeyMessage`] serves all.
//!
//! Every operation leaves its inputs alone and returns [`SenderKeyChanges`], which the caller stores in one
//! transaction; an operation that fails returns none.
//!
//! Not here: who is in the group, and who may know a distribution. Whoever has a distribution message reads every
//! later message, so a member who leaves is shut out by [`SenderKeyRecord::create`] and a new distribution message to
//! those who stay.
//!
//! # Example
//!
//! Alice writes to a group that Bob is in.
//!
//! ```
//! use sotto_protocol::memory::MemorySenderKeys;
//! use sotto_protocol::sender_keys::{DistributionId, DistributionMessage, SenderKeyMessage};
//! # use sotto_protocol::address::{DeviceId, ProtocolAddress};
//! # let mut rng = rand::rng();
//! let alice = ProtocolAddress::new("9d0652a3-dcc3-4d11-975f-74d61598733f", DeviceId::PRIMARY);
//! let group = DistributionId::from_bytes([7; 16]);
//!
//! // Alice makes a sender key and stores it before anybody hears of it.
//! let mut of_alice = MemorySenderKeys::default();
//! let created = of_alice.of(&alice, group).record.create(&mut rng);
//! of_alice.apply(&alice, group, &created.changes);
//!
//! // Bob has got the distribution message in a pairwise session with Alice.
//! let mut of_bob = MemorySenderKeys::default();
//! let message = DistributionMessage::from_bytes(created.message.as_bytes())?;
//! let changes = of_bob.of(&alice, message.distribution()).record.process(&message)?;
//! of_bob.apply(&alice, message.distribution(), &changes);
//!
//! let encrypted = of_alice.of(&alice, group).record.encrypt(b"hello, all", &mut rng)?;
//! of_alice.apply(&alice, group, &encrypted.changes);
//!
//! let message = SenderKeyMessage::from_bytes(encrypted.message.as_bytes())?;
//! let kept = of_bob.of(&alice, message.distribution());
//! let decrypted = kept.record.decrypt(&message, &kept.skipped)?;
//! of_bob.apply(&alice, message.distribution(), &decrypted.changes);
//! assert_eq!(*decrypted.plaintext, b"hello, all");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
mod changes;
mod decrypt;
mod distribution;
mod distribution_message;
mod encrypt;
mod error;
mod lookup;
mod message;
mod process;
mod record;
mod state;

pub use chain::SenderMessageSeed;
#[cfg(test)]
pub(crate) use chain::{SenderChainKey, SenderMessageKeys, chain_steps};
pub use changes::{SenderKeyChanges, SenderKeyRow, SkippedSenderKey};
pub use decrypt::{GroupDecrypted, MAX_FORWARD_JUMP, MAX_SKIPPED_SEEDS};
pub use distribution::DistributionId;
pub use distribution_message::DistributionMessage;
pub use encrypt::{GroupEncrypted, SenderKeyCreated};
pub use error::{GroupDecryptError, GroupEncryptError, OtherDistribution};
pub use lookup::{SkippedSenderKeyId, SkippedSenderKeys};
pub use message::SenderKeyMessage;
pub use record::{MAX_STATES, SenderKeyRecord};
pub use state::{SenderChainId, SenderKeyState};

use crate::message::MalformedMessage;

/// The version byte of both messages: version 3 in the high half, 3 in the low half.
const VERSION_BYTE: u8 = 0x33;

/// Both messages are at least this long: a version byte and, in a group message, the signature.
const MIN_LENGTH: usize = 65;

/// Reads the version byte, of which only the high half counts, and gives what follows it.
fn after_version(bytes: &[u8]) -> Result<&[u8], MalformedMessage> {
    if bytes.len() < MIN_LENGTH {
        return Err(MalformedMessage::TooShort { found: bytes.len() });
    }
    let Some((&version, rest)) = bytes.split_first() else {
        return Err(MalformedMessage::TooShort { found: 0 });
    };
    match version >> 4 {
        3 => Ok(rest),
        found @ 0..3 => Err(MalformedMessage::LegacyVersion { found }),
        found => Err(MalformedMessage::UnknownVersion { found }),
    }
}
