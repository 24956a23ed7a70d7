//! Comparing what somebody handed over with what we know of a contact.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::QrCode;

/// The user's own card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OwnCard {
    /// The block of text.
    pub text: String,
    /// The same, for a picture of it.
    pub qr: QrCode,
    /// The whole fingerprint of the user's own key: 64 hexadecimal digits.
    pub fingerprint: String,
}

/// A picture in which there may be a QR code: shades of grey, as the webview decoded it.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct Picture {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Base64 of one byte for each pixel, row by row.
    pub greys: String,
}

/// What a card or a code says of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Judgement {
    /// It is the contact's, and names the key we have: they are verified now.
    Verified,
    /// It names another key than we have: somebody may stand in between.
    Differs,
    /// It is somebody else's.
    SomebodyElses {
        /// What they are called.
        name: String,
    },
    /// It is the user's own.
    Own,
    /// The contact showed it to somebody else, or has another key for the user than the user's own.
    ForAnother,
    /// It has come in this very conversation, and so says nothing about it.
    FromTheConversation,
    /// There is no card and no code in it.
    Nothing,
    /// There is one, which lost or changed something on its way, or is no code of Sotto's.
    Damaged,
    /// Another version of Sotto made it.
    OtherVersion,
}
