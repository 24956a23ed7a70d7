//! The nouns of the relay: mailboxes and what lies in them.

use sotto_wire::{AccountId, DeviceId, EnvelopeId, Payload};

/// What the world calls a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MailboxAddress {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
}

/// What the database calls a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// An envelope that is on disk.
#[derive(Debug, Clone)]
pub(crate) struct StoredEnvelope {
    pub(crate) sequence: Sequence,
    pub(crate) id: EnvelopeId,
    pub(crate) received_at_ms: u64,
    /// It came from somebody who looked the user name up.
    pub(crate) request: bool,
    pub(crate) payload: Payload,
}
