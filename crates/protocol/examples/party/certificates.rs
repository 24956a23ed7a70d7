//! Certificates of servers and senders.

use serde::Deserialize;
use serde_json::{Value, json};
use sotto_protocol::address::ProtocolAddress;
use sotto_protocol::curve::{IdentityKey, PrivateKey, PublicKey};
use sotto_protocol::prekey::Timestamp;
use sotto_protocol::sealed_sender::{
    MalformedCertificate, SenderCertificate, SenderClaims, ServerCertificate, Signer, TrustRoots,
};

use super::cast::{Cast, device};
use super::hex::{Hex, hex};
use super::operations::arguments;
use super::refusal::{Class, Refusal};

#[derive(Deserialize)]
struct CertifyServer {
    trust_private: Hex,
    key_id: u32,
    server_public: Hex,
}

pub(super) fn server_certificate(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: CertifyServer = arguments(request)?;
    let trust = PrivateKey::from_bytes(&request.trust_private.0)?;
    let server = PublicKey::from_bytes(&request.server_public.0)?;
    let certificate = ServerCertificate::issue(request.key_id, &server, &trust, &mut cast.rng);
    Ok(json!({ "certificate": hex(certificate.as_bytes()) }))
}

#[derive(Deserialize)]
struct CertifySender {
    uuid: String,
    device: u32,
    identity_public: Hex,
    expires: u64,
    server_certificate: Hex,
    server_private: Hex,
}

pub(super) fn sender_certificate(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: CertifySender = arguments(request)?;
    let claims = SenderClaims {
        sender: ProtocolAddress::new(request.uuid, device(request.device)?),
        phone_number: None,
        identity: IdentityKey::from_bytes(&request.identity_public.0)?,
        expires: Timestamp(request.expires),
    };
    let server = ServerCertificate::from_bytes(&request.server_certificate.0)?;
    let private = PrivateKey::from_bytes(&request.server_private.0)?;
    let certificate = SenderCertificate::issue(claims, Signer::Whole(server), &private, &mut cast.rng);
    Ok(json!({ "certificate": hex(certificate.as_bytes()) }))
}

#[derive(Deserialize)]
struct Validate {
    certificate: Hex,
    trust_root: Hex,
    time: u64,
}

pub(super) fn validate(_: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: Validate = arguments(request)?;
    let certificate = SenderCertificate::from_bytes(&request.certificate.0)?;
    let mut roots = TrustRoots::new([PublicKey::from_bytes(&request.trust_root.0)?]);
    let valid = roots.validate(certificate, Timestamp(request.time)).is_ok();
    Ok(json!({ "valid": valid }))
}

impl From<MalformedCertificate> for Refusal {
    fn from(error: MalformedCertificate) -> Self {
        Self::new(Class::Malformed, error)
    }
}
