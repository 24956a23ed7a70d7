//! The sender certificate: a server says whose an identity key is.

use prost::Message as _;
use rand_core::CryptoRng;
use uuid::Uuid;

use super::{Signed, key, verifies};
use crate::address::{DeviceId, ProtocolAddress};
use crate::curve::{IdentityKey, PrivateKey, PublicKey};
use crate::prekey::Timestamp;
use crate::sealed_sender::{MalformedCertificate, ServerCertificate};
use crate::xeddsa::Signature;

/// What is signed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Fields {
    #[prost(string, optional, tag = "1")]
    phone_number: Option<String>,
    #[prost(uint32, optional, tag = "2")]
    device: Option<u32>,
    #[prost(fixed64, optional, tag = "3")]
    expires: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    identity: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "5")]
    server: Option<Vec<u8>>,
    #[prost(string, optional, tag = "6")]
    uuid: Option<String>,
    #[prost(bytes = "vec", optional, tag = "7")]
    uuid_bytes: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "8")]
    server_id: Option<u32>,
}

/// Who signed a sender certificate.
#[derive(Clone)]
pub enum Signer {
    /// The server whose certificate comes with it.
    Whole(ServerCertificate),
    /// A server whose certificate both sides know under this id.
    Reference(u32),
}

/// What a sender certificate says.
#[derive(Clone, PartialEq, Eq)]
pub struct SenderClaims {
    /// The sender's address.
    pub sender: ProtocolAddress,
    /// The sender's phone number (E.164). Sotto's accounts have none.
    pub phone_number: Option<String>,
    /// The sender's identity.
    pub identity: IdentityKey,
    /// The last millisecond at which the certificate is valid.
    pub expires: Timestamp,
}

/// A sender certificate: parsed, nothing in it checked.
#[derive(Clone)]
pub struct SenderCertificate {
    bytes: Vec<u8>,
    signed: Vec<u8>,
    signature: Option<Signature>,
    claims: SenderClaims,
    signer: Signer,
}

impl SenderCertificate {
    /// Certifies a sender, as the server whose private key is given. Draws 64 bytes.
    pub fn issue(
        claims: SenderClaims,
        signer: Signer,
        server_key: &PrivateKey,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let (server, server_id) = match &signer {
            Signer::Whole(certificate) => (Some(certificate.as_bytes().to_vec()), None),
            Signer::Reference(id) => (None, Some(*id)),
        };
        let fields = Fields {
            phone_number: claims.phone_number.clone(),
            device: Some(claims.sender.device().get().into()),
            expires: Some(claims.expires.0),
            identity: Some(claims.identity.to_bytes().to_vec()),
            server,
            uuid: Some(claims.sender.name().to_owned()),
            uuid_bytes: None,
            server_id,
        };
        let signed = fields.encode_to_vec();
        let signature = server_key.sign(&[&signed], rng);
        Self {
            bytes: Signed::new(&signed, &signature).encode_to_vec(),
            signed,
            signature: Some(signature),
            claims,
            signer,
        }
    }

    /// Reads the serialized form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedCertificate> {
        let outside = Signed::decode(bytes).map_err(|_| MalformedCertificate::Protobuf)?;
        let (signed, signature) = outside.parts()?;
        let fields = Fields::decode(&*signed).map_err(|_| MalformedCertificate::Protobuf)?;
        let missing = |number| MalformedCertificate::MissingField { number };
        let device = fields.device.ok_or(missing(2))?;
        let device = DeviceId::new(device).ok_or(MalformedCertificate::Device { found: device })?;
        Ok(Self {
            bytes: bytes.to_vec(),
            signed,
            signature,
            claims: SenderClaims {
                sender: ProtocolAddress::new(name(fields.uuid, fields.uuid_bytes)?, device),
                phone_number: fields.phone_number,
                identity: IdentityKey::new(key(4, fields.identity)?),
                expires: Timestamp(fields.expires.ok_or(missing(3))?),
            },
            signer: signer(fields.server, fields.server_id)?,
        })
    }

    /// The serialized form, exactly as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says, true or not.
    pub const fn claims(&self) -> &SenderClaims {
        &self.claims
    }

    /// Who is said to have signed it.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    pub(super) fn is_signed_by(&self, server_key: &PublicKey) -> bool {
        verifies(server_key, &self.signed, self.signature.as_ref())
    }
}

/// The sender's name, out of the one of its two fields that is there.
fn name(text: Option<String>, bytes: Option<Vec<u8>>) -> Result<String, MalformedCertificate> {
    match (text, bytes) {
        (Some(text), None) => Ok(text),
        (None, Some(bytes)) => match Uuid::from_slice(&bytes) {
            Ok(uuid) => Ok(uuid.hyphenated().to_string()),
            Err(_) => Err(MalformedCertificate::Uuid { found: bytes.len() }),
        },
        (None, None) => Err(MalformedCertificate::MissingField { number: 6 }),
        (Some(_), Some(_)) => Err(MalformedCertificate::BothFields { first: 6, second: 7 }),
    }
}

/// The signer, out of the one of its two fields that is there.
fn signer(whole: Option<Vec<u8>>, reference: Option<u32>) -> Result<Signer, MalformedCertificate> {
    match (whole, reference) {
        (Some(bytes), None) => ServerCertificate::from_bytes(&bytes).map(Signer::Whole),
        (None, Some(id)) => Ok(Signer::Reference(id)),
        (None, None) => Err(MalformedCertificate::MissingField { number: 5 }),
        (Some(_), Some(_)) => Err(MalformedCertificate::BothFields { first: 5, second: 8 }),
    }
}
