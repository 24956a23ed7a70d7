//! Prekeys and the bundle (spec section 6).

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::address::DeviceId;
use crate::curve::{IdentityKey, IdentityKeyPair, KeyPair, PublicKey};
use crate::kem;
use crate::stored::{Reader, StoredFormError, Writer};
use crate::xeddsa::{BadSignature, Signature, Verifier};

/// The number of a one-time prekey.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct OneTimePreKeyId(pub u32);

/// The number of a signed prekey.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SignedPreKeyId(pub u32);

/// The number of a Kyber prekey.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct KyberPreKeyId(pub u32);

/// A number that distinguishes installations of an account; informative.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RegistrationId(pub u32);

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Timestamp(pub u64);

/// Our side of a one-time prekey; deleted once a session was made with it.
#[derive(Clone)]
pub struct OneTimePreKey {
    /// Its number.
    pub id: OneTimePreKeyId,
    /// Its keys.
    pub keys: KeyPair,
}

/// Our side of a signed prekey; kept for a while after it was replaced.
#[derive(Clone)]
pub struct SignedPreKey {
    /// Its number.
    pub id: SignedPreKeyId,
    /// Its keys.
    pub keys: KeyPair,
    /// Our identity's signature over the public key's 33 bytes.
    pub signature: Signature,
    /// When it was made.
    pub created: Timestamp,
}

/// What becomes of a Kyber prekey after use; nothing on the wire tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KyberUse {
    /// Deleted once a session was made with it.
    OneTime,
    /// Handed out when no other is left, and kept. Base keys seen with it are remembered.
    LastResort,
}

/// Our side of a Kyber prekey.
#[derive(Clone)]
pub struct KyberPreKey {
    /// Its number.
    pub id: KyberPreKeyId,
    /// Its keys.
    pub keys: kem::KeyPair,
    /// Our identity's signature over the serialized public key.
    pub signature: Signature,
    /// When it was made.
    pub created: Timestamp,
    /// What becomes of it after use.
    pub usage: KyberUse,
}

impl OneTimePreKey {
    /// Makes a one-time prekey.
    pub fn generate(id: OneTimePreKeyId, rng: &mut impl CryptoRng) -> Self {
        Self {
            id,
            keys: KeyPair::generate(rng),
        }
    }

    /// The public half, for the relay.
    pub const fn public(&self) -> OneTimePreKeyPublic {
        OneTimePreKeyPublic {
            id: self.id,
            key: *self.keys.public(),
        }
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut form = Writer::new(69);
        form.u32(self.id.0);
        form.key_pair(&self.keys);
        form.finish()
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredFormError> {
        let mut form = Reader::new(bytes)?;
        let id = OneTimePreKeyId(form.u32()?);
        let keys = form.key_pair()?;
        form.finish()?;
        Ok(Self { id, keys })
    }
}

impl SignedPreKey {
    /// Makes a signed prekey.
    pub fn generate(
        id: SignedPreKeyId,
        identity: &IdentityKeyPair,
        created: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let keys = KeyPair::generate(rng);
        let signature = identity.private_key().sign(&[&keys.public().to_bytes()], rng);
        Self {
            id,
            keys,
            signature,
            created,
        }
    }

    /// The public half, for the relay.
    pub const fn public(&self) -> SignedPreKeyPublic {
        SignedPreKeyPublic {
            id: self.id,
            key: *self.keys.public(),
            signature: self.signature,
        }
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut form = Writer::new(141);
        form.u32(self.id.0);
        form.key_pair(&self.keys);
        form.bytes(self.signature.as_bytes());
        form.u64(self.created.0);
        form.finish()
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredFormError> {
        let mut form = Reader::new(bytes)?;
        let id = SignedPreKeyId(form.u32()?);
        let keys = form.key_pair()?;
        let signature = Signature::from_array(form.array()?);
        let created = Timestamp(form.u64()?);
        form.finish()?;
        Ok(Self {
            id,
            keys,
            signature,
            created,
        })
    }
}

impl KyberPreKey {
    /// Makes a Kyber prekey.
    pub fn generate(
        id: KyberPreKeyId,
        usage: KyberUse,
        identity: &IdentityKeyPair,
        created: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let keys = kem::KeyPair::generate(rng);
        let signature = identity.private_key().sign(&[&keys.public().to_bytes()], rng);
        Self {
            id,
            keys,
            signature,
            created,
            usage,
        }
    }

    /// The public half, for the relay.
    pub fn public(&self) -> KyberPreKeyPublic {
        KyberPreKeyPublic {
            id: self.id,
            key: self.keys.public().clone(),
            signature: self.signature,
        }
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut form =
            Writer::new(78 + kem::PublicKey::SERIALIZED_LENGTH + kem::SecretKey::SERIALIZED_LENGTH);
        form.u32(self.id.0);
        form.bytes(&self.keys.public().to_bytes());
        form.bytes(&self.keys.secret().expose_bytes());
        form.bytes(self.signature.as_bytes());
        form.u64(self.created.0);
        form.u8(match self.usage {
            KyberUse::OneTime => 0,
            KyberUse::LastResort => 1,
        });
        form.finish()
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredFormError> {
        let mut form = Reader::new(bytes)?;
        let id = KyberPreKeyId(form.u32()?);
        let public = kem::PublicKey::from_bytes(form.slice(kem::PublicKey::SERIALIZED_LENGTH)?);
        let secret = kem::SecretKey::from_bytes(form.slice(kem::SecretKey::SERIALIZED_LENGTH)?);
        let signature = Signature::from_array(form.array()?);
        let created = Timestamp(form.u64()?);
        let usage = if form.flag()? {
            KyberUse::LastResort
        } else {
            KyberUse::OneTime
        };
        form.finish()?;
        let (Ok(public), Ok(secret)) = (public, secret) else {
            return Err(StoredFormError::Value);
        };
        Ok(Self {
            id,
            keys: kem::KeyPair::from_parts(public, secret),
            signature,
            created,
            usage,
        })
    }
}

/// The public half of a one-time prekey.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OneTimePreKeyPublic {
    /// Its number.
    pub id: OneTimePreKeyId,
    /// The key.
    pub key: PublicKey,
}

/// The public half of a signed prekey; the signature is not yet checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedPreKeyPublic {
    /// Its number.
    pub id: SignedPreKeyId,
    /// The key.
    pub key: PublicKey,
    /// The owner's signature over the key's 33 bytes.
    pub signature: Signature,
}

/// The public half of a Kyber prekey; the signature is not yet checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KyberPreKeyPublic {
    /// Its number.
    pub id: KyberPreKeyId,
    /// The key.
    pub key: kem::PublicKey,
    /// The owner's signature over the serialized key.
    pub signature: Signature,
}

impl SignedPreKeyPublic {
    /// Checks the signature with the owner's identity key.
    pub fn verify(&self, owner: &IdentityKey) -> Result<(), BadSignature> {
        self.verify_with(&Verifier::new(*owner.public_key()))
    }

    pub(crate) fn verify_with(&self, owner: &Verifier) -> Result<(), BadSignature> {
        owner.verify(&[&self.key.to_bytes()], &self.signature)
    }
}

impl KyberPreKeyPublic {
    /// Checks the signature with the owner's identity key.
    pub fn verify(&self, owner: &IdentityKey) -> Result<(), BadSignature> {
        self.verify_with(&Verifier::new(*owner.public_key()))
    }

    pub(crate) fn verify_with(&self, owner: &Verifier) -> Result<(), BadSignature> {
        owner.verify(&[&self.key.to_bytes()], &self.signature)
    }
}

/// What a relay hands out about a device, so that a session with it can be started while it is away.
///
/// Its transport form is the application's business.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreKeyBundle {
    /// The owner's registration id.
    pub registration_id: RegistrationId,
    /// The owner's device.
    pub device: DeviceId,
    /// The owner's identity.
    pub identity: IdentityKey,
    /// A one-time prekey, if one was left.
    pub one_time: Option<OneTimePreKeyPublic>,
    /// The signed prekey.
    pub signed: SignedPreKeyPublic,
    /// A Kyber prekey.
    pub kyber: KyberPreKeyPublic,
}
