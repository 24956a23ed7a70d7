//! What the owner of a mailbox signs.
//!
//! Each string begins with a label of its own and a zero byte, so that no signature made for one purpose serves
//! another (prekey signatures cover strings that begin with 0x05 or 0x08). It names the relay as the client dialled
//! it: a relay that passes another relay's challenge on gets a signature that is good for nobody but itself.
//!
//! ```text
//! authentication = "Sotto relay authentication v1" 0x00 challenge(32) len16(relay) relay account(16) device(1)
//! registration   = "Sotto relay registration v1"   0x00 challenge(32) len16(relay) relay account(16) device(1)
//!                  identity key(33) registration id(4) len16(user name) user name
//! ```
//! Numbers are big-endian; an absent user name has length 0.

use std::fmt;

use crate::address::RelayName;
use crate::id::{AccountId, DeviceId};
use crate::key::{CurveKey, WrongLength};
use crate::user_name::UserName;

const AUTHENTICATION: &[u8] = b"Sotto relay authentication v1\0";
const REGISTRATION: &[u8] = b"Sotto relay registration v1\0";

/// 32 random bytes, new for every connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; Self::BYTES]);

impl Challenge {
    /// Its length.
    pub const BYTES: usize = 32;

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl From<[u8; 32]> for Challenge {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for Challenge {
    type Error = WrongLength;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self).map_err(|_| WrongLength {
            expected: Self::BYTES,
            actual: bytes.len(),
        })
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(..)")
    }
}

/// The string signed in [`Authenticate`](crate::mailbox::Authenticate).
pub fn authentication_string(
    challenge: &Challenge,
    relay: &RelayName,
    account: AccountId,
    device: DeviceId,
) -> Vec<u8> {
    begin(AUTHENTICATION, challenge, relay, account, device)
}

/// The string signed in [`Register`](crate::mailbox::Register): it binds everything that is registered.
pub fn registration_string(
    challenge: &Challenge,
    relay: &RelayName,
    account: AccountId,
    device: DeviceId,
    identity_key: &CurveKey,
    registration_id: u32,
    user_name: Option<&UserName>,
) -> Vec<u8> {
    let mut string = begin(REGISTRATION, challenge, relay, account, device);
    string.extend_from_slice(identity_key.as_bytes());
    string.extend_from_slice(&registration_id.to_be_bytes());
    push_text(&mut string, user_name.map_or("", UserName::as_str));
    string
}

fn begin(
    label: &[u8],
    challenge: &Challenge,
    relay: &RelayName,
    account: AccountId,
    device: DeviceId,
) -> Vec<u8> {
    let mut string = label.to_vec();
    string.extend_from_slice(challenge.as_bytes());
    push_text(&mut string, relay.as_str());
    string.extend_from_slice(account.as_bytes());
    // A device is at most 127.
    string.push(device.number() as u8);
    string
}

fn push_text(string: &mut Vec<u8>, text: &str) {
    // Relay names and user names are far shorter than 65,536 bytes.
    string.extend_from_slice(&(text.len() as u16).to_be_bytes());
    string.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(name: &str) -> RelayName {
        name.parse().unwrap()
    }

    #[test]
    fn the_strings_have_the_bytes_they_always_had() {
        let (challenge, account) = (Challenge::from([1; 32]), crate::sample::account());
        let (name, key, user) = (relay("relay.example"), [5; 33].into(), "alice".parse().unwrap());
        let device = DeviceId::FIRST;
        let strings = [
            authentication_string(&challenge, &name, account, device),
            registration_string(&challenge, &name, account, device, &key, 4_321, Some(&user)),
            registration_string(&challenge, &name, account, device, &key, 4_321, None),
        ];
        insta::assert_snapshot!(strings.map(hex::encode).join("\n"));
    }

    #[test]
    fn no_two_proofs_are_made_by_signing_the_same_string() {
        let (account, device) = (crate::sample::account(), DeviceId::FIRST);
        let one = Challenge::from([1; 32]);
        let strings = [
            authentication_string(&one, &relay("relay.example"), account, device),
            authentication_string(
                &Challenge::from([2; 32]),
                &relay("relay.example"),
                account,
                device,
            ),
            authentication_string(&one, &relay("relay.example:8443"), account, device),
            authentication_string(&one, &relay("relay.example"), AccountId::random(), device),
            authentication_string(&one, &relay("relay.example"), account, DeviceId::new(2).unwrap()),
            registration_string(
                &one,
                &relay("relay.example"),
                account,
                device,
                &[5; 33].into(),
                1,
                None,
            ),
            registration_string(
                &one,
                &relay("relay.example"),
                account,
                device,
                &[6; 33].into(),
                1,
                None,
            ),
        ];
        let distinct: std::collections::HashSet<_> = strings.iter().collect();
        assert_eq!(distinct.len(), strings.len());
        // Nor is it what signs a prekey.
        assert!(strings.iter().all(|string| string.starts_with(b"Sotto relay ")));
    }
}
