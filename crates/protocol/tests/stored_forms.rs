//! The stored forms, byte for byte: a change here is a change that databases in the field have to survive.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use sotto_protocol::prekey::{KyberUse, OneTimePreKeyId, SignedPreKeyId};
use support::group::group_of_three;
use support::{Person, introduced};

#[test]
fn a_state_alice_has_started() {
    let (alice, bob) = introduced();
    insta::assert_snapshot!(states(&alice, &bob));
}

#[test]
fn a_state_bob_has_answered_in_with_a_message_missing() {
    let (mut alice, mut bob) = introduced();
    alice.writes(&bob, b"missing");
    let message = alice.writes(&bob, b"hello");
    bob.reads(&alice, &message).unwrap();
    bob.writes(&alice, b"hello yourself");
    insta::assert_snapshot!(states(&bob, &alice));
}

#[test]
fn the_elliptic_curve_prekeys() {
    let mut bob = Person::new(2);
    bob.makes_prekeys(KyberUse::LastResort, true);
    let one_time = hex::encode(bob.store.prekeys.one_time[&OneTimePreKeyId(1)].to_bytes());
    let signed = hex::encode(bob.store.prekeys.signed[&SignedPreKeyId(1)].to_bytes());
    insta::assert_snapshot!(format!("one-time {one_time}\nsigned {signed}"));
}

#[test]
fn a_sender_key_of_our_own_and_as_a_member_keeps_it() {
    let [mut alice, mut bob, _] = group_of_three();
    alice.writes_to_group(b"missing");
    let message = alice.writes_to_group(b"hello, all");
    bob.reads_in_group(&alice, &message).unwrap();
    let mut stored = String::new();
    for record in [
        alice.sender_key_record_of(&Person::new(1)),
        bob.sender_key_record_of(&alice),
    ] {
        for row in record.rows() {
            stored += &format!("{} {}\n", row.rank, hex::encode(row.state.to_bytes()));
        }
    }
    insta::assert_snapshot!(stored);
}

fn states(of: &Person, with: &Person) -> String {
    let rows = of.store.peers[&with.local.address].record.rows();
    rows.map(|row| format!("{:?} {}\n", row.place, hex::encode(row.state.to_bytes())))
        .collect()
}
