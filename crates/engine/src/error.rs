//! Why an operation of the engine failed: one type per operation, so that a caller sees what can happen.

pub use sotto_protocol::fingerprint::ScanError;
use sotto_wire::{AddressError, InvalidUserName, Refusal};

pub use crate::card::CardError;
use crate::vault::{
    CreateVaultError, FillSlotError, LoadVaultError, NoRandomness, OpenKeychainSlotError,
    OpenPassphraseSlotError, OpenRecoverySlotError, RemoveSlotError,
};

/// The disk or the database failed; what was asked for was not done, and nothing else has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// There is no space left.
    #[error("the disk is full")]
    DiskFull,
    /// The database is damaged.
    #[error("the database is damaged")]
    Corrupted,
    /// Reading or writing failed.
    #[error("the database could not be read or written")]
    Failed,
    /// The engine has been shut down.
    #[error("the engine has been shut down")]
    ShutDown,
}

impl StorageError {
    /// What it means that a file of the profile cannot be read or written.
    pub(crate) fn of(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Failed,
        }
    }
}

/// Why no account was made. Nothing is left behind in the profile, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The profile has an account already.
    #[error("the profile has an account already")]
    AlreadyExists,
    /// The relay could not be asked for a mailbox.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The vault was not made.
    #[error(transparent)]
    Vault(#[from] CreateVaultError),
    /// The database was not made.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The account is there and did not open; it may when it is opened next.
    #[error("the account was made and did not open")]
    Open(#[source] DatabaseError),
}

/// Why a file is no backup that an account can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackupFileError {
    /// It is something else.
    #[error("the file is no backup")]
    NotABackup,
    /// A newer version made it.
    #[error("the backup was made by a newer version")]
    TooNew,
    /// The recovery code is another one, or the beginning of the file is damaged; deliberately the same.
    #[error("the recovery code does not open this backup")]
    WrongCode,
    /// Some of it is missing, or was changed.
    #[error("the backup is damaged")]
    Damaged,
}

/// Why no account was made of a backup. Nothing is left behind in the profile.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The file is none that it can be made of.
    #[error(transparent)]
    Backup(#[from] BackupFileError),
    /// The file cannot be read.
    #[error("the backup cannot be read")]
    File(#[source] std::io::Error),
    /// The account was not made.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The account is there and did not open; it may when it is opened next.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<DatabaseError> for RestoreError {
    fn from(error: DatabaseError) -> Self {
        Self::Create(error.into())
    }
}

/// Why no backup was made. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum BackUpError {
    /// It is not the account's recovery code, or the account has none.
    #[error(transparent)]
    RecoveryCode(#[from] OpenRecoverySlotError),
    /// The system gave no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database could not be copied.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The file could not be written.
    #[error("the backup cannot be written")]
    File(#[source] std::io::Error),
}

impl From<StorageError> for BackUpError {
    fn from(error: StorageError) -> Self {
        Self::Database(error.into())
    }
}

/// Why the account of a profile did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The vault file was not read; [`LoadVaultError::Missing`] when the profile has no account.
    #[error(transparent)]
    Vault(#[from] LoadVaultError),
    /// The keychain slot did not open.
    #[error(transparent)]
    Keychain(#[from] OpenKeychainSlotError),
    /// The passphrase slot did not open.
    #[error(transparent)]
    Passphrase(#[from] OpenPassphraseSlotError),
    /// The recovery-code slot did not open.
    #[error(transparent)]
    RecoveryCode(#[from] OpenRecoverySlotError),
    /// The database did not open.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Why a database did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// It is not there, though the vault is.
    #[error("the database is gone")]
    Missing,
    /// It does not open with this account's key, or is damaged from its first page on; the two cannot be told apart.
    #[error("the database does not open with this account's key")]
    WrongKey,
    /// A newer version wrote it.
    #[error("the database was written by a newer version")]
    TooNew,
    /// It cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a relay did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// Nobody answers at the address, or the network is gone.
    #[error("the relay cannot be reached")]
    Unreachable,
    /// The relay's certificate is not valid for its name.
    #[error("the relay's certificate is not valid")]
    Certificate,
    /// Something answers that is not a relay of ours, or one of another version.
    #[error("what answers is not a relay that this version can talk to")]
    Incompatible,
    /// The relay refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why an address is not that of a relay one can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckRelayError {
    /// It is not an address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// There is no relay, or it does not want us.
    #[error(transparent)]
    Relay(#[from] RelayError),
}

/// Why a conversation could not be read or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConversationError {
    /// There is no such conversation.
    #[error("there is no such conversation")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why nothing can be done of which the contact has to be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TellContactError {
    /// There is no such conversation.
    #[error("there is no such conversation")]
    NotFound,
    /// The account is on another computer now: they would never be told from here.
    #[error("the account has moved to another computer")]
    Moved,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a text cannot be sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// There is nothing in it but white space.
    #[error("the text is empty")]
    Empty,
    /// It is longer than a message can carry.
    #[error("the text has {actual} bytes, more than the {limit} allowed")]
    TooLong {
        /// What is allowed, in bytes.
        limit: usize,
        /// What was given, in bytes.
        actual: usize,
    },
}

/// Why a text was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no such conversation.
    #[error("there is no such conversation")]
    NotFound,
    /// They wait to be accepted.
    #[error("the contact has not been accepted")]
    NotAccepted,
    /// They are blocked.
    #[error("the contact is blocked")]
    Blocked,
    /// The account is on another computer now: it would never be sent from here.
    #[error("the account has moved to another computer")]
    Moved,
    /// It cannot be sent at all.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a message was not queued again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetryError {
    /// There is no such message, or it is not one that failed.
    #[error("there is no such failed message")]
    NotFound,
    /// Whom it is for is blocked.
    #[error("the contact is blocked")]
    Blocked,
    /// The account is on another computer now: it would never be sent from here.
    #[error("the account has moved to another computer")]
    Moved,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a message was not edited, deleted or reacted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no such message, or it is deleted, or no text.
    #[error("there is no such message")]
    NotFound,
    /// Somebody else wrote it.
    #[error("somebody else wrote it")]
    NotYours,
    /// The time for it is over, or it was edited as often as it may be.
    #[error("the time for it is over")]
    TooLate,
    /// The account is on another computer now: it would never be sent from here.
    #[error("the account has moved to another computer")]
    Moved,
    /// The new text cannot be sent.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a contact was not renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// There is no such contact.
    #[error("there is no such contact")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a decision about a contact's identity key was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// There is no such contact.
    #[error("there is no such contact")]
    NotFound,
    /// The contact's key is not the one that the decision is about: show the user the one it is.
    #[error("the contact's identity key is another one by now")]
    KeyChanged,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why no comparison by words has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BeginWordsError {
    /// There is no such contact, or nothing of theirs to answer (any more).
    #[error("there is no such contact, or nothing to answer")]
    NotFound,
    /// The contact's identity key waits for a decision, so that nothing is sent to them.
    #[error("the contact's identity key has changed")]
    KeyChanged,
    /// The account is on another computer now: they would never be asked from here.
    #[error("the account has moved to another computer")]
    Moved,
    /// Too many have failed lately.
    #[error("too many comparisons failed lately")]
    TooSoon {
        /// When the next one may begin.
        again_at: crate::clock::Timestamp,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why two words were not compared. The comparison goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypeWordsError {
    /// There is no such contact, or no comparison in which words are to be typed (any more).
    #[error("there is no comparison in which words are to be typed")]
    NotFound,
    /// What was typed is no word of the list.
    #[error("no word of the list")]
    Unknown {
        /// Whether the first is none.
        first: bool,
        /// Whether the second is none.
        second: bool,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a card was not compared with a contact's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CompareCardError {
    /// There is no such contact.
    #[error("there is no such contact")]
    NotFound,
    /// The text holds no card that can be read.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a scanned code was not compared with that of a safety number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CompareCodeError {
    /// There is no such contact.
    #[error("there is no such contact")]
    NotFound,
    /// It is no code of a safety number, or one of another version.
    #[error(transparent)]
    Code(#[from] ScanError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why there is no invite, or it was not revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// There is no such invite.
    #[error("there is no such invite")]
    NotFound,
    /// The account is on another computer now, which would not know an invite made here.
    #[error("the account has moved to another computer")]
    Moved,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why an invite link cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PreviewInviteError {
    /// It is incomplete, damaged or no invite.
    #[error("not a whole invite link")]
    Malformed,
    /// A newer version made it.
    #[error("an invite of a newer version")]
    TooNew,
    /// It has expired.
    #[error("the invite has expired")]
    Expired,
    /// It is the user's own.
    #[error("the invite is the user's own")]
    Own,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why an invite was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AcceptInviteError {
    /// It cannot be read.
    #[error(transparent)]
    Preview(#[from] PreviewInviteError),
    /// The account behind it does not have the identity key that the link names: somebody stands in between.
    #[error("the account behind the invite has another identity key")]
    IdentityMismatch,
    /// The inviter's account is not there (any more), or has no keys to begin with.
    #[error("the inviter's account is not there")]
    InviterGone,
    /// The inviter's relay could not be asked for their keys.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why the user has not the user name they asked for. They have the one they had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserNameError {
    /// Somebody else has it.
    #[error("the user name is taken")]
    Taken,
    /// The relay could not be asked, or refused.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why nobody was found by a user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// It is no user name.
    #[error(transparent)]
    Name(#[from] InvalidUserName),
    /// What stands behind the `@` is no address of a relay.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Nobody at that relay has it.
    #[error("nobody has this user name")]
    Nobody,
    /// It is the user's own.
    #[error("the user name is the user's own")]
    Own,
    /// The relay could not be asked, or refused.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a slot of the vault was neither added nor changed.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The slot was not made.
    #[error(transparent)]
    Slot(#[from] FillSlotError),
    /// The slot was made, but the database failed when the account was to be shown.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a slot of the vault was not taken away.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// The slot was not removed.
    #[error(transparent)]
    Slot(#[from] RemoveSlotError),
    /// The slot was removed, but the database failed when the account was to be shown.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
