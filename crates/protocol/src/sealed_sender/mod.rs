//! Sealed sender: only the recipient learns who sent a message (`sealed-sender.md`).
//!
//! ```text
//! trust root ──signs──▶ server certificate ──signs──▶ sender certificate: address, identity, expiry
//!
//! Content             = sender certificate, and a message of another kind
//!   ──seal_v1───────▶ for one recipient
//!   ──seal_v2───────▶ for one recipient, or encrypted once for many
//!
//! SealedMessage       parsed
//!   ──open──────────▶ OpenedContent: it was sealed for us, by whoever owns the certificate's identity key
//!   ──validate──────▶ ValidatedContent: and a trust root says whose that key is
//! ```
//!
//! What is inside is decrypted only from the last of these: [`ValidatedContent`] names the address under which the
//! pairwise session or the sender key is looked up, so that nobody's word but the certificate's decides about it.
//!
//! Not here: the messages inside ([`crate::session`], [`crate::sender_keys`]), but for [`PlaintextContent`], which
//! exists only inside a seal.
//!
//! # Example
//!
//! Alice reports to Bob that she could not decrypt a message of his.
//!
//! ```
//! use sotto_protocol::sealed_sender::{
//!     Content, ContentHint, ContentMessage, DecryptionError, Ourselves, PlaintextContent, SealedMessage,
//!     SenderCertificate, SenderClaims, ServerCertificate, Signer, TrustRoots,
//! };
//! # use sotto_protocol::address::{DeviceId, ProtocolAddress};
//! # use sotto_protocol::curve::{IdentityKeyPair, KeyPair};
//! # use sotto_protocol::prekey::Timestamp;
//! # let mut rng = rand::rng();
//! # let (now, tomorrow) = (Timestamp(1_800_000_000_000), Timestamp(1_800_086_400_000));
//! # let (alice, bob) = (IdentityKeyPair::generate(&mut rng), IdentityKeyPair::generate(&mut rng));
//! # let alice_address = ProtocolAddress::new("9d0652a3-dcc3-4d11-975f-74d61598733f", DeviceId::PRIMARY);
//! # let bob_address = ProtocolAddress::new("796abedb-ca4e-4f18-8803-1fde5b921f9f", DeviceId::PRIMARY);
//! // The server certifies Alice; the trust root certified the server long ago.
//! let (root, server) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
//! let server_certificate = ServerCertificate::issue(1, server.public(), root.private(), &mut rng);
//! let claims = SenderClaims {
//!     sender: alice_address.clone(),
//!     phone_number: None,
//!     identity: alice.identity_key(),
//!     expires: tomorrow,
//! };
//! let certificate =
//!     SenderCertificate::issue(claims, Signer::Whole(server_certificate), server.private(), &mut rng);
//!
//! // Alice seals her report for Bob.
//! let report = DecryptionError { ratchet_key: None, sent: now, device: bob_address.device().get().into() };
//! let message = ContentMessage::from(PlaintextContent::from(&report));
//! let content = Content::new(&message, certificate, ContentHint::Implicit, None);
//! let sealed = content.seal_v1(&alice, &bob.identity_key(), &mut rng)?;
//!
//! // Bob, who knows the trust root, opens it.
//! let mut roots = TrustRoots::new([*root.public()]);
//! let ourselves = Ourselves { address: &bob_address, phone_number: None };
//! let content = SealedMessage::from_bytes(&sealed)?.open(&bob)?.validate(&mut roots, now, ourselves)?;
//! assert_eq!(content.sender(), &alice_address);
//! let ContentMessage::Plaintext(plaintext) = content.message()? else { panic!() };
//! assert_eq!(plaintext.decryption_error()?, report);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod certificate;
mod content;
mod content_message;
mod decryption_error;
mod error;
mod multi_recipient;
mod open;
mod plaintext_content;
mod seal;
mod validate;
mod version_1;
mod version_2;

pub use certificate::{
    InvalidSenderCertificate, MAX_VERIFIED_CERTIFICATES, REVOKED_SERVER_CERTIFICATE, SenderCertificate,
    SenderClaims, ServerCertificate, Signer, TrustRoots, ValidatedSenderCertificate,
};
pub use content::{Content, ContentHint};
pub use content_message::{ContentKind, ContentMessage, MalformedContentMessage};
pub use decryption_error::DecryptionError;
pub use error::{
    MalformedCertificate, MalformedContent, MalformedMultiRecipient, MalformedPlaintextContent,
    MalformedSealedMessage, OpenError, RecipientError, SealError, ValidateError,
};
pub use multi_recipient::{MultiRecipientMessage, Recipient, RecipientDevice, RecipientEntry};
pub use open::SealedMessage;
pub use plaintext_content::PlaintextContent;
pub use validate::{OpenedContent, Ourselves, ValidatedContent};
#[cfg(test)]
pub(crate) use version_2::{Seed as SealedSeed, parts as version_2_parts};
