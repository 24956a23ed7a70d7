//! The post-quantum ratchet beside the other one, as Alice and Bob meet it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use sotto_protocol::message::{CiphertextMessage, SignalMessage};
use sotto_protocol::session::SessionState;
use sotto_protocol::spqr::Message;
use sotto_protocol::stored::StoredFormError;
use support::{Person, introduced};

/// The epoch that the sender of a message was exchanging.
fn epoch(message: &CiphertextMessage) -> u64 {
    let inner: &SignalMessage = match message {
        CiphertextMessage::Signal(message) => message,
        CiphertextMessage::PreKeySignal(message) => message.message(),
    };
    Message::from_bytes(inner.post_quantum())
        .unwrap()
        .heading
        .epoch
        .number()
}

/// The bytes of the current state, which are what is written at every message.
fn stored(of: &Person, with: &Person) -> Vec<u8> {
    let row = of.store.peers[&with.local.address].record.rows().next().unwrap();
    row.state.to_bytes().to_vec()
}

/// Both write and read a message; answers the epoch that Alice is in.
fn turn(alice: &mut Person, bob: &mut Person) -> u64 {
    let ping = alice.writes(bob, b"ping");
    assert_eq!(bob.reads(alice, &ping).unwrap(), b"ping");
    let pong = bob.writes(alice, b"pong");
    assert_eq!(alice.reads(bob, &pong).unwrap(), b"pong");
    epoch(&ping)
}

#[test]
fn exchanges_complete_while_alice_and_bob_talk_and_every_state_on_the_way_reads_back() {
    let (mut alice, mut bob) = introduced();
    let (mut reached, mut turns, mut largest) = (0, 0, 0);
    while reached < 4 {
        reached = turn(&mut alice, &mut bob);
        turns += 1;
        for state in [stored(&alice, &bob), stored(&bob, &alice)] {
            assert_eq!(*SessionState::from_bytes(&state).unwrap().to_bytes(), state);
            largest = largest.max(state.len());
        }
    }
    assert!((60..200).contains(&turns), "{turns} turns for three exchanges");
    assert!(largest <= 3_500, "a state of {largest} bytes");
}

#[test]
fn late_keys_are_rows_of_their_own_and_what_is_written_does_not_grow_with_them() {
    let (mut alice, mut bob) = introduced();
    for _ in 0..3 {
        turn(&mut alice, &mut bob);
    }
    let before = stored(&bob, &alice).len();
    let late: Vec<_> = (0..2000).map(|_| alice.writes(&bob, b"late")).collect();
    let jump = alice.writes(&bob, b"jump");
    bob.reads(&alice, &jump).unwrap();
    assert_eq!(bob.skipped_post_quantum_keys_of(&alice), 2000);
    let after = stored(&bob, &alice).len();
    assert!(
        after <= 2_048 && after < before + 200,
        "{before}, then {after} bytes"
    );

    assert_eq!(bob.reads(&alice, &late[1000]).unwrap(), b"late");
    assert_eq!(bob.skipped_post_quantum_keys_of(&alice), 1999);
    // A chunk that was on the late message may have been taken in: 34 bytes.
    assert!(stored(&bob, &alice).len() <= after + 34);
    assert!(bob.reads(&alice, &late[1000]).is_err());
}

#[test]
fn the_keys_of_an_epoch_are_deleted_when_it_is_forgotten() {
    let (mut alice, mut bob) = introduced();
    turn(&mut alice, &mut bob);
    let late = alice.writes(&bob, b"late");
    turn(&mut alice, &mut bob);
    assert_eq!(bob.skipped_post_quantum_keys_of(&alice), 1);
    while turn(&mut alice, &mut bob) < 3 {}
    turn(&mut alice, &mut bob);
    assert_eq!(bob.skipped_post_quantum_keys_of(&alice), 0);
    let before = bob.stored_bytes();
    assert!(bob.reads(&alice, &late).is_err());
    assert_eq!(before, bob.stored_bytes());
}

#[test]
fn an_exchange_completes_over_a_line_that_loses_and_reorders() {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, b"first");
    bob.reads(&alice, &first).unwrap();
    let mut reached = 0;
    for round in 0..400 {
        // Of three messages each way one is lost and two change places.
        let pings = [0; 3].map(|_| alice.writes(&bob, b"ping"));
        let pongs = [0; 3].map(|_| bob.writes(&alice, b"pong"));
        reached = epoch(&pings[0]);
        if reached == 3 {
            return;
        }
        let lost = round % 3;
        for at in [2, 1, 0].into_iter().filter(|at| *at != lost) {
            assert_eq!(bob.reads(&alice, &pings[at]).unwrap(), b"ping");
            assert_eq!(alice.reads(&bob, &pongs[at]).unwrap(), b"pong");
        }
    }
    panic!("only in epoch {reached} after 2,400 messages");
}

#[test]
fn a_state_stored_before_there_was_this_ratchet_is_refused() {
    let (alice, bob) = introduced();
    let mut stored = stored(&alice, &bob);
    stored[0] = 1;
    let refused = SessionState::from_bytes(&stored).map(|_| ());
    assert_eq!(refused, Err(StoredFormError::Outdated { found: 1, oldest: 2 }));
    stored[0] = 4;
    let refused = SessionState::from_bytes(&stored).map(|_| ());
    assert_eq!(refused, Err(StoredFormError::Version { found: 4, newest: 3 }));
}
