//! Texts, and what is said about them later.

use sotto_wire::AccountId;

use super::{ContentError, MAX_TEXT_BYTES, array};
use crate::model::{Emoji, Lifetime};
use crate::proto::content as proto;
use crate::store::table::messages::ContentId;

/// Somebody's words.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// At most [`MAX_TEXT_BYTES`] of them.
    pub(crate) text: String,
    /// What they reply to.
    pub(crate) quote: Option<Reference>,
    /// How long they are kept once they were read; `None`: for good.
    pub(crate) lifetime: Option<Lifetime>,
}

/// A message of the conversation, by its author and their name for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Who wrote it.
    pub(crate) author: AccountId,
    /// Their name for it.
    pub(crate) id: ContentId,
}

/// What the author thinks of a message.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reaction {
    /// Which message.
    pub(crate) to: Reference,
    /// One emoji; `None`: none any more.
    pub(crate) emoji: Option<Emoji>,
    /// Counts up with each reaction of the author's to this message: the highest counts.
    pub(crate) revision: u32,
}

/// Another text for one of the author's own. That it is their own needs no check: it names nobody else's.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Which of their texts.
    pub(crate) of: ContentId,
    /// What it says from now on.
    pub(crate) text: String,
    /// Counts up with each edit of this text: the highest counts.
    pub(crate) revision: u32,
}

/// How long texts are kept from now on, by both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timer {
    /// `None`: for good.
    pub(crate) lifetime: Option<Lifetime>,
    /// Counts up with each timer of the conversation's: the highest counts.
    pub(crate) revision: u32,
}

impl Text {
    pub(super) fn to_wire(&self) -> proto::Text {
        proto::Text {
            text: self.text.clone(),
            quote: self.quote.map(Reference::to_wire),
            lifetime_s: seconds(self.lifetime),
        }
    }

    pub(super) fn read(wire: proto::Text) -> Result<Self, ContentError> {
        Ok(Self {
            text: words(wire.text)?,
            quote: wire.quote.as_ref().map(Reference::read).transpose()?,
            lifetime: lifetime(wire.lifetime_s)?,
        })
    }
}

impl Reference {
    fn to_wire(self) -> proto::Reference {
        proto::Reference {
            author: self.author.as_bytes().to_vec(),
            content_id: self.id.0.to_vec(),
        }
    }

    fn read(wire: &proto::Reference) -> Result<Self, ContentError> {
        Ok(Self {
            author: AccountId::from_slice(&wire.author)
                .map_err(|_| ContentError::Invalid { field: "author" })?,
            id: array(&wire.content_id, "content_id").map(ContentId)?,
        })
    }
}

impl Reaction {
    pub(super) fn to_wire(&self) -> proto::Reaction {
        proto::Reaction {
            to: Some(self.to.to_wire()),
            emoji: self.emoji.as_ref().map_or("", Emoji::as_str).to_owned(),
            revision: self.revision,
        }
    }

    pub(super) fn read(wire: proto::Reaction) -> Result<Self, ContentError> {
        let to = wire.to.ok_or(ContentError::Invalid { field: "to" })?;
        let emoji = match wire.emoji.as_str() {
            "" => None,
            emoji => Some(Emoji::parse(emoji).map_err(|_| ContentError::Invalid { field: "emoji" })?),
        };
        Ok(Self {
            to: Reference::read(&to)?,
            emoji,
            revision: wire.revision,
        })
    }
}

impl Edit {
    pub(super) fn to_wire(&self) -> proto::Edit {
        proto::Edit {
            content_id: self.of.0.to_vec(),
            text: self.text.clone(),
            revision: self.revision,
        }
    }

    pub(super) fn read(wire: proto::Edit) -> Result<Self, ContentError> {
        Ok(Self {
            of: array(&wire.content_id, "content_id").map(ContentId)?,
            text: words(wire.text)?,
            revision: wire.revision,
        })
    }
}

impl Timer {
    pub(super) fn to_wire(self) -> proto::Timer {
        proto::Timer {
            lifetime_s: seconds(self.lifetime),
            revision: self.revision,
        }
    }

    pub(super) fn read(wire: proto::Timer) -> Result<Self, ContentError> {
        Ok(Self {
            lifetime: lifetime(wire.lifetime_s)?,
            revision: wire.revision,
        })
    }
}

fn words(text: String) -> Result<String, ContentError> {
    if text.is_empty() || text.len() > MAX_TEXT_BYTES {
        return Err(ContentError::Invalid { field: "text" });
    }
    Ok(text)
}

fn seconds(lifetime: Option<Lifetime>) -> u32 {
    lifetime.map_or(0, Lifetime::seconds)
}

fn lifetime(seconds: u32) -> Result<Option<Lifetime>, ContentError> {
    match seconds {
        0 => Ok(None),
        _ => Lifetime::of(seconds)
            .map(Some)
            .ok_or(ContentError::Invalid { field: "lifetime_s" }),
    }
}
