//! Worlds in which everything goes wrong that can, a few of them: `cargo xtask simulate` runs as many as are wanted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a story may stop at the first surprise

use sotto_engine::error::{SendError, StorageError};
use sotto_testkit::{World, introduce, simulation};

/// A few that have a bit of everything.
const SEEDS: [u64; 6] = [1, 2, 3, 4, 5, 6];

#[test]
fn nothing_is_lost_and_nothing_doubled_whatever_goes_wrong() {
    let worlds = SEEDS.map(|seed| std::thread::spawn(move || simulation::run(seed)));
    let mut texts = 0;
    for world in worlds {
        match world.join().unwrap() {
            Ok(run) => texts += run.texts,
            Err(broken) => panic!("{broken}"),
        }
    }
    assert!(texts > 50, "hardly anything was said: {texts} texts");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alices_disk_refuses_she_is_told_and_what_follows_arrives() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.says(&bob, "before").await;
    bob.hears(&alice, &["before"]).await;

    let contact = alice.contact(&bob).await.id;
    alice.disk().dies();
    let refused = alice.engine().send_text(contact, "refused".to_owned()).await;
    assert_eq!(refused.unwrap_err(), SendError::Storage(StorageError::Failed));
    alice.leave().await;
    alice.come_back().await;
    alice.disk().fails_after(1);
    let refused = alice.engine().send_text(contact, "interrupted".to_owned()).await;
    assert_eq!(refused.unwrap_err(), SendError::Storage(StorageError::Failed));
    alice.says(&bob, "after").await;
    bob.hears(&alice, &["before", "after"]).await;
    assert_eq!(alice.said(&bob).await, ["before", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_is_told_when_her_disk_has_no_room() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.leave().await;
    alice.disk().has_room_for(Some(2));
    alice.come_back().await;
    let contact = alice.contact(&bob).await.id;
    let mut said = Vec::new();
    let refused = loop {
        let text = format!("{} {}", said.len(), "much to say ".repeat(400));
        match alice.engine().send_text(contact, text.trim().to_owned()).await {
            Ok(_) => said.push(text.trim().to_owned()),
            Err(refused) => break refused,
        }
        assert!(said.len() < 100, "the disk does not get full");
    };
    assert_eq!(refused, SendError::Storage(StorageError::DiskFull));
    alice.disk().has_room_for(None);
    alice.leave().await;
    alice.come_back().await;
    alice.says(&bob, "the end").await;
    said.push("the end".to_owned());
    bob.hears(&alice, &said).await;
}
