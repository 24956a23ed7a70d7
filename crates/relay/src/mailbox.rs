//! The nouns of the relay: mailboxes and what lies in them.

use ring::digest::{Context, SHA256};
use sotto_wire::{AccountId, ClientMessageId, DeviceId, EnvelopeId, Payload};

/// What the world calls a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MailboxAddress {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
}

impl MailboxAddress {
    /// What the owner knows an envelope by: the same however often it is delivered.
    ///
    /// An envelope may reach its owner before it is on disk. Should the relay die between the two, the sender delivers it
    /// again to a relay that has never seen it, and it is by this name that the owner sees that they have it.
    pub(crate) fn envelope_id(&self, id: ClientMessageId) -> EnvelopeId {
        let mut hash = Context::new(&SHA256);
        hash.update(b"Sotto relay envelope v1\0");
        hash.update(self.account.as_bytes());
        hash.update(&self.device.number().to_be_bytes());
        hash.update(id.as_bytes());
        let mut name = [0; 16];
        for (place, byte) in name.iter_mut().zip(hash.finish().as_ref()) {
            *place = *byte;
        }
        name.into()
    }
}

/// What the database calls a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct MailboxId(pub(crate) i64);

/// The place of an envelope in the order in which the relay took them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sequence(pub(crate) i64);

impl Sequence {
    /// Before every envelope.
    pub(crate) const START: Self = Self(0);

    /// Whether there is no place between the two.
    pub(crate) fn follows(self, other: Self) -> bool {
        self.0 == other.0 + 1
    }
}

/// An envelope that is on disk, or on its way there.
#[derive(Debug, Clone)]
pub(crate) struct StoredEnvelope {
    pub(crate) sequence: Sequence,
    pub(crate) id: EnvelopeId,
    pub(crate) received_at_ms: u64,
    /// It came from somebody who looked the user name up.
    pub(crate) request: bool,
    pub(crate) payload: Payload,
}

impl StoredEnvelope {
    /// How much it counts.
    pub(crate) fn bytes(&self) -> usize {
        self.payload.as_bytes().len()
    }
}
