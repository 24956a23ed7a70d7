//! What can go wrong with conversations, contacts and invites.

use sotto_engine::error::{
    AcceptInviteError, ConversationError, InviteError, PreviewInviteError, RenameError, RetryError,
    SendError, VerifyError,
};
use sotto_engine::model::{InvalidFingerprint, InvalidName, MAX_NAME_CHARS};

use crate::error::{ApiError, ErrorCode};

impl From<ConversationError> for ApiError {
    fn from(error: ConversationError) -> Self {
        match error {
            ConversationError::NotFound => ErrorCode::NotFound.into(),
            ConversationError::Storage(error) => error.into(),
        }
    }
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotFound => ErrorCode::NotFound.into(),
            SendError::Empty => Self::new(
                ErrorCode::InvalidInput,
                "There is nothing to send. Write something first.",
            ),
            SendError::TooLong { limit, .. } => Self::new(
                ErrorCode::InvalidInput,
                format!("This message is too long: at most {limit} bytes fit into one. Send it in parts."),
            ),
            SendError::Storage(error) => error.into(),
        }
    }
}

impl From<RetryError> for ApiError {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::NotFound => ErrorCode::NotFound.into(),
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

impl From<InviteError> for ApiError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::NotFound => ErrorCode::NotFound.into(),
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
