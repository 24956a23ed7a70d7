//! Processes end between two instructions, and nothing is lost and nothing doubled.
//!
//! Whoever dies here is a whole process: it aborts at a checkpoint between a commit and what follows it, or is killed at
//! any moment. Who survives talks on, and in the end both must have the same conversation.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a story may stop at the first surprise

use std::time::Duration;

use sotto_testkit::World;
use sotto_testkit::process::{Headless, RelayProcess, Reply};

/// Alice and Bob as processes, who know each other and have nothing left to send, and a relay in this one.
async fn alice_and_bob(world: &World) -> (Headless, Headless) {
    let relay = world.relay_address().to_string();
    let mut alice = Headless::create("Alice", &world.folder_of("alice"), &relay).await;
    let mut bob = Headless::create("Bob", &world.folder_of("bob"), &relay).await;
    bob.accepts(&alice.invites().await).await;
    alice.knows("Bob").await;
    bob.knows("Alice").await;
    bob.says("Alice", HELLO).await;
    alice.hears("Bob", &[HELLO]).await;
    bob.has_delivered("Alice", 1).await;
    alice.says("Bob", HELLO).await;
    alice.has_delivered("Bob", 1).await;
    (alice, bob)
}

const HELLO: &str = "Hello!";

/// What is said in one breath may be committed together, and then passes a checkpoint once.
const BREATH: Duration = Duration::from_millis(30);

/// What was said after both had said hello.
fn after_hello(said: &[String]) -> Vec<String> {
    [&[HELLO.to_owned()], said].concat()
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("message {number}")).collect()
}

/// One more message each way, and both have heard what was said and nothing twice.
async fn all_is_well(alice: &mut Headless, bob: &mut Headless, alices: &[String], bobs: &[String]) {
    alice.says("Bob", "the end").await;
    bob.says("Alice", "the end").await;
    let to_the_end = |said: &[String]| [said, &["the end".to_owned()]].concat();
    bob.hears("Alice", &to_the_end(alices)).await;
    alice.hears("Bob", &to_the_end(bobs)).await;
    assert_eq!(alice.said("Bob").await, to_the_end(alices));
    assert_eq!(bob.said("Alice").await, to_the_end(bobs));
}

/// Bob dies at `checkpoint` while Alice talks, and comes back.
async fn bob_dies_at(checkpoint: &str) {
    let world = World::new().await;
    let (mut alice, bob) = alice_and_bob(&world).await;
    let home = bob.folder().to_owned();
    bob.leaves().await;

    let bob = Headless::open_if_they_live("Bob", &home, Some(checkpoint)).await;
    let said = numbered(0..10);
    for text in &said {
        alice.says("Bob", text).await;
        tokio::time::sleep(BREATH).await;
    }
    bob.dies().await;

    let mut bob = Headless::open("Bob", &home, None).await;
    all_is_well(&mut alice, &mut bob, &after_hello(&said), &after_hello(&[])).await;
}

/// Alice dies at `checkpoint` while she talks, and comes back.
async fn alice_dies_at(checkpoint: &str) {
    let world = World::new().await;
    let (alice, mut bob) = alice_and_bob(&world).await;
    let home = alice.folder().to_owned();
    alice.leaves().await;

    let mut alice = Headless::open_if_they_live("Alice", &home, Some(checkpoint)).await;
    for text in numbered(0..200) {
        if alice.says_or_dies("Bob", &text).await.is_err() {
            break;
        }
        tokio::time::sleep(BREATH).await;
    }
    alice.dies().await;

    let mut alice = Headless::open("Alice", &home, None).await;
    let said = alice.said("Bob").await;
    assert_eq!(
        said,
        after_hello(&numbered(0..said.len() - 1)),
        "what Alice was told is stored must be stored"
    );
    assert!(said.len() > 1, "Alice died after she had said something");
    all_is_well(&mut alice, &mut bob, &said, &after_hello(&[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_dies_between_storing_a_message_and_acknowledging_it() {
    bob_dies_at("received-committed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_dies_at_the_third_of_her_messages() {
    bob_dies_at("received-committed:3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_dies_right_after_acknowledging_a_message() {
    bob_dies_at("received-acknowledged").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_dies_between_storing_a_message_and_encrypting_it() {
    alice_dies_at("queued-committed:3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_dies_between_encrypting_a_message_and_sending_it() {
    alice_dies_at("sent-committed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_dies_at_the_third_of_her_messages() {
    alice_dies_at("sent-committed:3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_dies_before_she_notes_that_the_relay_has_her_message() {
    alice_dies_at("relay-accepted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_is_killed_again_and_again_while_alice_talks() {
    let world = World::new().await;
    let (mut alice, mut bob) = alice_and_bob(&world).await;
    let home = bob.folder().to_owned();

    let mut said = Vec::new();
    for round in 0..6 {
        for text in numbered(round * 8..round * 8 + 8) {
            alice.says("Bob", &text).await;
            said.push(text);
        }
        tokio::time::sleep(Duration::from_millis(any_of(60))).await;
        bob.is_killed().await;
        bob = Headless::open("Bob", &home, None).await;
    }
    all_is_well(&mut alice, &mut bob, &after_hello(&said), &after_hello(&[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_is_killed_again_and_again_while_she_talks() {
    let world = World::new().await;
    let (mut alice, mut bob) = alice_and_bob(&world).await;
    let home = alice.folder().to_owned();

    let mut answered = Vec::new();
    for round in 0..6 {
        for text in numbered(round * 8..round * 8 + 8) {
            alice.says("Bob", &text).await;
            answered.push(text);
        }
        tokio::time::sleep(Duration::from_millis(any_of(60))).await;
        alice.is_killed().await;
        alice = Headless::open("Alice", &home, None).await;
        assert_eq!(
            alice.said("Bob").await,
            after_hello(&answered),
            "what Alice was told is stored must be stored"
        );
    }
    all_is_well(&mut alice, &mut bob, &after_hello(&answered), &after_hello(&[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_is_killed_again_and_again_while_they_talk() {
    let world = World::without_a_relay().await;
    let mut relay = RelayProcess::start(&world.relay_folder(), world.line()).await;
    let (mut alice, mut bob) = alice_and_bob(&world).await;

    let mut said = Vec::new();
    for round in 0..6 {
        for text in numbered(round * 8..round * 8 + 8) {
            alice.says("Bob", &text).await;
            said.push(text);
        }
        tokio::time::sleep(Duration::from_millis(any_of(40))).await;
        relay.is_killed().await;
        relay = RelayProcess::start(&world.relay_folder(), world.line()).await;
    }
    all_is_well(&mut alice, &mut bob, &after_hello(&said), &after_hello(&[])).await;
    drop(relay);
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_joins_although_alice_dies_while_she_learns_of_it() {
    let world = World::new().await;
    let relay = world.relay_address().to_string();
    let mut alice = Headless::create("Alice", &world.folder_of("alice"), &relay).await;
    let link = alice.invites().await;
    let home = alice.folder().to_owned();
    alice.leaves().await;

    let alice = Headless::open_if_they_live("Alice", &home, Some("received-committed")).await;
    let mut bob = Headless::create("Bob", &world.folder_of("bob"), &relay).await;
    bob.accepts(&link).await;
    alice.dies().await;
    let mut alice = Headless::open("Alice", &home, None).await;
    alice.knows("Bob").await;
    all_is_well(&mut alice, &mut bob, &[], &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_dies_while_he_opens_the_invite_and_it_still_brings_them_together() {
    let world = World::new().await;
    let relay = world.relay_address().to_string();
    let mut alice = Headless::create("Alice", &world.folder_of("alice"), &relay).await;
    let link = alice.invites().await;
    let bob = Headless::create("Bob", &world.folder_of("bob"), &relay).await;
    let home = bob.folder().to_owned();
    bob.leaves().await;

    let mut bob = Headless::open_if_they_live("Bob", &home, Some("sent-committed")).await;
    // He may have been told before he dies.
    let _: Result<Reply, _> = bob.try_call(&sotto_testkit::process::Call::Accept { link }).await;
    bob.dies().await;
    let mut bob = Headless::open("Bob", &home, None).await;
    alice.knows("Bob").await;
    bob.knows("Alice").await;
    all_is_well(&mut alice, &mut bob, &[], &[]).await;
}

/// A number below `bound`, another one each time: moments to be killed at.
fn any_of(bound: u64) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(bound) % bound
}

/// Alice dies when the relay has her new token and nobody else has heard of it.
#[tokio::test(flavor = "multi_thread")]
async fn alice_dies_between_her_relay_and_her_friends_hearing_of_another_token() {
    let world = World::new().await;
    let (mut alice, mut bob) = alice_and_bob(&world).await;
    let relay = world.relay_address().to_string();
    let mut mallory = Headless::create("Mallory", &world.folder_of("mallory"), &relay).await;
    mallory.accepts(&alice.invites().await).await;
    alice.knows("Mallory").await;
    mallory.says("Alice", HELLO).await;
    alice.hears("Mallory", &[HELLO]).await;
    let home = alice.folder().to_owned();
    alice.leaves().await;

    let mut alice = Headless::open("Alice", &home, Some("token-replaced")).await;
    let _ = alice.blocks_or_dies("Mallory").await;
    alice.dies().await;
    // Both write by the token that they know.
    bob.says("Alice", "meanwhile").await;
    mallory.says("Alice", "meanwhile").await;

    let mut alice = Headless::open("Alice", &home, None).await;
    alice.hears("Bob", &[HELLO, "meanwhile"]).await;
    all_is_well(
        &mut alice,
        &mut bob,
        &after_hello(&[]),
        &after_hello(&["meanwhile".to_owned()]),
    )
    .await;
    assert_eq!(alice.heard("Mallory").await, [HELLO]);
}
