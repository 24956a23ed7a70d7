//! What the user has chosen.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the user has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// How much a notification tells.
    pub notifications: NotificationPrivacy,
    /// Whether contacts are told what the user has read.
    pub read_receipts: bool,
    /// Whether contacts are told that the user writes, and the user that contacts do.
    pub typing_indicators: bool,
    /// Close to the tray instead of quitting.
    pub keep_running: bool,
    /// After how many minutes without anybody at the window it is locked; `null`: never by itself.
    pub lock_after_minutes: Option<u16>,
    /// Lock it when this computer goes to sleep or its screen is locked. Means nothing to who has no passphrase.
    pub lock_with_system: bool,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Theme {
    /// As the system is.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How much a notification tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum NotificationPrivacy {
    /// Sender and text.
    Full,
    /// Sender only.
    NameOnly,
    /// "A new message."
    Anonymous,
    /// Nothing.
    Off,
}
