//! An envelope as it came.

use sotto_wire::mailbox::Push;
use sotto_wire::{EnvelopeId, Payload};

use crate::clock::Timestamp;

/// An envelope as it came.
#[derive(Clone)]
pub(super) struct Arrived {
    /// The relay's name for it; ephemeral ones have none, and are not kept.
    pub(super) id: Option<EnvelopeId>,
    pub(super) payload: Payload,
    /// When the relay took it, by its clock, if it kept it.
    pub(super) taken_at: Option<Timestamp>,
    /// It came under a token for who looked our user name up.
    pub(super) request: bool,
}

impl Arrived {
    /// What a push brought, if it is an envelope.
    pub(super) fn of(push: Push) -> Option<Self> {
        match push {
            Push::Envelope {
                id,
                payload,
                received_at_ms,
                request,
            } => Some(Self {
                id: Some(id),
                payload,
                taken_at: i64::try_from(received_at_ms).ok().map(Timestamp::from_millis),
                request,
            }),
            Push::Ephemeral { payload } => Some(Self {
                id: None,
                payload,
                taken_at: None,
                request: false,
            }),
            Push::QueueEmpty => None,
        }
    }
}
