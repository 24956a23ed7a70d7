//! Why a relay did not do what it was asked.

use crate::proto;
use crate::proto::refused::Code;

/// A relay's no. The connection stays usable unless [`ends_connection`](Self::ends_connection).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No version is common to both.
    #[error("the relay speaks protocol versions {min} to {max}")]
    UnsupportedVersion {
        /// The oldest the relay speaks.
        min: u32,
        /// The newest the relay speaks.
        max: u32,
    },
    /// A frame could not be read.
    #[error("the relay could not read the frame")]
    BadFrame,
    /// A frame was longer than allowed.
    #[error("the frame is longer than the {limit} bytes allowed")]
    FrameTooLarge {
        /// What is allowed, in bytes.
        limit: u64,
    },
    /// The first frame was not a hello, or a later one was.
    #[error("a connection begins with one hello")]
    HelloExpected,
    /// The request needs authentication first.
    #[error("the connection is not authenticated")]
    NotAuthenticated,
    /// A connection authenticates once.
    #[error("the connection is authenticated already")]
    AlreadyAuthenticated,
    /// No such account, or it has no such device.
    #[error("the relay does not know the account")]
    UnknownAccount,
    /// The proof was not made by the account's identity key for this connection.
    #[error("the signature is wrong")]
    WrongSignature,
    /// The client dialled a name that the relay does not go by.
    #[error("the relay does not go by the name it was called by")]
    WrongRelayName,
    /// Another installation has registered for the device since: the account lives there now.
    #[error("the account lives on another machine now")]
    Moved,
    /// The account is registered with another identity key or user name.
    #[error("the account is registered already")]
    AlreadyRegistered,
    /// Somebody else has the user name.
    #[error("the user name is taken")]
    UserNameTaken,
    /// The relay takes no new accounts.
    #[error("the relay takes no new accounts")]
    RegistrationClosed,
    /// The relay takes only those new accounts that bring an invite of its operator's.
    #[error("the relay takes new accounts by invite only")]
    InviteRequired,
    /// The invite is not one of this relay's, has expired, or is used up.
    #[error("the invite to this relay is not valid, or not any more")]
    WrongInvite,
    /// The relay takes a new account for some work: see [`Work`](crate::Work).
    #[error("the relay asks for work of {bits} bits before it takes a new account")]
    WorkRequired {
        /// Leading zero bits.
        bits: u32,
    },
    /// A public key is not one.
    #[error("a public key is not valid")]
    InvalidKey,
    /// A prekey is not signed by the account's identity key.
    #[error("a prekey's signature is wrong")]
    WrongPrekeySignature,
    /// The relay would keep more one-time prekeys than allowed.
    #[error("more than {limit} one-time prekeys of one kind")]
    TooManyPrekeys {
        /// What is allowed for each kind.
        limit: u64,
    },
    /// The device has not published its prekeys yet.
    #[error("the device has published no prekeys")]
    NoPrekeys,
    /// The mailbox holds as much as it may.
    #[error("the mailbox is full")]
    MailboxFull,
    /// The payload is longer than this relay allows.
    #[error("the payload is longer than the {limit} bytes allowed")]
    PayloadTooLarge {
        /// What is allowed, in bytes.
        limit: u64,
    },
    /// The delivery token does not open this mailbox, or there is no such mailbox: strangers are not told which.
    #[error("the delivery token is wrong")]
    WrongDeliveryToken,
    /// The delivery token opened this mailbox once and does so no more.
    #[error("the delivery token is good no longer")]
    ExpiredDeliveryToken,
    /// The payload's length is none that [padded](crate::padded_length) payloads have.
    #[error("the payload is not padded")]
    NotPadded,
    /// Nobody has the user name.
    #[error("nobody has this user name")]
    NoSuchUserName,
    /// Too many requests.
    #[error("too many requests; try again in {retry_after_ms} ms")]
    RateLimited {
        /// When to try again.
        retry_after_ms: u32,
    },
    /// The relay cannot do it at the moment (its disk is full, it is stopping); nothing was changed.
    #[error("the relay cannot do it now; try again in {retry_after_ms} ms")]
    Unavailable {
        /// When to try again.
        retry_after_ms: u32,
    },
    /// A reason that this version does not know.
    #[error("the relay refused for reason {code}")]
    Other {
        /// Its number in the schema.
        code: i32,
    },
}

impl Refusal {
    /// Trying the same thing again later may succeed, without anybody doing anything about it on this side.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::MailboxFull | Self::RateLimited { .. } | Self::Unavailable { .. }
        )
    }

    /// The relay hangs up after this refusal.
    pub fn ends_connection(&self) -> bool {
        matches!(
            self,
            Self::UnsupportedVersion { .. }
                | Self::BadFrame
                | Self::FrameTooLarge { .. }
                | Self::HelloExpected
        )
    }

    pub(crate) fn to_wire(self) -> proto::Refused {
        let mut refused = proto::Refused::default();
        let code = match self {
            Self::UnsupportedVersion { min, max } => {
                (refused.min_version, refused.max_version) = (min, max);
                Code::UnsupportedVersion
            }
            Self::FrameTooLarge { limit } => {
                refused.limit = limit;
                Code::FrameTooLarge
            }
            Self::TooManyPrekeys { limit } => {
                refused.limit = limit;
                Code::TooManyPrekeys
            }
            Self::PayloadTooLarge { limit } => {
                refused.limit = limit;
                Code::PayloadTooLarge
            }
            Self::WorkRequired { bits } => {
                refused.limit = bits.into();
                Code::WorkRequired
            }
            Self::RateLimited { retry_after_ms } => {
                refused.retry_after_ms = retry_after_ms;
                Code::RateLimited
            }
            Self::Unavailable { retry_after_ms } => {
                refused.retry_after_ms = retry_after_ms;
                Code::Unavailable
            }
            Self::Other { code } => {
                refused.code = code;
                return refused;
            }
            Self::BadFrame => Code::BadFrame,
            Self::HelloExpected => Code::HelloExpected,
            Self::NotAuthenticated => Code::NotAuthenticated,
            Self::AlreadyAuthenticated => Code::AlreadyAuthenticated,
            Self::UnknownAccount => Code::UnknownAccount,
            Self::WrongSignature => Code::WrongSignature,
            Self::WrongRelayName => Code::WrongRelayName,
            Self::Moved => Code::Moved,
            Self::AlreadyRegistered => Code::AlreadyRegistered,
            Self::UserNameTaken => Code::UserNameTaken,
            Self::RegistrationClosed => Code::RegistrationClosed,
            Self::InviteRequired => Code::InviteRequired,
            Self::WrongInvite => Code::WrongInvite,
            Self::InvalidKey => Code::InvalidKey,
            Self::WrongPrekeySignature => Code::WrongPrekeySignature,
            Self::NoPrekeys => Code::NoPrekeys,
            Self::MailboxFull => Code::MailboxFull,
            Self::WrongDeliveryToken => Code::WrongDeliveryToken,
            Self::ExpiredDeliveryToken => Code::ExpiredDeliveryToken,
            Self::NotPadded => Code::NotPadded,
            Self::NoSuchUserName => Code::NoSuchUserName,
        };
        refused.set_code(code);
        refused
    }

    pub(crate) fn from_wire(refused: proto::Refused) -> Self {
        let (limit, retry_after_ms) = (refused.limit, refused.retry_after_ms);
        let Ok(code) = Code::try_from(refused.code) else {
            return Self::Other { code: refused.code };
        };
        match code {
            Code::Unspecified => Self::Other { code: refused.code },
            Code::UnsupportedVersion => Self::UnsupportedVersion {
                min: refused.min_version,
                max: refused.max_version,
            },
            Code::BadFrame => Self::BadFrame,
            Code::FrameTooLarge => Self::FrameTooLarge { limit },
            Code::HelloExpected => Self::HelloExpected,
            Code::NotAuthenticated => Self::NotAuthenticated,
            Code::AlreadyAuthenticated => Self::AlreadyAuthenticated,
            Code::UnknownAccount => Self::UnknownAccount,
            Code::WrongSignature => Self::WrongSignature,
            Code::WrongRelayName => Self::WrongRelayName,
            Code::Moved => Self::Moved,
            Code::AlreadyRegistered => Self::AlreadyRegistered,
            Code::UserNameTaken => Self::UserNameTaken,
            Code::RegistrationClosed => Self::RegistrationClosed,
            Code::InviteRequired => Self::InviteRequired,
            Code::WrongInvite => Self::WrongInvite,
            Code::WorkRequired => Self::WorkRequired {
                bits: u32::try_from(limit).unwrap_or(u32::MAX),
            },
            Code::InvalidKey => Self::InvalidKey,
            Code::WrongPrekeySignature => Self::WrongPrekeySignature,
            Code::TooManyPrekeys => Self::TooManyPrekeys { limit },
            Code::NoPrekeys => Self::NoPrekeys,
            Code::MailboxFull => Self::MailboxFull,
            Code::PayloadTooLarge => Self::PayloadTooLarge { limit },
            Code::WrongDeliveryToken => Self::WrongDeliveryToken,
            Code::ExpiredDeliveryToken => Self::ExpiredDeliveryToken,
            Code::NotPadded => Self::NotPadded,
            Code::NoSuchUserName => Self::NoSuchUserName,
            Code::RateLimited => Self::RateLimited { retry_after_ms },
            Code::Unavailable => Self::Unavailable { retry_after_ms },
        }
    }
}
