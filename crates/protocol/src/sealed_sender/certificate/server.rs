//! The server certificate: a trust root lets a server certify senders.

use prost::Message as _;
use rand_core::CryptoRng;

use super::{Signed, key, verifies};
use crate::curve::{PrivateKey, PublicKey};
use crate::sealed_sender::MalformedCertificate;
use crate::xeddsa::Signature;

/// The id of a server certificate that is refused whoever signed it: reserved to test that revocation works.
pub const REVOKED_SERVER_CERTIFICATE: u32 = 0xDEAD_C357;

/// What is signed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Fields {
    #[prost(uint32, optional, tag = "1")]
    id: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "2")]
    key: Option<Vec<u8>>,
}

/// A server certificate: parsed, its signature not yet checked.
#[derive(Clone)]
pub struct ServerCertificate {
    bytes: Vec<u8>,
    signed: Vec<u8>,
    signature: Option<Signature>,
    id: u32,
    key: PublicKey,
}

impl ServerCertificate {
    /// Certifies the key of a server, as the owner of a trust root. Draws 64 bytes.
    pub fn issue(id: u32, key: &PublicKey, trust_root: &PrivateKey, rng: &mut impl CryptoRng) -> Self {
        let fields = Fields {
            id: Some(id),
            key: Some(key.to_bytes().to_vec()),
        };
        let signed = fields.encode_to_vec();
        let signature = trust_root.sign(&[&signed], rng);
        Self {
            bytes: Signed::new(&signed, &signature).encode_to_vec(),
            signed,
            signature: Some(signature),
            id,
            key: *key,
        }
    }

    /// Reads the serialized form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedCertificate> {
        let outside = Signed::decode(bytes).map_err(|_| MalformedCertificate::Protobuf)?;
        let (signed, signature) = outside.parts()?;
        let fields = Fields::decode(&*signed).map_err(|_| MalformedCertificate::Protobuf)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            signature,
            id: fields
                .id
                .ok_or(MalformedCertificate::MissingField { number: 1 })?,
            key: key(2, fields.key)?,
            signed,
        })
    }

    /// The serialized form, exactly as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number by which a sender certificate may refer to it.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The key that signs sender certificates, if a trust root stands behind it.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    pub(super) fn is_signed_by(&self, trust_root: &PublicKey) -> bool {
        verifies(trust_root, &self.signed, self.signature.as_ref())
    }
}
