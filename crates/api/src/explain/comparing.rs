//! What can go wrong with verifying a contact.

use sotto_engine::error::{BeginWordsError, TypeWordsError};

use crate::error::{ApiError, ErrorCode};

impl From<BeginWordsError> for ApiError {
    fn from(error: BeginWordsError) -> Self {
        match error {
            BeginWordsError::NotFound => ErrorCode::NotFound.into(),
            BeginWordsError::KeyChanged => Self::new(
                ErrorCode::IdentityKeyChanged,
                "Words travel as messages, and messages wait until you have decided about the changed safety number. Compare in \
                 another way.",
            ),
            BeginWordsError::Moved => ErrorCode::AccountMoved.into(),
            BeginWordsError::TooSoon { .. } => Self::new(
                ErrorCode::InvalidInput,
                "Two comparisons have failed. Wait an hour before the next, or compare in another way.",
            ),
            BeginWordsError::Storage(error) => error.into(),
        }
    }
}

impl From<TypeWordsError> for ApiError {
    fn from(error: TypeWordsError) -> Self {
        match error {
            TypeWordsError::NotFound => ErrorCode::NotFound.into(),
            TypeWordsError::Unknown { .. } => Self::new(
                ErrorCode::InvalidInput,
                "This is no word of the list. Check how it is spelt.",
            ),
            TypeWordsError::Storage(error) => error.into(),
        }
    }
}
