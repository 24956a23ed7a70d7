//! Two people talk: everything between them is real but the distance.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a story may stop at the first surprise

use std::time::Duration;

use sotto_engine::Event;
use sotto_engine::model::{Delivery, DisplayName, Notice, Verification};
use sotto_testkit::{Person, TIMEOUT, World, introduce};

async fn alice_and_bob(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    (alice, bob)
}

fn numbered(word: &str, numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("{word} {number}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_opens_alices_invite_and_they_talk() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;

    alice.says(&bob, "Hello, Bob!").await;
    bob.hears(&alice, &["Hello, Bob!"]).await;
    bob.says(&alice, "Hello, Alice!").await;
    alice.hears(&bob, &["Hello, Alice!"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_the_invite_has_verified_alice_and_not_bob() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;

    bob.holds(&alice, Verification::Verified).await;
    alice.holds(&bob, Verification::NotVerified).await;
    bob.notices_that(&alice, Notice::MetByInvite).await;
    alice.notices_that(&bob, Notice::JoinedByInvite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_see_the_same_safety_number_and_alice_marks_bob_verified() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;

    let number = alice.safety_number(&bob).await;
    assert_eq!(number, bob.safety_number(&alice).await);
    assert_eq!(number.len(), 12);
    assert!(
        number
            .iter()
            .all(|block| block.len() == 5 && block.bytes().all(|byte| byte.is_ascii_digit()))
    );

    let bobs_id = alice.contact(&bob).await.id;
    let shown = alice.engine().safety_number(bobs_id).await.unwrap().fingerprint;
    alice.engine().set_verified(bobs_id, shown, true).await.unwrap();
    alice.holds(&bob, Verification::Verified).await;
    alice.engine().set_verified(bobs_id, shown, false).await.unwrap();
    alice.holds(&bob, Verification::NotVerified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_messages_each_way_arrive_once_and_in_order() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;

    for number in 0..10 {
        alice.says(&bob, &format!("ping {number}")).await;
        bob.hears(&alice, &numbered("ping", 0..number + 1)).await;
        bob.says(&alice, &format!("pong {number}")).await;
        alice.hears(&bob, &numbered("pong", 0..number + 1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_talk_at_once_and_nothing_is_lost() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;

    let (ours, theirs) = (numbered("ping", 0..50), numbered("pong", 0..50));
    let alice_talks = async {
        for text in &ours {
            alice.says(&bob, text).await;
        }
    };
    let bob_talks = async {
        for text in &theirs {
            bob.says(&alice, text).await;
        }
    };
    tokio::join!(alice_talks, bob_talks);
    bob.hears(&alice, &ours).await;
    alice.hears(&bob, &theirs).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alice_writes_while_bob_is_away_waits_for_him() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    bob.leave().await;

    let said = numbered("while you were away", 0..30);
    for text in &said {
        alice.says(&bob, text).await;
    }
    alice.sees_all(&bob, Delivery::Sent).await;
    alice.leave().await;

    bob.come_back().await;
    bob.hears(&alice, &said).await;
    alice.come_back().await;
    alice.sees_all(&bob, Delivery::Delivered).await;

    // One more, to see that nothing comes a second time.
    bob.leave().await;
    bob.come_back().await;
    alice.says(&bob, "the end").await;
    bob.hears(&alice, &[said, vec!["the end".to_owned()]].concat())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alice_writes_while_she_is_cut_off_is_sent_when_the_line_is_back() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    world.line().cut();
    alice.is_offline().await;

    let said = numbered("cut off", 0..5);
    for text in &said {
        let message = alice.says(&bob, text).await;
        assert_eq!(message.delivery, Some(Delivery::Queued));
    }
    world.line().mend();
    alice.engine().reconnect();
    bob.engine().reconnect();
    bob.hears(&alice, &said).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alice_wrote_before_she_quit_is_sent_when_she_is_back() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    world.line().cut();
    let said = numbered("before the end", 0..5);
    for text in &said {
        alice.says(&bob, text).await;
    }
    alice.leave().await;
    world.line().mend();
    bob.engine().reconnect();
    alice.come_back().await;
    bob.hears(&alice, &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_restarts_in_the_middle_of_a_sentence() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;

    let said = numbered("word", 0..30);
    for (number, text) in said.iter().enumerate() {
        alice.says(&bob, text).await;
        if number % 10 == 5 {
            world.restart_relay().await;
        }
    }
    bob.hears(&alice, &said).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_line_slows_and_breaks_nothing() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    world.line().slow_down(Duration::from_millis(80));
    let said = numbered("slow", 0..20);
    for text in &said {
        alice.says(&bob, text).await;
    }
    bob.hears(&alice, &said).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_sees_how_far_her_message_has_come() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    bob.leave().await;

    let message = alice.says(&bob, "Are you there?").await;
    assert_eq!(message.delivery, Some(Delivery::Queued));
    alice.sees(&bob, message.id, Delivery::Sent).await;
    bob.come_back().await;
    alice.sees(&bob, message.id, Delivery::Delivered).await;
    bob.hears(&alice, &["Are you there?"]).await;
    bob.reads(&alice).await;
    alice.sees(&bob, message.id, Delivery::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_no_read_receipts_does_not_say_what_they_read() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let mut settings = bob.engine().settings().await.unwrap();
    settings.read_receipts = false;
    bob.engine().update_settings(settings).await.unwrap();

    let message = alice.says(&bob, "Are you there?").await;
    bob.hears(&alice, &["Are you there?"]).await;
    bob.reads(&alice).await;
    assert_eq!(bob.conversation_with(&alice).await.unwrap().unread, 0);
    // What Bob says next would come after a receipt.
    bob.says(&alice, "Perhaps.").await;
    alice.hears(&bob, &["Perhaps."]).await;
    alice.sees(&bob, message.id, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_are_counted_until_they_are_read() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let said = numbered("unread", 0..3);
    for text in &said {
        alice.says(&bob, text).await;
    }
    bob.hears(&alice, &said).await;
    assert_eq!(bob.conversation_with(&alice).await.unwrap().unread, 3);
    bob.reads(&alice).await;
    assert_eq!(bob.conversation_with(&alice).await.unwrap().unread, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_sees_that_alice_is_writing() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let mut events = bob.engine().events();
    let bobs_id = alice.contact(&bob).await.id;
    alice.engine().set_typing(bobs_id, true).await.unwrap();

    let alices_id = bob.contact(&alice).await.id;
    let seen = async {
        loop {
            if events.recv().await.unwrap()
                == (Event::Typing {
                    conversation: alices_id,
                    typing: true,
                })
            {
                return;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, seen)
        .await
        .expect("Bob does not see that Alice is writing");
    assert!(bob.heard(&alice).await.is_empty(), "writing is not yet saying");
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_changes_her_name_and_bob_is_told() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    alice
        .engine()
        .set_display_name(DisplayName::parse("Alice Liddell").unwrap())
        .await
        .unwrap();
    alice.says(&bob, "I have a new name.").await;
    bob.hears(&alice, &["I have a new name."]).await;
    assert_eq!(bob.contact(&alice).await.name, "Alice Liddell");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_talk_and_nobody_hears_what_is_not_for_them() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let carol = world.carol().await;
    introduce(&bob, &carol).await;
    introduce(&carol, &alice).await;

    alice.says(&bob, "for Bob").await;
    alice.says(&carol, "for Carol").await;
    carol.says(&bob, "from Carol").await;
    bob.hears(&alice, &["for Bob"]).await;
    bob.hears(&carol, &["from Carol"]).await;
    carol.hears(&alice, &["for Carol"]).await;
    assert!(alice.heard(&bob).await.is_empty() && alice.heard(&carol).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sort_of_text_arrives_as_it_was_written() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let texts = [
        "a",
        "two\nlines",
        "שלום \u{1F44B}\u{1F3FD} e\u{301}",
        &"long ".repeat(3_000),
        "'); DROP TABLE messages; --",
    ];
    for text in texts {
        alice.says(&bob, text).await;
    }
    bob.hears(&alice, &texts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_days_away_they_still_talk_and_carol_can_still_join() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    // Long enough for signed prekeys to be rotated.
    world.clock().advance(Duration::from_secs(3 * 86_400));
    alice.says(&bob, "Good morning!").await;
    bob.hears(&alice, &["Good morning!"]).await;
    let carol = world.carol().await;
    introduce(&alice, &carol).await;
    carol.says(&alice, "Good morning!").await;
    alice.hears(&carol, &["Good morning!"]).await;
}
