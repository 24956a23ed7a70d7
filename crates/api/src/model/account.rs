//! The user's own account: how it is opened, where it is kept, how it stands with its relay.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use zeroize::{Zeroize, ZeroizeOnDrop};

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
    /// There is an account; its vault wants a passphrase.
    Locked {
        /// The profile's name.
        profile: String,
        /// What the keychain says, for a hint.
        keychain: Keychain,
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
        /// Whether the account could be opened by its passphrase instead.
        has_passphrase_slot: bool,
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
}

/// One way to the account secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum VaultSlot {
    /// The operating system's keychain.
    Keychain,
    /// A passphrase.
    Passphrase,
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

/// What the user typed to protect the vault. It comes in and never goes out; it leaves no trace in memory of ours.
#[derive(Deserialize, TS, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
#[ts(as = "String")]
pub struct Passphrase(String);

impl Passphrase {
    /// The passphrase itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
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
