//! Whom sessions are with.

use sotto_protocol::address::{DeviceId, ProtocolAddress};
use sotto_wire::AccountId;

/// Whom sessions are with: one device of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer {
    /// The account.
    pub account: AccountId,
    /// Its device.
    pub device: DeviceId,
}

impl Peer {
    /// The first device of an account.
    pub const fn primary(account: AccountId) -> Self {
        Self {
            account,
            device: DeviceId::PRIMARY,
        }
    }

    /// The address by which the protocol knows it.
    pub fn address(&self) -> ProtocolAddress {
        ProtocolAddress::of_account(self.account.uuid(), self.device)
    }
}
