//! Conversations of Alice and Bob, told through the public surface and the store in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use sotto_protocol::curve::IdentityKeyPair;
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::prekey::{KyberUse, Timestamp};
use sotto_protocol::session::{
    DecryptError, EncryptError, InvalidMessage, MAX_ARCHIVED_STATES, MAX_FORWARD_JUMP, MAX_SKIPPED_KEYS,
    MAX_UNACKNOWLEDGED_AGE, MissingPreKey, PreKeyDecryptError, ProcessBundleError,
};
use support::{Failure, Person, introduced};

fn type_of(message: &CiphertextMessage) -> u8 {
    message.type_number()
}

#[test]
fn alice_and_bob_talk_in_turns() {
    let (mut alice, mut bob) = introduced();
    for turn in 0..20 {
        let question = alice.writes(&bob, b"are you there?");
        assert_eq!(type_of(&question), if turn == 0 { 3 } else { 2 });
        assert_eq!(bob.reads(&alice, &question).unwrap(), b"are you there?");
        let answer = bob.writes(&alice, b"I am");
        assert_eq!(type_of(&answer), 2);
        assert_eq!(alice.reads(&bob, &answer).unwrap(), b"I am");
    }
}

#[test]
fn alice_repeats_the_start_until_bob_has_answered() {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, b"1");
    let second = alice.writes(&bob, b"2");
    assert_eq!((type_of(&first), type_of(&second)), (3, 3));
    assert_eq!(bob.reads(&alice, &second).unwrap(), b"2");
    assert_eq!(bob.reads(&alice, &first).unwrap(), b"1");
    let answer = bob.writes(&alice, b"3");
    alice.reads(&bob, &answer).unwrap();
    assert_eq!(type_of(&alice.writes(&bob, b"4")), 2);
}

#[test]
fn bob_reads_late_messages_and_does_without_lost_ones() {
    let (mut alice, mut bob) = introduced();
    let sent: Vec<_> = (0..10u8).map(|n| alice.writes(&bob, &[n])).collect();
    for n in [9, 0, 4, 3, 7] {
        assert_eq!(bob.reads(&alice, &sent[n]).unwrap(), [n as u8]);
    }
    assert_eq!(bob.skipped_keys_of(&alice), 5);
    let answer = bob.writes(&alice, b"go on");
    alice.reads(&bob, &answer).unwrap();
    let next = alice.writes(&bob, b"next turn");
    assert_eq!(bob.reads(&alice, &next).unwrap(), b"next turn");
    assert_eq!(bob.reads(&alice, &sent[1]).unwrap(), [1]);
}

#[test]
fn a_replayed_message_is_a_duplicate_and_changes_nothing() {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, b"once");
    bob.reads(&alice, &first).unwrap();
    let before = bob.stored_bytes();
    assert!(matches!(
        bob.reads(&alice, &first),
        Err(Failure::PreKey(PreKeyDecryptError::Duplicate))
    ));
    let answer = bob.writes(&alice, b"yes");
    alice.reads(&bob, &answer).unwrap();
    let plain = alice.writes(&bob, b"plain");
    bob.reads(&alice, &plain).unwrap();
    assert!(matches!(
        bob.reads(&alice, &plain),
        Err(Failure::Plain(DecryptError::Duplicate))
    ));
    assert_ne!(before, bob.stored_bytes());
    let before = bob.stored_bytes();
    assert!(bob.reads(&alice, &plain).is_err());
    assert_eq!(before, bob.stored_bytes());
}

#[test]
fn a_forged_message_changes_nothing_and_the_true_one_still_decrypts() {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, b"hello");
    let before = bob.stored_bytes();
    // The last byte is the Kyber ciphertext's: the message parses, and its keys come out different.
    let mut forged = first.as_bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = CiphertextMessage::from_bytes(3, &forged).unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(
        bob.reads(&alice, &forged),
        Err(Failure::PreKey(PreKeyDecryptError::Invalid(
            InvalidMessage::DecryptionFailed
        )))
    ));
    assert_eq!(before, bob.stored_bytes());
    assert_eq!(bob.reads(&alice, &first).unwrap(), b"hello");

    let answer = bob.writes(&alice, b"hello yourself");
    let before = alice.stored_bytes();
    for byte in 1..answer.as_bytes().len() {
        let mut forged = answer.as_bytes().to_vec();
        forged[byte] ^= 0x10;
        let Ok(forged) = CiphertextMessage::from_bytes(2, &forged) else {
            continue;
        };
        assert!(alice.reads(&bob, &forged).is_err(), "byte {byte}");
    }
    assert_eq!(before, alice.stored_bytes());
    assert_eq!(alice.reads(&bob, &answer).unwrap(), b"hello yourself");
}

/// Nobody has proved anything before the MAC is checked, and the MAC needs the key of the message's number: four thousand
/// million keys on the way there would be half an hour of work for every forged message.
#[test]
fn a_forged_counter_is_refused_before_its_keys_are_computed() {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, b"hello");
    bob.reads(&alice, &first).unwrap();
    let answer = bob.writes(&alice, b"hello yourself");
    // The version, then field 1 with the ratchet key, then field 2, the counter: 0.
    let (head, tail) = answer.as_bytes().split_at(1 + 2 + 33);
    assert_eq!(tail[..2], [0x10, 0x00]);
    let forged = [head, &[0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], &tail[2..]].concat();
    let forged = CiphertextMessage::from_bytes(2, &forged).unwrap_or_else(|error| panic!("{error}"));
    let before = alice.stored_bytes();
    assert!(alice.reads(&bob, &forged).is_err());
    assert_eq!(before, alice.stored_bytes());
    assert_eq!(alice.reads(&bob, &answer).unwrap(), b"hello yourself");
}

#[test]
fn both_start_at_once_and_settle_on_one_session() {
    let (mut alice, mut bob) = introduced();
    bob.meets(&mut alice);
    let from_alice = alice.writes(&bob, b"alice starts");
    let from_bob = bob.writes(&alice, b"bob starts");
    assert_eq!(bob.reads(&alice, &from_alice).unwrap(), b"alice starts");
    assert_eq!(alice.reads(&bob, &from_bob).unwrap(), b"bob starts");
    for _ in 0..4 {
        let (a, b) = (alice.writes(&bob, b"a"), bob.writes(&alice, b"b"));
        assert_eq!(bob.reads(&alice, &a).unwrap(), b"a");
        assert_eq!(alice.reads(&bob, &b).unwrap(), b"b");
    }
    for _ in 0..4 {
        let a = alice.writes(&bob, b"in turns");
        assert_eq!(bob.reads(&alice, &a).unwrap(), b"in turns");
        let b = bob.writes(&alice, b"in turns");
        assert_eq!(alice.reads(&bob, &b).unwrap(), b"in turns");
    }
}

#[test]
fn prekeys_are_used_up_once_and_the_last_resort_is_not_used_twice_by_one_base_key() {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, b"hello");
    bob.reads(&alice, &first).unwrap();
    assert!(bob.store.prekeys.one_time.is_empty() && bob.store.prekeys.kyber.is_empty());
    bob.forgets(&alice);
    assert!(matches!(
        bob.reads(&alice, &first),
        Err(Failure::PreKey(PreKeyDecryptError::MissingPreKey(
            MissingPreKey::Kyber(_)
        )))
    ));

    let (mut carol, mut dave) = (Person::new(3), Person::new(4));
    dave.makes_prekeys(KyberUse::LastResort, false);
    carol.meets(&mut dave);
    let first = carol.writes(&dave, b"hello");
    dave.reads(&carol, &first).unwrap();
    dave.forgets(&carol);
    let before = dave.stored_bytes();
    assert!(matches!(
        dave.reads(&carol, &first),
        Err(Failure::PreKey(PreKeyDecryptError::Invalid(
            InvalidMessage::BaseKeyReused
        )))
    ));
    assert_eq!(before, dave.stored_bytes());
}

/// The bytes with `replacement` in the one place where `part` is.
fn with_replaced(bytes: &[u8], part: &[u8], replacement: &[u8]) -> Vec<u8> {
    let mut places = bytes.windows(part.len()).enumerate();
    let (at, _) = places.find(|(_, window)| *window == part).unwrap();
    assert!(places.all(|(_, window)| window != part));
    [&bytes[..at], replacement, &bytes[at + part.len()..]].concat()
}

#[test]
fn a_weak_identity_is_found_before_a_malformed_kyber_ciphertext_and_that_behind_a_weak_base_key() {
    let (mut alice, mut bob) = introduced();
    let hello = alice.writes(&bob, b"hello");
    let identity = alice.local.identity.identity_key().to_bytes();
    let CiphertextMessage::PreKeySignal(message) = &hello else {
        panic!("a prekey message");
    };
    let base_key = message.base_key().to_bytes();
    let mut weak = [0; 33];
    weak[0] = 5;
    // Field 8 is the last one: 1569 bytes, the first of which is the type.
    let start_of_ciphertext = [0x42, 0xa1, 0x0c, 0x08];
    let mut refused = |changed: &[u8]| {
        let changed = CiphertextMessage::from_bytes(3, changed).unwrap();
        match bob.reads(&alice, &changed) {
            Err(Failure::PreKey(error)) => error,
            other => panic!("{other:?}"),
        }
    };

    let foreign = with_replaced(hello.as_bytes(), &start_of_ciphertext, &[0x42, 0xa1, 0x0c, 0x09]);
    assert!(matches!(
        refused(&foreign),
        PreKeyDecryptError::KyberCiphertext(_)
    ));
    let weak_identity = with_replaced(&foreign, &identity, &weak);
    assert!(matches!(
        refused(&weak_identity),
        PreKeyDecryptError::InvalidAgreement(_)
    ));
    let weak_base_key = with_replaced(&foreign, &base_key, &weak);
    assert_eq!(
        refused(&weak_base_key),
        PreKeyDecryptError::Invalid(InvalidMessage::BaseKeyNotCanonical)
    );
    assert_eq!(bob.reads(&alice, &hello).unwrap(), b"hello");
}

#[test]
fn a_jump_of_25000_is_made_and_a_longer_one_is_not() {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, b"0");
    bob.reads(&alice, &first).unwrap();
    // Counter 1 is expected next. The post-quantum chain counts from the last key it gave, which makes it one stricter.
    for _ in 1..MAX_FORWARD_JUMP {
        alice.writes(&bob, b"lost");
    }
    let reachable = alice.writes(&bob, b"25,000");
    let unreachable = alice.writes(&bob, b"25,001");
    let before = bob.stored_bytes();
    assert!(bob.reads(&alice, &unreachable).is_err());
    assert_eq!(before, bob.stored_bytes());
    assert_eq!(bob.reads(&alice, &reachable).unwrap(), b"25,000");
    assert_eq!(
        bob.skipped_post_quantum_keys_of(&alice),
        usize::from(MAX_SKIPPED_KEYS)
    );
    assert_eq!(bob.skipped_keys_of(&alice), usize::from(MAX_SKIPPED_KEYS));
    assert_eq!(bob.reads(&alice, &unreachable).unwrap(), b"25,001");
}

#[test]
fn the_oldest_of_more_than_2000_late_messages_are_given_up() {
    let (mut alice, mut bob) = introduced();
    let held = usize::from(MAX_SKIPPED_KEYS);
    let sent: Vec<_> = (0..held + 12).map(|_| alice.writes(&bob, b"late")).collect();
    bob.reads(&alice, &sent[held]).unwrap();
    assert_eq!(bob.skipped_keys_of(&alice), held);
    bob.reads(&alice, &sent[held + 11]).unwrap();
    assert_eq!(bob.skipped_keys_of(&alice), held);
    assert!(matches!(
        bob.reads(&alice, &sent[9]),
        Err(Failure::PreKey(PreKeyDecryptError::Duplicate))
    ));
    // The seed of this one is held, but its post-quantum key is more than 2,000 behind the newest.
    assert!(matches!(
        bob.reads(&alice, &sent[10]),
        Err(Failure::PreKey(PreKeyDecryptError::Invalid(
            InvalidMessage::DecryptionFailed
        )))
    ));
    bob.reads(&alice, &sent[11]).unwrap();
    assert_eq!(bob.skipped_keys_of(&alice), held - 1);
}

#[test]
fn a_sixth_receiving_chain_pushes_out_the_first_with_its_keys() {
    let (mut alice, mut bob) = introduced();
    let mut late = Vec::new();
    for _ in 0..6 {
        late.push(alice.writes(&bob, b"late"));
        let message = alice.writes(&bob, b"in time");
        bob.reads(&alice, &message).unwrap();
        let answer = bob.writes(&alice, b"answer");
        alice.reads(&bob, &answer).unwrap();
    }
    assert_eq!(bob.skipped_keys_of(&alice), 5);
    assert!(bob.reads(&alice, &late[0]).is_err());
    for message in &late[1..] {
        assert_eq!(bob.reads(&alice, message).unwrap(), b"late");
    }
    assert_eq!(bob.skipped_keys_of(&alice), 0);
}

#[test]
fn forty_archived_sessions_are_kept_and_the_oldest_is_dropped() {
    let (mut alice, mut bob) = introduced();
    let mut first_messages = Vec::new();
    for session in 0..MAX_ARCHIVED_STATES + 2 {
        if session > 0 {
            bob.makes_prekeys(KyberUse::OneTime, true);
            alice.meets(&mut bob);
        }
        let first = alice.writes(&bob, b"opened");
        let late = alice.writes(&bob, b"late");
        bob.reads(&alice, &first).unwrap();
        first_messages.push(late);
    }
    assert_eq!(bob.states_with(&alice), MAX_ARCHIVED_STATES + 1);
    assert_eq!(bob.reads(&alice, &first_messages[1]).unwrap(), b"late");
    assert_eq!(bob.states_with(&alice), MAX_ARCHIVED_STATES + 1);
    assert!(bob.reads(&alice, &first_messages[0]).is_err());
}

#[test]
fn alice_does_not_send_to_a_changed_identity_and_bob_decides_whether_to_receive_from_one() {
    let (mut alice, mut bob) = introduced();
    let hello = alice.writes(&bob, b"hello");
    bob.reads(&alice, &hello).unwrap();

    let mut impostor = Person::new(9);
    impostor.local.address = alice.local.address.clone();
    bob.makes_prekeys(KyberUse::OneTime, true);
    impostor.meets(&mut bob);
    let message = impostor.writes(&bob, b"it is me, alice");
    let before = bob.stored_bytes();
    assert!(matches!(
        bob.reads(&impostor, &message),
        Err(Failure::PreKey(PreKeyDecryptError::Untrusted(_)))
    ));
    assert_eq!(before, bob.stored_bytes());
    bob.receives_from_changed = true;
    assert_eq!(bob.reads(&impostor, &message).unwrap(), b"it is me, alice");

    bob.local.identity = IdentityKeyPair::generate(&mut bob.rng);
    bob.makes_prekeys(KyberUse::OneTime, true);
    let bundle = bob.bundle();
    assert!(matches!(
        alice.processes(&bob, &bundle),
        Err(ProcessBundleError::Untrusted(_))
    ));
}

#[test]
fn a_bundle_with_a_foreign_signature_is_refused() {
    let (mut alice, mut bob) = (Person::new(1), Person::new(2));
    bob.makes_prekeys(KyberUse::OneTime, true);
    let mut bundle = bob.bundle();
    bundle.signed.signature = bundle.kyber.signature;
    assert_eq!(
        alice.processes(&bob, &bundle),
        Err(ProcessBundleError::SignedPreKeySignature)
    );
    let mut bundle = bob.bundle();
    bundle.kyber.signature = bundle.signed.signature;
    assert_eq!(
        alice.processes(&bob, &bundle),
        Err(ProcessBundleError::KyberPreKeySignature)
    );
}

#[test]
fn an_unanswered_session_is_used_for_thirty_days_and_not_a_second_longer() {
    let (mut alice, bob) = introduced();
    let can_send = |alice: &Person| alice.store.peers[&bob.local.address].record.can_send(alice.now);
    alice.now = Timestamp(alice.now.0 + MAX_UNACKNOWLEDGED_AGE * 1000);
    assert!(can_send(&alice));
    alice.writes(&bob, b"still");
    alice.now = Timestamp(alice.now.0 + 1000);
    assert!(!can_send(&alice));
    assert_eq!(
        alice.tries_to_write(&bob, b"no more").err(),
        Some(EncryptError::NoSession)
    );
}
