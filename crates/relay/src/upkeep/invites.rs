//! Invites to the relay: made from the pepper alone, and withdrawn in the database, while the relay runs or not.

use std::path::PathBuf;

use sotto_wire::{RelayDoor, RelayInvite};

use crate::clock::now_ms;
use crate::config::Config;
use crate::file;
use crate::registration;
use crate::running::{ServeError, secrets};
use crate::store::{Beside, Connected, KnownInvite, PostgresFailure};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Why an invite could not be made, listed or withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The secrets or the database cannot be opened.
    #[error(transparent)]
    Open(#[from] ServeError),
    /// There is no database yet.
    #[error("there is no database in {}", folder.display())]
    NoDatabase {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The system gives no randomness.
    #[error("no randomness from the system")]
    NoRandomness,
    /// Not the text of an invite.
    #[error("that is no invite: expected one as `invite` prints it, or the digits that `invite list` shows")]
    NotAnInvite,
    /// It was made with another pepper.
    #[error("that invite is not of this relay")]
    NotOurs,
    /// It cannot be used any more.
    #[error("that invite has expired already")]
    Expired,
    /// Nobody used an invite that begins so.
    #[error("no invite that begins with these digits was used; give all of it")]
    Unknown,
    /// The embedded database failed.
    #[error("the database failed")]
    Embedded(#[source] rusqlite::Error),
    /// The shared database failed.
    #[error("the database failed")]
    Shared(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<rusqlite::Error> for InviteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Embedded(error)
    }
}

impl From<PostgresFailure> for InviteError {
    fn from(error: PostgresFailure) -> Self {
        Self::Shared(error.into())
    }
}

/// An invite that was used or withdrawn and has not expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayInviteUse {
    /// The digits with which it begins behind the `#`; nobody gets in by them.
    pub digits: String,
    /// Accounts made by it.
    pub accounts: u32,
    /// Whole days until it expires.
    pub days_left: u64,
    /// It is good no more.
    pub withdrawn: bool,
}

/// Invites to the relay, each good for so many accounts and days. They are made from the pepper alone: a relay that runs
/// takes them without being told.
pub fn relay_invites(
    config: &Config,
    count: u16,
    accounts: u16,
    days: u32,
) -> Result<Vec<String>, InviteError> {
    let (pepper, _) = secrets(config)?;
    let expires_at_ms = now_ms() + u64::from(days) * DAY_MS;
    let name = config.names.first().map(ToString::to_string);
    let name = name.unwrap_or_else(|| config.listen.to_string());
    (0..count)
        .map(|_| {
            let invite = registration::invite(&pepper, accounts, expires_at_ms)
                .map_err(|_| InviteError::NoRandomness)?;
            Ok(format!("{}#{invite}", name.strip_suffix(":443").unwrap_or(&name)))
        })
        .collect()
}

/// The invites that were used or withdrawn. Of those that were not, the relay knows nothing.
pub async fn used_relay_invites(config: &Config) -> Result<Vec<RelayInviteUse>, InviteError> {
    let now = now_ms();
    let known = Book::open(config).await?.all().await?;
    let known = known.into_iter().filter(|invite| now <= invite.expires_at_ms);
    Ok(known
        .map(|invite| RelayInviteUse {
            digits: digits(invite.id),
            accounts: invite.accounts,
            days_left: (invite.expires_at_ms - now) / DAY_MS,
            withdrawn: invite.withdrawn,
        })
        .collect())
}

/// Withdraws an invite: nobody gets an account by it from now on. It is given as it was printed, with the address or
/// without, or, if it was used, by the digits with which it begins.
pub async fn withdraw_relay_invite(config: &Config, text: &str) -> Result<(), InviteError> {
    let text = text.trim();
    let book = Book::open(config).await?;
    let invite = match text.parse::<RelayInvite>() {
        Ok(invite) => Some(invite),
        Err(_) => text.parse::<RelayDoor>().ok().and_then(|door| door.invite),
    };
    let (id, expires_at_ms) = match invite {
        Some(invite) => {
            let (pepper, _) = secrets(config)?;
            let invite = registration::read(&invite, &pepper).ok_or(InviteError::NotOurs)?;
            (invite.id, invite.expires_at_ms)
        }
        None if text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            let known = book.all().await?;
            let mut known = known.iter();
            let known = known.find(|invite| digits(invite.id).eq_ignore_ascii_case(text));
            known
                .map(|known| (known.id, known.expires_at_ms))
                .ok_or(InviteError::Unknown)?
        }
        None => return Err(InviteError::NotAnInvite),
    };
    if expires_at_ms < now_ms() {
        return Err(InviteError::Expired);
    }
    book.withdraw(id, expires_at_ms).await
}

fn digits(id: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(id))
}

/// The database of either kind.
enum Book {
    Embedded(Beside),
    Shared(Connected),
}

impl Book {
    async fn open(config: &Config) -> Result<Self, InviteError> {
        let Some(address) = &config.database else {
            let path = config.data.join(file::DATABASE);
            if !path.exists() {
                let folder = config.data.clone();
                return Err(InviteError::NoDatabase { folder });
            }
            return Ok(Self::Embedded(Beside::open(&path).map_err(ServeError::from)?));
        };
        let connected = Connected::open(address).await.map_err(ServeError::from)?;
        let (pepper, certificates) = secrets(config)?;
        let ours = pepper.fingerprint(&certificates.trust_root());
        if connected.fingerprint.as_deref() != Some(&ours) {
            return Err(ServeError::OtherPepper.into());
        }
        Ok(Self::Shared(connected))
    }

    async fn all(&self) -> Result<Vec<KnownInvite>, InviteError> {
        match self {
            Self::Embedded(database) => Ok(database.invites()?),
            Self::Shared(database) => Ok(database.invites().await?),
        }
    }

    async fn withdraw(&self, id: [u8; 8], expires_at_ms: u64) -> Result<(), InviteError> {
        match self {
            Self::Embedded(database) => Ok(database.withdraw_invite(id, expires_at_ms)?),
            Self::Shared(database) => Ok(database.withdraw_invite(id, expires_at_ms).await?),
        }
    }
}
