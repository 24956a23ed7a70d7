//! What is said in order is heard in order, however much of it travels together and whatever is refused on the way.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sotto_engine::model::Delivery;
use sotto_testkit::{Person, Way, World, change_delivery, introduce};
use sotto_wire::Refusal;
use sotto_wire::open::{Answer, ClientFrame, Envelopes, RelayFrame, Request};

/// Both know each other and have nothing left to send.
async fn acquainted(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.says(&bob, HELLO).await;
    bob.says(&alice, HELLO).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    (alice, bob)
}

const HELLO: &str = "Hello!";

async fn talks(alice: &Person, bob: &Person, count: usize) -> Vec<String> {
    let said: Vec<String> = (0..count).map(|number| format!("message {number}")).collect();
    for text in &said {
        alice.says(bob, text).await;
    }
    [vec![HELLO.to_owned()], said].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alice_wrote_without_a_connection_leaves_in_few_deliveries() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    world.line().cut();
    alice.is_offline().await;
    let said = talks(&alice, &bob, 64).await;

    let deliveries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&deliveries);
    world.line().meddle(move |way, message| {
        if way == Way::ToOpen
            && let Ok(ClientFrame::Request {
                request: Request::Deliver(deliver),
                ..
            }) = ClientFrame::decode(message.clone().into())
            && deliver.envelopes.as_slice().len() > 1
        {
            counted.fetch_add(1, Ordering::Relaxed);
        }
        vec![message]
    });
    world.line().mend();
    alice.engine().reconnect();
    bob.engine().reconnect();
    bob.hears(&alice, &said).await;
    let deliveries = deliveries.load(Ordering::Relaxed);
    assert!(
        (2..=4).contains(&deliveries),
        "{deliveries} deliveries for 64 messages"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_fills_up_in_the_middle_of_a_delivery_keeps_the_order() {
    let world = World::with_relay(|config| config.limits.mailbox_envelopes = 7).await;
    let (alice, bob) = acquainted(&world).await;
    bob.leave().await;
    let said = talks(&alice, &bob, 40).await;
    // As much as there is room for; the rest waits with her.
    let seventh = alice
        .messages(&bob)
        .await
        .into_iter()
        .filter(|each| each.outgoing)
        .nth(7)
        .unwrap();
    alice.sees(&bob, seventh.id, Delivery::Sent).await;
    let sent = alice.messages(&bob).await;
    let sent = sent
        .iter()
        .filter(|each| each.delivery == Some(Delivery::Sent))
        .count();
    assert_eq!(sent, 7);

    bob.come_back().await;
    bob.hears(&alice, &said).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_takes_a_delivery_in_small_pieces_and_is_busy_in_between_keeps_the_order() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let asked = AtomicUsize::new(0);
    world.line().meddle(move |way, message| match way {
        // A relay that keeps the first three of each delivery, and refuses every other one.
        Way::ToOpen => change_delivery(message, |mut deliver| {
            let mut envelopes = deliver.envelopes.into_vec();
            envelopes.truncate(3);
            deliver.envelopes = Envelopes::new(envelopes).unwrap();
            Some(deliver)
        }),
        Way::FromOpen => match RelayFrame::decode(message.clone().into()) {
            Ok(RelayFrame::Answer {
                id,
                outcome: Ok(Answer::Delivered { .. }),
            }) if asked.fetch_add(1, Ordering::Relaxed) % 2 == 1 => {
                let outcome = Err(Refusal::Unavailable { retry_after_ms: 10 });
                vec![RelayFrame::Answer { id, outcome }.encode().to_vec()]
            }
            _ => vec![message],
        },
        Way::ToMailbox | Way::FromMailbox => vec![message],
    });
    let said = talks(&alice, &bob, 12).await;
    bob.hears(&alice, &said).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
}
