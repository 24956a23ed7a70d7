//! Who may deliver to a mailbox, and how much.
//!
//! | token | kept as | good for |
//! |---|---|---|
//! | contact | a keyed hash beside the device | until the owner sets another |
//! | invite | a keyed hash in a row of its own | [`INVITE_BUNDLES`] bundles and [`INVITE_ENVELOPES`] envelopes, until it expires |
//! | look-up | nothing: the relay's own MAC shows it | what its limits say; what comes under it is a *request* |

use sotto_wire::Refusal;

use crate::hashes::TokenHash;

/// Bundles that may be fetched under one invite: a guest may have to begin anew.
pub(crate) const INVITE_BUNDLES: u32 = 4;

/// Envelopes taken under one invite: introductions and what is said until the contact token is known.
pub(crate) const INVITE_ENVELOPES: u32 = 128;

/// What strangers are told of a mailbox that does not exist: the same as of one that they may not write to.
pub(super) const NOBODY: Refusal = Refusal::WrongDeliveryToken;

/// What they are told whose token was good once.
pub(super) const EXPIRED: Refusal = Refusal::ExpiredDeliveryToken;

/// How long an invite that is no longer good is remembered.
pub(super) const TOMBSTONE_DAYS: u32 = 30;

/// Rows of one mailbox, good or not; beyond it those that have been no good the longest are forgotten.
pub(super) const MOST_ROWS: u32 = 1_024;

/// By what somebody who asks is admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// A contact's or an invite's token.
    Token(TokenHash),
    /// A token that the relay made itself; its MAC has been checked.
    LookUp,
}

/// All tokens that open a mailbox, but for those the relay makes.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryTokens {
    pub(crate) contact: TokenHash,
    /// With the moments at which they expire.
    pub(crate) invites: Vec<(TokenHash, u64)>,
}

/// What is known of an invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invite {
    pub(super) expires_at_ms: u64,
    pub(super) bundles: u32,
    pub(super) envelopes: u32,
}

impl Invite {
    pub(super) fn admits_bundle(self, now_ms: u64) -> bool {
        now_ms < self.expires_at_ms && self.bundles < INVITE_BUNDLES
    }

    pub(super) fn admits_envelope(self, now_ms: u64) -> bool {
        now_ms < self.expires_at_ms && self.envelopes < INVITE_ENVELOPES
    }
}

/// By what a token turned out to admit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admitted {
    /// Without a count of its own.
    Freely,
    /// As far as the invite goes.
    ByInvite(Invite),
}

impl Admission {
    /// What it admits to, given the mailbox's contact token and what is known of it as an invite.
    pub(super) fn judge<E>(
        &self,
        contact: Option<&TokenHash>,
        invite: impl FnOnce(&TokenHash) -> Result<Option<Invite>, E>,
    ) -> Result<Result<Admitted, Refusal>, E> {
        match self {
            Self::LookUp => Ok(Ok(Admitted::Freely)),
            Self::Token(hash) if contact == Some(hash) => Ok(Ok(Admitted::Freely)),
            Self::Token(hash) => {
                Ok(invite(hash)?.map_or(Err(Refusal::WrongDeliveryToken), |it| Ok(Admitted::ByInvite(it))))
            }
        }
    }

    /// Whether what comes under it is a request to be heard.
    pub(super) fn is_request(&self) -> bool {
        matches!(self, Self::LookUp)
    }
}

impl Admitted {
    /// Refuses who is not, or no longer, admitted to send an envelope.
    pub(super) fn check_envelope(self, now_ms: u64) -> Result<(), Refusal> {
        match self {
            Self::ByInvite(invite) if !invite.admits_envelope(now_ms) => Err(EXPIRED),
            Self::ByInvite(_) | Self::Freely => Ok(()),
        }
    }

    /// Refuses who is not, or no longer, admitted to fetch a bundle.
    pub(super) fn check_bundle(self, now_ms: u64) -> Result<(), Refusal> {
        match self {
            Self::ByInvite(invite) if !invite.admits_bundle(now_ms) => Err(EXPIRED),
            Self::ByInvite(_) | Self::Freely => Ok(()),
        }
    }

    /// Counts an envelope.
    pub(super) fn count_envelope(&mut self) {
        if let Self::ByInvite(invite) = self {
            invite.envelopes += 1;
        }
    }
}

/// An expiry as databases have it, whose numbers are signed.
pub(super) fn stored_expiry(expires_at_ms: u64) -> i64 {
    i64::try_from(expires_at_ms).unwrap_or(i64::MAX)
}
