//! Invites as the user sees them.

use super::{Address, ContactId, DisplayName};
use crate::clock::Timestamp;

/// An invite of the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InviteId(pub i64);

/// An invite of the user's own that can still be opened, or was.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite {
    /// Its id.
    pub id: InviteId,
    /// The whole link. It holds the one-time secret: show it only where the user asked for it.
    pub link: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to be good.
    pub expires_at: Timestamp,
    /// What has become of it.
    pub state: InviteState,
    /// Who opened it, if somebody did.
    pub used: Option<InviteUse>,
}

/// That an invite was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InviteUse {
    /// By whom; `None` if they are no contact any more.
    pub by: Option<ContactId>,
    /// When.
    pub at: Timestamp,
}

/// What has become of an invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitePreview {
    /// What the inviter calls themself.
    pub inviter_name: DisplayName,
    /// Where the inviter is reached.
    pub address: Address,
    /// Set when the inviter is a contact already.
    pub existing_contact: Option<ContactId>,
}
