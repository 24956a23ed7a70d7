//! Messages that could not be decrypted are asked for again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use sotto_engine::model::{Delivery, Notice};
use sotto_testkit::{Person, World, introduce};

/// Somebody loses their sessions, as when a backup from before the last conversation is restored.
fn lose_sessions(person: &Person) {
    let forget = "DELETE FROM skipped_keys; DELETE FROM sessions;";
    person.database().execute_batch(forget).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bob_cannot_decrypt_he_asks_for_again_and_gets_once() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    // The session is confirmed on both sides: what Alice sends next does not carry a handshake.
    alice.says(&bob, "before").await;
    bob.hears(&alice, &["before"]).await;
    bob.says(&alice, "before").await;
    alice.hears(&bob, &["before"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;

    bob.leave().await;
    lose_sessions(&bob);
    alice.says(&bob, "one").await;
    alice.says(&bob, "two").await;
    alice.sees_all(&bob, Delivery::Sent).await;
    bob.come_back().await;

    bob.hears(&alice, &["before", "one", "two"]).await;
    bob.notices_that(&alice, Notice::Undecryptable).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    let notices = bob.notices(&alice).await;
    let undecryptable = notices.iter().filter(|&&notice| notice == Notice::Undecryptable);
    assert_eq!(undecryptable.count(), 1, "one notice for one mishap");
    bob.says(&alice, "after").await;
    alice.hears(&bob, &["before", "after"]).await;
}
