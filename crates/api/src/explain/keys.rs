//! What can go wrong with the ways into an account.

use sotto_engine::error::{FillError, RemoveError};
use sotto_engine::vault::{
    FillSlotError, MIN_PASSPHRASE_CHARS, MistypedRecoveryCode, NoRandomness, OpenPassphraseSlotError,
    OpenRecoverySlotError, ProveError, RemoveSlotError, WeakPassphrase,
};

use super::folder_trouble;
use crate::error::{ApiError, ErrorCode};

impl From<OpenPassphraseSlotError> for ApiError {
    fn from(error: OpenPassphraseSlotError) -> Self {
        match error {
            OpenPassphraseSlotError::NoSuchSlot => Self::new(
                ErrorCode::NotReady,
                "This account has no passphrase. Open it another way.",
            ),
            OpenPassphraseSlotError::NotOpened => ErrorCode::WrongPassphrase.into(),
        }
    }
}

impl From<OpenRecoverySlotError> for ApiError {
    fn from(error: OpenRecoverySlotError) -> Self {
        match error {
            OpenRecoverySlotError::NoSuchSlot => Self::new(
                ErrorCode::NotReady,
                "This account has no recovery code. Open it another way.",
            ),
            OpenRecoverySlotError::NotOpened => ErrorCode::WrongRecoveryCode.into(),
        }
    }
}

impl From<ProveError> for ApiError {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Passphrase(error) => error.into(),
            ProveError::RecoveryCode(error) => error.into(),
        }
    }
}

impl From<MistypedRecoveryCode> for ApiError {
    fn from(_: MistypedRecoveryCode) -> Self {
        ErrorCode::MistypedRecoveryCode.into()
    }
}

impl From<NoRandomness> for ApiError {
    fn from(_: NoRandomness) -> Self {
        ErrorCode::Internal.into()
    }
}

impl From<WeakPassphrase> for ApiError {
    fn from(_: WeakPassphrase) -> Self {
        Self::new(
            ErrorCode::WeakPassphrase,
            format!(
                "This passphrase is too short to protect your messages. Use at least {MIN_PASSPHRASE_CHARS} characters, such as \
                 five words."
            ),
        )
    }
}

impl From<FillError> for ApiError {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Storage(error) => error.into(),
            FillError::Slot(FillSlotError::Keychain(error)) => error.into(),
            FillError::Slot(FillSlotError::Io(error)) => folder_trouble(&error),
            FillError::Slot(FillSlotError::NoRandomness(_) | FillSlotError::Derivation) => {
                ErrorCode::Internal.into()
            }
        }
    }
}

impl From<RemoveError> for ApiError {
    fn from(error: RemoveError) -> Self {
        match error {
            RemoveError::Storage(error) => error.into(),
            RemoveError::Slot(RemoveSlotError::NoSuchSlot) => ErrorCode::NotFound.into(),
            RemoveError::Slot(RemoveSlotError::LastSlot) => ErrorCode::LastWayIn.into(),
            RemoveError::Slot(RemoveSlotError::Io(error)) => folder_trouble(&error),
            RemoveError::Slot(RemoveSlotError::EntryLeft(_)) => ErrorCode::KeychainEntryLeft.into(),
        }
    }
}
