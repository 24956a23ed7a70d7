//! A group of three, told through the public surface and the store in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sotto_protocol::sender_keys::{
    DistributionId, DistributionMessage, GroupDecryptError, GroupEncryptError, MAX_FORWARD_JUMP,
    MAX_SKIPPED_SEEDS, MAX_STATES, OtherDistribution, SenderKeyMessage, SenderKeyRecord, SenderKeyRow,
    SenderKeyState,
};
use support::Person;
use support::group::{GROUP, group_of_three};

#[test]
fn what_one_writes_all_others_read() {
    let mut members = group_of_three();
    for round in 0..3u8 {
        for sender in 0..3 {
            let message = members[sender].writes_to_group(&[round]);
            for receiver in (0..3).filter(|&receiver| receiver != sender) {
                let [sender, receiver] = members.get_disjoint_mut([sender, receiver]).unwrap();
                assert_eq!(receiver.reads_in_group(sender, &message).unwrap(), [round]);
            }
        }
    }
}

#[test]
fn messages_are_lost_doubled_and_come_in_any_order() {
    for seed in 0..10 {
        let mut rng = StdRng::seed_from_u64(seed);
        let [mut alice, mut bob, mut carol] = group_of_three();
        let sent: Vec<_> = (0..60u8).map(|n| (n, alice.writes_to_group(&[n]))).collect();
        for reader in [&mut bob, &mut carol] {
            let mut arriving: Vec<_> = sent.iter().chain(&sent).collect();
            arriving.shuffle(&mut rng);
            arriving.truncate(80);
            let mut seen = [false; 60];
            let mut newest = None;
            for (n, message) in arriving {
                let result = reader.reads_in_group(&alice, message);
                if std::mem::replace(&mut seen[usize::from(*n)], true) {
                    assert_eq!(result, Err(GroupDecryptError::Duplicate), "seed {seed}");
                } else {
                    assert_eq!(result, Ok(vec![*n]), "seed {seed}");
                    newest = newest.max(Some(usize::from(*n)));
                }
            }
            let missing = seen[..newest.unwrap()].iter().filter(|seen| !**seen).count();
            assert_eq!(reader.skipped_seeds_of(&alice), missing, "seed {seed}");
        }
    }
}

#[test]
fn who_joins_later_reads_what_is_written_later() {
    let [mut alice, mut bob, _] = group_of_three();
    let mut dave = Person::new(4);
    let early = alice.writes_to_group(b"before Dave");
    let key = alice.sender_key();
    alice.tells_sender_key(&mut dave, &key);
    assert_eq!(
        dave.reads_in_group(&alice, &early),
        Err(GroupDecryptError::Duplicate)
    );
    let late = alice.writes_to_group(b"welcome, Dave");
    assert_eq!(dave.reads_in_group(&alice, &late).unwrap(), b"welcome, Dave");
    assert_eq!(bob.reads_in_group(&alice, &late).unwrap(), b"welcome, Dave");
    assert_eq!(bob.reads_in_group(&alice, &early).unwrap(), b"before Dave");
}

#[test]
fn who_leaves_does_not_read_what_is_written_under_the_next_key() {
    let [mut alice, mut bob, mut carol] = group_of_three();
    let last = alice.writes_to_group(b"goodbye, Carol");
    let key = alice.makes_sender_key();
    alice.tells_sender_key(&mut bob, &key);
    let secret = alice.writes_to_group(b"is she gone?");
    assert_eq!(
        carol.reads_in_group(&alice, &secret),
        Err(GroupDecryptError::NoSenderKey)
    );
    assert_eq!(bob.reads_in_group(&alice, &secret).unwrap(), b"is she gone?");
    // What was under way when the key changed still arrives.
    assert_eq!(carol.reads_in_group(&alice, &last).unwrap(), b"goodbye, Carol");
    assert_eq!(bob.reads_in_group(&alice, &last).unwrap(), b"goodbye, Carol");
}

#[test]
fn a_key_told_twice_opens_nothing_that_was_read() {
    let [mut alice, mut bob, _] = group_of_three();
    let key = alice.sender_key();
    let message = alice.writes_to_group(b"once");
    bob.reads_in_group(&alice, &message).unwrap();
    bob.takes_sender_key(&alice, &key);
    assert_eq!(
        bob.reads_in_group(&alice, &message),
        Err(GroupDecryptError::Duplicate)
    );
    let next = alice.writes_to_group(b"twice");
    assert_eq!(bob.reads_in_group(&alice, &next).unwrap(), b"twice");
}

#[test]
fn the_last_five_keys_of_a_sender_are_kept() {
    let [mut alice, mut bob, _] = group_of_three();
    let mut written = vec![alice.writes_to_group(b"0")];
    // One message of the first key is missing, so that a seed of it is kept.
    written.push(alice.writes_to_group(b"0, second"));
    bob.reads_in_group(&alice, &written[1]).unwrap();
    assert_eq!(bob.skipped_seeds_of(&alice), 1);
    for n in 1..=MAX_STATES {
        let key = alice.makes_sender_key();
        bob.takes_sender_key(&alice, &key);
        written.push(alice.writes_to_group(n.to_string().as_bytes()));
    }
    assert_eq!(bob.sender_key_record_of(&alice).rows().len(), MAX_STATES);
    assert_eq!(bob.skipped_seeds_of(&alice), 0, "they went with their state");
    assert_eq!(
        bob.reads_in_group(&alice, &written[0]),
        Err(GroupDecryptError::NoSenderKey)
    );
    for (n, message) in written.iter().skip(2).enumerate() {
        let expected = (n + 1).to_string().into_bytes();
        assert_eq!(bob.reads_in_group(&alice, message).unwrap(), expected);
    }
}

#[test]
fn a_forged_message_changes_nothing_and_the_true_one_still_decrypts() {
    let [mut alice, mut bob, mut carol] = group_of_three();
    let message = alice.writes_to_group(b"mine");
    let before = bob.stored_sender_key_of(&alice);
    for byte in 0..message.as_bytes().len() {
        let mut forged = message.as_bytes().to_vec();
        forged[byte] ^= 0x10;
        let Ok(forged) = SenderKeyMessage::from_bytes(&forged) else {
            continue;
        };
        let error = bob.reads_in_group(&alice, &forged).unwrap_err();
        let expected = forged.distribution() == GROUP && forged.chain() == message.chain();
        assert_eq!(
            error == GroupDecryptError::BadSignature,
            expected,
            "byte {byte}: {error}"
        );
    }
    assert_eq!(bob.stored_sender_key_of(&alice), before);

    // Carol knows Alice's chain key, but not what Alice signs with: what she writes is nobody's but hers.
    let of_carol = carol.writes_to_group(b"from Alice, really");
    assert_eq!(
        bob.reads_in_group(&alice, &of_carol),
        Err(GroupDecryptError::NoSenderKey)
    );
    assert_eq!(bob.stored_sender_key_of(&alice), before);
    assert_eq!(bob.reads_in_group(&alice, &message).unwrap(), b"mine");
}

#[test]
fn a_jump_of_25000_is_made_and_a_longer_one_is_not() {
    let [mut alice, mut bob, _] = group_of_three();
    let sent: Vec<_> = (0..=MAX_FORWARD_JUMP + 1)
        .map(|_| alice.writes_to_group(b"x"))
        .collect();
    let (farthest, too_far) = (&sent[MAX_FORWARD_JUMP as usize], sent.last().unwrap());
    let before = bob.stored_sender_key_of(&alice);
    assert_eq!(
        bob.reads_in_group(&alice, too_far),
        Err(GroupDecryptError::Invalid)
    );
    assert_eq!(bob.stored_sender_key_of(&alice), before);
    assert_eq!(bob.reads_in_group(&alice, farthest).unwrap(), b"x");
    // From there the other one is near.
    assert_eq!(bob.reads_in_group(&alice, too_far).unwrap(), b"x");
    // Of those between, the last 2,000 are kept.
    let kept = usize::from(MAX_SKIPPED_SEEDS);
    let oldest_kept = farthest.iteration() as usize - kept;
    assert_eq!(bob.skipped_seeds_of(&alice), kept);
    assert_eq!(
        bob.reads_in_group(&alice, &sent[oldest_kept - 1]),
        Err(GroupDecryptError::Duplicate)
    );
    assert_eq!(bob.reads_in_group(&alice, &sent[oldest_kept]).unwrap(), b"x");
}

#[test]
fn the_oldest_of_more_than_2000_late_messages_are_given_up_row_by_row() {
    let [mut alice, _, mut carol] = group_of_three();
    let sent: Vec<_> = (0..2_202).map(|_| alice.writes_to_group(b"x")).collect();
    let kept = usize::from(MAX_SKIPPED_SEEDS);
    carol.reads_in_group(&alice, &sent[1_500]).unwrap();
    assert_eq!(carol.skipped_seeds_of(&alice), 1_500);
    let kept_by_carol = carol.store.sender_keys.of(&alice.local.address, GROUP);
    let changes = kept_by_carol
        .record
        .decrypt(&sent[2_201], &kept_by_carol.skipped)
        .unwrap()
        .changes;
    assert_eq!(changes.skipped_added.len(), 700);
    let evicted: Vec<_> = changes.skipped_evicted.iter().map(|id| id.iteration).collect();
    assert_eq!(evicted, (0..200).collect::<Vec<_>>());
    carol.reads_in_group(&alice, &sent[2_201]).unwrap();
    assert_eq!(carol.skipped_seeds_of(&alice), kept);
    assert_eq!(
        carol.reads_in_group(&alice, &sent[199]),
        Err(GroupDecryptError::Duplicate)
    );
    carol.reads_in_group(&alice, &sent[200]).unwrap();
    assert_eq!(carol.skipped_seeds_of(&alice), kept - 1);
}

#[test]
fn nobody_writes_without_a_key_of_their_own() {
    let [mut alice, _, _] = group_of_three();
    let mut dave = Person::new(4);
    assert_eq!(
        dave.tries_to_write_to_group(b"?").err(),
        Some(GroupEncryptError::NoSenderKey)
    );
    let key = alice.sender_key();
    dave.takes_sender_key(&alice, &key);
    let record = dave.sender_key_record_of(&alice);
    assert_eq!(
        record.encrypt(b"from Alice, really", &mut dave.rng).err(),
        Some(GroupEncryptError::NotOurs)
    );
    assert_eq!(
        record.distribution_message().err(),
        Some(GroupEncryptError::NotOurs)
    );
}

#[test]
fn a_record_takes_keys_and_messages_of_its_own_distribution_only() {
    let [mut alice, bob, _] = group_of_three();
    let (key, message) = (alice.sender_key(), alice.writes_to_group(b"here"));
    let other = DistributionId::from_bytes([0x48; 16]);
    let record = SenderKeyRecord::new(other);
    assert_eq!(
        record.process(&key).err(),
        Some(OtherDistribution {
            expected: other,
            found: GROUP
        })
    );
    let rows = { bob }.sender_key_record_of(&alice).rows().to_vec();
    let record = SenderKeyRecord::from_rows(other, rows).unwrap();
    let skipped = sotto_protocol::memory::MemorySkippedSenderKeys::default();
    assert_eq!(
        record.decrypt(&message, &skipped).err(),
        Some(GroupDecryptError::NoSenderKey)
    );
}

#[test]
fn everything_goes_on_after_a_restart() {
    let [mut alice, mut bob, _] = group_of_three();
    let missing = alice.writes_to_group(b"missing");
    let read = alice.writes_to_group(b"read");
    bob.reads_in_group(&alice, &read).unwrap();
    let reloaded = |record: &SenderKeyRecord| {
        let rows = record.rows().iter().rev().map(|row| SenderKeyRow {
            rank: row.rank,
            state: SenderKeyState::from_bytes(&row.state.to_bytes()).unwrap().into(),
        });
        SenderKeyRecord::from_rows(GROUP, rows).unwrap()
    };
    let of_alice = reloaded(&alice.sender_key_record_of(&Person::new(1)));
    let next = of_alice.encrypt(b"next", &mut alice.rng).unwrap().message;
    let of_bob = reloaded(&bob.sender_key_record_of(&alice));
    let skipped = &bob.store.sender_keys.of(&alice.local.address, GROUP).skipped;
    assert_eq!(*of_bob.decrypt(&next, skipped).unwrap().plaintext, b"next");
    assert_eq!(*of_bob.decrypt(&missing, skipped).unwrap().plaintext, b"missing");
    assert_eq!(
        of_bob.decrypt(&read, skipped).err(),
        Some(GroupDecryptError::Duplicate)
    );

    let twice = [of_bob.rows()[0].clone(), of_bob.rows()[0].clone()];
    assert!(SenderKeyRecord::from_rows(GROUP, twice).is_err());
}

#[test]
fn a_chain_ends_before_its_number_starts_over() {
    let mut alice = Person::new(1);
    alice.makes_sender_key();
    let myself = Person::new(1);
    let row = alice.sender_key_record_of(&myself).rows()[0].clone();
    let mut bytes = row.state.to_bytes().to_vec();
    // Version, chain id, chain key, iteration: the number of the last message that can be sent.
    bytes[37..41].copy_from_slice(&(u32::MAX - 1).to_be_bytes());
    let state = SenderKeyState::from_bytes(&bytes).unwrap();
    assert_eq!(state.iteration(), u32::MAX - 1);
    let rows = [SenderKeyRow {
        rank: 0,
        state: state.into(),
    }];
    let mut record = SenderKeyRecord::from_rows(GROUP, rows).unwrap();
    let last = record.encrypt(b"last", &mut alice.rng).unwrap();
    assert_eq!(last.message.iteration(), u32::MAX - 1);
    record.apply(&last.changes);
    assert_eq!(
        record.encrypt(b"one too many", &mut alice.rng).err(),
        Some(GroupEncryptError::ChainExhausted)
    );
}

#[test]
fn a_distribution_message_is_read_strictly() {
    let [mut alice, _, _] = group_of_three();
    let key = alice.sender_key();
    assert!(DistributionMessage::from_bytes(key.as_bytes()).is_ok());
    for cut in 0..key.as_bytes().len() {
        assert!(
            DistributionMessage::from_bytes(&key.as_bytes()[..cut]).is_err(),
            "{cut}"
        );
    }
    // The signing key's field says 34 bytes, and they are there: elsewhere the last would be dropped.
    let mut longer = key.as_bytes().to_vec();
    let length = longer.len() - 34;
    assert_eq!(longer[length], 33);
    longer[length] = 34;
    longer.push(0);
    assert!(DistributionMessage::from_bytes(&longer).is_err());
}
