//! What can go wrong with conversations, contacts and invites.

use sotto_engine::InvalidUserName;
use sotto_engine::error::{
    AcceptInviteError, ChangeError, ConversationError, FindError, InviteError, PreviewInviteError,
    RenameError, RetryError, SendError, TellContactError, TextError, UserNameError, VerifyError,
};
use sotto_engine::model::{InvalidEmoji, InvalidFingerprint, InvalidName, MAX_NAME_CHARS};

use crate::error::{ApiError, ErrorCode};

const UNBLOCK_FIRST: &str = "You have blocked this contact. Unblock them first, then write.";

impl From<ConversationError> for ApiError {
    fn from(error: ConversationError) -> Self {
        match error {
            ConversationError::NotFound => ErrorCode::NotFound.into(),
            ConversationError::Storage(error) => error.into(),
        }
    }
}

impl From<TellContactError> for ApiError {
    fn from(error: TellContactError) -> Self {
        match error {
            TellContactError::NotFound => ErrorCode::NotFound.into(),
            TellContactError::Moved => ErrorCode::AccountMoved.into(),
            TellContactError::Storage(error) => error.into(),
        }
    }
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotFound => ErrorCode::NotFound.into(),
            SendError::NotAccepted => Self::new(
                ErrorCode::InvalidInput,
                "Accept the message request first, then write.",
            ),
            SendError::Blocked => Self::new(ErrorCode::InvalidInput, UNBLOCK_FIRST),
            SendError::Moved => ErrorCode::AccountMoved.into(),
            SendError::Text(error) => error.into(),
            SendError::Storage(error) => error.into(),
        }
    }
}

impl From<TextError> for ApiError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Empty => Self::new(
                ErrorCode::InvalidInput,
                "There is nothing to send. Write something first.",
            ),
            TextError::TooLong { limit, .. } => Self::new(
                ErrorCode::InvalidInput,
                format!("This message is too long: at most {limit} bytes fit into one. Send it in parts."),
            ),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound | ChangeError::NotYours => ErrorCode::NotFound.into(),
            ChangeError::TooLate => ErrorCode::TooLate.into(),
            ChangeError::Moved => ErrorCode::AccountMoved.into(),
            ChangeError::Text(error) => error.into(),
            ChangeError::Storage(error) => error.into(),
        }
    }
}

impl From<InvalidEmoji> for ApiError {
    fn from(_: InvalidEmoji) -> Self {
        ErrorCode::InvalidInput.into()
    }
}

impl From<RetryError> for ApiError {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::NotFound => ErrorCode::NotFound.into(),
            RetryError::Moved => ErrorCode::AccountMoved.into(),
            RetryError::Blocked => Self::new(ErrorCode::InvalidInput, UNBLOCK_FIRST),
            RetryError::Storage(error) => error.into(),
        }
    }
}

impl From<RenameError> for ApiError {
    fn from(error: RenameError) -> Self {
        match error {
            RenameError::NotFound => ErrorCode::NotFound.into(),
            RenameError::Storage(error) => error.into(),
        }
    }
}

impl From<VerifyError> for ApiError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::NotFound => ErrorCode::NotFound.into(),
            VerifyError::KeyChanged => Self::new(
                ErrorCode::IdentityKeyChanged,
                "The safety number changed while you were looking at it. Look at the new one before you decide.",
            ),
            VerifyError::Storage(error) => error.into(),
        }
    }
}

impl From<InvalidFingerprint> for ApiError {
    fn from(_: InvalidFingerprint) -> Self {
        ErrorCode::InvalidInput.into()
    }
}

impl From<InvalidName> for ApiError {
    fn from(_: InvalidName) -> Self {
        Self::new(
            ErrorCode::InvalidInput,
            format!("A name has at least 1 and at most {MAX_NAME_CHARS} characters."),
        )
    }
}

impl From<InvalidUserName> for ApiError {
    fn from(_: InvalidUserName) -> Self {
        ErrorCode::InvalidUserName.into()
    }
}

impl From<UserNameError> for ApiError {
    fn from(error: UserNameError) -> Self {
        match error {
            UserNameError::Taken => ErrorCode::UserNameTaken.into(),
            UserNameError::Relay(error) => error.into(),
            UserNameError::Storage(error) => error.into(),
        }
    }
}

impl From<FindError> for ApiError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Name(error) => error.into(),
            FindError::Address(error) => error.into(),
            FindError::Nobody => ErrorCode::UserNameUnknown.into(),
            FindError::Own => ErrorCode::UserNameIsOwn.into(),
            FindError::Relay(error) => error.into(),
            FindError::Storage(error) => error.into(),
        }
    }
}

impl From<InviteError> for ApiError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::NotFound => ErrorCode::NotFound.into(),
            InviteError::Moved => ErrorCode::AccountMoved.into(),
            InviteError::Storage(error) => error.into(),
        }
    }
}

impl From<PreviewInviteError> for ApiError {
    fn from(error: PreviewInviteError) -> Self {
        match error {
            PreviewInviteError::Malformed => ErrorCode::InvalidInvite.into(),
            PreviewInviteError::TooNew => Self::new(
                ErrorCode::InvalidInvite,
                "This invite was made by a newer version of Sotto. Update Sotto and open it again.",
            ),
            PreviewInviteError::Expired => Self::new(
                ErrorCode::InviteSpent,
                "This invite has expired. Ask for a new one.",
            ),
            PreviewInviteError::Own => ErrorCode::InviteIsOwn.into(),
            PreviewInviteError::Storage(error) => error.into(),
        }
    }
}

impl From<AcceptInviteError> for ApiError {
    fn from(error: AcceptInviteError) -> Self {
        match error {
            AcceptInviteError::Preview(error) => error.into(),
            AcceptInviteError::IdentityMismatch => ErrorCode::InviteIdentityMismatch.into(),
            AcceptInviteError::InviterGone => Self::new(
                ErrorCode::InviteSpent,
                "The person who made this invite is no longer at this relay. Ask them for a new one.",
            ),
            AcceptInviteError::Relay(error) => error.into(),
            AcceptInviteError::Storage(error) => error.into(),
        }
    }
}
