//! Sealing (spec sections 4 and 5).

use rand_core::CryptoRng;

use crate::address::ServiceId;
use crate::curve::{IdentityKey, IdentityKeyPair, KeyPair};
use crate::sealed_sender::multi_recipient::RecipientEntry;
use crate::sealed_sender::version_1;
use crate::sealed_sender::version_2::{SealedV2, Sealing};
use crate::sealed_sender::{Content, MultiRecipientMessage, Recipient, SealError};

impl Content {
    /// Seals for one recipient, in version 1, what a session with that recipient encrypted. `recipient` is the
    /// identity on file for the address it is sent to.
    ///
    /// Draws 32 bytes.
    pub fn seal_v1(
        &self,
        sender: &IdentityKeyPair,
        recipient: &IdentityKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        self.require_certificate_of(sender)?;
        let ephemeral = KeyPair::generate(rng);
        Ok(version_1::seal(&self.to_bytes(), sender, recipient, &ephemeral)?)
    }

    /// Seals for one recipient, in version 2, as the recipient gets it.
    ///
    /// Draws 32 bytes.
    pub fn seal_v2(
        &self,
        sender: &IdentityKeyPair,
        recipient: &IdentityKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        self.require_certificate_of(sender)?;
        let sealing = Sealing::start(&self.to_bytes(), sender, rng)?;
        let for_recipient = sealing.wrap(recipient)?;
        Ok(SealedV2::new(for_recipient, sealing.into_shared()).to_bytes())
    }

    /// Seals once for many, in version 2; `excluded` are members of the group whom it is not for.
    ///
    /// Draws 32 bytes.
    pub fn seal_v2_for_many(
        &self,
        sender: &IdentityKeyPair,
        recipients: &[Recipient],
        excluded: &[ServiceId],
        rng: &mut impl CryptoRng,
    ) -> Result<MultiRecipientMessage, SealError> {
        self.require_certificate_of(sender)?;
        let sealing = Sealing::start(&self.to_bytes(), sender, rng)?;
        let wrapped = recipients
            .iter()
            .map(|recipient| Ok(RecipientEntry::of(recipient, sealing.wrap(recipient.identity())?)));
        let excluded = excluded.iter().map(|&id| Ok(RecipientEntry::excluded(id)));
        let entries = wrapped.chain(excluded).collect::<Result<_, SealError>>()?;
        MultiRecipientMessage::new(entries, sealing.into_shared())
    }

    fn require_certificate_of(&self, sender: &IdentityKeyPair) -> Result<(), SealError> {
        if self.claims().identity == sender.identity_key() {
            Ok(())
        } else {
            Err(SealError::ForeignCertificate)
        }
    }
}
