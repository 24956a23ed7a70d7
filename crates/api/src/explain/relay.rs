//! What can go wrong with a relay.

use sotto_engine::error::{CheckRelayError, RelayError};
use sotto_engine::model::ConnectionTrouble;
use sotto_engine::{AddressError, Refusal};

use crate::error::{ApiError, ErrorCode};
use crate::relay_host::HostRelayError;

impl From<CheckRelayError> for ApiError {
    fn from(error: CheckRelayError) -> Self {
        match error {
            CheckRelayError::Address(error) => error.into(),
            CheckRelayError::Relay(error) => error.into(),
        }
    }
}

impl From<AddressError> for ApiError {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Malformed => ErrorCode::InvalidRelayAddress.into(),
            AddressError::UnknownScheme => Self::new(
                ErrorCode::InvalidRelayAddress,
                "A relay's address begins with wss:// or has nothing before its name, such as chat.example.org.",
            ),
            AddressError::InsecureRemote => Self::new(
                ErrorCode::InvalidRelayAddress,
                "An address with ws:// is not encrypted, so it may only lead to this computer. Use wss:// instead.",
            ),
        }
    }
}

impl From<RelayError> for ApiError {
    fn from(error: RelayError) -> Self {
        match error {
            RelayError::Unreachable => ErrorCode::RelayUnreachable.into(),
            RelayError::Certificate => Self::new(
                ErrorCode::RelayUnreachable,
                "The relay could not prove that it is the one you asked for: its certificate is not valid. Ask whoever runs it, \
                 or try from another network.",
            ),
            RelayError::Incompatible => ErrorCode::RelayIncompatible.into(),
            RelayError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnsupportedVersion { .. } => ErrorCode::RelayIncompatible.into(),
            Refusal::RegistrationClosed => Self::new(
                ErrorCode::RelayRefused,
                "This relay takes no new accounts. Ask whoever runs it, or choose another.",
            ),
            Refusal::UnknownAccount => Self::new(
                ErrorCode::RelayRefused,
                "The relay does not know this account any more. Ask whoever runs it, or begin with a new account.",
            ),
            Refusal::WrongRelayName => Self::new(
                ErrorCode::RelayRefused,
                "The relay does not go by this name. Check the address, or ask whoever runs the relay to add the name.",
            ),
            Refusal::MailboxFull => Self::new(
                ErrorCode::RelayRefused,
                "The contact's mailbox is full. Try again when they have been online.",
            ),
            Refusal::RateLimited { .. } | Refusal::Unavailable { .. } => Self::new(
                ErrorCode::RelayRefused,
                "The relay is busy. Wait a moment and try again.",
            ),
            _ => ErrorCode::RelayRefused.into(),
        }
    }
}

impl From<ConnectionTrouble> for ApiError {
    fn from(trouble: ConnectionTrouble) -> Self {
        match trouble {
            ConnectionTrouble::Unreachable => RelayError::Unreachable.into(),
            ConnectionTrouble::Certificate => RelayError::Certificate.into(),
            ConnectionTrouble::Incompatible => RelayError::Incompatible.into(),
            ConnectionTrouble::Refused(refusal) => refusal.into(),
            ConnectionTrouble::Replaced => Self::new(
                ErrorCode::RelayRefused,
                "This account was opened somewhere else, which now receives the messages. Close it there and connect again.",
            ),
            ConnectionTrouble::ShutDown => ErrorCode::NotReady.into(),
        }
    }
}

impl From<HostRelayError> for ApiError {
    fn from(error: HostRelayError) -> Self {
        match error {
            HostRelayError::PortTaken => Self::new(
                ErrorCode::RelayUnreachable,
                "Another program uses the port of the relay on this computer. Close that program and try again.",
            ),
            HostRelayError::Data => Self::new(
                ErrorCode::RelayUnreachable,
                "The relay on this computer cannot read its data. Restore its folder from a backup, or use another relay.",
            ),
            HostRelayError::DiskFull => ErrorCode::DiskFull.into(),
        }
    }
}
