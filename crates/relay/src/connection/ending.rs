//! Why a connection ends.

use sotto_wire::{ClientMessageId, Closing, DecodeError, Refusal};

use crate::config::Patience;

/// The soonest that clients come back after the relay stopped.
const RECONNECT_MS: u32 = 500;

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client left, or the network did.
    Gone,
    /// The client is told why.
    Refused(Refusal),
    /// The client is told that nothing is wrong.
    Closing(Closing),
}

impl Ending {
    /// Everybody is to come back at a moment of their own.
    pub(super) fn going_away(patience: &Patience) -> Self {
        // A random id has random bits: no security hangs on them.
        let [a, b, c, d, ..] = *ClientMessageId::random().as_bytes();
        let most = u32::try_from(patience.reconnect.as_millis()).unwrap_or(u32::MAX);
        let spread = most.saturating_sub(RECONNECT_MS).max(1);
        Self::Closing(Closing::GoingAway {
            reconnect_after_ms: RECONNECT_MS + u32::from_le_bytes([a, b, c, d]) % spread,
        })
    }
}

impl From<DecodeError> for Ending {
    fn from(error: DecodeError) -> Self {
        Self::Refused(match error {
            DecodeError::TooLarge { limit, .. } => Refusal::FrameTooLarge { limit: limit as u64 },
            DecodeError::Malformed
            | DecodeError::UnknownBody
            | DecodeError::Missing { .. }
            | DecodeError::Invalid { .. } => Refusal::BadFrame,
        })
    }
}
