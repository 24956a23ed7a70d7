//! What a relay can do that is its users' enemy, and what they see of it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a story may stop at the first surprise

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sotto_engine::model::{Delivery, Notice};
use sotto_testkit::{Person, Way, World, introduce};
use sotto_wire::mailbox::{self, Answer, IssuedCertificate, Push};
use sotto_wire::open::{self, Request};
use sotto_wire::{EnvelopeId, PrekeyBundle};

/// Two people who have both spoken, and have nothing left to send.
async fn acquainted(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    talk(&alice, &bob, "Hello!").await;
    talk(&bob, &alice, "Hello!").await;
    (alice, bob)
}

/// Says something, and waits until both know that it was heard.
async fn talk(one: &Person, other: &Person, text: &str) {
    let message = one.says(other, text).await;
    one.sees(other, message.id, Delivery::Delivered).await;
    assert_eq!(
        other
            .heard(one)
            .await
            .iter()
            .filter(|heard| *heard == text)
            .count(),
        1
    );
}

/// What a relay makes of what it pushes to the owners of mailboxes.
fn the_relay_pushes(world: &World, change: impl Fn(Push) -> Vec<Push> + Send + Sync + 'static) {
    world.line().meddle(move |way, message| {
        let frame = (way == Way::FromMailbox).then(|| mailbox::RelayFrame::decode(message.clone().into()));
        match frame {
            Some(Ok(mailbox::RelayFrame::Push(push))) => change(push)
                .into_iter()
                .map(|push| mailbox::RelayFrame::Push(push).encode().to_vec())
                .collect(),
            _ => vec![message],
        }
    });
}

/// What a relay makes of the bundles it is asked for.
fn the_relay_hands_out(world: &World, change: impl Fn(&mut PrekeyBundle) + Send + Sync + 'static) {
    world.line().meddle(move |way, message| {
        let frame = (way == Way::FromOpen).then(|| open::RelayFrame::decode(message.clone().into()));
        let Some(Ok(open::RelayFrame::Answer {
            id,
            outcome: Ok(open::Answer::Bundle(mut bundle)),
        })) = frame
        else {
            return vec![message];
        };
        change(&mut bundle);
        let outcome = Ok(open::Answer::Bundle(bundle));
        vec![open::RelayFrame::Answer { id, outcome }.encode().to_vec()]
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_brings_again_under_other_names_is_heard_once() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let (kept, again) = (Mutex::new(Vec::new()), Arc::new(AtomicBool::new(false)));
    let asked = Arc::clone(&again);
    the_relay_pushes(&world, move |push| match &push {
        Push::Envelope { payload, request, .. } => {
            kept.lock().unwrap().push((payload.clone(), *request));
            vec![push]
        }
        Push::QueueEmpty if asked.swap(false, Ordering::Relaxed) => {
            let kept = kept.lock().unwrap();
            let again = kept.iter().enumerate().map(|(number, (payload, request))| {
                let mut id = [0xa5; 16];
                id[..8].copy_from_slice(&(number as u64).to_be_bytes());
                Push::Envelope {
                    id: EnvelopeId::from(id),
                    payload: payload.clone(),
                    received_at_ms: 1,
                    request: *request,
                }
            });
            again.chain([push]).collect()
        }
        _ => vec![push],
    });
    introduce(&alice, &bob).await;
    for number in 0..5 {
        talk(&alice, &bob, &format!("Only once: {number}")).await;
        talk(&bob, &alice, &format!("Heard you: {number}")).await;
    }
    let heard = (bob.heard(&alice).await, alice.heard(&bob).await);
    for person in [&bob, &alice] {
        person.leave().await;
        again.store(true, Ordering::Relaxed);
        person.come_back().await;
        person.is_online().await;
    }
    world.line().leave_alone();
    talk(&alice, &bob, "And now?").await;
    talk(&bob, &alice, "As before.").await;
    let since = (bob.heard(&alice).await, alice.heard(&bob).await);
    assert_eq!(since.0, [heard.0, vec!["And now?".to_owned()]].concat());
    assert_eq!(since.1, [heard.1, vec!["As before.".to_owned()]].concat());
    for (one, other) in [(&alice, &bob), (&bob, &alice)] {
        assert!(!one.notices(other).await.contains(&Notice::Undecryptable));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_brings_in_another_order_is_all_heard() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    bob.leave().await;
    for number in 0..8 {
        let message = alice.says(&bob, &format!("Number {number}")).await;
        alice.sees(&bob, message.id, Delivery::Sent).await;
    }
    // What waited for him comes the last first; what comes later comes as it comes.
    let waiting = Mutex::new(Some(Vec::new()));
    the_relay_pushes(&world, move |push| {
        let mut waiting = waiting.lock().unwrap();
        match (&push, waiting.as_mut()) {
            (Push::Envelope { .. }, Some(waiting)) => {
                waiting.push(push);
                Vec::new()
            }
            (Push::QueueEmpty, Some(_)) => {
                let all = waiting.take().unwrap().into_iter();
                all.rev().chain([push]).collect()
            }
            _ => vec![push],
        }
    });
    bob.come_back().await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    world.line().leave_alone();
    let mut heard = bob.heard(&alice).await;
    heard.sort();
    let mut said = alice.said(&bob).await;
    said.sort();
    assert_eq!(heard, said);
    assert!(!bob.notices(&alice).await.contains(&Notice::Undecryptable));
    talk(&bob, &alice, "That was mixed up.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_keeps_back_is_not_called_delivered_and_comes_when_it_lets_go() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let pushed = AtomicUsize::new(0);
    the_relay_pushes(&world, move |push| match &push {
        Push::Envelope { .. } if pushed.fetch_add(1, Ordering::Relaxed) == 0 => Vec::new(),
        _ => vec![push],
    });
    let kept_back = alice.says(&bob, "Do not trust the relay.").await;
    alice.sees(&bob, kept_back.id, Delivery::Sent).await;
    talk(&alice, &bob, "Did you get that?").await;
    assert_eq!(bob.heard(&alice).await, ["Hello!", "Did you get that?"]);
    alice.sees(&bob, kept_back.id, Delivery::Sent).await;
    world.line().leave_alone();
    bob.leave().await;
    bob.come_back().await;
    alice.sees(&bob, kept_back.id, Delivery::Delivered).await;
    assert_eq!(
        bob.heard(&alice).await,
        ["Hello!", "Did you get that?", "Do not trust the relay."]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_says_it_has_and_throws_away_is_never_called_delivered() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    bob.leave().await;
    // Said to be worth nothing later, it is taken and dropped: Bob is not there.
    world.line().meddle(|way, message| {
        let frame = (way == Way::ToOpen).then(|| open::ClientFrame::decode(message.clone().into()));
        let Some(Ok(open::ClientFrame::Request {
            id,
            request: Request::Deliver(mut deliver),
        })) = frame
        else {
            return vec![message];
        };
        deliver.ephemeral = true;
        let request = Request::Deliver(deliver);
        vec![open::ClientFrame::Request { id, request }.encode().to_vec()]
    });
    let lost = alice.says(&bob, "Into the void").await;
    alice.sees(&bob, lost.id, Delivery::Sent).await;
    world.line().leave_alone();
    bob.come_back().await;
    talk(&alice, &bob, "Are you there?").await;
    talk(&bob, &alice, "I am.").await;
    assert_eq!(bob.heard(&alice).await, ["Hello!", "Are you there?"]);
    alice.sees(&bob, lost.id, Delivery::Sent).await;
}

/// A way to spoil a frame.
type Spoil = fn(Vec<u8>) -> Vec<u8>;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_frames_a_relay_sends_alice_and_bob_go_on_once_it_makes_sense_again() {
    let spoils: [(&str, Spoil); 7] = [
        ("nothing", |_| Vec::new()),
        ("half of it", |mut frame| frame.drain(..frame.len() / 2).collect()),
        ("all but its end", |mut frame| {
            frame.pop();
            frame
        }),
        ("of another kind", |mut frame| {
            frame.iter_mut().take(1).for_each(|byte| *byte ^= 0x08);
            frame
        }),
        ("itself twice in one", |frame| frame.repeat(2)),
        ("a million zeros", |_| vec![0; 1_000_000]),
        ("what a client sends", |_| {
            open::ClientFrame::Hello(open_hello()).encode().to_vec()
        }),
    ];
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    for (name, spoil) in spoils {
        let spoilt = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&spoilt);
        world.line().meddle(move |way, message| match way {
            Way::FromMailbox | Way::FromOpen => {
                count.fetch_add(1, Ordering::Relaxed);
                vec![spoil(message)]
            }
            Way::ToMailbox | Way::ToOpen => vec![message],
        });
        let message = alice.says(&bob, name).await;
        sotto_testkit::eventually("the relay has answered a few times", async || {
            let times = spoilt.load(Ordering::Relaxed);
            sotto_testkit::Look::when(times >= 4, (), format_args!("{times} times: {name}"))
        })
        .await;
        world.line().leave_alone();
        for person in [&alice, &bob] {
            person.engine().reconnect();
        }
        alice.sees(&bob, message.id, Delivery::Delivered).await;
    }
    let names = spoils.map(|(name, _)| name.to_owned());
    assert_eq!(
        bob.heard(&alice).await,
        [&["Hello!".to_owned()], names.as_slice()].concat()
    );
}

fn open_hello() -> sotto_wire::Hello {
    sotto_wire::Hello::OURS
}

/// A way to spoil a bundle.
type Swap = fn(&mut PrekeyBundle);

#[tokio::test(flavor = "multi_thread")]
async fn prekeys_that_alice_did_not_sign_get_nothing_from_bob() {
    let swaps: [(&str, Swap); 4] = [
        ("signed prekey", |bundle| {
            bundle.signed_prekey.public_key = bundle.identity_key;
        }),
        ("its signature", |bundle| {
            bundle.signed_prekey.signature = bundle.kyber_prekey.signature;
        }),
        ("Kyber prekey's signature", |bundle| {
            bundle.kyber_prekey.signature = bundle.signed_prekey.signature;
        }),
        ("one-time prekey instead of the signed one", |bundle| {
            if let Some(one_time) = &bundle.one_time_prekey {
                bundle.signed_prekey.public_key = one_time.public_key;
            }
        }),
    ];
    for (name, swap) in swaps {
        let world = World::new().await;
        let (alice, bob) = (world.alice().await, world.bob().await);
        let link = alice.invites().await;
        the_relay_hands_out(&world, swap);
        let refused = bob.engine().accept_invite(&link).await;
        assert!(refused.is_err(), "{name}: {refused:?}");
        assert!(alice.conversation_with(&bob).await.is_none(), "{name}");
        world.line().leave_alone();
        bob.accepts(&link).await;
        talk(&bob, &alice, "Now they are yours.").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_were_given_the_same_one_time_prekey_one_is_heard_and_the_other_needs_another_invite() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    let links = [bob.invites().await, bob.invites().await];
    let first: Mutex<Option<PrekeyBundle>> = Mutex::new(None);
    the_relay_hands_out(&world, move |bundle| {
        let mut first = first.lock().unwrap();
        *bundle = first.get_or_insert_with(|| bundle.clone()).clone();
    });
    alice.accepts(&links[0]).await;
    talk(&alice, &bob, "Hello from Alice!").await;
    carol.accepts(&links[1]).await;
    let unheard = carol.says(&bob, "Hello from Carol!").await;
    carol.sees(&bob, unheard.id, Delivery::Sent).await;
    world.line().leave_alone();
    talk(&bob, &alice, "Hello to you!").await;
    carol.sees(&bob, unheard.id, Delivery::Sent).await;
    assert!(bob.conversation_with(&carol).await.is_none());

    carol.accepts(&bob.invites().await).await;
    talk(&carol, &bob, "It is me again.").await;
    talk(&bob, &carol, "Who?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lies_about_the_time_changes_no_date_and_stops_nobody() {
    for lie in [0, u64::MAX] {
        let world = World::new().await;
        world.line().meddle(move |way, message| {
            let frame =
                (way == Way::FromMailbox).then(|| mailbox::RelayFrame::decode(message.clone().into()));
            let told = match frame {
                Some(Ok(mailbox::RelayFrame::Push(Push::Envelope {
                    id, payload, request, ..
                }))) => mailbox::RelayFrame::Push(Push::Envelope {
                    id,
                    payload,
                    request,
                    received_at_ms: lie,
                }),
                Some(Ok(mailbox::RelayFrame::Answer {
                    id,
                    outcome: Ok(Answer::SenderCertificate(certificate)),
                })) => mailbox::RelayFrame::Answer {
                    id,
                    outcome: Ok(Answer::SenderCertificate(IssuedCertificate {
                        valid_for_ms: lie.max(3_600_000),
                        ..certificate
                    })),
                },
                _ => return vec![message],
            };
            vec![told.encode().to_vec()]
        });
        let (alice, bob) = acquainted(&world).await;
        let said = alice.says(&bob, "What time is it?").await;
        bob.hears(&alice, &["Hello!", "What time is it?"]).await;
        let heard = bob.messages(&alice).await.pop().unwrap();
        assert_eq!(heard.sent_at, said.sent_at);
        assert!(heard.stored_at >= said.sent_at, "{lie}");
        talk(&bob, &alice, "Noon.").await;
    }
}
