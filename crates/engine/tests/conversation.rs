//! Alice and Bob talk: the way of a message through two engines and a relay.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use sotto_engine::Event;
use sotto_engine::error::{RetryError, SendError, TextError};
use sotto_engine::model::{ContactId, Delivery, DisplayName, MessageId, Notice, Settings, Verification};
use sotto_testkit::{TIMEOUT, Way, World, introduce};

#[tokio::test(flavor = "multi_thread")]
async fn bob_opens_alices_invite_and_they_talk_both_ways() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;

    bob.holds(&alice, Verification::Verified).await;
    alice.holds(&bob, Verification::NotVerified).await;
    bob.notices_that(&alice, Notice::MetByInvite).await;
    alice.notices_that(&bob, Notice::JoinedByInvite).await;

    let hello = alice.says(&bob, "Hello, Bob!").await;
    bob.hears(&alice, &["Hello, Bob!"]).await;
    alice.sees(&bob, hello.id, Delivery::Delivered).await;
    for line in ["Hello, Alice!", "How are you?"] {
        bob.says(&alice, line).await;
    }
    alice.hears(&bob, &["Hello, Alice!", "How are you?"]).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    bob.reads(&alice).await;
    alice.sees(&bob, hello.id, Delivery::Read).await;
    assert_eq!(alice.safety_number(&bob).await, bob.safety_number(&alice).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bob_missed_arrives_once_and_in_order_when_he_comes_back() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    bob.leave().await;
    let lines: Vec<String> = (0..150).map(|n| format!("line {n}")).collect();
    for line in &lines {
        alice.says(&bob, line).await;
    }
    alice.sees_all(&bob, Delivery::Sent).await;
    bob.come_back().await;
    bob.hears(&alice, &lines).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_that_is_pushed_twice_is_read_once() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    world.line().meddle(|way, message| match way {
        Way::FromMailbox => vec![message.clone(), message],
        _ => vec![message],
    });
    alice.says(&bob, "one").await;
    alice.says(&bob, "two").await;
    bob.hears(&alice, &["one", "two"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    assert!(!bob.notices(&alice).await.contains(&Notice::Undecryptable));
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_writes_without_a_network_and_bob_reads_it_when_there_is_one() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    world.line().cut();
    alice.is_offline().await;
    let early = alice.says(&bob, "Can you hear me?").await;
    assert_eq!(early.delivery, Some(Delivery::Queued));
    world.line().mend();
    alice.engine().reconnect();
    bob.engine().reconnect();
    alice.is_online().await;
    bob.hears(&alice, &["Can you hear me?"]).await;
    alice.sees(&bob, early.id, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_say_the_first_word_at_the_same_moment() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    // Each opens the other's invite before hearing of it: two first messages cross.
    let (of_alice, of_bob) = (alice.invites().await, bob.invites().await);
    world.line().cut_mailboxes();
    tokio::join!(alice.accepts(&of_bob), bob.accepts(&of_alice));
    tokio::join!(alice.says(&bob, "Hi Bob"), bob.says(&alice, "Hi Alice"));
    world.line().mend();
    for person in [&alice, &bob] {
        person.engine().reconnect();
    }
    alice.hears(&bob, &["Hi Alice"]).await;
    bob.hears(&alice, &["Hi Bob"]).await;
    alice.says(&bob, "again").await;
    bob.says(&alice, "again").await;
    alice.hears(&bob, &["Hi Alice", "again"]).await;
    bob.hears(&alice, &["Hi Bob", "again"]).await;
    alice.holds(&bob, Verification::Verified).await;
    bob.holds(&alice, Verification::Verified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_as_it_was_when_the_app_is_started_again() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    bob.says(&alice, "Remember this").await;
    alice.hears(&bob, &["Remember this"]).await;
    let chosen = Settings {
        read_receipts: false,
        ..Settings::default()
    };
    alice.engine().update_settings(chosen.clone()).await.unwrap();
    let before = alice.engine().conversations().await.unwrap();
    let account = alice.engine().account().await.unwrap();
    alice.leave().await;
    alice.come_back().await;
    assert_eq!(alice.engine().conversations().await.unwrap(), before);
    assert_eq!(alice.engine().account().await.unwrap(), account);
    assert_eq!(alice.engine().settings().await.unwrap(), chosen);
    alice.says(&bob, "I do").await;
    bob.hears(&alice, &["I do"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_is_not_told_what_alice_read_when_she_does_not_want_him_to_be() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    let quiet = Settings {
        read_receipts: false,
        ..Settings::default()
    };
    alice.engine().update_settings(quiet).await.unwrap();
    let secret = bob.says(&alice, "Did you read this?").await;
    alice.hears(&bob, &["Did you read this?"]).await;
    bob.sees(&alice, secret.id, Delivery::Delivered).await;
    alice.reads(&bob).await;
    alice.says(&bob, "No.").await;
    bob.hears(&alice, &["No."]).await;
    // What would have said so would have been sent before this answer.
    bob.sees(&alice, secret.id, Delivery::Delivered).await;
    assert_eq!(alice.conversation_with(&bob).await.unwrap().unread, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_sees_that_alice_writes_and_that_she_stops_when_her_text_arrives() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    // Both have a session by now, and both are there.
    bob.says(&alice, "Well?").await;
    alice.hears(&bob, &["Well?"]).await;
    let mut events = bob.engine().events();
    let conversation = alice.contact(&bob).await.id;
    alice.engine().set_typing(conversation, true).await.unwrap();
    let mut next_typing = async || loop {
        let event = tokio::time::timeout(TIMEOUT, events.recv())
            .await
            .unwrap()
            .unwrap();
        if let Event::Typing { typing, .. } = event {
            return typing;
        }
    };
    assert!(next_typing().await);
    alice.says(&bob, "Let me think").await;
    assert!(!next_typing().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_learns_what_alice_calls_herself_now_and_may_call_her_something_else() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    let mut events = bob.engine().events();
    let name = DisplayName::parse("Alice Liddell").unwrap();
    alice.engine().set_display_name(name).await.unwrap();
    loop {
        let event = tokio::time::timeout(TIMEOUT, events.recv())
            .await
            .unwrap()
            .unwrap();
        if matches!(event, Event::ConversationChanged(conversation) if conversation.contact.name == "Alice Liddell")
        {
            break;
        }
    }
    let contact = bob.contact(&alice).await.id;
    let sis = DisplayName::parse("Sis").unwrap();
    let renamed = bob.engine().rename(contact, Some(sis)).await.unwrap();
    assert_eq!(renamed.contact.name, "Sis");
    let given = bob.engine().rename(contact, None).await.unwrap();
    assert_eq!(given.contact.name, "Alice Liddell");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_refused_before_it_is_stored() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    let (engine, to_bob) = (alice.engine(), alice.contact(&bob).await.id);
    let send = async |to, text: String| engine.send_text(to, text).await.unwrap_err();
    assert_eq!(
        send(to_bob, " \n".to_owned()).await,
        SendError::Text(TextError::Empty)
    );
    assert_eq!(send(ContactId(99), "Hello".to_owned()).await, SendError::NotFound);
    let long = "x".repeat(sotto_engine::MAX_TEXT_BYTES + 1);
    assert!(matches!(
        send(to_bob, long).await,
        SendError::Text(TextError::TooLong { .. })
    ));
    assert_eq!(engine.retry(MessageId(9999)).await, Err(RetryError::NotFound));
    let longest = "x".repeat(sotto_engine::MAX_TEXT_BYTES);
    alice.says(&bob, &longest).await;
    bob.hears(&alice, &[longest]).await;
}

#[test]
fn whose_process_ends_amid_a_talk_leaves_no_thread_at_the_database() {
    for _ in 0..5 {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (world, alice, bob) = runtime.block_on(async {
            let world = World::new().await;
            let (alice, bob) = (world.alice().await, world.bob().await);
            introduce(&alice, &bob).await;
            for number in 0..20 {
                alice.says(&bob, &format!("line {number}")).await;
            }
            (world, alice, bob)
        });
        let folders = [alice.folder(), bob.folder()];
        drop((alice, bob));
        // Nobody was asked to stop. What still was on its way into a database is in it, and the database closed: the end of
        // the process frees what a thread that is left behind would go on using.
        drop(runtime);
        for folder in folders {
            let left: Vec<_> = std::fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.ends_with("-wal"))
                .collect();
            assert!(left.is_empty(), "{left:?}");
        }
        drop(world);
    }
}
