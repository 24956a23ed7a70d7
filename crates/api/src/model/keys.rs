//! The ways into the account, and what the user types for them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Me;

/// One way to the account secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum VaultSlot {
    /// The operating system's keychain.
    Keychain,
    /// A passphrase.
    Passphrase,
    /// A recovery code that was written down.
    RecoveryCode,
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

/// A recovery code, or a group of one, as the user typed it. It leaves no trace in memory of ours either.
#[derive(Deserialize, TS, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
#[ts(as = "String")]
pub struct TypedCode(String);

impl TypedCode {
    /// What was typed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What the user types to prove that the account is theirs.
#[derive(Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Proof {
    /// The passphrase.
    Passphrase {
        /// As the user typed it.
        passphrase: Passphrase,
    },
    /// The recovery code.
    RecoveryCode {
        /// As the user typed it.
        code: TypedCode,
    },
}

/// A recovery code that was just made. It is shown this once, and opens nothing until the user has typed some of it back.
#[derive(Serialize, TS, Zeroize, ZeroizeOnDrop)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct NewRecoveryCode {
    /// Its groups, as they are to be written down.
    pub groups: Vec<String>,
    /// Which of them the user is to type back, from 0.
    pub asked: Vec<u8>,
}

/// What has been typed of a recovery code, so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RecoveryCodeReading {
    /// How many groups have been begun.
    pub groups: u32,
    /// Which of them are mistyped, from 0.
    pub mistyped: Vec<u32>,
    /// Whether it is a whole code; which it is only opening something can tell.
    pub complete: bool,
}

/// Whether the user has written the recovery code down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum RecoveryCodeCheck {
    /// What was typed back is right: the code opens the account from now on, and an older one does not.
    Kept {
        /// The account, which has the slot now.
        me: Me,
    },
    /// These groups are not what was shown.
    Differs {
        /// Which, from 0.
        groups: Vec<u8>,
    },
}
