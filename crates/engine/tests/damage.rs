//! A large database is checked while it is in use; what that finds is mended at the next start.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::io::{Seek, SeekFrom, Write};
use std::time::Duration;

use sotto_engine::Event;
use sotto_testkit::{Person, TIMEOUT, World, introduce};
use tokio::sync::broadcast::Receiver;

/// Larger than what is checked at the start.
const LARGE: usize = 12 * 1024 * 1024;

/// A long past: one message that fills the database, so that most of its pages belong to nothing else.
fn give_a_past(person: &Person) {
    person
        .database()
        .execute_batch(&format!(
            "INSERT INTO messages (contact, content_id, outgoing, text, sent_at, stored_at, unread)
             SELECT id, randomblob(16), 0, printf('%.*c', {LARGE}, 'x'), 0, 0, 0 FROM contacts LIMIT 1;
             PRAGMA wal_checkpoint(TRUNCATE);"
        ))
        .unwrap();
}

fn damage(person: &Person) {
    let mut file = std::fs::File::options()
        .write(true)
        .open(person.folder().join("messages.db"))
        .unwrap();
    file.seek(SeekFrom::Start(LARGE as u64 / 2)).unwrap();
    file.write_all(&[0x5a; 64]).unwrap();
}

/// Lets the time of the check in the background come, and waits until it tells what it found.
async fn damage_is_told(world: &World, events: &mut Receiver<Event>) {
    world.clock().advance(Duration::from_secs(21));
    let told = tokio::time::timeout(TIMEOUT, async {
        while events.recv().await.unwrap() != Event::DatabaseDamaged {}
    });
    told.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_in_a_large_database_is_told_after_the_start() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.leave().await;
    give_a_past(&alice);
    damage(&alice);

    alice.come_back().await;
    let mut events = alice.engine().events();
    alice.is_online().await;
    damage_is_told(&world, &mut events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_while_it_was_in_use_is_mended_at_the_next_start() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.leave().await;
    give_a_past(&alice);
    alice.come_back().await;
    alice.backs_up().await;
    alice.leave().await;
    damage(&alice);

    alice.come_back().await;
    let mut events = alice.engine().events();
    damage_is_told(&world, &mut events).await;
    alice.leave().await;
    alice.come_back().await;
    assert!(alice.engine().account().await.unwrap().restored.is_some());
    bob.says(&alice, "Hello!").await;
    alice.hears(&bob, &["x".repeat(LARGE).as_str(), "Hello!"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_database_that_is_whole_is_nothing_to_tell() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.leave().await;
    give_a_past(&alice);

    alice.come_back().await;
    let mut events = alice.engine().events();
    world.clock().advance(Duration::from_secs(21));
    bob.says(&alice, "Hello!").await;
    let heard = tokio::time::timeout(TIMEOUT, async {
        loop {
            match events.recv().await.unwrap() {
                Event::DatabaseDamaged => panic!("it is whole"),
                Event::MessageAdded(_) => return,
                _ => {}
            }
        }
    });
    heard.await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    while let Ok(event) = events.try_recv() {
        assert_ne!(event, Event::DatabaseDamaged);
    }
}
