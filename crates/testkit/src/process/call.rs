//! What a story and `sotto-headless` say to each other: one JSON object per line, an answer for each call.

use serde::{Deserialize, Serialize};

/// What a story asks of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Make an account; answered by [`Reply::Done`].
    Create {
        /// The relay to make it at.
        relay: String,
        /// What to be called.
        name: String,
        /// What opens it.
        passphrase: String,
    },
    /// Open the account; answered by [`Reply::Done`].
    Open {
        /// What opens it.
        passphrase: String,
    },
    /// Open the account with the keychain; answered by [`Reply::Done`].
    OpenWithKeychain,
    /// Set the clock ahead, or back by a negative number; answered by [`Reply::Done`].
    MoveClock {
        /// By how much.
        seconds: i64,
    },
    /// Make an invite; answered by [`Reply::Link`].
    Invite,
    /// Open an invite; answered by [`Reply::Done`].
    Accept {
        /// The whole link.
        link: String,
    },
    /// Write to a contact; answered by [`Reply::Stored`] when it is.
    Say {
        /// The contact's name.
        to: String,
        /// What.
        text: String,
    },
    /// Everything a contact wrote, the oldest first; answered by [`Reply::Texts`].
    Heard {
        /// The contact's name.
        from: String,
    },
    /// Everything written to a contact, the oldest first; answered by [`Reply::Texts`].
    Said {
        /// The contact's name.
        to: String,
    },
    /// What of that the contact's device is known to have; answered by [`Reply::Texts`].
    Delivered {
        /// The contact's name.
        to: String,
    },
    /// What the contact's device is not known to have yet; answered by [`Reply::Texts`].
    Undelivered {
        /// The contact's name.
        to: String,
    },
    /// Block a contact; answered by [`Reply::Done`].
    Block {
        /// The contact's name.
        who: String,
    },
    /// The names of all contacts; answered by [`Reply::Texts`].
    Contacts,
    /// Quit; answered by [`Reply::Done`] when everything is written.
    Leave,
}

/// What they answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done,
    /// A message is stored.
    Stored {
        /// Its id on this device.
        id: i64,
    },
    /// A link.
    Link(String),
    /// Texts.
    Texts(Vec<String>),
    /// It failed, and why: the `Debug` of the engine's error.
    Failed(String),
}
