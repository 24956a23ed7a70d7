//! Whoever changes a message on its way learns nothing from how it fails: every bit of every kind of message is
//! changed, every length cut and added to. What an error says follows from what everybody can read in the changed
//! message itself, and never from keys or from how far an attempt got.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

mod support;

use sotto_protocol::address::{DeviceId, ProtocolAddress};
use sotto_protocol::curve::KeyPair;
use sotto_protocol::memory::MemorySkippedSenderKeys;
use sotto_protocol::message::{CiphertextMessage, PreKeySignalMessage, SignalMessage};
use sotto_protocol::prekey::Timestamp;
use sotto_protocol::sealed_sender::{
    Content, ContentHint, ContentMessage, DecryptionError, OpenError, PlaintextContent, SealedMessage,
    SenderCertificate, SenderClaims, Signer,
};
use sotto_protocol::sender_keys::{DistributionId, GroupDecryptError, SenderKeyMessage, SenderKeyRecord};
use sotto_protocol::session::{DecryptError, InvalidMessage, PreKeyDecryptError};
use support::{Failure, Person, introduced};

/// Every message that differs from this one in one bit, is cut short, or goes on.
fn tampered(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let flipped = (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    });
    let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    let longer = [0, 0x08, 0xFF].map(|more| [bytes, &[more]].concat());
    flipped.chain(cut).chain(longer)
}

#[test]
fn a_plain_message_fails_in_one_way() {
    let (mut alice, mut bob) = introduced();
    let hello = alice.writes(&bob, b"hello");
    bob.reads(&alice, &hello).unwrap();
    // In the middle of a chain, so that both used and unused counters are near.
    let answers = [0; 6].map(|_| bob.writes(&alice, b"an answer of more than one block"));
    alice.reads(&bob, &answers[3]).unwrap();
    let answer = &answers[4];
    let CiphertextMessage::Signal(genuine) = answer else {
        panic!("a plain message");
    };

    let mut tried = 0;
    for bytes in tampered(genuine.as_bytes()) {
        let Ok(message) = SignalMessage::from_bytes(&bytes) else {
            continue;
        };
        // The counter is for everyone to read, and so is that it was used before.
        let used = message.ratchet_key() == genuine.ratchet_key() && message.counter() == 3;
        tried += 1;
        match alice.reads(&bob, &CiphertextMessage::Signal(message)) {
            Err(Failure::Plain(DecryptError::Duplicate)) if used => {}
            Err(Failure::Plain(DecryptError::Invalid(InvalidMessage::DecryptionFailed))) => {}
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("a changed message was read"),
        }
    }
    assert!(tried > 500, "only {tried} of them parsed");
    assert_eq!(
        alice.reads(&bob, answer).unwrap(),
        b"an answer of more than one block"
    );
}

#[test]
fn a_prekey_message_fails_in_one_way_but_for_what_its_outside_says() {
    let (mut alice, mut bob) = introduced();
    let hello = alice.writes(&bob, b"hello");
    let CiphertextMessage::PreKeySignal(genuine) = &hello else {
        panic!("a prekey message");
    };
    let outside = |message: &PreKeySignalMessage| (message.one_time(), message.signed());

    let mut tried = 0;
    // One bit of nearly every byte, and one length in nine: it is the longest message there is.
    for bytes in tampered(genuine.as_bytes()).step_by(9) {
        let Ok(message) = PreKeySignalMessage::from_bytes(&bytes) else {
            continue;
        };
        tried += 1;
        let same_inside = message.message().as_bytes() == genuine.message().as_bytes();
        let canonical = message.base_key().is_canonical();
        let result = bob.decrypts(&alice, &CiphertextMessage::PreKeySignal(message.clone()));
        match result.map_err(|failure| match failure {
            Failure::PreKey(error) => error,
            Failure::Plain(_) => panic!("a prekey message"),
        }) {
            Ok(decrypted) => {
                // The registration id and the low half of the version are not authenticated by anything.
                assert!(same_inside && outside(&message) == outside(genuine));
                assert_eq!(*decrypted.plaintext, b"hello");
            }
            Err(PreKeyDecryptError::MissingPreKey(_)) => {}
            Err(PreKeyDecryptError::Invalid(InvalidMessage::WithoutKyber)) => {}
            Err(PreKeyDecryptError::Invalid(InvalidMessage::BaseKeyNotCanonical)) => assert!(!canonical),
            Err(PreKeyDecryptError::KyberCiphertext(_)) => {}
            Err(PreKeyDecryptError::Invalid(InvalidMessage::DecryptionFailed)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(tried > 1500, "only {tried} of them parsed");
    assert_eq!(bob.reads(&alice, &hello).unwrap(), b"hello");
}

#[test]
fn a_seal_fails_in_one_way() {
    let (mut alice, bob) = (Person::new(1), Person::new(2));
    let server = KeyPair::generate(&mut alice.rng);
    let claims = SenderClaims {
        sender: ProtocolAddress::new("alice", DeviceId::PRIMARY),
        phone_number: None,
        identity: alice.local.identity.identity_key(),
        expires: Timestamp(1),
    };
    let certificate =
        SenderCertificate::issue(claims, Signer::Reference(1), server.private(), &mut alice.rng);
    let report = DecryptionError {
        ratchet_key: None,
        sent: Timestamp(1),
        device: 1,
    };
    let message = ContentMessage::from(PlaintextContent::from(&report));
    let content = Content::new(&message, certificate, ContentHint::Default, None);
    let (own, their) = (&alice.local.identity, bob.local.identity.identity_key());
    let seals = [
        content.seal_v1(own, &their, &mut alice.rng).unwrap(),
        content.seal_v2(own, &their, &mut alice.rng).unwrap(),
    ];
    for genuine in seals {
        let mut tried = 0;
        for bytes in tampered(&genuine) {
            let Ok(sealed) = SealedMessage::from_bytes(&bytes) else {
                continue;
            };
            tried += 1;
            match sealed.open(&bob.local.identity) {
                Err(OpenError::Seal) => {}
                Err(other) => panic!("{other:?}"),
                // The low half of the version is for readers older than any of today's.
                Ok(_) => assert!(bytes[1..].starts_with(&genuine[1..]), "a changed seal opened"),
            }
        }
        assert!(tried > 1000, "only {tried} of them parsed");
    }
}

#[test]
fn a_group_message_fails_in_one_way_but_for_the_chain_it_names() {
    let mut alice = Person::new(1);
    let group = DistributionId::from_bytes([7; 16]);
    let mut own = SenderKeyRecord::new(group);
    let created = own.create(&mut alice.rng);
    own.apply(&created.changes);
    let mut known = SenderKeyRecord::new(group);
    let changes = known.process(&created.message).unwrap();
    known.apply(&changes);
    let mut messages = Vec::new();
    for _ in 0..3 {
        let encrypted = own.encrypt(b"to all of you", &mut alice.rng).unwrap();
        own.apply(&encrypted.changes);
        messages.push(encrypted.message);
    }
    let skipped = MemorySkippedSenderKeys::default();
    let changes = known.decrypt(&messages[0], &skipped).unwrap().changes;
    known.apply(&changes);

    let genuine = &messages[1];
    let mut tried = 0;
    for bytes in tampered(genuine.as_bytes()) {
        let Ok(message) = SenderKeyMessage::from_bytes(&bytes) else {
            continue;
        };
        tried += 1;
        let addressed = message.distribution() == group && message.chain() == genuine.chain();
        match known.decrypt(&message, &skipped) {
            Err(GroupDecryptError::BadSignature) => assert!(addressed),
            Err(GroupDecryptError::NoSenderKey) => assert!(!addressed),
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("a changed message was read"),
        }
    }
    assert!(tried > 500, "only {tried} of them parsed");
    assert!(known.decrypt(genuine, &skipped).is_ok());
}
