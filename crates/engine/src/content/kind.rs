//! What kind of content it is, and nothing that it says.

use std::fmt;

use super::{Body, Content};

impl Body {
    /// Whether a reader whose version does not know it need not be told that there was something.
    pub(super) fn is_silent(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Receipt(..)
            | Self::Typing(_)
            | Self::InviteAcceptance(_)
            | Self::InviteDeclined
            | Self::Profile(_)
            | Self::ResendRequest(_)
            | Self::Reaction(_)
            | Self::Edit(_)
            | Self::Deletion(_)
            | Self::Timer(_)
            | Self::Words(_)
            | Self::Introduction(_) => true,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "text",
            Self::Receipt(..) => "receipt",
            Self::Typing(_) => "typing",
            Self::InviteAcceptance(_) => "invite acceptance",
            Self::InviteDeclined => "invite declined",
            Self::Profile(_) => "profile",
            Self::ResendRequest(_) => "resend request",
            Self::Reaction(_) => "reaction",
            Self::Edit(_) => "edit",
            Self::Deletion(_) => "deletion",
            Self::Timer(_) => "timer",
            Self::Introduction(_) => "introduction",
            Self::Words(_) => "comparison by words",
        })
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Content").field(&self.body).finish()
    }
}
