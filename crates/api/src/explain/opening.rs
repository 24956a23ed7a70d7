//! What can go wrong with an account: its folder, its vault, its database.

use std::io;

use sotto_engine::error::{
    BackUpError, BackupFileError, CreateError, DatabaseError, OpenError, RestoreError, StorageError,
};
use sotto_engine::profile::OpenProfileError;
use sotto_engine::vault::{CreateVaultError, KeychainError, LoadVaultError, OpenKeychainSlotError};

use crate::error::{ApiError, ErrorCode};

impl From<OpenProfileError> for ApiError {
    fn from(error: OpenProfileError) -> Self {
        match error {
            OpenProfileError::AlreadyOpen => Self::new(
                ErrorCode::Internal,
                "This profile is open in another window of Sotto. Use that one, or close it and try again.",
            ),
            OpenProfileError::NoDataFolder => Self::new(
                ErrorCode::Internal,
                "This computer names no folder for application data. Set SOTTO_DATA_DIR to a folder of yours and start again.",
            ),
            OpenProfileError::Io(error) => folder_trouble(&error),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::AlreadyExists | CreateError::Vault(CreateVaultError::AlreadyExists) => Self::new(
                ErrorCode::Internal,
                "This profile has an account already. Start Sotto again to open it, or use another profile.",
            ),
            CreateError::Relay(error) => error.into(),
            CreateError::Vault(error) => error.into(),
            CreateError::Database(error) | CreateError::Open(error) => error.into(),
        }
    }
}

impl From<BackupFileError> for ApiError {
    fn from(error: BackupFileError) -> Self {
        match error {
            BackupFileError::NotABackup => ErrorCode::NotABackup.into(),
            BackupFileError::TooNew => ErrorCode::BackupTooNew.into(),
            BackupFileError::WrongCode => Self::new(
                ErrorCode::WrongRecoveryCode,
                "This recovery code does not open the backup. It wants the code that the account had when the backup was made.",
            ),
            BackupFileError::Damaged => ErrorCode::BackupDamaged.into(),
        }
    }
}

impl From<RestoreError> for ApiError {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Backup(error) => error.into(),
            RestoreError::File(error) => folder_trouble(&error),
            RestoreError::Create(error) => error.into(),
            RestoreError::Open(error) => error.into(),
        }
    }
}

impl From<BackUpError> for ApiError {
    fn from(error: BackUpError) -> Self {
        match error {
            BackUpError::RecoveryCode(_) => ErrorCode::WrongRecoveryCode.into(),
            BackUpError::NoRandomness(_) => ErrorCode::Internal.into(),
            BackUpError::Database(error) => error.into(),
            BackUpError::File(error) => match folder_trouble(&error) {
                full if full.code == ErrorCode::DiskFull => full,
                _ => Self::new(
                    ErrorCode::Internal,
                    "Sotto cannot write to the folder for downloads. Check that it is there, and its permissions, and try again.",
                ),
            },
        }
    }
}

impl From<CreateVaultError> for ApiError {
    fn from(error: CreateVaultError) -> Self {
        match error {
            CreateVaultError::Keychain(error) => error.into(),
            CreateVaultError::Io(error) => folder_trouble(&error),
            CreateVaultError::AlreadyExists
            | CreateVaultError::NoRandomness(_)
            | CreateVaultError::Derivation => ErrorCode::Internal.into(),
        }
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Vault(error) => error.into(),
            OpenError::Keychain(error) => error.into(),
            OpenError::Passphrase(error) => error.into(),
            OpenError::RecoveryCode(error) => error.into(),
            OpenError::Database(error) => error.into(),
        }
    }
}

impl From<LoadVaultError> for ApiError {
    fn from(error: LoadVaultError) -> Self {
        match error {
            LoadVaultError::TooNew { .. } => ErrorCode::DatabaseTooNew.into(),
            LoadVaultError::Missing | LoadVaultError::Malformed => Self::new(
                ErrorCode::DatabaseCorrupted,
                "The file that says how your keys are protected is damaged. Sotto can set this account aside, where nothing is \
                 deleted, and begin with a new one; or put the file back from a backup and try again.",
            ),
            LoadVaultError::Io(error) => folder_trouble(&error),
        }
    }
}

impl From<OpenKeychainSlotError> for ApiError {
    fn from(error: OpenKeychainSlotError) -> Self {
        match error {
            OpenKeychainSlotError::NoSuchSlot | OpenKeychainSlotError::Malformed => {
                ErrorCode::KeychainEntryMissing.into()
            }
            OpenKeychainSlotError::Keychain(error) => error.into(),
        }
    }
}

impl From<KeychainError> for ApiError {
    fn from(error: KeychainError) -> Self {
        match error {
            KeychainError::Unavailable => ErrorCode::KeychainUnavailable.into(),
            KeychainError::Locked => ErrorCode::KeychainLocked.into(),
            KeychainError::Denied => Self::new(
                ErrorCode::KeychainLocked,
                "The keychain did not let Sotto in. Try again and allow it, or use a passphrase.",
            ),
            KeychainError::Missing => ErrorCode::KeychainEntryMissing.into(),
            KeychainError::Other => Self::new(
                ErrorCode::KeychainUnavailable,
                "The keychain of this computer does not work at the moment. Try again, or use a passphrase.",
            ),
        }
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Missing => Self::new(
                ErrorCode::DatabaseCorrupted,
                "The message database is gone. Put it back from a backup and try again, or begin with a new account.",
            ),
            DatabaseError::WrongKey => ErrorCode::DatabaseCorrupted.into(),
            DatabaseError::TooNew => ErrorCode::DatabaseTooNew.into(),
            DatabaseError::Storage(error) => error.into(),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::DiskFull => ErrorCode::DiskFull.into(),
            StorageError::Corrupted => ErrorCode::DatabaseCorrupted.into(),
            StorageError::Failed => Self::new(
                ErrorCode::Internal,
                "The message database could not be read or written. Try again; if it happens again, check the disk.",
            ),
            StorageError::ShutDown => ErrorCode::NotReady.into(),
        }
    }
}

/// The profile folder, or a file in it, cannot be used.
pub(crate) fn folder_trouble(error: &io::Error) -> ApiError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull.into(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ApiError::new(
            ErrorCode::Internal,
            "Sotto may not write to its folder. Check the permissions of the folder and try again.",
        ),
        _ => ApiError::new(
            ErrorCode::Internal,
            "Sotto cannot use its folder. Check the disk and try again.",
        ),
    }
}
