//! Envelopes on their way.

use sotto_relay::Limits;
use sotto_wire::mailbox::Push;
use sotto_wire::open::{self, Deliver, Envelope, Envelopes};
use sotto_wire::{ClientMessageId, Closing, DeviceId, Payload, Refusal};

use crate::people::{DELIVERED, Person, World, delivered, payload};

#[tokio::test]
async fn what_bob_wrote_while_alice_was_away_waits_for_her_in_order() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let letters = (0..200).map(|n| alice.letter(&n.to_string())).collect();
    assert!(
        bob.ask_all(letters)
            .await
            .into_iter()
            .all(|answer| answer == DELIVERED)
    );

    let mut line = world.connect(&alice).await;
    for n in 0..200 {
        assert_eq!(line.read().await, n.to_string());
    }
    line.queue_is_empty().await;
    line.silence().await;
}

#[tokio::test]
async fn alice_gets_what_bob_writes_as_he_writes_it() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    let mut bob = world.open().await;
    for n in 0..50 {
        assert_eq!(bob.ask(alice.letter(&n.to_string())).await, DELIVERED);
        assert_eq!(line.read().await, n.to_string());
    }
    line.silence().await;
}

#[tokio::test]
async fn what_alice_acknowledged_is_gone_and_what_she_did_not_comes_again() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    for text in ["one", "two", "three"] {
        assert_eq!(bob.ask(alice.letter(text)).await, DELIVERED);
    }
    let mut line = world.connect(&alice).await;
    let (_, first) = line.letter().await;
    let (second_id, _) = line.letter().await;
    let (third_id, _) = line.letter().await;
    assert_eq!(first, "one");
    line.acknowledge(vec![second_id]).await;
    line.line.cut();

    let mut line = world.connect(&alice).await;
    assert_eq!(line.letter().await.1, "one");
    // An envelope keeps its name.
    assert_eq!(line.letter().await, (third_id, "three".to_owned()));
    line.queue_is_empty().await;
}

#[tokio::test]
async fn a_delivery_tried_again_arrives_once_also_after_it_was_acknowledged() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let id = ClientMessageId::random();
    let again = || alice.letter_again(id, "hello");
    assert_eq!(bob.ask(again()).await, DELIVERED);
    assert_eq!(bob.ask(again()).await, DELIVERED);
    let mut line = world.connect(&alice).await;
    assert_eq!(line.read().await, "hello");
    line.queue_is_empty().await;
    assert_eq!(bob.ask(again()).await, DELIVERED);
    line.silence().await;

    // At once, on several connections.
    let id = ClientMessageId::random();
    let mut trying = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (mut line, letter) = (world.open().await, alice.letter_again(id, "at once"));
        trying.spawn(async move { line.ask_all(vec![letter; 5]).await });
    }
    assert!(
        trying
            .join_all()
            .await
            .into_iter()
            .flatten()
            .all(|answer| answer == DELIVERED)
    );
    assert_eq!(line.read().await, "at once");
    line.silence().await;
}

#[tokio::test]
async fn two_people_may_choose_the_same_client_message_id_for_different_mailboxes() {
    let world = World::new().await;
    let (alice, carol) = (world.join().await, world.join().await);
    let mut bob = world.open().await;
    let id = ClientMessageId::random();
    assert_eq!(bob.ask(alice.letter_again(id, "for alice")).await, DELIVERED);
    assert_eq!(bob.ask(carol.letter_again(id, "for carol")).await, DELIVERED);
    assert_eq!(world.connect(&alice).await.read().await, "for alice");
    assert_eq!(world.connect(&carol).await.read().await, "for carol");
}

#[tokio::test]
async fn nobody_can_acknowledge_what_is_in_another_mailbox() {
    let world = World::new().await;
    let (alice, mallory) = (world.join().await, world.join().await);
    let mut bob = world.open().await;
    assert_eq!(bob.ask(alice.letter("hello")).await, DELIVERED);
    let mut line = world.connect(&alice).await;
    let (id, _) = line.letter().await;
    world.connect(&mallory).await.acknowledge(vec![id]).await;
    line.line.cut();
    assert_eq!(world.connect(&alice).await.letter().await.1, "hello");
}

#[tokio::test]
async fn a_whisper_reaches_who_is_there_and_waits_for_nobody() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    assert_eq!(bob.ask(alice.whisper("typing")).await, DELIVERED);
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    assert_eq!(bob.ask(alice.whisper("typing again")).await, DELIVERED);
    assert_eq!(
        line.push().await,
        Push::Ephemeral {
            payload: payload("typing again")
        }
    );
    line.silence().await;
    // Strangers are not told who has an account.
    assert_eq!(
        bob.ask(Person::new().whisper("anybody?")).await,
        Err(Refusal::WrongDeliveryToken)
    );
}

#[tokio::test]
async fn a_full_mailbox_refuses_until_its_owner_has_read() {
    let limits = Limits {
        mailbox_envelopes: 3,
        ..Limits::default()
    };
    let world = World::with(|config| config.limits = limits).await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let first = ClientMessageId::random();
    assert_eq!(bob.ask(alice.letter_again(first, "1")).await, DELIVERED);
    for text in ["2", "3"] {
        assert_eq!(bob.ask(alice.letter(text)).await, DELIVERED);
    }
    let fourth = ClientMessageId::random();
    assert_eq!(
        bob.ask(alice.letter_again(fourth, "4")).await,
        Err(Refusal::MailboxFull)
    );
    // What it has already, it has.
    assert_eq!(bob.ask(alice.letter_again(first, "1")).await, DELIVERED);

    let mut line = world.connect(&alice).await;
    assert_eq!(line.read().await, "1");
    assert_eq!(bob.ask(alice.letter_again(fourth, "4")).await, DELIVERED);
    for text in ["2", "3"] {
        assert_eq!(line.read().await, text);
    }
    line.queue_is_empty().await;
    assert_eq!(line.read().await, "4");
}

#[tokio::test]
async fn of_a_delivery_that_does_not_fit_the_mailbox_the_beginning_is_kept_and_nothing_overtakes() {
    let limits = Limits {
        mailbox_envelopes: 3,
        mailbox_bytes: 1280,
        ..Limits::default()
    };
    let world = World::with(|config| config.limits = limits).await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let long = "x".repeat(1000);
    let texts = ["1", "2", &long, "4"];
    let letters = texts.map(|text| (ClientMessageId::random(), text));
    // "4" would fit, but "3" comes before it.
    assert_eq!(bob.ask(alice.letters(&letters)).await, delivered(2));
    assert_eq!(
        bob.ask(alice.letters(&letters[2..])).await,
        Err(Refusal::MailboxFull)
    );
    // What it has already, it has: the same delivery again is told so.
    assert_eq!(bob.ask(alice.letters(&letters)).await, delivered(2));

    let mut line = world.connect(&alice).await;
    assert_eq!(line.read().await, "1");
    assert_eq!(line.read().await, "2");
    line.queue_is_empty().await;
    assert_eq!(bob.ask(alice.letters(&letters)).await, delivered(4));
    for text in &texts[2..] {
        assert_eq!(line.read().await, *text);
    }
    line.silence().await;
}

#[tokio::test]
async fn what_follows_a_payload_that_is_too_long_is_not_kept() {
    let limits = Limits {
        payload_bytes: 256,
        ..Limits::default()
    };
    let world = World::with(|config| config.limits = limits).await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let long = "x".repeat(257);
    let letters = ["1", &long, "3"].map(|text| (ClientMessageId::random(), text));
    assert_eq!(bob.ask(alice.letters(&letters)).await, delivered(1));
    assert_eq!(
        bob.ask(alice.letters(&letters[1..])).await,
        Err(Refusal::PayloadTooLarge { limit: 256 })
    );
    let mut line = world.connect(&alice).await;
    assert_eq!(line.read().await, "1");
    line.queue_is_empty().await;
}

#[tokio::test]
async fn a_delivery_of_many_is_pushed_in_order_while_alice_is_there() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    let mut bob = world.open().await;
    for round in 0..5 {
        let texts: Vec<String> = (0..32).map(|n| format!("{round} {n}")).collect();
        let letters: Vec<_> = texts
            .iter()
            .map(|text| (ClientMessageId::random(), text.as_str()))
            .collect();
        assert_eq!(bob.ask(alice.letters(&letters)).await, delivered(32));
        for text in &texts {
            assert_eq!(line.read().await, *text);
        }
    }
    line.silence().await;
}

#[tokio::test]
async fn a_mailbox_is_bounded_in_bytes_too() {
    let limits = Limits {
        mailbox_bytes: 1024,
        ..Limits::default()
    };
    let world = World::with(|config| config.limits = limits).await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    assert_eq!(bob.ask(alice.letter(&"x".repeat(512))).await, DELIVERED);
    assert_eq!(
        bob.ask(alice.letter(&"x".repeat(513))).await,
        Err(Refusal::MailboxFull)
    );
    assert_eq!(bob.ask(alice.letter(&"x".repeat(512))).await, DELIVERED);
}

#[tokio::test]
async fn a_payload_longer_than_the_relay_allows_is_refused_and_the_connection_goes_on() {
    let limits = Limits {
        payload_bytes: 256,
        ..Limits::default()
    };
    let world = World::with(|config| config.limits = limits).await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let long = "x".repeat(257);
    assert_eq!(
        bob.ask(alice.letter(&long)).await,
        Err(Refusal::PayloadTooLarge { limit: 256 })
    );
    assert_eq!(
        bob.ask(alice.whisper(&long)).await,
        Err(Refusal::PayloadTooLarge { limit: 256 })
    );
    assert_eq!(bob.ask(alice.letter(&"x".repeat(256))).await, DELIVERED);
}

#[tokio::test]
async fn a_payload_whose_length_tells_something_is_refused_and_what_follows_it_too() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let of_lengths = |lengths: &[usize]| {
        let envelopes = lengths.iter().map(|&length| Envelope {
            client_message_id: ClientMessageId::random(),
            payload: Payload::new(vec![1; length]).unwrap(),
        });
        open::Request::Deliver(Deliver {
            account: alice.account,
            device: DeviceId::FIRST,
            envelopes: Envelopes::new(envelopes.collect()).unwrap(),
            ephemeral: false,
            delivery_token: alice.token(),
        })
    };
    for length in [1, 128, 255, 257, 1000, 65_535] {
        assert_eq!(bob.ask(of_lengths(&[length])).await, Err(Refusal::NotPadded));
    }
    assert_eq!(bob.ask(of_lengths(&[256, 1024, 300, 256])).await, delivered(2));
    assert_eq!(bob.ask(of_lengths(&[65_536])).await, DELIVERED);
}

#[tokio::test]
async fn a_letter_to_nobody_is_refused() {
    let world = World::new().await;
    let mut bob = world.open().await;
    assert_eq!(
        bob.ask(Person::new().letter("hello?")).await,
        Err(Refusal::WrongDeliveryToken)
    );
}

#[tokio::test]
async fn a_newer_connection_of_the_same_device_takes_over() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut older = world.connect(&alice).await;
    older.queue_is_empty().await;
    let mut newer = world.connect(&alice).await;
    newer.queue_is_empty().await;
    assert_eq!(older.closing().await, (Closing::Replaced, Some(4001)));
    let mut bob = world.open().await;
    assert_eq!(bob.ask(alice.letter("hello")).await, DELIVERED);
    assert_eq!(newer.read().await, "hello");
}

#[tokio::test]
async fn alice_is_pushed_no_more_than_the_window_until_she_acknowledges() {
    let limits = Limits {
        unacknowledged: 10,
        ..Limits::default()
    };
    let world = World::with(|config| config.limits = limits).await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    let mut bob = world.open().await;
    // More than the way from the writer to the connection holds, too.
    let letters: Vec<open::Request> = (0..100).map(|n| alice.letter(&n.to_string())).collect();
    assert!(
        bob.ask_all(letters)
            .await
            .into_iter()
            .all(|answer| answer == DELIVERED)
    );
    let mut window = Vec::new();
    for n in 0..10 {
        let (id, text) = line.letter().await;
        assert_eq!(text, n.to_string());
        window.push(id);
    }
    line.silence().await;
    line.acknowledge(window).await;
    for n in 10..100 {
        assert_eq!(line.read().await, n.to_string());
    }
    line.silence().await;
}

#[tokio::test]
async fn everything_arrives_once_and_in_order_while_alice_comes_and_goes() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let letters: Vec<open::Request> = (0..2_000).map(|n| alice.letter(&n.to_string())).collect();
    let writing = tokio::spawn(async move {
        for some in letters.chunks(50) {
            assert!(
                bob.ask_all(some.to_vec())
                    .await
                    .into_iter()
                    .all(|answer| answer == DELIVERED)
            );
        }
    });
    let mut expected = 0;
    while expected < 2_000 {
        let mut line = world.connect(&alice).await;
        for _ in 0..300 {
            if expected == 2_000 {
                break;
            }
            match line.push().await {
                Push::Envelope { id, payload, .. } => {
                    assert_eq!(payload, crate::people::payload(&expected.to_string()));
                    line.acknowledge(vec![id]).await;
                    expected += 1;
                }
                Push::QueueEmpty => {}
                other => panic!("not an envelope: {other:?}"),
            }
        }
        line.line.cut();
    }
    writing.await.unwrap();
    world.connect(&alice).await.queue_is_empty().await;
}
