//! Exactly what a relay is told while people talk, and that who wrote is nowhere in it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a story may stop at the first surprise

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use sotto_engine::model::Delivery;
use sotto_testkit::{Person, Way, World, introduce};
use sotto_wire::open::{ClientFrame, Request};
use sotto_wire::{AccountId, mailbox};

/// All that came to the relay, and how.
type Capture = Arc<Mutex<Vec<(Way, Vec<u8>)>>>;

fn capture(world: &World) -> Capture {
    let capture = Capture::default();
    let kept = Arc::clone(&capture);
    world.line().meddle(move |way, message| {
        if matches!(way, Way::ToOpen | Way::ToMailbox) {
            kept.lock().unwrap().push((way, message.clone()));
        }
        vec![message]
    });
    capture
}

/// What shows somebody to a relay: their account and their identity key, which it knows.
fn signs_of(world: &World, person: &Person) -> Vec<Vec<u8>> {
    let relay = Connection::open(world.relay_folder().join("relay.db")).unwrap();
    let account = person.address().account;
    let sql = "SELECT identity_key FROM accounts WHERE account = ?1";
    let key: Vec<u8> = relay
        .query_row(sql, [account.as_bytes()], |row| row.get(0))
        .unwrap();
    let (_, bare) = key.split_first().unwrap();
    let mut signs = vec![account.as_bytes().to_vec(), bare.to_vec()];
    signs.push(account.to_string().into_bytes());
    signs
}

fn contains(message: &[u8], sign: &[u8]) -> bool {
    message.windows(sign.len()).any(|window| window == sign)
}

/// All that a delivery says but for its ciphertext and its random name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Visible {
    to: AccountId,
    token: Vec<u8>,
    ephemeral: bool,
    length: usize,
}

fn deliveries(capture: &Capture) -> Vec<Visible> {
    let mut seen = Vec::new();
    for (way, message) in capture.lock().unwrap().iter() {
        if *way != Way::ToOpen {
            continue;
        }
        let Ok(ClientFrame::Request {
            request: Request::Deliver(deliver),
            ..
        }) = ClientFrame::decode(message.clone().into())
        else {
            continue;
        };
        for envelope in deliver.envelopes.as_slice() {
            seen.push(Visible {
                to: deliver.account,
                token: deliver.delivery_token.as_bytes().to_vec(),
                ephemeral: deliver.ephemeral,
                length: envelope.payload.as_bytes().len(),
            });
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_people_who_talk_the_relay_hears_for_whom_something_comes_and_not_from_whom() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    introduce(&alice, &bob).await;
    introduce(&carol, &bob).await;
    for (guest, host) in [(&bob, &alice), (&bob, &carol), (&alice, &bob), (&carol, &bob)] {
        guest.says(host, "Hello!").await;
        guest.sees_all(host, Delivery::Delivered).await;
    }

    let capture = capture(&world);
    alice.says(&bob, "Does he know?").await;
    bob.hears(&alice, &["Hello!", "Does he know?"]).await;
    carol.says(&bob, "He must not hear a word of it.").await;
    bob.hears(&carol, &["Hello!", "He must not hear a word of it."])
        .await;
    let conversation = alice.contact(&bob).await.id;
    alice.engine().set_typing(conversation, true).await.unwrap();
    bob.says(&alice, &"yes ".repeat(200)).await;
    alice.hears(&bob, &["Hello!", &"yes ".repeat(200)]).await;
    for (one, other) in [(&alice, &bob), (&carol, &bob), (&bob, &alice)] {
        one.sees_all(other, Delivery::Delivered).await;
    }
    world.line().leave_alone();

    // What comes over the connections without a name are deliveries, and what they say is this.
    let seen = deliveries(&capture);
    let to_bob: Vec<_> = seen
        .iter()
        .filter(|seen| seen.to == bob.address().account)
        .collect();
    assert!(to_bob.len() >= 4, "two texts, a receipt, typing: {to_bob:?}");
    let tokens: BTreeSet<_> = to_bob.iter().map(|seen| &seen.token).collect();
    assert_eq!(
        tokens.len(),
        1,
        "Alice and Carol open Bob's mailbox with the same token"
    );
    let lengths: BTreeSet<_> = to_bob.iter().map(|seen| seen.length).collect();
    assert_eq!(
        lengths.len(),
        1,
        "a word, a sentence, a receipt and typing are equally long: {lengths:?}"
    );
    for seen in &seen {
        assert!(seen.length.is_power_of_two() && (256..=65_536).contains(&seen.length));
    }

    // No message to the relay names two people, and none over a connection without a name names anybody but who it is for.
    let people = [&alice, &bob, &carol];
    for (way, message) in capture.lock().unwrap().iter() {
        let named: Vec<_> = people
            .iter()
            .filter(|person| {
                signs_of(&world, person)
                    .iter()
                    .any(|sign| contains(message, sign))
            })
            .map(|person| person.address().account)
            .collect();
        match way {
            Way::ToOpen => match ClientFrame::decode(message.clone().into()).unwrap() {
                ClientFrame::Request {
                    request: Request::Deliver(deliver),
                    ..
                } => assert_eq!(named, [deliver.account]),
                ClientFrame::Hello(_) => assert!(named.is_empty()),
                other => panic!("nothing else is asked in a running conversation: {other:?}"),
            },
            // The owners are online: they acknowledge, by the relay's own names for envelopes.
            Way::ToMailbox => {
                assert!(named.is_empty());
                assert!(mailbox::ClientFrame::decode(message.clone().into()).is_ok());
            }
            Way::FromOpen | Way::FromMailbox => unreachable!("only what comes to the relay was kept"),
        }
        for text in ["Does he know?", "must not hear", "yes yes", "Alice", "Carol"] {
            assert!(!contains(message, text.as_bytes()));
        }
    }
}
