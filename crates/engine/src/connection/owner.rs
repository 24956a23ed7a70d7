//! Who owns a mailbox, and how they prove it.

use sotto_protocol::address::{DeviceId as ProtocolDevice, ProtocolAddress};
use sotto_protocol::curve::IdentityKeyPair;
use sotto_protocol::prekey::RegistrationId;
use sotto_protocol::session::LocalParty;
use sotto_wire::mailbox::{Authenticate, Register};
use sotto_wire::{
    AccountId, Challenge, CurveKey, DeviceId, Pass, Signature, authentication_string, registration_string,
};

use crate::model::Address;

/// The owner of the mailbox: the user's account on this device.
pub(crate) struct Owner {
    /// Where the mailbox is.
    pub(crate) address: Address,
    /// The same to the Signal Protocol, with the identity key pair.
    pub(crate) party: LocalParty,
}

impl Owner {
    /// The device that this program is. There is no other yet.
    pub(crate) const DEVICE: DeviceId = DeviceId::FIRST;

    /// The owner of the mailbox at `address`.
    pub(crate) fn new(address: Address, identity: IdentityKeyPair, registration_id: RegistrationId) -> Self {
        let party = LocalParty {
            identity,
            address: peer_address(address.account),
            registration_id,
        };
        Self { address, party }
    }

    /// The request for a new mailbox, signed.
    pub(super) fn register(&self, challenge: &Challenge, pass: Option<Pass>) -> Register {
        let relay_name = self.address.relay.authority();
        let identity_key = CurveKey::from(self.party.identity.identity_key().to_bytes());
        let registration_id = self.party.registration_id.0;
        let signature = self.sign(&registration_string(
            challenge,
            &relay_name,
            self.address.account,
            Self::DEVICE,
            &identity_key,
            registration_id,
            None,
        ));
        Register {
            account: self.address.account,
            device: Self::DEVICE,
            identity_key,
            registration_id,
            user_name: None,
            relay_name,
            signature,
            pass,
        }
    }

    /// The proof to own the mailbox.
    pub(super) fn authenticate(&self, challenge: &Challenge) -> Authenticate {
        let relay_name = self.address.relay.authority();
        let account = self.address.account;
        let signature = self.sign(&authentication_string(
            challenge,
            &relay_name,
            account,
            Self::DEVICE,
        ));
        Authenticate {
            account,
            device: Self::DEVICE,
            relay_name,
            signature,
            registration_id: Some(self.party.registration_id.0),
        }
    }

    fn sign(&self, string: &[u8]) -> Signature {
        let key = self.party.identity.private_key();
        Signature::from(*key.sign(&[string], &mut rand::rng()).as_bytes())
    }
}

/// The address under which the Signal Protocol knows an account: every account has one device yet.
pub(crate) fn peer_address(account: AccountId) -> ProtocolAddress {
    ProtocolAddress::of_account(account.uuid(), ProtocolDevice::PRIMARY)
}
