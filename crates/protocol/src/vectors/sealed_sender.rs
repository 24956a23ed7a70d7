use serde_json::Value;

use super::{Draws, array, bytes, cases, number};
use crate::address::{DeviceId, ProtocolAddress, ServiceId};
use crate::curve::{IdentityKeyPair, PrivateKey, PublicKey};
use crate::memory::MemorySenderKeys;
use crate::prekey::Timestamp;
use crate::sealed_sender::{
    Content, ContentHint, ContentKind, ContentMessage, DecryptionError, MalformedSealedMessage,
    MultiRecipientMessage, OpenError, PlaintextContent, SealedMessage, SenderCertificate, ServerCertificate,
    TrustRoots, version_2_parts,
};
use crate::sender_keys::DistributionMessage;

mod whole;

pub(super) fn replay(file: &Value) {
    for case in cases(file, "certificates") {
        validate(file, case);
    }
    for case in cases(file, "messages") {
        open(file, case);
    }
    whole::replay(file);
    for case in cases(file, "multi_recipient") {
        multi_recipient(case);
    }
    for case in cases(file, "version_2_deterministic") {
        version_2(file, case);
    }
    decryption_error(&file["decryption_error"]);
}

fn public(value: &Value) -> PublicKey {
    PublicKey::from_bytes(&bytes(value)).unwrap()
}

fn private(value: &Value) -> PrivateKey {
    PrivateKey::from_bytes(&bytes(value)).unwrap()
}

fn identity(value: &Value) -> IdentityKeyPair {
    IdentityKeyPair::from_private(private(value))
}

fn address(value: &Value) -> ProtocolAddress {
    let device = DeviceId::new(number(&value["device"])).unwrap();
    ProtocolAddress::new(value["name"].as_str().unwrap(), device)
}

fn validate(file: &Value, case: &Value) {
    let name = case["name"].as_str().unwrap();
    let reference = &file["reference_0x7357C357"];
    let known = ServerCertificate::issue(
        0x7357_C357,
        &public(&reference["server_public"]),
        &private(&reference["signed_by_private"]),
        &mut Draws::one(vec![0; 64]),
    );
    let result = match SenderCertificate::from_bytes(&bytes(&case["certificate"])) {
        Err(_) => Value::from("malformed"),
        Ok(certificate) => {
            let at = Timestamp(case["time"].as_u64().unwrap());
            let mut roots =
                TrustRoots::new(cases(case, "trust_roots").iter().map(public)).with_known_server(known);
            let valid = roots.validate(certificate.clone(), at).is_ok();
            // What is remembered does not change the answer.
            assert_eq!(roots.validate(certificate, at).is_ok(), valid, "{name}");
            valid.into()
        }
    };
    assert_eq!(result, case["valid"], "{name}");
}

/// Opens to the content; the error is the class in the vectors' words.
fn opened(us: &IdentityKeyPair, message: &[u8]) -> Result<Content, &'static str> {
    let sealed = SealedMessage::from_bytes(message).map_err(|error| match error {
        MalformedSealedMessage::UnknownVersion { .. } => "unknown version",
        MalformedSealedMessage::Empty => "invalid sealed sender message",
        _ => "malformed",
    })?;
    let opened = sealed.open(us).map_err(|error| match error {
        OpenError::Seal => "invalid sealed sender message",
        OpenError::Content(_) => "malformed",
    })?;
    Ok(opened.unvalidated().clone())
}

fn open(file: &Value, case: &Value) {
    let name = case["name"].as_str().unwrap();
    let us = identity(&file["us"]["identity_private"]);
    let content = opened(&us, &bytes(&case["message"]));
    if let Some(error) = case["error"].as_str() {
        assert_eq!(content.err(), Some(error), "{name}");
        return;
    }
    let content = content.unwrap_or_else(|error| panic!("{name}: {error}"));
    check_content(&content, &case["usmc"], name);
    if let Some(plaintext) = case.get("inner_plaintext") {
        match content.message().unwrap() {
            ContentMessage::Pairwise(message) => {
                whole::check_pairwise(file, &message, &bytes(plaintext), name);
            }
            ContentMessage::SenderKey(message) => {
                let mut store = MemorySenderKeys::default();
                let sender = address(&file["sender"]);
                let distribution =
                    DistributionMessage::from_bytes(&bytes(&file["distribution_message"])).unwrap();
                let id = distribution.distribution();
                let changes = store.of(&sender, id).record.process(&distribution).unwrap();
                store.apply(&sender, id, &changes);
                let kept = store.of(&sender, id);
                let decrypted = kept.record.decrypt(&message, &kept.skipped).unwrap();
                assert_eq!(*decrypted.plaintext, bytes(plaintext), "{name}");
            }
            ContentMessage::Plaintext(_) => panic!("{name}: nothing is encrypted"),
        }
    }
}

fn check_content(content: &Content, expected: &Value, name: &str) {
    assert_eq!(
        u32::from(content.kind().type_number()),
        number(&expected["type"]),
        "{name}"
    );
    assert_eq!(content.message_bytes(), bytes(&expected["contents"]), "{name}");
    assert_eq!(
        content.hint().number(),
        number(&expected["content_hint"]),
        "{name}"
    );
    let group = expected["group_id"]
        .as_str()
        .map(|group| hex::decode(group).unwrap());
    assert_eq!(content.group(), group.as_deref(), "{name}");
    let certificate = content.certificate();
    assert_eq!(
        certificate.as_bytes(),
        bytes(&expected["sender_certificate"]),
        "{name}"
    );
    let claims = certificate.claims();
    assert_eq!(
        claims.sender.name(),
        expected["sender_uuid"].as_str().unwrap(),
        "{name}"
    );
    assert_eq!(
        claims.phone_number.as_deref(),
        expected["sender_e164"].as_str(),
        "{name}"
    );
    assert_eq!(
        u32::from(claims.sender.device().get()),
        number(&expected["sender_device"]),
        "{name}"
    );
}

fn multi_recipient(case: &Value) {
    let message = bytes(&case["message"]);
    let parsed = MultiRecipientMessage::from_bytes(&message).unwrap();
    assert_eq!(parsed.to_bytes(), message);
    let expected = cases(case, "entries");
    assert_eq!(parsed.recipients().len(), expected.len());
    for (entry, expected) in parsed.recipients().iter().zip(expected) {
        let service_id = ServiceId::from_fixed_width(&array(&expected["service_id"])).unwrap();
        assert_eq!(entry.service_id(), service_id);
        let devices = expected["devices"].as_array().unwrap();
        assert_eq!(entry.devices().len(), devices.len());
        for (device, expected) in entry.devices().iter().zip(devices) {
            assert_eq!(u32::from(device.device.get()), number(&expected["device"]));
            assert_eq!(device.registration_id.0, number(&expected["registration_id"]));
        }
        let received = parsed.received_by(service_id);
        if devices.is_empty() {
            assert!(received.is_none());
            continue;
        }
        let received = received.unwrap();
        assert_eq!(received, bytes(&expected["received"]));
        assert_eq!(&received[1..49], bytes(&expected["c_and_at"]));
        let content = opened(&identity(&expected["identity_private"]), &received).unwrap();
        assert_eq!(content.to_bytes(), bytes(&case["usmc"]));
    }
    for cut in 0..message.len() {
        // Behind the entries anything from E on is ciphertext.
        let result = MultiRecipientMessage::from_bytes(&message[..cut]);
        let entries_length = message.len() - (received_length(&parsed) - 49);
        assert_eq!(result.is_err(), cut < entries_length + 32, "{cut} bytes");
    }
}

fn received_length(message: &MultiRecipientMessage) -> usize {
    message
        .received_by(message.recipients()[0].service_id())
        .unwrap()
        .len()
}

fn version_2(file: &Value, case: &Value) {
    let us = identity(&file["us"]["identity_private"]);
    let sender = identity(&file["sender"]["identity_private"]);
    let content = opened(&us, &bytes(&case["message"])).unwrap();
    assert_eq!(content.to_bytes(), bytes(&case["usmc"]));

    let mut draws = Draws::one(bytes(&case["m"]));
    let sealed = content.seal_v2(&sender, &us.identity_key(), &mut draws).unwrap();
    draws.assert_used_up();
    assert_eq!(sealed, bytes(&case["message"]));
    let parts = version_2_parts(array(&case["m"]));
    assert_eq!(
        parts.ephemeral.private().expose_bytes(),
        &array(&case["ephemeral_private"])
    );
    assert_eq!(
        parts.ephemeral.public().to_bytes(),
        array(&case["ephemeral_public"])
    );
    assert_eq!(parts.content_key, array(&case["content_key"]));
    assert_eq!(&sealed[1..33], bytes(&case["c"]));
    assert_eq!(&sealed[33..49], bytes(&case["at"]));
    assert_eq!(&sealed[81..], bytes(&case["ciphertext"]));
}

fn decryption_error(case: &Value) {
    let kind = match number(&case["of_message_type"]) {
        2 => ContentKind::Signal,
        3 => ContentKind::PreKeySignal,
        other => panic!("type {other}"),
    };
    let message = ContentMessage::from_bytes(kind, &bytes(&case["of_message"])).unwrap();
    let sent = Timestamp(case["timestamp"].as_u64().unwrap());
    let report = DecryptionError::for_message(&message, sent, number(&case["device"])).unwrap();
    assert_eq!(report.ratchet_key, Some(public(&case["ratchet_key"])));
    assert_eq!(report.to_bytes(), bytes(&case["message"]));
    let content = PlaintextContent::from(&report);
    assert_eq!(content.as_bytes(), bytes(&case["plaintext_content"]));
    assert_eq!(content.body(), bytes(&case["body"]));
    let content = PlaintextContent::from_bytes(content.as_bytes()).unwrap();
    assert_eq!(content.decryption_error().unwrap(), report);
    assert_eq!(ContentHint::from_number(7), ContentHint::Other(7));
}
