//! Invites as the user sees them.

use serde::Serialize;
use ts_rs::TS;

/// An invite of ours that can still be opened, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Invite {
    /// Its id.
    pub id: String,
    /// The whole link; it holds the one-time secret, so show it only where the user asked for it.
    pub link: String,
    /// When it was made.
    pub created_at: i64,
    /// When it stops to be good.
    pub expires_at: i64,
    /// What has become of it.
    pub state: InviteState,
    /// Who opened it, if somebody did.
    pub used: Option<InviteUse>,
}

/// That an invite was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct InviteUse {
    /// By whom; nothing if they are no contact any more.
    pub by: Option<String>,
    /// When.
    pub at: i64,
}

/// What has become of an invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum InviteState {
    /// It can be opened.
    Open,
    /// Somebody opened it.
    Used,
    /// The user took it back.
    Revoked,
    /// Nobody opened it in time.
    Expired,
}

/// What an invite link says, before anything is done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct InvitePreview {
    /// What the inviter calls themself.
    pub inviter_name: String,
    /// `account@relay` of the inviter.
    pub address: String,
    /// The inviter's relay.
    pub relay: String,
    /// Set when the inviter is a contact already.
    pub existing_contact: Option<String>,
}
