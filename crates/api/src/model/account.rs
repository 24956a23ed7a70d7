//! The user's own account: how it is opened, where it is kept, how it stands with its relay.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Passphrase, VaultSlot};
use crate::error::ApiError;

/// Where the app stands, and so which screen to show first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "stage", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum AppState {
    /// No account in this profile yet.
    Onboarding {
        /// The profile's name.
        profile: String,
        /// Where the keys could be kept.
        keychain: Keychain,
        /// The relay to suggest.
        default_relay: Option<String>,
    },
    /// There is an account, and it wants to be opened by somebody who knows how.
    Locked {
        /// The profile's name.
        profile: String,
        /// What the keychain says, for a hint.
        keychain: Keychain,
        /// What can be typed to open it.
        ways: Vec<VaultSlot>,
        /// Whether only the window is locked: the account is open behind it, and receives.
        receiving: bool,
    },
    /// The account is open.
    Ready {
        /// The profile's name.
        profile: String,
        /// The user's own account.
        me: Me,
    },
    /// The account cannot be opened; `error.code` says which way forward to offer.
    Trouble {
        /// The profile's name.
        profile: String,
        /// What is wrong.
        error: ApiError,
        /// What could be typed to open the account all the same.
        ways: Vec<VaultSlot>,
    },
}

/// Whether this machine can keep keys for us, and what it calls the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Keychain {
    /// "macOS Keychain", "Windows Credential Manager", "Secret Service".
    pub name: String,
    /// How it stands.
    pub status: KeychainStatus,
}

/// How the keychain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum KeychainStatus {
    /// There and unlocked.
    Available,
    /// There; using it asks the user to unlock it.
    Locked,
    /// This machine has none.
    Unavailable,
}

/// The user's own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Me {
    /// `account@relay`.
    pub address: String,
    /// What the user calls themself.
    pub display_name: String,
    /// The name by which strangers find the user, if they are to.
    pub user_name: Option<String>,
    /// The relay that keeps the mailbox.
    pub relay: String,
    /// True when the relay runs inside this app.
    pub hosts_relay: bool,
    /// Which vault slots hold the account secrets.
    pub vault_slots: Vec<VaultSlot>,
    /// Whether the account was opened by the recovery code: then the passphrase is forgotten, and a new one may be chosen
    /// without it.
    pub recovered: bool,
    /// That a backup took the place of a damaged database, until the user has seen it.
    pub restored: Option<Restoration>,
}

/// The database was damaged, or is on another machine, and a backup took its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Restoration {
    /// When the backup was made: what came after is lost.
    pub made_at: i64,
    /// Whether the account was restored from a file that the user had kept.
    pub moved: bool,
    /// The file that the damaged database is now, if it is still there.
    pub set_aside: Option<String>,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SavedBackup {
    /// Where it is.
    pub file: String,
    /// Its size.
    pub bytes: i64,
}

/// Where a new account's mailbox is to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum RelayChoice {
    /// `wss://chat.example.org`, `chat.example.org`, or `ws://127.0.0.1:9800`.
    Address {
        /// As the user typed it.
        address: String,
    },
    /// Start a relay inside this app, its data beside the profile.
    ThisComputer,
}

/// How a new account's secrets are to be kept.
#[derive(Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum VaultChoice {
    /// In the operating system's keychain.
    Keychain,
    /// Behind a passphrase.
    Passphrase {
        /// As the user typed it.
        passphrase: Passphrase,
    },
}

/// How the relay and we stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Connection {
    /// An attempt is under way.
    Connecting,
    /// Connected and authenticated.
    Online,
    /// Not connected; the next attempt is at `retry_at`.
    Offline {
        /// When the next attempt is made, if one is.
        retry_at: Option<i64>,
        /// Why, when it is something the user can do something about.
        error: Option<ApiError>,
    },
}
