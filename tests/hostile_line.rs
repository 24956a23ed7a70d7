//! What a line does to messages, and a relay: doubling, losing, changing, and standing in between.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a story may stop at the first surprise

use std::sync::atomic::{AtomicUsize, Ordering};

use sotto_engine::model::{Delivery, Notice};
use sotto_testkit::{Person, Way, World, introduce};
use sotto_wire::mailbox::{self, Push};
use sotto_wire::open::{self, Envelopes, Request};
use sotto_wire::{AccountId, Payload, Refusal};

async fn alice_and_bob(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    (alice, bob)
}

/// Whether the message brings an envelope to the relay, or from it.
fn carries_an_envelope(way: Way, message: &[u8]) -> bool {
    let message = message.to_vec().into();
    match way {
        Way::ToOpen => matches!(
            open::ClientFrame::decode(message),
            Ok(open::ClientFrame::Request {
                request: Request::Deliver(_),
                ..
            })
        ),
        Way::FromMailbox => matches!(
            mailbox::RelayFrame::decode(message),
            Ok(mailbox::RelayFrame::Push(Push::Envelope { .. }))
        ),
        Way::ToMailbox | Way::FromOpen => false,
    }
}

/// Whether the message tells a sender that the relay has the envelope.
fn says_delivered(way: Way, message: &[u8]) -> bool {
    way == Way::FromOpen
        && matches!(
            open::RelayFrame::decode(message.to_vec().into()),
            Ok(open::RelayFrame::Answer {
                outcome: Ok(open::Answer::Delivered { .. }),
                ..
            })
        )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_says_everything_twice_is_heard_once() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    world.line().meddle(|way, message| {
        if carries_an_envelope(way, &message) {
            vec![message.clone(), message]
        } else {
            vec![message]
        }
    });

    let said: Vec<String> = (0..20).map(|number| format!("twice {number}")).collect();
    for text in &said {
        alice.says(&bob, text).await;
    }
    bob.hears(&alice, &said).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    assert!(
        !bob.notices(&alice).await.contains(&Notice::Undecryptable),
        "a double is not an unreadable message"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_was_lost_is_sent_again_and_heard_once() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    // Nothing else of Alice's may be on its way: what comes after it in her queue would wait for its answer.
    alice.says(&bob, "Hello!").await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    world.line().meddle(|way, message| {
        if says_delivered(way, &message) {
            vec![]
        } else {
            vec![message]
        }
    });
    let message = alice.says(&bob, "Did you get this?").await;
    bob.hears(&alice, &["Hello!", "Did you get this?"]).await;

    world.line().leave_alone();
    world.line().cut();
    alice.is_offline().await;
    world.line().mend();
    alice.engine().reconnect();
    bob.engine().reconnect();
    alice.sees(&bob, message.id, Delivery::Delivered).await;
    alice.says(&bob, "the end").await;
    bob.hears(&alice, &["Hello!", "Did you get this?", "the end"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_was_told_once_although_his_acknowledgement_was_lost() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    world.line().meddle(|way, message| {
        let acknowledges = way == Way::ToMailbox
            && matches!(
                mailbox::ClientFrame::decode(message.clone().into()),
                Ok(mailbox::ClientFrame::Request {
                    request: mailbox::Request::Acknowledge(_),
                    ..
                })
            );
        if acknowledges { vec![] } else { vec![message] }
    });
    alice.says(&bob, "once").await;
    bob.hears(&alice, &["once"]).await;

    // The relay still has it, and pushes it again.
    bob.leave().await;
    world.line().leave_alone();
    bob.come_back().await;
    alice.says(&bob, "the end").await;
    bob.hears(&alice, &["once", "the end"]).await;
    assert!(
        !bob.notices(&alice).await.contains(&Notice::Undecryptable),
        "a double is not an unreadable message"
    );
}

/// Changes the last byte of what is delivered to somebody: there is the MAC of the seal.
fn tampered_with(message: &[u8], recipient: AccountId) -> Option<Vec<u8>> {
    let Ok(open::ClientFrame::Request {
        id,
        request: Request::Deliver(mut deliver),
    }) = open::ClientFrame::decode(message.to_vec().into())
    else {
        return None;
    };
    if deliver.account != recipient {
        return None;
    }
    let mut envelopes = deliver.envelopes.into_vec();
    for envelope in &mut envelopes {
        let mut payload = envelope.payload.as_bytes().to_vec();
        *payload.last_mut().unwrap() ^= 1;
        envelope.payload = Payload::new(payload).unwrap();
    }
    deliver.envelopes = Envelopes::new(envelopes).unwrap();
    let request = Request::Deliver(deliver);
    Some(open::ClientFrame::Request { id, request }.encode().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_reads_what_comes_after_a_message_that_was_tampered_with() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let to_bob = bob.address().account;
    world.line().meddle(move |way, message| {
        let tampered = (way == Way::ToOpen)
            .then(|| tampered_with(&message, to_bob))
            .flatten();
        vec![tampered.unwrap_or(message)]
    });
    let lost = alice.says(&bob, "Can you read this?").await;
    alice.sees(&bob, lost.id, Delivery::Sent).await;
    world.line().leave_alone();
    let read = alice.says(&bob, "And this?").await;
    bob.hears(&alice, &["And this?"]).await;
    alice.sees(&bob, read.id, Delivery::Delivered).await;
    bob.says(&alice, "Only the second.").await;
    alice.hears(&bob, &["Only the second."]).await;
    // Nobody can say whose it was, once the seal is broken; at least it is never called delivered.
    let of_the_lost = alice
        .messages(&bob)
        .await
        .into_iter()
        .find(|message| message.id == lost.id);
    assert_eq!(
        of_the_lost.map(|message| message.delivery),
        Some(Some(Delivery::Sent))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_in_the_mailbox_does_not_stop_what_comes_after_it() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let rubbish = AtomicUsize::new(0);
    world.line().meddle(move |way, message| {
        if way != Way::FromMailbox || !carries_an_envelope(way, &message) {
            return vec![message];
        }
        let mut before = Vec::new();
        for length in [1, 33, 300] {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(rubbish.fetch_add(1, Ordering::Relaxed) as u64).to_be_bytes());
            let payload = Payload::new(vec![0x5a; length]).unwrap();
            let push = Push::Envelope {
                id: sotto_wire::EnvelopeId::from(id),
                payload,
                received_at_ms: 0,
                request: false,
            };
            before.push(mailbox::RelayFrame::Push(push).encode().to_vec());
        }
        before.push(message);
        before
    });
    // Acknowledging what the relay never had is the relay's own fault, and it may hang up: no story of ours.
    alice.says(&bob, "Is there anybody?").await;
    bob.hears(&alice, &["Is there anybody?"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_busy_is_asked_again() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let refused = AtomicUsize::new(0);
    world.line().meddle(move |way, message| {
        let frame = (way == Way::FromOpen).then(|| open::RelayFrame::decode(message.clone().into()));
        match frame {
            Some(Ok(open::RelayFrame::Answer {
                id,
                outcome: Ok(open::Answer::Delivered { .. }),
            })) if refused.fetch_add(1, Ordering::Relaxed) < 2 => {
                vec![
                    open::RelayFrame::Answer {
                        id,
                        outcome: Err(Refusal::Unavailable { retry_after_ms: 100 }),
                    }
                    .encode()
                    .to_vec(),
                ]
            }
            _ => vec![message],
        }
    });
    let message = alice.says(&bob, "Are you busy?").await;
    alice.sees(&bob, message.id, Delivery::Delivered).await;
    bob.hears(&alice, &["Are you busy?"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_goes_dead_without_a_word_is_noticed_when_it_is_back() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    world.line().stall();
    alice.says(&bob, "Can you hear me?").await;
    assert!(bob.heard(&alice).await.is_empty());
    world.line().mend();
    bob.hears(&alice, &["Can you hear me?"]).await;
}
