//! What a new account brings to a relay that does not take everybody.
//!
//! A client registers without; the refusal says what is asked for
//! ([`InviteRequired`](crate::Refusal::InviteRequired), [`WorkRequired`](crate::Refusal::WorkRequired)), and it registers
//! again on the same connection. Work is for that connection's challenge and that account, so that nobody can do it in
//! store.

use std::fmt;
use std::str::FromStr;

use crate::address::{AddressError, RelayAddress};
use crate::error::{DecodeError, InField};
use crate::id::AccountId;
use crate::proof::Challenge;
use crate::proto::register;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// An invite of the operator's.
    Invite(RelayInvite),
    /// Work that was done.
    Work(Work),
}

impl Pass {
    pub(crate) fn to_wire(self) -> register::Pass {
        match self {
            Self::Invite(invite) => register::Pass::Invite(bytes::Bytes::copy_from_slice(&invite.0)),
            Self::Work(work) => register::Pass::Work(work.0),
        }
    }

    pub(crate) fn from_wire(pass: &register::Pass) -> Result<Self, DecodeError> {
        Ok(match pass {
            register::Pass::Invite(bytes) => Self::Invite(RelayInvite(
                <[u8; RelayInvite::BYTES]>::try_from(&**bytes).in_field("invite")?,
            )),
            register::Pass::Work(number) => Self::Work(Work(*number)),
        })
    }
}

/// A number that was found by trying: the hash of [`string`](Self::string) begins with enough zero bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work(pub u64);

impl Work {
    /// The most bits that a client works for; 2^24 hashes are some seconds.
    pub const MOST_BITS: u32 = 24;

    /// What is hashed, by SHA-256.
    pub fn string(self, challenge: &Challenge, account: AccountId) -> Vec<u8> {
        let number = self.0.to_be_bytes();
        [
            b"Sotto work\0".as_slice(),
            challenge.as_bytes(),
            account.as_bytes(),
            &number,
        ]
        .concat()
    }

    /// Whether a hash begins with so many zero bits.
    pub fn is_enough(hash: &[u8; 32], bits: u32) -> bool {
        let mut zeros = 0;
        for byte in hash {
            zeros += byte.leading_zeros();
            if *byte != 0 {
                break;
            }
        }
        zeros >= bits
    }
}

/// An invite to have an account at a relay; written as hexadecimal behind the relay's address:
/// `relay.example#0123…`. Only the relay that made it knows what is in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RelayInvite([u8; RelayInvite::BYTES]);

impl RelayInvite {
    /// Its length.
    pub const BYTES: usize = 24;

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl From<[u8; RelayInvite::BYTES]> for RelayInvite {
    fn from(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }
}

/// Nobody who reads a log is to have an account by it.
impl fmt::Debug for RelayInvite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayInvite")
    }
}

impl fmt::Display for RelayInvite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for RelayInvite {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits = text.as_bytes();
        if digits.len() != 2 * Self::BYTES {
            return Err(AddressError::Malformed);
        }
        let mut bytes = [0; Self::BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: Option<&u8>| digit.and_then(|digit| char::from(*digit).to_digit(16));
            let (Some(high), Some(low)) = (digit(pair.first()), digit(pair.last())) else {
                return Err(AddressError::Malformed);
            };
            *byte = u8::try_from(high << 4 | low).map_err(|_| AddressError::Malformed)?;
        }
        Ok(Self(bytes))
    }
}

/// What somebody types or pastes where an account is made: a relay's address, and perhaps the invite to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayDoor {
    /// The relay.
    pub address: RelayAddress,
    /// The invite, if there is one.
    pub invite: Option<RelayInvite>,
}

impl From<RelayAddress> for RelayDoor {
    fn from(address: RelayAddress) -> Self {
        Self {
            address,
            invite: None,
        }
    }
}

impl FromStr for RelayDoor {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (address, invite) = match text.trim().split_once('#') {
            Some((address, invite)) => (address, Some(invite.parse()?)),
            None => (text, None),
        };
        Ok(Self {
            address: address.parse()?,
            invite,
        })
    }
}

impl fmt::Display for RelayDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        self.invite.map_or(Ok(()), |invite| write!(f, "#{invite}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_travels_behind_the_address() {
        let door = RelayDoor {
            address: "relay.example:8443".parse().unwrap(),
            invite: Some([0xA7; 24].into()),
        };
        let text = door.to_string();
        assert_eq!(text, format!("relay.example:8443#{}", "a7".repeat(24)));
        assert_eq!(text.parse::<RelayDoor>().unwrap(), door);
        assert_eq!(
            format!(" {} ", text.to_uppercase()).parse::<RelayDoor>().unwrap(),
            door
        );
        let plain: RelayDoor = "relay.example".parse().unwrap();
        assert_eq!(
            (plain.to_string().as_str(), plain.invite),
            ("relay.example", None)
        );
        for wrong in [
            "relay.example#",
            "relay.example#a7",
            "#a7",
            "relay.example#zz",
            &format!("{text}#"),
            &format!("{text}é"),
        ] {
            assert!(wrong.parse::<RelayDoor>().is_err(), "{wrong}");
        }
        assert!(!format!("{door:?}").contains("a7"));
    }

    #[test]
    fn zeros_are_counted_from_the_front() {
        let mut hash = [0xFF; 32];
        assert!(Work::is_enough(&hash, 0) && !Work::is_enough(&hash, 1));
        hash[..3].copy_from_slice(&[0, 0, 0x1F]);
        assert!(Work::is_enough(&hash, 19) && !Work::is_enough(&hash, 20));
        assert!(Work::is_enough(&[0; 32], 256));
    }
}
