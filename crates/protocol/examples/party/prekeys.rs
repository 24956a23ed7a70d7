//! Prekeys and bundles.

use serde::Deserialize;
use serde_json::{Value, json};
use sotto_protocol::curve::{IdentityKey, KeyPair, PrivateKey, PublicKey};
use sotto_protocol::kem;
use sotto_protocol::prekey::{
    KyberPreKey, KyberPreKeyId, KyberPreKeyPublic, KyberUse, OneTimePreKey, OneTimePreKeyId,
    OneTimePreKeyPublic, PreKeyBundle, RegistrationId, SignedPreKey, SignedPreKeyId, SignedPreKeyPublic,
};
use sotto_protocol::xeddsa::Signature;

use super::cast::{Cast, Member, Randomness, device, time};
use super::hex::{Hex, hex};
use super::operations::arguments;
use super::refusal::{Class, Refusal};

#[derive(Deserialize)]
struct MakeBundle {
    party: String,
    one_time: Option<bool>,
    prekey_id: Option<u32>,
    signed_prekey_id: Option<u32>,
    kyber_prekey_id: Option<u32>,
    reuse_signed: Option<bool>,
    last_resort: Option<bool>,
}

/// Makes and stores prekeys, and answers the bundle of their public halves.
pub(super) fn bundle(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: MakeBundle = arguments(request)?;
    let (member, rng) = cast.playing(&request.party)?;

    let signed = match request.reuse_signed {
        Some(true) => member.stored_signed(request.signed_prekey_id)?,
        _ => member.new_signed(request.signed_prekey_id, rng),
    };
    let usage = match request.last_resort {
        Some(true) => KyberUse::LastResort,
        _ => KyberUse::OneTime,
    };
    let kyber = member.new_kyber(request.kyber_prekey_id, usage, rng);
    let mut bundle = json!({
        "registration_id": member.local.registration_id.0,
        "device": member.local.address.device().get(),
        "identity": hex(member.local.identity.identity_key().to_bytes()),
        "signed_prekey": {
            "id": signed.id.0,
            "public": hex(signed.key.to_bytes()),
            "signature": hex(signed.signature.as_bytes()),
        },
        "kyber_prekey": {
            "id": kyber.id.0,
            "public": hex(kyber.key.to_bytes()),
            "signature": hex(kyber.signature.as_bytes()),
        },
    });
    if let (true, Some(bundle)) = (request.one_time.unwrap_or(true), bundle.as_object_mut()) {
        let one_time = member.new_one_time(request.prekey_id, rng);
        let one_time = json!({"id": one_time.id.0, "public": hex(one_time.key.to_bytes())});
        bundle.insert("prekey".to_owned(), one_time);
    }
    Ok(json!({ "bundle": bundle }))
}

impl Member {
    /// The number a request names for a prekey, or one not used yet.
    fn prekey_number(&mut self, named: Option<u32>) -> u32 {
        let number = named.unwrap_or(self.next_prekey);
        self.next_prekey = self.next_prekey.max(number.saturating_add(1));
        number
    }

    fn new_one_time(&mut self, named: Option<u32>, rng: &mut Randomness) -> OneTimePreKeyPublic {
        let id = OneTimePreKeyId(self.prekey_number(named));
        let prekey = OneTimePreKey::generate(id, rng);
        let public = prekey.public();
        self.store.prekeys.one_time.insert(id, prekey);
        public
    }

    fn new_signed(&mut self, named: Option<u32>, rng: &mut Randomness) -> SignedPreKeyPublic {
        let id = SignedPreKeyId(self.prekey_number(named));
        let prekey = SignedPreKey::generate(id, &self.local.identity, time(None), rng);
        let public = prekey.public();
        self.store.prekeys.signed.insert(id, prekey);
        public
    }

    /// The signed prekey of this number, or the one with the largest.
    fn stored_signed(&self, named: Option<u32>) -> Result<SignedPreKeyPublic, Refusal> {
        let stored = &self.store.prekeys.signed;
        let prekey = match named {
            Some(id) => stored.get(&SignedPreKeyId(id)),
            None => stored.values().max_by_key(|prekey| prekey.id),
        };
        prekey
            .map(SignedPreKey::public)
            .ok_or_else(|| Refusal::bad_request("there is no signed prekey to use again"))
    }

    fn new_kyber(&mut self, named: Option<u32>, usage: KyberUse, rng: &mut Randomness) -> KyberPreKeyPublic {
        let id = KyberPreKeyId(self.prekey_number(named));
        let prekey = KyberPreKey::generate(id, usage, &self.local.identity, time(None), rng);
        let public = prekey.public();
        self.store.prekeys.kyber.insert(id, prekey);
        public
    }
}

#[derive(Deserialize)]
struct ImportPreKeys {
    party: String,
    prekey: Option<OneTimeSecret>,
    signed_prekey: Option<SignedSecret>,
    kyber_prekey: Option<KyberSecret>,
}

#[derive(Deserialize)]
struct OneTimeSecret {
    id: u32,
    private: Hex,
}

#[derive(Deserialize)]
struct SignedSecret {
    id: u32,
    private: Hex,
    signature: Hex,
    timestamp: Option<u64>,
}

#[derive(Deserialize)]
struct KyberSecret {
    id: u32,
    public: Hex,
    secret: Hex,
    signature: Hex,
    timestamp: Option<u64>,
    last_resort: Option<bool>,
}

/// Takes over prekeys that were made elsewhere. All are read before any is stored.
pub(super) fn import(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: ImportPreKeys = arguments(request)?;
    let (member, _) = cast.playing(&request.party)?;
    let one_time = request.prekey.map(OneTimeSecret::read).transpose()?;
    let signed = request.signed_prekey.map(SignedSecret::read).transpose()?;
    let kyber = request.kyber_prekey.map(KyberSecret::read).transpose()?;

    if let Some(prekey) = one_time {
        member.prekey_number(Some(prekey.id.0));
        member.store.prekeys.one_time.insert(prekey.id, prekey);
    }
    if let Some(prekey) = signed {
        member.prekey_number(Some(prekey.id.0));
        member.store.prekeys.signed.insert(prekey.id, prekey);
    }
    if let Some(prekey) = kyber {
        member.prekey_number(Some(prekey.id.0));
        member.store.prekeys.kyber.insert(prekey.id, prekey);
    }
    Ok(json!({}))
}

impl OneTimeSecret {
    fn read(self) -> Result<OneTimePreKey, Refusal> {
        Ok(OneTimePreKey {
            id: OneTimePreKeyId(self.id),
            keys: KeyPair::from(PrivateKey::from_bytes(&self.private.0)?),
        })
    }
}

impl SignedSecret {
    fn read(self) -> Result<SignedPreKey, Refusal> {
        Ok(SignedPreKey {
            id: SignedPreKeyId(self.id),
            keys: KeyPair::from(PrivateKey::from_bytes(&self.private.0)?),
            signature: signature(&self.signature)?,
            created: time(self.timestamp),
        })
    }
}

impl KyberSecret {
    fn read(self) -> Result<KyberPreKey, Refusal> {
        Ok(KyberPreKey {
            id: KyberPreKeyId(self.id),
            keys: kem::KeyPair::from_parts(
                kem::PublicKey::from_bytes(&self.public.0)?,
                kem::SecretKey::from_bytes(&self.secret.0)?,
            ),
            signature: signature(&self.signature)?,
            created: time(self.timestamp),
            usage: match self.last_resort {
                Some(true) => KyberUse::LastResort,
                _ => KyberUse::OneTime,
            },
        })
    }
}

/// A signature of a request, not yet checked.
fn signature(bytes: &Hex) -> Result<Signature, Refusal> {
    Signature::from_bytes(&bytes.0)
        .ok_or_else(|| Refusal::new(Class::BadSignature, "a signature has 64 bytes"))
}

#[derive(Deserialize)]
struct Held {
    party: String,
}

/// The numbers of the prekeys that a party holds, ascending.
pub(super) fn held(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let Held { party } = arguments(request)?;
    let prekeys = &cast.member(&party)?.store.prekeys;
    let sorted = |mut numbers: Vec<u32>| {
        numbers.sort_unstable();
        numbers
    };
    Ok(json!({
        "prekeys": sorted(prekeys.one_time.keys().map(|id| id.0).collect()),
        "signed_prekeys": sorted(prekeys.signed.keys().map(|id| id.0).collect()),
        "kyber_prekeys": sorted(prekeys.kyber.keys().map(|id| id.0).collect()),
    }))
}

/// A bundle of a request.
#[derive(Deserialize)]
pub(super) struct Bundle {
    registration_id: u32,
    device: u32,
    identity: Hex,
    prekey: Option<OneTimePublic>,
    signed_prekey: SignedPublic,
    kyber_prekey: SignedPublic,
}

#[derive(Deserialize)]
struct OneTimePublic {
    id: u32,
    public: Hex,
}

#[derive(Deserialize)]
struct SignedPublic {
    id: u32,
    public: Hex,
    signature: Hex,
}

impl Bundle {
    /// The bundle as the crate knows it; no signature is checked yet.
    pub(super) fn read(self) -> Result<PreKeyBundle, Refusal> {
        let one_time = match self.prekey {
            None => None,
            Some(prekey) => Some(OneTimePreKeyPublic {
                id: OneTimePreKeyId(prekey.id),
                key: PublicKey::from_bytes(&prekey.public.0)?,
            }),
        };
        Ok(PreKeyBundle {
            registration_id: RegistrationId(self.registration_id),
            device: device(self.device)?,
            identity: IdentityKey::from_bytes(&self.identity.0)?,
            one_time,
            signed: SignedPreKeyPublic {
                id: SignedPreKeyId(self.signed_prekey.id),
                key: PublicKey::from_bytes(&self.signed_prekey.public.0)?,
                signature: signature(&self.signed_prekey.signature)?,
            },
            kyber: KyberPreKeyPublic {
                id: KyberPreKeyId(self.kyber_prekey.id),
                key: kem::PublicKey::from_bytes(&self.kyber_prekey.public.0)?,
                signature: signature(&self.kyber_prekey.signature)?,
            },
        })
    }
}
