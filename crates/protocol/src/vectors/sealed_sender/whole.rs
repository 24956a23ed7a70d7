//! Open, validate, refuse our own, decrypt the pairwise message inside: each from fresh stores.

use serde_json::Value;

use super::super::Draws;
use super::{address, array, bytes, cases, identity, number, private, public};
use crate::kem;
use crate::memory::{MemoryPreKeys, MemorySkippedKeys};
use crate::message::CiphertextMessage;
use crate::prekey::{
    KyberPreKey, KyberPreKeyId, KyberUse, OneTimePreKey, OneTimePreKeyId, RegistrationId, SignedPreKey,
    SignedPreKeyId, Timestamp,
};
use crate::sealed_sender::{ContentMessage, Ourselves, SealedMessage, TrustRoots, ValidateError};
use crate::session::{LocalParty, Session, SessionRecord};
use crate::trust::TrustOnFirstUse;
use crate::xeddsa::Signature;

pub(super) fn replay(file: &Value) {
    for case in cases(file, "whole") {
        let name = case["name"].as_str().unwrap();
        let expected = match case["error"].as_str() {
            Some(error) => Err(error),
            None => Ok(bytes(&case["plaintext"])),
        };
        assert_eq!(decrypt(file, case), expected, "{name}");
    }
}

fn decrypt(file: &Value, case: &Value) -> Result<Vec<u8>, &'static str> {
    let us = local(file);
    let mut roots = TrustRoots::new([public(&case["trust_root"])]);
    let ourselves = Ourselves {
        address: &us.address,
        phone_number: case["local_e164"].as_str(),
    };
    let sealed = SealedMessage::from_bytes(&bytes(&case["message"])).unwrap();
    let content = sealed
        .open(&us.identity)
        .unwrap()
        .validate(&mut roots, Timestamp(case["time"].as_u64().unwrap()), ourselves)
        .map_err(|error| match error {
            ValidateError::Certificate(_) => "trust root validation",
            ValidateError::SelfSend => "self send",
        })?;
    let ContentMessage::Pairwise(message) = content.message().unwrap() else {
        return Err("unexpected type");
    };
    let session = content.session(&us, &NO_SESSIONS, &ANYBODY);
    let plaintext = decrypt_pairwise(file, &session, &message).ok_or("invalid")?;
    let claims = content.certificate().claims();
    assert_eq!(claims.sender.name(), case["sender_uuid"].as_str().unwrap());
    assert_eq!(claims.phone_number.as_deref(), case["sender_e164"].as_str());
    assert_eq!(
        u32::from(claims.sender.device().get()),
        number(&case["sender_device"])
    );
    Ok(plaintext)
}

/// Decrypts the message inside one that was only opened to its content.
pub(super) fn check_pairwise(file: &Value, message: &CiphertextMessage, plaintext: &[u8], name: &str) {
    let (us, sender) = (local(file), address(&file["sender"]));
    let session = Session {
        local: &us,
        remote: &sender,
        record: &NO_SESSIONS,
        trust: &ANYBODY,
    };
    assert_eq!(
        decrypt_pairwise(file, &session, message).as_deref(),
        Some(plaintext),
        "{name}"
    );
}

static NO_SESSIONS: SessionRecord = SessionRecord::new();

const ANYBODY: TrustOnFirstUse = TrustOnFirstUse {
    known: None,
    receive_from_changed: false,
};

fn decrypt_pairwise(file: &Value, session: &Session<'_>, message: &CiphertextMessage) -> Option<Vec<u8>> {
    let skipped = MemorySkippedKeys::default();
    let mut draws = Draws::one(vec![7; 32]);
    let decrypted = match message {
        CiphertextMessage::Signal(message) => session.decrypt(message, &skipped, &mut draws).ok()?,
        CiphertextMessage::PreKeySignal(message) => session
            .decrypt_prekey(message, &skipped, &prekeys(file), &mut draws)
            .ok()?,
    };
    Some(decrypted.plaintext.to_vec())
}

fn local(file: &Value) -> LocalParty {
    let us = &file["us"];
    LocalParty {
        identity: identity(&us["identity_private"]),
        address: address(us),
        registration_id: RegistrationId(number(&us["registration_id"])),
    }
}

fn prekeys(file: &Value) -> MemoryPreKeys {
    let mut prekeys = MemoryPreKeys::default();
    for ours in cases(file, "our_prekeys") {
        let (bundle, secret) = (&ours["bundle"], &ours["private"]);
        let signature = |field: &str| Signature::from_array(array(&bundle[field]));
        let signed = SignedPreKey {
            id: SignedPreKeyId(number(&bundle["signed_prekey_id"])),
            keys: private(&secret["signed_prekey_private"]).into(),
            signature: signature("signed_prekey_signature"),
            created: Timestamp(0),
        };
        let public = kem::PublicKey::from_bytes(&bytes(&bundle["kyber_prekey_public"])).unwrap();
        let kyber_secret = kem::SecretKey::from_bytes(&bytes(&secret["kyber_prekey_secret"])).unwrap();
        let kyber = KyberPreKey {
            id: KyberPreKeyId(number(&bundle["kyber_prekey_id"])),
            keys: kem::KeyPair::from_parts(public, kyber_secret),
            signature: signature("kyber_prekey_signature"),
            created: Timestamp(0),
            usage: match secret["last_resort"].as_bool().unwrap() {
                true => KyberUse::LastResort,
                false => KyberUse::OneTime,
            },
        };
        let one_time = OneTimePreKey {
            id: OneTimePreKeyId(number(&bundle["prekey_id"])),
            keys: private(&secret["prekey_private"]).into(),
        };
        prekeys.signed.insert(signed.id, signed);
        prekeys.kyber.insert(kyber.id, kyber);
        prekeys.one_time.insert(one_time.id, one_time);
    }
    prekeys
}
