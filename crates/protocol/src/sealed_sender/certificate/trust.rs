//! Validating a sender certificate (spec section 1).
//!
//! ```text
//! server certificate revoked, or not signed by one of the roots  -> invalid
//! sender certificate not signed by the server's key              -> invalid
//! time > expiry                                                  -> invalid
//! ```

use std::collections::BTreeMap;

use super::verified::VerifiedCertificates;
use crate::curve::PublicKey;
use crate::prekey::Timestamp;
use crate::sealed_sender::{
    REVOKED_SERVER_CERTIFICATE, SenderCertificate, SenderClaims, ServerCertificate, Signer,
};

/// Whom we believe when senders are certified, and which certificates have verified already: a message from a
/// sender who was heard before costs no signature to check.
///
/// The caller keeps one for as long as the program runs. It holds no secrets.
#[derive(Clone)]
pub struct TrustRoots {
    roots: Vec<PublicKey>,
    known_servers: BTreeMap<u32, ServerCertificate>,
    verified_servers: VerifiedCertificates,
    verified_senders: VerifiedCertificates,
}

/// A sender certificate that a trust root stands behind, at the time it was validated for. There is no other way to
/// get one than [`TrustRoots::validate`].
#[derive(Clone)]
pub struct ValidatedSenderCertificate(SenderCertificate);

/// The certificate has expired, is revoked, or no trust root stands behind it. Which of them is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sender certificate is not valid")]
pub struct InvalidSenderCertificate;

impl TrustRoots {
    /// Trusts these keys, and nobody if there are none.
    pub fn new(roots: impl IntoIterator<Item = PublicKey>) -> Self {
        Self {
            roots: roots.into_iter().collect(),
            known_servers: BTreeMap::new(),
            verified_servers: VerifiedCertificates::default(),
            verified_senders: VerifiedCertificates::default(),
        }
    }

    /// Adds a server certificate that senders' certificates may refer to by its id. It has to verify like any other.
    #[must_use]
    pub fn with_known_server(mut self, certificate: ServerCertificate) -> Self {
        self.known_servers.insert(certificate.id(), certificate);
        self.verified_senders.forget();
        self
    }

    /// Validates a sender certificate at a time.
    pub fn validate(
        &mut self,
        certificate: SenderCertificate,
        at: Timestamp,
    ) -> Result<ValidatedSenderCertificate, InvalidSenderCertificate> {
        if !self.is_signed(&certificate) || at > certificate.claims().expires {
            return Err(InvalidSenderCertificate);
        }
        Ok(ValidatedSenderCertificate(certificate))
    }

    fn is_signed(&mut self, certificate: &SenderCertificate) -> bool {
        let server = match certificate.signer() {
            Signer::Whole(server) => server,
            Signer::Reference(id) => match self.known_servers.get(id) {
                Some(server) => server,
                None => return false,
            },
        };
        if server.id() == REVOKED_SERVER_CERTIFICATE {
            return false;
        }
        self.verified_senders.check(certificate.as_bytes(), || {
            self.verified_servers
                .check(server.as_bytes(), || is_signed_by_one_of(&self.roots, server))
                && certificate.is_signed_by(server.key())
        })
    }
}

/// Every root is tried, so that the time does not tell which one it was.
fn is_signed_by_one_of(roots: &[PublicKey], server: &ServerCertificate) -> bool {
    roots
        .iter()
        .fold(false, |signed, root| server.is_signed_by(root) | signed)
}

impl ValidatedSenderCertificate {
    /// What it says, which is true as far as we believe the trust root.
    pub const fn claims(&self) -> &SenderClaims {
        self.0.claims()
    }
}
