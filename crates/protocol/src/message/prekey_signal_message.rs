//! `PreKeySignalMessage`, which starts a session (spec section 11).
//!
//! It has no MAC of its own: what it says is proved by the message inside, whose keys derive from it.

use prost::Message as _;

use crate::curve::{IdentityKey, PublicKey};
use crate::kem;
use crate::message::proto::PreKeySignalFields;
use crate::message::{MalformedMessage, SignalMessage, Version, key};
use crate::prekey::{KyberPreKeyId, OneTimePreKeyId, RegistrationId, SignedPreKeyId};

/// A message that starts a session, with a plain message inside: parsed, not yet authenticated.
#[derive(Clone)]
pub struct PreKeySignalMessage {
    bytes: Vec<u8>,
    version: Version,
    registration_id: RegistrationId,
    one_time: Option<OneTimePreKeyId>,
    signed: SignedPreKeyId,
    kyber: Option<KyberPayload>,
    base_key: PublicKey,
    identity: IdentityKey,
    message: SignalMessage,
}

/// Which Kyber prekey, and what was encapsulated to it: not yet checked.
#[derive(Clone)]
pub(crate) struct KyberPayload {
    pub(crate) id: KyberPreKeyId,
    pub(crate) ciphertext: Vec<u8>,
}

/// What every prekey message of a session says.
pub(crate) struct Header<'a> {
    pub(crate) registration_id: RegistrationId,
    pub(crate) one_time: Option<OneTimePreKeyId>,
    pub(crate) signed: SignedPreKeyId,
    pub(crate) kyber: KyberPreKeyId,
    pub(crate) kyber_ciphertext: &'a kem::Ciphertext,
    pub(crate) base_key: PublicKey,
    pub(crate) identity: IdentityKey,
}

impl PreKeySignalMessage {
    /// Reads the wire form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMessage> {
        let (&version, fields) = bytes
            .split_first()
            .ok_or(MalformedMessage::TooShort { found: 0 })?;
        let version = Version::from_byte(version)?;
        let fields = PreKeySignalFields::decode(fields).map_err(|_| MalformedMessage::Protobuf)?;
        let missing = |number| MalformedMessage::MissingField { number };
        let kyber = match (fields.kyber_id, fields.kyber_ciphertext) {
            (Some(id), Some(ciphertext)) => Some(KyberPayload {
                id: KyberPreKeyId(id),
                ciphertext,
            }),
            (None, None) if version == Version::WithoutKyber => None,
            (None, _) => return Err(missing(7)),
            (Some(_), None) => return Err(missing(8)),
        };
        Ok(Self {
            version,
            registration_id: RegistrationId(fields.registration_id.unwrap_or(0)),
            one_time: fields.one_time_id.map(OneTimePreKeyId),
            signed: SignedPreKeyId(fields.signed_id.ok_or(missing(6))?),
            kyber,
            base_key: key(2, &fields.base_key)?,
            identity: IdentityKey::new(key(3, &fields.identity_key)?),
            message: SignalMessage::from_bytes(&fields.message.ok_or(missing(4))?)?,
            bytes: bytes.to_vec(),
        })
    }

    /// The wire form, exactly as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The version it was written under.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The identity the sender claims.
    pub const fn identity(&self) -> &IdentityKey {
        &self.identity
    }

    /// The registration id the sender claims.
    pub const fn registration_id(&self) -> RegistrationId {
        self.registration_id
    }

    /// The key that names the session.
    pub const fn base_key(&self) -> &PublicKey {
        &self.base_key
    }

    /// The one-time prekey that was used, if one was.
    pub const fn one_time(&self) -> Option<OneTimePreKeyId> {
        self.one_time
    }

    /// The signed prekey that was used.
    pub const fn signed(&self) -> SignedPreKeyId {
        self.signed
    }

    /// The message inside.
    pub const fn message(&self) -> &SignalMessage {
        &self.message
    }

    pub(crate) const fn kyber(&self) -> Option<&KyberPayload> {
        self.kyber.as_ref()
    }

    /// Wraps a message.
    pub(crate) fn new(header: Header<'_>, message: SignalMessage) -> Self {
        let kyber = KyberPayload {
            id: header.kyber,
            ciphertext: header.kyber_ciphertext.to_bytes(),
        };
        let fields = PreKeySignalFields {
            one_time_id: header.one_time.map(|id| id.0),
            base_key: Some(header.base_key.to_bytes().to_vec()),
            identity_key: Some(header.identity.to_bytes().to_vec()),
            message: Some(message.as_bytes().to_vec()),
            registration_id: Some(header.registration_id.0),
            signed_id: Some(header.signed.0),
            kyber_id: Some(kyber.id.0),
            kyber_ciphertext: Some(kyber.ciphertext.clone()),
        };
        let mut bytes = Vec::with_capacity(1 + fields.encoded_len());
        bytes.push(Version::CURRENT_BYTE);
        fields.encode_raw(&mut bytes);
        Self {
            bytes,
            version: Version::Current,
            registration_id: header.registration_id,
            one_time: header.one_time,
            signed: header.signed,
            kyber: Some(kyber),
            base_key: header.base_key,
            identity: header.identity,
            message,
        }
    }
}
