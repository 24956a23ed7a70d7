//! Public prekeys, as they are published and handed out (the Signal Protocol, section 6).

use bytes::Bytes;

use crate::error::{DecodeError, InField, required};
use crate::id::DeviceId;
use crate::key::{CurveKey, KyberKey, Signature};
use crate::limits::MAX_PREKEYS_PER_UPLOAD;
use crate::proto;

/// A one-time Curve25519 prekey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimePrekey {
    /// Its number among its owner's one-time prekeys.
    pub id: u32,
    /// The key.
    pub public_key: CurveKey,
}

/// The signed Curve25519 prekey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPrekey {
    /// Its number among its owner's signed prekeys.
    pub id: u32,
    /// The key.
    pub public_key: CurveKey,
    /// The identity key's signature of the key with its type byte.
    pub signature: Signature,
}

/// A Kyber prekey, one-time or last-resort: the two look the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KyberPrekey {
    /// Its number among its owner's Kyber prekeys.
    pub id: u32,
    /// The key.
    pub public_key: KyberKey,
    /// The identity key's signature of the key with its type byte.
    pub signature: Signature,
}

/// What an owner publishes. What is absent stays as it is at the relay; one-time prekeys are added to those there, or take
/// their place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrekeyUpload {
    signed_prekey: Option<SignedPrekey>,
    last_resort_prekey: Option<KyberPrekey>,
    one_time_prekeys: Vec<OneTimePrekey>,
    one_time_kyber_prekeys: Vec<KyberPrekey>,
    in_place_of_all: bool,
}

/// More one-time prekeys of a kind than [`MAX_PREKEYS_PER_UPLOAD`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {MAX_PREKEYS_PER_UPLOAD} one-time prekeys of each kind in one upload, not {actual}")]
pub struct TooManyPrekeys {
    /// How many there were.
    pub actual: usize,
}

impl PrekeyUpload {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the signed prekey.
    #[must_use]
    pub fn with_signed_prekey(mut self, prekey: SignedPrekey) -> Self {
        self.signed_prekey = Some(prekey);
        self
    }

    /// Replaces the last-resort Kyber prekey.
    #[must_use]
    pub fn with_last_resort_prekey(mut self, prekey: KyberPrekey) -> Self {
        self.last_resort_prekey = Some(prekey);
        self
    }

    /// Adds one-time Curve25519 prekeys.
    pub fn with_one_time_prekeys(mut self, prekeys: Vec<OneTimePrekey>) -> Result<Self, TooManyPrekeys> {
        self.one_time_prekeys = at_most_an_upload(prekeys)?;
        Ok(self)
    }

    /// Adds one-time Kyber prekeys.
    pub fn with_one_time_kyber_prekeys(mut self, prekeys: Vec<KyberPrekey>) -> Result<Self, TooManyPrekeys> {
        self.one_time_kyber_prekeys = at_most_an_upload(prekeys)?;
        Ok(self)
    }

    /// Has no one-time prekey handed out any more that was published before: the private halves may be lost.
    #[must_use]
    pub fn in_place_of_all(mut self) -> Self {
        self.in_place_of_all = true;
        self
    }

    /// Whether the one-time prekeys that are there make way.
    pub fn is_in_place_of_all(&self) -> bool {
        self.in_place_of_all
    }

    /// The new signed prekey.
    pub fn signed_prekey(&self) -> Option<&SignedPrekey> {
        self.signed_prekey.as_ref()
    }

    /// The new last-resort Kyber prekey.
    pub fn last_resort_prekey(&self) -> Option<&KyberPrekey> {
        self.last_resort_prekey.as_ref()
    }

    /// The one-time Curve25519 prekeys to add.
    pub fn one_time_prekeys(&self) -> &[OneTimePrekey] {
        &self.one_time_prekeys
    }

    /// The one-time Kyber prekeys to add.
    pub fn one_time_kyber_prekeys(&self) -> &[KyberPrekey] {
        &self.one_time_kyber_prekeys
    }

    pub(crate) fn to_wire(&self) -> proto::PrekeyUpload {
        proto::PrekeyUpload {
            signed_prekey: self.signed_prekey.as_ref().map(SignedPrekey::to_wire),
            last_resort_prekey: self.last_resort_prekey.as_ref().map(KyberPrekey::to_wire),
            one_time_prekeys: self.one_time_prekeys.iter().map(OneTimePrekey::to_wire).collect(),
            one_time_kyber_prekeys: self
                .one_time_kyber_prekeys
                .iter()
                .map(KyberPrekey::to_wire)
                .collect(),
            in_place_of_all: self.in_place_of_all,
        }
    }

    pub(crate) fn from_wire(upload: proto::PrekeyUpload) -> Result<Self, DecodeError> {
        // Counted before anything is copied.
        let one_time = at_most_an_upload(upload.one_time_prekeys).in_field("one_time_prekeys")?;
        let kyber = at_most_an_upload(upload.one_time_kyber_prekeys).in_field("one_time_kyber_prekeys")?;
        Ok(Self {
            signed_prekey: upload.signed_prekey.map(SignedPrekey::from_wire).transpose()?,
            last_resort_prekey: upload
                .last_resort_prekey
                .map(KyberPrekey::from_wire)
                .transpose()?,
            one_time_prekeys: one_time
                .into_iter()
                .map(OneTimePrekey::from_wire)
                .collect::<Result<_, _>>()?,
            one_time_kyber_prekeys: kyber
                .into_iter()
                .map(KyberPrekey::from_wire)
                .collect::<Result<_, _>>()?,
            in_place_of_all: upload.in_place_of_all,
        })
    }
}

fn at_most_an_upload<T>(prekeys: Vec<T>) -> Result<Vec<T>, TooManyPrekeys> {
    if prekeys.len() > MAX_PREKEYS_PER_UPLOAD {
        return Err(TooManyPrekeys {
            actual: prekeys.len(),
        });
    }
    Ok(prekeys)
}

/// What a relay still has of a device's prekeys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PrekeyCounts {
    /// Unused one-time Curve25519 prekeys.
    pub one_time_prekeys: u32,
    /// Unused one-time Kyber prekeys.
    pub one_time_kyber_prekeys: u32,
    /// The number of the current signed prekey.
    pub signed_prekey_id: Option<u32>,
    /// The number of the current last-resort Kyber prekey.
    pub last_resort_prekey_id: Option<u32>,
}

impl PrekeyCounts {
    pub(crate) fn to_wire(self) -> proto::PrekeyCounts {
        let Self {
            one_time_prekeys,
            one_time_kyber_prekeys,
            signed_prekey_id,
            last_resort_prekey_id,
        } = self;
        proto::PrekeyCounts {
            one_time_prekeys,
            one_time_kyber_prekeys,
            signed_prekey_id,
            last_resort_prekey_id,
        }
    }

    pub(crate) fn from_wire(counts: proto::PrekeyCounts) -> Self {
        Self {
            one_time_prekeys: counts.one_time_prekeys,
            one_time_kyber_prekeys: counts.one_time_kyber_prekeys,
            signed_prekey_id: counts.signed_prekey_id,
            last_resort_prekey_id: counts.last_resort_prekey_id,
        }
    }
}

/// What a sender needs to begin a session. Its signatures are to be checked by who uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrekeyBundle {
    /// The account's identity key.
    pub identity_key: CurveKey,
    /// The device's registration id.
    pub registration_id: u32,
    /// The device.
    pub device: DeviceId,
    /// The current signed prekey.
    pub signed_prekey: SignedPrekey,
    /// A one-time Kyber prekey while there are any, else the last-resort one.
    pub kyber_prekey: KyberPrekey,
    /// A one-time Curve25519 prekey while there are any.
    pub one_time_prekey: Option<OneTimePrekey>,
}

impl PrekeyBundle {
    pub(crate) fn to_wire(&self) -> proto::PrekeyBundle {
        proto::PrekeyBundle {
            identity_key: copy(self.identity_key.as_bytes()),
            registration_id: self.registration_id,
            device: self.device.number(),
            signed_prekey: Some(self.signed_prekey.to_wire()),
            kyber_prekey: Some(self.kyber_prekey.to_wire()),
            one_time_prekey: self.one_time_prekey.as_ref().map(OneTimePrekey::to_wire),
        }
    }

    pub(crate) fn from_wire(bundle: proto::PrekeyBundle) -> Result<Self, DecodeError> {
        Ok(Self {
            identity_key: CurveKey::try_from(&*bundle.identity_key).in_field("identity_key")?,
            registration_id: bundle.registration_id,
            device: DeviceId::new(bundle.device).in_field("device")?,
            signed_prekey: SignedPrekey::from_wire(required(bundle.signed_prekey, "signed_prekey")?)?,
            kyber_prekey: KyberPrekey::from_wire(required(bundle.kyber_prekey, "kyber_prekey")?)?,
            one_time_prekey: bundle.one_time_prekey.map(OneTimePrekey::from_wire).transpose()?,
        })
    }
}

impl OneTimePrekey {
    fn to_wire(&self) -> proto::OneTimePrekey {
        proto::OneTimePrekey {
            id: self.id,
            public_key: copy(self.public_key.as_bytes()),
        }
    }

    fn from_wire(prekey: proto::OneTimePrekey) -> Result<Self, DecodeError> {
        let public_key = CurveKey::try_from(&*prekey.public_key).in_field("public_key")?;
        Ok(Self {
            id: prekey.id,
            public_key,
        })
    }
}

impl SignedPrekey {
    fn to_wire(&self) -> proto::SignedPrekey {
        proto::SignedPrekey {
            id: self.id,
            public_key: copy(self.public_key.as_bytes()),
            signature: copy(self.signature.as_bytes()),
        }
    }

    fn from_wire(prekey: proto::SignedPrekey) -> Result<Self, DecodeError> {
        Ok(Self {
            id: prekey.id,
            public_key: CurveKey::try_from(&*prekey.public_key).in_field("public_key")?,
            signature: Signature::try_from(&*prekey.signature).in_field("signature")?,
        })
    }
}

impl KyberPrekey {
    fn to_wire(&self) -> proto::KyberPrekey {
        proto::KyberPrekey {
            id: self.id,
            public_key: copy(self.public_key.as_bytes()),
            signature: copy(self.signature.as_bytes()),
        }
    }

    fn from_wire(prekey: proto::KyberPrekey) -> Result<Self, DecodeError> {
        Ok(Self {
            id: prekey.id,
            public_key: KyberKey::try_from(&*prekey.public_key).in_field("public_key")?,
            signature: Signature::try_from(&*prekey.signature).in_field("signature")?,
        })
    }
}

fn copy(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
