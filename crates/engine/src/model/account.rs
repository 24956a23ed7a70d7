//! The user's own account, and how it stands with its relay.

use std::fmt;
use std::path::PathBuf;

use sotto_wire::{AccountId, Refusal, RelayAddress, UserName};

use super::DisplayName;
use crate::clock::Timestamp;
use crate::error::RelayError;
use crate::vault::SlotKind;

/// Where somebody is reached: `account@relay`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The account.
    pub account: AccountId,
    /// The relay that keeps its mailbox.
    pub relay: RelayAddress,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.account, self.relay)
    }
}

/// The user's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Where the user is reached.
    pub address: Address,
    /// What the user calls themself.
    pub display_name: DisplayName,
    /// The name by which strangers find the user, if they are to.
    pub user_name: Option<UserName>,
    /// Which slots of the vault hold the account secrets.
    pub vault_slots: Vec<SlotKind>,
    /// That the database is a backup, if the user has not seen that yet.
    pub restored: Option<Restoration>,
}

/// The database was damaged, or is on another machine, and a backup took its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// When the backup was made: what came after is lost.
    pub made_at: Timestamp,
    /// When it took the database's place.
    pub restored_at: Timestamp,
    /// Whether the backup is from another machine, or from before this one was set up anew.
    pub moved: bool,
    /// Where the damaged database is, if it is still there.
    pub set_aside: Option<PathBuf>,
}

/// How the relay and we stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// An attempt is under way.
    Connecting,
    /// Connected and authenticated.
    Online,
    /// Not connected.
    Offline {
        /// When the next attempt is made; `None` when none is made unasked.
        retry_at: Option<Timestamp>,
        /// Why.
        trouble: ConnectionTrouble,
    },
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionTrouble {
    /// Nobody answers at the address, or the network is gone.
    #[error("the relay cannot be reached")]
    Unreachable,
    /// The relay's certificate is not valid for its name.
    #[error("the relay's certificate is not valid")]
    Certificate,
    /// Something answers that is not a relay of ours, or one of another version.
    #[error("what answers is not a relay that this version can talk to")]
    Incompatible,
    /// The relay does not want us.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The same account is open elsewhere, and took the mailbox over.
    #[error("the account is open elsewhere")]
    Replaced,
    /// The engine has been shut down.
    #[error("the engine has been shut down")]
    ShutDown,
}

impl From<RelayError> for ConnectionTrouble {
    fn from(error: RelayError) -> Self {
        match error {
            RelayError::Unreachable => Self::Unreachable,
            RelayError::Certificate => Self::Certificate,
            RelayError::Incompatible => Self::Incompatible,
            RelayError::Refused(refusal) => Self::Refused(refusal),
        }
    }
}
