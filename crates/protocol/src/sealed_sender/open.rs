//! Opening (spec sections 3 to 6).

use crate::curve::IdentityKeyPair;
use crate::sealed_sender::version_1::SealedV1;
use crate::sealed_sender::version_2::SealedV2;
use crate::sealed_sender::{Content, MalformedSealedMessage, OpenError, OpenedContent};

/// A sealed message: parsed, not yet opened.
pub struct SealedMessage(Version);

enum Version {
    One(SealedV1),
    Two(SealedV2),
}

impl SealedMessage {
    /// Reads what a recipient gets. Of the first byte only the high half counts: the version needed to read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedSealedMessage> {
        let (&version, rest) = bytes.split_first().ok_or(MalformedSealedMessage::Empty)?;
        match version >> 4 {
            0 | 1 => SealedV1::from_bytes(rest).map(Version::One),
            2 => SealedV2::from_bytes(rest).map(Version::Two),
            found => Err(MalformedSealedMessage::UnknownVersion { found }),
        }
        .map(Self)
    }

    /// Opens it with our identity. No certificate is validated yet.
    pub fn open(&self, recipient: &IdentityKeyPair) -> Result<OpenedContent, OpenError> {
        let content = match &self.0 {
            Version::One(sealed) => {
                let opened = sealed.open(recipient).ok_or(OpenError::Seal)?;
                let content = Content::from_bytes(&opened.content)?;
                // Anyone can seal with a key of their own; it must be the one that was certified.
                if *content.claims().identity.public_key() != opened.sender {
                    return Err(OpenError::Seal);
                }
                content
            }
            Version::Two(sealed) => sealed.open(recipient)?,
        };
        Ok(OpenedContent::new(content))
    }
}
