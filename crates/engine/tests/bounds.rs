//! What others do, or lose, does not cost without end.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sotto_engine::model::{Delivery, Notice};
use sotto_testkit::{Look, Person, World, eventually, introduce};
use sotto_wire::Payload;
use sotto_wire::open::{Deliver, Envelopes};

/// A session that both have spoken in, and nothing left to send.
async fn acquainted(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.says(&bob, "Hello!").await;
    bob.hears(&alice, &["Hello!"]).await;
    bob.says(&alice, "Hello!").await;
    alice.hears(&bob, &["Hello!"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    (alice, bob)
}

fn count(person: &Person, sql: &str) -> u32 {
    person.database().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The delivery with other payloads.
fn with_payloads(deliver: Deliver, change: impl Fn(&mut Vec<u8>)) -> Deliver {
    let mut envelopes = deliver.envelopes.into_vec();
    for envelope in &mut envelopes {
        let mut payload = envelope.payload.as_bytes().to_vec();
        change(&mut payload);
        envelope.payload = Payload::new(payload).unwrap();
    }
    Deliver {
        envelopes: Envelopes::new(envelopes).unwrap(),
        ..deliver
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bob_can_never_decrypt_he_is_sent_four_times_and_no_more() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let (to_bob, sent) = (bob.address().account, Arc::new(AtomicUsize::new(0)));
    let (counted, bobs) = (Arc::clone(&sent), Mutex::new(bob.database()));
    world.line().change_deliveries(move |deliver| {
        if deliver.account == to_bob
            && counted.fetch_add(deliver.envelopes.as_slice().len(), Ordering::Relaxed) < 4
        {
            // As after a restored backup, again and again.
            bobs.lock()
                .unwrap()
                .execute_batch("DELETE FROM sessions")
                .unwrap();
        }
        Some(deliver)
    });
    alice.says(&bob, "Can you read this?").await;
    eventually("Alice has sent it four times", async || {
        let sent = sent.load(Ordering::Relaxed);
        Look::when(sent == 4, (), format_args!("{sent} times"))
    })
    .await;
    // Bob's fourth question is the last thing on its way; when she has heard what he says after it, she has left it
    // unanswered.
    eventually("Bob asked four times", async || {
        let asked = count(&bob, "SELECT count(*) FROM undecryptable");
        Look::when(asked == 4, (), format_args!("{asked} times"))
    })
    .await;
    bob.says(&alice, "I give up.").await;
    alice.hears(&bob, &["Hello!", "I give up."]).await;
    // Her receipt for that is the fifth; had she sent it once more, he could read it now.
    eventually("Alice confirms", async || {
        let sent = sent.load(Ordering::Relaxed);
        Look::when(sent == 5, (), format_args!("{sent} times"))
    })
    .await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    assert_eq!(bob.heard(&alice).await, ["Hello!"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn alices_old_prekeys_are_kept_for_thirty_days_and_then_deleted() {
    const DAY: Duration = Duration::from_secs(86_400);
    let world = World::new().await;
    let (alice, _) = acquainted(&world).await;
    let oldest = "SELECT min(id) FROM signed_prekeys";
    let oldest_last_resort = "SELECT min(id) FROM kyber_prekeys WHERE last_resort = 1";
    let first = (count(&alice, oldest), count(&alice, oldest_last_resort));
    let rotated = async |times: u32| {
        eventually("Alice rotates her prekeys", async || {
            let made = count(
                &alice,
                "SELECT seq FROM sqlite_sequence WHERE name = 'signed_prekeys'",
            );
            Look::when(made >= times, (), format_args!("{made} were made"))
        })
        .await;
    };
    rotated(1).await;
    world.clock().advance(29 * DAY);
    rotated(2).await;
    assert_eq!(
        (count(&alice, oldest), count(&alice, oldest_last_resort)),
        first,
        "a message that was encrypted with them may still come"
    );
    world.clock().advance(3 * DAY);
    rotated(3).await;
    assert!(count(&alice, oldest) > first.0);
    assert!(count(&alice, oldest_last_resort) > first.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alice_sealed_for_bob_is_nobodys_when_the_relay_brings_it_back_to_her() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let (to_alice, to_bob) = (alice.address().account, bob.address().account);
    let alices = Mutex::new(None);
    world.line().change_deliveries(move |deliver| {
        let mut alices = alices.lock().unwrap();
        if deliver.account == to_bob {
            let first = deliver.envelopes.as_slice()[0].payload.as_bytes().to_vec();
            alices.get_or_insert(first);
        }
        match &*alices {
            Some(payload) if deliver.account == to_alice => {
                Some(with_payloads(deliver, |bobs| bobs.clone_from(payload)))
            }
            _ => Some(deliver),
        }
    });
    alice.says(&bob, "For Bob").await;
    bob.hears(&alice, &["Hello!", "For Bob"]).await;
    let swapped = bob.says(&alice, "I am you").await;
    bob.sees(&alice, swapped.id, Delivery::Sent).await;
    world.line().leave_alone();
    bob.says(&alice, "I am Bob").await;
    alice.hears(&bob, &["Hello!", "I am Bob"]).await;
    assert_eq!(alice.engine().conversations().await.unwrap().len(), 1);
    assert!(!alice.notices(&bob).await.contains(&Notice::Undecryptable));
    assert!(count(&alice, "SELECT count(*) FROM undecryptable") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_that_is_lost_leaves_keys_for_the_last_chains_only() {
    /// As the protocol has it: `sotto_protocol::session::MAX_RECEIVING_CHAINS`.
    const CHAINS: u32 = 5;
    const LOST: u32 = 6;
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let lost = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lost);
    world.line().change_deliveries(move |deliver| {
        if deliver.ephemeral {
            counted.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(deliver)
    });
    let conversation = alice.contact(&bob).await.id;
    let (mut alices, mut bobs) = (vec!["Hello!".to_owned()], vec!["Hello!".to_owned()]);
    for round in 0..CHAINS + 3 {
        for typing in 0..LOST {
            alice
                .engine()
                .set_typing(conversation, typing % 2 == 0)
                .await
                .unwrap();
        }
        alices.push(format!("round {round}"));
        alice.says(&bob, alices.last().unwrap()).await;
        bob.hears(&alice, &alices).await;
        // His answer begins another chain.
        bobs.push(format!("round {round}"));
        bob.says(&alice, bobs.last().unwrap()).await;
        alice.hears(&bob, &bobs).await;
    }
    assert_eq!(lost.load(Ordering::Relaxed), (LOST * (CHAINS + 3)) as usize);
    let kept = count(&bob, "SELECT count(*) FROM skipped_keys");
    assert!((1..=LOST * CHAINS).contains(&kept), "{kept} keys are kept");
}
