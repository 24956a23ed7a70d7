//! The place of the Sparse Post-Quantum Ratchet (`spqr.md`), which is not implemented yet.
//!
//! A session without it is what the specification calls a version 0 session: messages carry no field 5 and their
//! keys are derived without salt. The official library refuses such sessions; two parties of this crate agree on it.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// PQ0: what the post-quantum ratchet authenticates with, from the key agreement. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct AuthenticationKey([u8; 32]);

impl AuthenticationKey {
    pub(crate) const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[cfg(test)]
    pub(crate) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The key the post-quantum ratchet contributes to one message: the salt of its message keys. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct PostQuantumKey([u8; 32]);

impl PostQuantumKey {
    #[cfg(test)]
    pub(crate) const fn from_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Which side of the session we are.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// We processed a bundle: direction A to B.
    Initiator,
    /// We published it: direction B to A.
    Responder,
}

/// The message cannot be read in this state of the post-quantum ratchet.
pub(crate) struct PostQuantumFailure;

/// The post-quantum ratchet of a session.
#[derive(Clone)]
pub(crate) enum PostQuantum {
    /// None: a version 0 session, and it remains one for good.
    Absent,
}

impl PostQuantum {
    /// The ratchet of a new session. The authentication key is dropped, for nothing would ever use it.
    pub(crate) fn start(_role: Role, _key: AuthenticationKey) -> Self {
        Self::Absent
    }

    /// Field 5 and the key of the next message to send.
    pub(crate) fn send(&self) -> (Self, Vec<u8>, Option<PostQuantumKey>) {
        match self {
            Self::Absent => (Self::Absent, Vec::new(), None),
        }
    }

    /// The key of a received message with this field 5.
    pub(crate) fn receive(
        &self,
        message: &[u8],
    ) -> Result<(Self, Option<PostQuantumKey>), PostQuantumFailure> {
        match self {
            // Whoever sends field 5 salts its keys, so that this message could not verify.
            Self::Absent if message.is_empty() => Ok((Self::Absent, None)),
            Self::Absent => Err(PostQuantumFailure),
        }
    }
}
