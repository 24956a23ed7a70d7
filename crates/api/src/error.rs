//! How an error reaches the UI: a code to act on and a sentence to show.

use serde::Serialize;
use ts_rs::TS;

/// What a failed command answers.
///
/// `message` is a full English sentence that says what happened and what the user can do; the UI shows its own
/// translation where it has one for `code`, and `message` otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
#[ts(export)]
pub struct ApiError {
    /// What to act on.
    pub code: ErrorCode,
    /// What to show.
    pub message: String,
}

impl ApiError {
    /// An error that says `message`, a whole sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code, code.sentence())
    }
}

/// A code exists only if the UI acts on it; everything else is `internal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    /// The arguments break a rule the form states (empty name, text too long): mark the field.
    InvalidInput,
    /// No account is open in this window: go to the start screen.
    NotReady,
    /// The relay address is not one (or plain `ws://` to a machine that is not this one): mark the field.
    InvalidRelayAddress,
    /// The relay did not answer: offer to try again.
    RelayUnreachable,
    /// The relay answered, but is not one of ours or too old or too new: offer another address.
    RelayIncompatible,
    /// The relay refused the request, for a reason that none of the codes below is for: show why.
    RelayRefused,
    /// The relay has too much to do, or was asked too often: offer to try again.
    RelayBusy,
    /// The relay takes no new accounts: offer another one.
    RelayClosed,
    /// The relay takes new accounts by invite only: ask for the address with an invite behind it.
    RelayInviteRequired,
    /// The invite to the relay is not valid, or not any more: mark the field.
    RelayInviteWrong,
    /// The relay does not know this account (any more).
    RelayAccountUnknown,
    /// The relay does not go by the name in its address: mark the field.
    RelayNameWrong,
    /// The account was opened somewhere else, which receives its messages now: offer to take it back.
    RelayOpenElsewhere,
    /// The account was restored on another machine, and lives there now: say so, and offer nothing.
    AccountMoved,
    /// What was typed is not a user name: mark the field.
    InvalidUserName,
    /// Somebody else has the user name: mark the field.
    UserNameTaken,
    /// Nobody has the user name: mark the field.
    UserNameUnknown,
    /// The user name is the user's own.
    UserNameIsOwn,
    /// The contact's app has not told the relay yet how a conversation with it begins: offer to try again.
    ContactNotReady,
    /// This machine has no keychain: offer the passphrase.
    KeychainUnavailable,
    /// The keychain is there but locked, or the user declined: offer to try again, and the passphrase slot if there is one.
    KeychainLocked,
    /// The keychain no longer holds this account's entry: offer the other slots.
    KeychainEntryMissing,
    /// The keychain is no way in any more, but did not let its entry be deleted: say so.
    KeychainEntryLeft,
    /// The passphrase is wrong (or the vault was tampered with: the two are deliberately the same).
    WrongPassphrase,
    /// The passphrase is too short: mark the field.
    WeakPassphrase,
    /// There is no passphrase, which the lock is opened by: offer to set one.
    PassphraseNeeded,
    /// What was typed is no recovery code: mark the groups.
    MistypedRecoveryCode,
    /// The recovery code is that of something else, or an older one (or the vault was tampered with: deliberately the same).
    WrongRecoveryCode,
    /// It is the last way in that opens the account every day: offer another one first.
    LastWayIn,
    /// The database file is damaged: offer to set it aside.
    DatabaseCorrupted,
    /// The database was written by a newer Sotto: offer to update.
    DatabaseTooNew,
    /// The file is no backup: offer to choose another one.
    NotABackup,
    /// The backup was made by a newer Sotto: offer to update.
    BackupTooNew,
    /// The backup is damaged, or incomplete: offer to choose another one.
    BackupDamaged,
    /// No space left on the disk: nothing was lost; offer to try again.
    DiskFull,
    /// The invite link is incomplete, damaged or not one: mark the field.
    InvalidInvite,
    /// The invite was used already, revoked or has expired: ask for a new one.
    InviteSpent,
    /// The account behind the invite does not have the identity key the link names: warn, do not connect.
    InviteIdentityMismatch,
    /// The invite is the user's own.
    InviteIsOwn,
    /// The contact's identity key changed; sending waits for the user's decision: show the notice.
    IdentityKeyChanged,
    /// The conversation, contact or message is no longer there: reload the list.
    NotFound,
    /// The message is too old to be edited or deleted for everyone, or was edited too often: say so.
    TooLate,
    /// A defect or a broken machine; the message says what is known.
    Internal,
}

impl ErrorCode {
    /// What happened and what the user can do, where nothing more particular is known.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::InvalidInput => {
                "Something in this form is missing or too long. Please check it and try again."
            }
            Self::NotReady => {
                "No account is open in this window. Go back to the start screen to open or create one."
            }
            Self::InvalidRelayAddress => {
                "This is not the address of a relay. It looks like chat.example.org, or ws://127.0.0.1:9800 on this computer."
            }
            Self::RelayUnreachable => {
                "The relay does not answer. Check the address and your connection to the internet, then try again."
            }
            Self::RelayIncompatible => {
                "There is a server at this address, but not a relay this version of Sotto can talk to. Try another address, or \
                 update Sotto."
            }
            Self::RelayRefused => {
                "The relay refused the request. Ask whoever runs it, or choose another relay."
            }
            Self::RelayBusy => "The relay has a lot to do at the moment. Wait a little and try again.",
            Self::RelayClosed => "This relay takes no new accounts. Ask whoever runs it, or choose another.",
            Self::RelayInviteRequired => {
                "This relay takes new accounts by invite only. Ask whoever runs it for an address with an invite behind it, and \
                 paste all of it."
            }
            Self::RelayInviteWrong => {
                "The invite behind the relay's address is not valid, or not any more. Ask whoever runs the relay for a new one."
            }
            Self::RelayAccountUnknown => {
                "The relay does not know this account any more. Ask whoever runs it, or begin with a new account."
            }
            Self::RelayNameWrong => {
                "The relay does not go by this name. Check the address, or ask whoever runs the relay to add the name."
            }
            Self::RelayOpenElsewhere => {
                "This account was opened somewhere else, which now receives the messages. Close it there and connect again."
            }
            Self::AccountMoved => {
                "This account was moved to another computer, where its messages now arrive. What is here stays here; nothing is sent \
                 or received any more."
            }
            Self::InvalidUserName => {
                "A user name has 3 to 32 letters (a to z), digits, dots, hyphens or underscores, and begins with a letter or digit."
            }
            Self::UserNameTaken => "Somebody else has this user name. Choose another.",
            Self::UserNameUnknown => {
                "Nobody has this user name. Check how it is written, and that the relay behind the @ is theirs."
            }
            Self::UserNameIsOwn => "This is your own user name. Tell it to people who want to find you.",
            Self::ContactNotReady => {
                "Their Sotto has not been set up to the end. Try again when they have been online."
            }
            Self::KeychainUnavailable => {
                "This computer has no keychain to keep your keys in. Protect them with a passphrase instead, or start the \
                 keychain and try again."
            }
            Self::KeychainLocked => "The keychain is locked. Unlock it and try again.",
            Self::KeychainEntryMissing => {
                "The keychain no longer holds the keys of this account. If you have set a passphrase, open the account with it."
            }
            Self::KeychainEntryLeft => {
                "Sotto does not use the keychain any more, but could not delete the keys in it. Delete its entry \u{201c}sotto\u{201d} \
                 there yourself."
            }
            Self::WrongPassphrase => {
                "This passphrase does not open the account. Check capital letters and try again."
            }
            Self::WeakPassphrase => {
                "This passphrase is too short to protect your messages. Use a longer one, such as five words."
            }
            Self::PassphraseNeeded => {
                "Sotto is unlocked by a passphrase, and there is none yet. Set one first."
            }
            Self::MistypedRecoveryCode => {
                "This is not a whole recovery code, or something in it is mistyped. Compare it with what you wrote down."
            }
            Self::WrongRecoveryCode => {
                "This recovery code does not open the account. If you made a new one since, only that one does."
            }
            Self::LastWayIn => {
                "This is the only way left to open the account every day. Set up another one first."
            }
            Self::DatabaseCorrupted => {
                "The message database is damaged and cannot be read. Sotto can set this account aside, where nothing is deleted, and \
                 begin with a new one; your contacts then need a new invite from you."
            }
            Self::DatabaseTooNew => {
                "This account was last opened by a newer version of Sotto. Update Sotto to open it; your messages are safe."
            }
            Self::NotABackup => "This file is not a backup of Sotto. Choose the one that ends in .sotto.",
            Self::BackupTooNew => {
                "This backup was made by a newer version of Sotto. Update Sotto on this computer and try again."
            }
            Self::BackupDamaged => {
                "This backup is damaged or incomplete. Copy the file once more from where you keep it, or use another one."
            }
            Self::DiskFull => {
                "There is no space left on the disk. Nothing was lost: free some space and try again."
            }
            Self::InvalidInvite => {
                "This invite is incomplete or damaged. Copy the whole link, from sotto: to its end, and try again."
            }
            Self::InviteSpent => "This invite was used already or has expired. Ask for a new one.",
            Self::InviteIdentityMismatch => {
                "The account behind this invite does not have the keys the invite promises. Somebody may be standing between you: \
                 do not connect, and ask for a new invite over a channel you trust."
            }
            Self::InviteIsOwn => "This is your own invite. Send it to the person you want to talk to.",
            Self::IdentityKeyChanged => {
                "The safety number with this contact has changed. Sending waits until you have looked at it and decided."
            }
            Self::NotFound => "This is no longer there. The list will be loaded again.",
            Self::TooLate => {
                "It is too late for that: a message can be edited for a day and up to ten times, and deleted for everyone for a week."
            }
            Self::Internal => {
                "Something went wrong inside Sotto. Try again; if it happens again, please report it."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_whole_sentence_and_a_way_forward() {
        let codes = [
            ErrorCode::InvalidInput,
            ErrorCode::NotReady,
            ErrorCode::InvalidRelayAddress,
            ErrorCode::RelayUnreachable,
            ErrorCode::RelayIncompatible,
            ErrorCode::RelayRefused,
            ErrorCode::RelayBusy,
            ErrorCode::RelayClosed,
            ErrorCode::RelayInviteRequired,
            ErrorCode::RelayInviteWrong,
            ErrorCode::RelayAccountUnknown,
            ErrorCode::RelayNameWrong,
            ErrorCode::RelayOpenElsewhere,
            ErrorCode::AccountMoved,
            ErrorCode::InvalidUserName,
            ErrorCode::UserNameTaken,
            ErrorCode::UserNameUnknown,
            ErrorCode::UserNameIsOwn,
            ErrorCode::ContactNotReady,
            ErrorCode::KeychainUnavailable,
            ErrorCode::KeychainLocked,
            ErrorCode::KeychainEntryMissing,
            ErrorCode::KeychainEntryLeft,
            ErrorCode::WrongPassphrase,
            ErrorCode::WeakPassphrase,
            ErrorCode::PassphraseNeeded,
            ErrorCode::MistypedRecoveryCode,
            ErrorCode::WrongRecoveryCode,
            ErrorCode::LastWayIn,
            ErrorCode::DatabaseCorrupted,
            ErrorCode::DatabaseTooNew,
            ErrorCode::NotABackup,
            ErrorCode::BackupTooNew,
            ErrorCode::BackupDamaged,
            ErrorCode::DiskFull,
            ErrorCode::InvalidInvite,
            ErrorCode::InviteSpent,
            ErrorCode::InviteIdentityMismatch,
            ErrorCode::InviteIsOwn,
            ErrorCode::IdentityKeyChanged,
            ErrorCode::NotFound,
            ErrorCode::TooLate,
            ErrorCode::Internal,
        ];
        let sentences: Vec<_> = codes
            .map(|code| format!("{code:?}: {}", ApiError::from(code)))
            .into();
        insta::assert_snapshot!(sentences.join("\n"));
    }
}
