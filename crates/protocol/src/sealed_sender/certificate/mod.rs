//! Certificates: who may be believed to be who (spec section 1).
//!
//! ```text
//! server certificate = { certificate: { id, key }, signature by a trust root }
//! sender certificate = { certificate: { phone?, device, expiry, identity, server certificate or its id, uuid },
//!                        signature by the server's key }
//! ```
//!
//! Signatures are over the exact bytes of the inner `certificate`, as received.

mod sender;
mod server;
mod trust;
mod verified;

pub use sender::{SenderCertificate, SenderClaims, Signer};
pub use server::{REVOKED_SERVER_CERTIFICATE, ServerCertificate};
pub use trust::{InvalidSenderCertificate, TrustRoots, ValidatedSenderCertificate};
pub use verified::MAX_VERIFIED_CERTIFICATES;

use crate::curve::PublicKey;
use crate::sealed_sender::MalformedCertificate;
use crate::xeddsa::Signature;

/// What both certificates are on the outside.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Signed {
    #[prost(bytes = "vec", optional, tag = "1")]
    certificate: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "2")]
    signature: Option<Vec<u8>>,
}

impl Signed {
    fn new(certificate: &[u8], signature: &Signature) -> Self {
        Self {
            certificate: Some(certificate.to_vec()),
            signature: Some(signature.as_bytes().to_vec()),
        }
    }

    /// The signed bytes, and the signature if it has the length of one: otherwise it never verifies.
    fn parts(self) -> Result<(Vec<u8>, Option<Signature>), MalformedCertificate> {
        let missing = |number| MalformedCertificate::MissingField { number };
        let signature = self.signature.ok_or(missing(2))?;
        Ok((
            self.certificate.ok_or(missing(1))?,
            Signature::from_bytes(&signature),
        ))
    }
}

fn key(number: u32, field: Option<Vec<u8>>) -> Result<PublicKey, MalformedCertificate> {
    let bytes = field.ok_or(MalformedCertificate::MissingField { number })?;
    PublicKey::from_bytes(&bytes).map_err(MalformedCertificate::Key)
}

fn verifies(key: &PublicKey, signed: &[u8], signature: Option<&Signature>) -> bool {
    signature.is_some_and(|signature| key.verify(&[signed], signature).is_ok())
}
