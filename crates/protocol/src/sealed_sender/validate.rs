//! From what a seal held to what can be believed (spec section 6).

use crate::address::ProtocolAddress;
use crate::prekey::Timestamp;
use crate::sealed_sender::{
    Content, ContentHint, ContentKind, ContentMessage, MalformedContentMessage, SenderClaims, TrustRoots,
    ValidateError, ValidatedSenderCertificate,
};
use crate::session::{LocalParty, Session, SessionRecord};
use crate::trust::Trust;

/// What a seal held. Whoever sealed it owns the identity key that the certificate names; whose that is nobody has
/// said yet.
pub struct OpenedContent(Content);

/// The recipient, as far as recognising messages of our own goes.
#[derive(Clone, Copy)]
pub struct Ourselves<'a> {
    /// Our address.
    pub address: &'a ProtocolAddress,
    /// Our phone number (E.164), if we have one.
    pub phone_number: Option<&'a str>,
}

/// What a seal held, from a sender whom a trust root stands behind, and who is not ourselves.
pub struct ValidatedContent {
    content: Content,
    certificate: ValidatedSenderCertificate,
}

impl OpenedContent {
    pub(super) const fn new(content: Content) -> Self {
        Self(content)
    }

    /// The content as it is, its sender unproved: to look at, not to act upon.
    pub const fn unvalidated(&self) -> &Content {
        &self.0
    }

    /// Validates the sender certificate at a time, and refuses what this device sent itself.
    pub fn validate(
        self,
        roots: &mut TrustRoots,
        at: Timestamp,
        ourselves: Ourselves<'_>,
    ) -> Result<ValidatedContent, ValidateError> {
        let certificate = roots.validate(self.0.certificate().clone(), at)?;
        if ourselves.are(certificate.claims()) {
            return Err(ValidateError::SelfSend);
        }
        Ok(ValidatedContent {
            content: self.0,
            certificate,
        })
    }
}

impl Ourselves<'_> {
    fn are(&self, claims: &SenderClaims) -> bool {
        let ids = (self.address.service_id(), claims.sender.service_id());
        let same_name = match ids {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.address.name() == claims.sender.name(),
        };
        let same_phone_number = self
            .phone_number
            .is_some_and(|ours| claims.phone_number.as_deref() == Some(ours));
        self.address.device() == claims.sender.device() && (same_name || same_phone_number)
    }
}

impl ValidatedContent {
    /// The sender's address.
    pub const fn sender(&self) -> &ProtocolAddress {
        &self.certificate.claims().sender
    }

    /// The sender's certificate.
    pub const fn certificate(&self) -> &ValidatedSenderCertificate {
        &self.certificate
    }

    /// The kind of the message.
    pub const fn kind(&self) -> ContentKind {
        self.content.kind()
    }

    /// What to do if the message does not decrypt.
    pub const fn hint(&self) -> ContentHint {
        self.content.hint()
    }

    /// Which group the message is about, if it does not decrypt.
    pub fn group(&self) -> Option<&[u8]> {
        self.content.group()
    }

    /// Reads the message.
    pub fn message(&self) -> Result<ContentMessage, MalformedContentMessage> {
        self.content.message()
    }

    /// The session that a pairwise message belongs to: with the sender, whose record the caller has looked up under
    /// [`Self::sender`].
    pub const fn session<'a>(
        &'a self,
        local: &'a LocalParty,
        record: &'a SessionRecord,
        trust: &'a dyn Trust,
    ) -> Session<'a> {
        Session {
            local,
            remote: self.sender(),
            record,
            trust,
        }
    }
}
