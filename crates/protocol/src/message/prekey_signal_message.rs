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
        let identity_key = fields.identity_key.ok_or(missing(3))?;
        let message = fields.message.ok_or(missing(4))?;
        let signed = SignedPreKeyId(fields.signed_id.ok_or(missing(6))?);
        // In this order, for the Kyber fields have an error class of their own, and the reference peer gives it
        // behind a malformed base key's and before that of any other malformed part.
        let base_key = key(2, &fields.base_key)?;
        let kyber = match (fields.kyber_id, fields.kyber_ciphertext) {
            (Some(id), Some(ciphertext)) => Some(KyberPayload {
                id: KyberPreKeyId(id),
                ciphertext,
            }),
            (None, None) if version == Version::WithoutKyber => None,
            (None, _) | (_, None) => return Err(MalformedMessage::KyberFields),
        };
        Ok(Self {
            version,
            registration_id: RegistrationId(fields.registration_id.unwrap_or(0)),
            one_time: fields.one_time_id.map(OneTimePreKeyId),
            signed,
            kyber,
            base_key,
            identity: IdentityKey::new(key(3, &Some(identity_key))?),
            message: SignalMessage::from_bytes(&message)?,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

    use prost::Message as _;

    use super::{MalformedMessage, PreKeySignalFields, PreKeySignalMessage};
    use crate::curve::KeyError;
    use crate::message::proto::SignalFields;

    fn key(first: u8) -> Option<Vec<u8>> {
        let mut bytes = vec![9; 33];
        *bytes.first_mut().unwrap() = first;
        Some(bytes)
    }

    fn fields() -> PreKeySignalFields {
        let inside = SignalFields {
            ratchet_key: key(5),
            counter: Some(0),
            ciphertext: Some(Vec::new()),
            ..SignalFields::default()
        };
        PreKeySignalFields {
            one_time_id: None,
            base_key: key(5),
            identity_key: key(5),
            message: Some([&[0x44], &*inside.encode_to_vec(), &[0; 8]].concat()),
            registration_id: Some(1),
            signed_id: Some(1),
            kyber_id: Some(1),
            kyber_ciphertext: Some(Vec::new()),
        }
    }

    fn read(version: u8, fields: &PreKeySignalFields) -> Option<MalformedMessage> {
        let mut bytes = vec![version];
        fields.encode(&mut bytes).unwrap();
        PreKeySignalMessage::from_bytes(&bytes).err()
    }

    #[test]
    fn kyber_fields_are_missed_behind_a_malformed_base_key_and_before_anything_else_that_is_malformed() {
        assert_eq!(read(0x44, &fields()), None);
        for (kyber_id, kyber_ciphertext) in [(None, Some(vec![])), (Some(1), None), (None, None)] {
            let without = PreKeySignalFields {
                kyber_id,
                kyber_ciphertext,
                ..fields()
            };
            let not_both = without.kyber_id.is_some() != without.kyber_ciphertext.is_some();
            for (version, missed) in [(0x44, true), (0x34, not_both)] {
                let missed = missed.then_some(MalformedMessage::KyberFields);
                assert_eq!(read(version, &without), missed);
                let foreign_base = PreKeySignalFields {
                    base_key: key(4),
                    ..without.clone()
                };
                let of_type_4 = |number| MalformedMessage::Key {
                    number,
                    source: KeyError::Type {
                        expected: 5,
                        found: 4,
                    },
                };
                assert_eq!(read(version, &foreign_base), Some(of_type_4(2)));
                let foreign_identity = PreKeySignalFields {
                    identity_key: key(4),
                    ..without.clone()
                };
                assert_eq!(read(version, &foreign_identity), missed.or(Some(of_type_4(3))));
                let short_inside = PreKeySignalFields {
                    message: Some(vec![0x44; 5]),
                    ..without.clone()
                };
                let too_short = MalformedMessage::TooShort { found: 5 };
                assert_eq!(read(version, &short_inside), missed.or(Some(too_short)));
            }
            for number in [3, 4, 6] {
                let mut without = without.clone();
                match number {
                    3 => without.identity_key = None,
                    4 => without.message = None,
                    _ => without.signed_id = None,
                }
                assert_eq!(
                    read(0x44, &without),
                    Some(MalformedMessage::MissingField { number })
                );
            }
        }
    }
}
