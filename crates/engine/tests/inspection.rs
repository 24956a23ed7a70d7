//! What is shown behind the curtain moves with what Alice and Bob say to each other.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use sotto_engine::Event;
use sotto_engine::model::{ContactId, Delivery, Inspection, SessionSummary};
use sotto_protocol::session::MAX_RECEIVING_CHAINS;
use sotto_testkit::{Person, TIMEOUT, Way, World, introduce};
use sotto_wire::open::{ClientFrame, Request};

async fn inspection(of: &Person, with: &Person) -> Inspection {
    let contact = of.contact(with).await.id;
    of.engine().inspect(contact).await.unwrap()
}

async fn session(of: &Person, with: &Person) -> SessionSummary {
    inspection(of, with).await.session.unwrap()
}

/// A session that both have spoken in, and nothing left to send.
async fn acquainted(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    round_trip(&alice, &bob, 0).await;
    (alice, bob)
}

async fn held(of: &Person, with: &Person) -> u16 {
    let chains = session(of, with).await.receiving;
    chains.iter().map(|chain| chain.held).sum()
}

async fn round_trip(alice: &Person, bob: &Person, number: usize) {
    for (from, to) in [(alice, bob), (bob, alice)] {
        from.says(to, &format!("Hello {number}")).await;
        from.sees_all(to, Delivery::Delivered).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_trip_turns_the_ratchet_of_both() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let before = (session(&alice, &bob).await, session(&bob, &alice).await);
    round_trip(&alice, &bob, 1).await;
    let after = (session(&alice, &bob).await, session(&bob, &alice).await);
    for (before, after) in [(&before.0, &after.0), (&before.1, &after.1)] {
        assert!(
            after.root_step >= before.root_step + 2,
            "{before:?}, then {after:?}"
        );
        assert_ne!(after.sending.ratchet_key, before.sending.ratchet_key);
        assert!(!after.is_unacknowledged);
    }
    assert_eq!(inspection(&alice, &bob).await.texts, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn prekeys_are_counted_down_by_who_begins_a_session() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let before = inspection(&alice, &bob).await.prekeys;
    assert!(before.signed_at.is_some());
    let carol = world.carol().await;
    introduce(&alice, &carol).await;
    let after = inspection(&alice, &bob).await.prekeys;
    assert_eq!(after.one_time, before.one_time - 1);
    assert_eq!(after.one_time_kyber, before.one_time_kyber - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_message_that_got_lost_is_held_until_its_chain_is_dropped() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    // That she writes is told once, and lost on the way.
    world.line().meddle(|way, message| {
        let is_lost = way == Way::ToOpen
            && matches!(
                ClientFrame::decode(message.clone().into()),
                Ok(ClientFrame::Request { request: Request::Deliver(deliver), .. }) if deliver.ephemeral
            );
        if is_lost { vec![] } else { vec![message] }
    });
    let contact = alice.contact(&bob).await.id;
    alice.engine().set_typing(contact, true).await.unwrap();
    alice.says(&bob, "Did you see me write?").await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    assert_eq!(held(&bob, &alice).await, 1);
    for number in 0..MAX_RECEIVING_CHAINS {
        round_trip(&bob, &alice, number).await;
    }
    assert_eq!(held(&bob, &alice).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_is_told_when_the_session_moves() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let mut events = alice.engine().events();
    let contact = alice.contact(&bob).await.id;
    let before = session(&alice, &bob).await.sending.step;
    alice.says(&bob, "Move").await;
    let moved = tokio::time::timeout(TIMEOUT, async {
        while events.recv().await.unwrap() != Event::SessionMoved(contact) {}
    });
    moved.await.unwrap();
    assert_eq!(session(&alice, &bob).await.sending.step, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_there_to_inspect() {
    let world = World::new().await;
    let alice = world.alice().await;
    assert!(alice.engine().inspect(ContactId(77)).await.is_err());
}
