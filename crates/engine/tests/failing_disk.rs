//! A disk that fails for a moment: what it fails at is done a moment later, in the same order.

#![allow(clippy::unwrap_used)] // a story may stop at the first surprise

use std::time::Duration;

use sotto_engine::model::Delivery;
use sotto_testkit::{Look, Person, World, eventually, introduce};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

const HELLO: &str = "Hello!";

async fn acquainted(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.says(&bob, HELLO).await;
    bob.hears(&alice, &[HELLO]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    (alice, bob)
}

async fn has_failed(person: &Person) {
    eventually(format_args!("{}'s disk has failed", person.name()), async || {
        let left = person.disk().still_to_fail();
        Look::when(left == 0, (), format_args!("{left} commits are still to fail"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_bobs_disk_fails_waits_and_is_heard_in_order() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    // Oftener than an envelope is tried that fails by itself.
    bob.disk().fails_to_commit(8);
    let mut said = vec![HELLO.to_owned()];
    for number in 0..5 {
        let text = format!("while the disk fails {number}");
        alice.says(&bob, &text).await;
        said.push(text);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bob.hears(&alice, &said).await;
    has_failed(&bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_bob_has_no_room_for_is_not_overtaken_by_one_that_he_has_room_for() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    bob.leave().await;
    bob.disk().has_room_for(Some(6));
    bob.come_back().await;
    let long = "much to say ".repeat(5_000).trim().to_owned();
    alice.says(&bob, &long).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    alice.says(&bob, "short").await;
    // Longer than an envelope is tried that fails by itself.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(bob.heard(&alice).await, [HELLO]);

    bob.leave().await;
    bob.disk().has_room_for(None);
    bob.come_back().await;
    bob.hears(&alice, &[HELLO, &long, "short"]).await;
}

/// Her certificate is good for a day, and renewed after half of it.
#[tokio::test(flavor = "multi_thread")]
async fn alice_can_write_although_her_disk_failed_when_her_certificate_was_to_be_renewed() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    alice.disk().fails_to_commit(1);
    world.clock().advance(23 * HOUR + 30 * MINUTE);
    has_failed(&alice).await;
    // Not good any more, and in less than an hour.
    world.clock().advance(25 * MINUTE);
    alice.says(&bob, "still here").await;
    bob.hears(&alice, &[HELLO, "still here"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_can_write_although_her_clock_was_set_back_while_her_disk_failed() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    alice.disk().fails_to_commit(1);
    world.clock().advance(30 * HOUR);
    has_failed(&alice).await;
    // Her certificate is as bad as before, and the moment of the next attempt is hours away.
    world.clock().set_back(3 * HOUR);
    alice.says(&bob, "what time is it?").await;
    bob.hears(&alice, &[HELLO, "what time is it?"]).await;
}
