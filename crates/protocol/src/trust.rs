//! Whether an identity key is trusted (spec section 17): the application's decision, asked at fixed points.

use crate::curve::IdentityKey;

/// What the identity is to be trusted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Starting a session or encrypting to it.
    Sending,
    /// Accepting a message from it.
    Receiving,
}

/// The identity is not trusted for this: what the caller asked for was not done, and nothing has changed.
///
/// It carries the identity, so that the application can record it and ask the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the identity key is not trusted")]
pub struct UntrustedIdentity {
    /// The key that is not trusted.
    pub identity: IdentityKey,
}

/// Decides about the identity of the one peer that an operation is about.
pub trait Trust {
    /// Is `identity` this peer's, as far as we are concerned?
    fn is_trusted(&self, identity: &IdentityKey, direction: Direction) -> bool;
}

/// The usual policy: whatever key comes first is the peer's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrustOnFirstUse {
    /// The key on file for the peer, if there is one.
    pub known: Option<IdentityKey>,
    /// Whether messages from another key than the one on file are accepted. Sending to one never is.
    pub receive_from_changed: bool,
}

impl Trust for TrustOnFirstUse {
    fn is_trusted(&self, identity: &IdentityKey, direction: Direction) -> bool {
        match (&self.known, direction) {
            (None, _) => true,
            (Some(known), Direction::Receiving) => known == identity || self.receive_from_changed,
            (Some(known), Direction::Sending) => known == identity,
        }
    }
}
