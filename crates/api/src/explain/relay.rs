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
        let refused = |sentence: &'static str| Self::new(ErrorCode::RelayRefused, sentence);
        match refusal {
            Refusal::UnsupportedVersion { .. } => ErrorCode::RelayIncompatible.into(),
            Refusal::BadFrame
            | Refusal::FrameTooLarge { .. }
            | Refusal::HelloExpected
            | Refusal::NotAuthenticated
            | Refusal::AlreadyAuthenticated
            | Refusal::InvalidKey
            | Refusal::WrongPrekeySignature
            | Refusal::NotPadded => Self::new(
                ErrorCode::RelayIncompatible,
                "The relay and this version of Sotto do not understand each other. Update Sotto, or ask whoever runs the relay to \
                 update it.",
            ),
            Refusal::UnknownAccount => ErrorCode::RelayAccountUnknown.into(),
            Refusal::WrongSignature => Self::new(
                ErrorCode::RelayAccountUnknown,
                "The relay knows this account with other keys than yours. Ask whoever runs it, or begin with a new account.",
            ),
            Refusal::Moved => ErrorCode::AccountMoved.into(),
            Refusal::WrongRelayName => ErrorCode::RelayNameWrong.into(),
            Refusal::AlreadyRegistered => refused(
                "The relay has this account already, with other keys. Begin again with a new account.",
            ),
            Refusal::UserNameTaken => ErrorCode::UserNameTaken.into(),
            Refusal::RegistrationClosed => ErrorCode::RelayClosed.into(),
            Refusal::InviteRequired => ErrorCode::RelayInviteRequired.into(),
            Refusal::WrongInvite => ErrorCode::RelayInviteWrong.into(),
            Refusal::WorkRequired { .. } => refused(
                "This relay asks for more work than this computer does for a new account. Choose another relay.",
            ),
            Refusal::TooManyPrekeys { .. } => {
                refused("The relay keeps fewer keys than Sotto makes. Ask whoever runs it to allow more.")
            }
            Refusal::NoPrekeys => ErrorCode::ContactNotReady.into(),
            Refusal::MailboxFull => {
                refused("The contact's mailbox is full. Try again when they have been online.")
            }
            Refusal::PayloadTooLarge { .. } => {
                refused("The contact's relay takes no messages as long as this one. Send it in parts.")
            }
            Refusal::WrongDeliveryToken => {
                refused("The contact cannot be reached at this relay. Ask them for a new invite.")
            }
            Refusal::ExpiredDeliveryToken => refused(
                "The contact has changed how they are reached. Ask them for a new invite, if they do not write first.",
            ),
            Refusal::NoSuchUserName => ErrorCode::UserNameUnknown.into(),
            Refusal::RateLimited { .. } | Refusal::Unavailable { .. } => ErrorCode::RelayBusy.into(),
            Refusal::Other { .. } => Self::new(
                ErrorCode::RelayRefused,
                "The relay refused for a reason that this version of Sotto does not know. Update Sotto and try again.",
            ),
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
            ConnectionTrouble::Replaced => ErrorCode::RelayOpenElsewhere.into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The refusal after this one: one that is missing here does not compile.
    fn after(refusal: Option<Refusal>) -> Option<Refusal> {
        use Refusal as R;
        Some(match refusal {
            None => R::UnsupportedVersion { min: 2, max: 3 },
            Some(R::UnsupportedVersion { .. }) => R::BadFrame,
            Some(R::BadFrame) => R::FrameTooLarge { limit: 1 },
            Some(R::FrameTooLarge { .. }) => R::HelloExpected,
            Some(R::HelloExpected) => R::NotAuthenticated,
            Some(R::NotAuthenticated) => R::AlreadyAuthenticated,
            Some(R::AlreadyAuthenticated) => R::UnknownAccount,
            Some(R::UnknownAccount) => R::WrongSignature,
            Some(R::WrongSignature) => R::WrongRelayName,
            Some(R::WrongRelayName) => R::Moved,
            Some(R::Moved) => R::AlreadyRegistered,
            Some(R::AlreadyRegistered) => R::UserNameTaken,
            Some(R::UserNameTaken) => R::RegistrationClosed,
            Some(R::RegistrationClosed) => R::InviteRequired,
            Some(R::InviteRequired) => R::WrongInvite,
            Some(R::WrongInvite) => R::WorkRequired { bits: 40 },
            Some(R::WorkRequired { .. }) => R::InvalidKey,
            Some(R::InvalidKey) => R::WrongPrekeySignature,
            Some(R::WrongPrekeySignature) => R::TooManyPrekeys { limit: 1 },
            Some(R::TooManyPrekeys { .. }) => R::NoPrekeys,
            Some(R::NoPrekeys) => R::MailboxFull,
            Some(R::MailboxFull) => R::PayloadTooLarge { limit: 1 },
            Some(R::PayloadTooLarge { .. }) => R::WrongDeliveryToken,
            Some(R::WrongDeliveryToken) => R::ExpiredDeliveryToken,
            Some(R::ExpiredDeliveryToken) => R::NotPadded,
            Some(R::NotPadded) => R::NoSuchUserName,
            Some(R::NoSuchUserName) => R::RateLimited { retry_after_ms: 1 },
            Some(R::RateLimited { .. }) => R::Unavailable { retry_after_ms: 1 },
            Some(R::Unavailable { .. }) => R::Other { code: 99 },
            Some(R::Other { .. }) => return None,
        })
    }

    #[test]
    fn every_refusal_of_a_relay_has_a_sentence_that_a_person_understands() {
        let refusals = std::iter::successors(after(None), |refusal| after(Some(*refusal)));
        let sentences: Vec<_> = refusals
            .map(|refusal| {
                let error = ApiError::from(refusal);
                assert!(error.message.ends_with('.'), "{refusal:?}");
                format!("{refusal:?}: {:?}: {}", error.code, error.message)
            })
            .collect();
        insta::assert_snapshot!(sentences.join("\n"));
    }
}
