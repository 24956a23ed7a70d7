//! What every operation on a session needs, and what it returns.

use zeroize::Zeroizing;

use crate::address::ProtocolAddress;
use crate::curve::{IdentityKey, IdentityKeyPair};
use crate::message::CiphertextMessage;
use crate::prekey::RegistrationId;
use crate::session::{SessionChanges, SessionRecord};
use crate::trust::{Direction, Trust, UntrustedIdentity};

/// Ourselves, as far as sessions go.
#[derive(Clone)]
pub struct LocalParty {
    /// Our identity.
    pub identity: IdentityKeyPair,
    /// Our address.
    pub address: ProtocolAddress,
    /// Our registration id.
    pub registration_id: RegistrationId,
}

/// What every operation on a session needs: us, the peer, what is stored about the peer, and whom to trust.
pub struct Session<'a> {
    /// Ourselves.
    pub local: &'a LocalParty,
    /// The peer's address.
    pub remote: &'a ProtocolAddress,
    /// The peer's session states; an empty record if there are none.
    pub record: &'a SessionRecord,
    /// The decision about the peer's identity.
    pub trust: &'a dyn Trust,
}

/// An encrypted message, not to be sent before the changes are stored.
pub struct Encrypted {
    /// What to send.
    pub message: CiphertextMessage,
    /// What to store.
    pub changes: SessionChanges,
}

/// A decrypted message, not to be acknowledged before the changes are stored.
pub struct Decrypted {
    /// What the peer wrote.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// What to store.
    pub changes: SessionChanges,
}

impl Session<'_> {
    /// Whether the session is with another device of our own (spec section 5): the forward limit does not apply.
    pub(super) fn is_with_ourselves(&self, remote_identity: &IdentityKey) -> bool {
        let names = (self.local.address.service_id(), self.remote.service_id());
        *remote_identity == self.local.identity.identity_key()
            && matches!(names, (Some(local), Some(remote)) if local == remote)
    }

    pub(super) fn require_trust(
        &self,
        identity: &IdentityKey,
        direction: Direction,
    ) -> Result<(), UntrustedIdentity> {
        if self.trust.is_trusted(identity, direction) {
            Ok(())
        } else {
            Err(UntrustedIdentity { identity: *identity })
        }
    }
}
