//! Alice and Bob reply, react, edit and delete: what one does, the other sees.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::time::Duration;

use sotto_engine::error::ChangeError;
use sotto_engine::model::{Delivery, Emoji, Lifetime, Message, MessageBody, MessageId, Notice, Quote};
use sotto_engine::{DELETION_WINDOW, EDIT_WINDOW, Event};
use sotto_testkit::{Look, Person, World, eventually, introduce};
use sotto_wire::DeliveryToken;
use sotto_wire::open::Deliver;

const HOUR: Duration = Duration::from_secs(3600);

async fn acquainted(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    (alice, bob)
}

/// Waits until the last message that `person` has with `other` is as it should be.
async fn sees_last(person: &Person, other: &Person, what: &str, is_it: impl Fn(&Message) -> bool) -> Message {
    eventually(format_args!("{} sees {what}", person.name()), async || {
        let last = person.messages(other).await.pop().unwrap();
        Look::when(is_it(&last), last.clone(), format_args!("{last:?}"))
    })
    .await
}

async fn hears_last(person: &Person, other: &Person, text: &str) -> Message {
    let text = MessageBody::Text(text.to_owned());
    sees_last(person, other, "the text", |message| message.body == text).await
}

fn emoji(emoji: &str) -> Option<Emoji> {
    Some(Emoji::parse(emoji).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_replies_to_what_alice_said_and_both_see_what_he_replies_to() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let asked = alice.says(&bob, "At six or at seven?").await;
    let heard = hears_last(&bob, &alice, "At six or at seven?").await;
    let to_alice = bob.contact(&alice).await.id;
    let bobs = bob.engine();
    let reply = bobs.reply(to_alice, "The first".to_owned(), Some(heard.id));
    let reply = reply.await.unwrap();
    let quoted = |message, outgoing, text: &str| {
        Some(Quote::Found {
            message,
            outgoing,
            text: text.to_owned(),
        })
    };
    assert_eq!(reply.quote, quoted(heard.id, false, "At six or at seven?"));
    let read = hears_last(&alice, &bob, "The first").await;
    assert_eq!(read.quote, quoted(asked.id, true, "At six or at seven?"));
    // It is quoted as it is now.
    alice
        .engine()
        .edit(asked.id, "At five or at six?".to_owned())
        .await
        .unwrap();
    sees_last(&bob, &alice, "the new quote", |message| {
        message.quote == quoted(heard.id, false, "At five or at six?")
    })
    .await;
    alice.engine().delete_for_everyone(asked.id).await.unwrap();
    sees_last(&bob, &alice, "no quote", |message| {
        message.quote == Some(Quote::Missing)
    })
    .await;
    // What is not of this conversation cannot be replied to in it.
    let bobs = bob.engine();
    let plain = bobs.reply(to_alice, "Hm".to_owned(), Some(MessageId(9999)));
    assert_eq!(plain.await.unwrap().quote, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_reacts_and_thinks_again() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    alice.says(&bob, "I bought a boat").await;
    let heard = hears_last(&bob, &alice, "I bought a boat").await;
    for with in [emoji("😮"), emoji("⛵"), None, emoji("❤️")] {
        let own = bob.engine().react(heard.id, with.clone()).await.unwrap();
        let is_shown = |message: &Message, mine| {
            let shown = message.reactions.first();
            shown.map(|shown| (&shown.emoji, shown.mine)) == with.as_ref().map(|emoji| (emoji, mine))
        };
        assert!(is_shown(&own, true));
        sees_last(&alice, &bob, "the reaction", |message| is_shown(message, false)).await;
    }
    let nothing = bob.engine().react(MessageId(9999), emoji("👍")).await;
    assert_eq!(nothing, Err(ChangeError::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_edits_what_she_wrote_for_a_day_and_nobody_elses() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let said = alice.says(&bob, "see you on firday").await;
    let heard = hears_last(&bob, &alice, "see you on firday").await;
    let edited = alice
        .engine()
        .edit(said.id, "See you on Friday".to_owned())
        .await
        .unwrap();
    assert!(edited.edited_at.is_some());
    let seen = hears_last(&bob, &alice, "See you on Friday").await;
    assert_eq!((seen.id, seen.edited_at.is_some()), (heard.id, true));
    let before = bob.engine().earlier_texts(heard.id).await.unwrap();
    assert_eq!(before[0].text, "see you on firday");
    assert_eq!(
        bob.engine()
            .search("firday".to_owned(), None, None, 9)
            .await
            .unwrap()
            .hits
            .len(),
        0
    );
    assert_eq!(
        bob.engine()
            .search("friday".to_owned(), None, None, 9)
            .await
            .unwrap()
            .hits
            .len(),
        1
    );

    let not_his = bob.engine().edit(heard.id, "See you never".to_owned()).await;
    assert_eq!(not_his, Err(ChangeError::NotYours));
    let empty = alice.engine().edit(said.id, " ".to_owned()).await;
    assert!(matches!(empty, Err(ChangeError::Text(_))));
    world.clock().advance(EDIT_WINDOW + HOUR);
    let late = alice.engine().edit(said.id, "See you on Sunday".to_owned()).await;
    assert_eq!(late, Err(ChangeError::TooLate));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alice_deletes_is_deleted_at_bobs_as_well() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let said = alice.says(&bob, "the secret word").await;
    let heard = hears_last(&bob, &alice, "the secret word").await;
    let not_his = bob.engine().delete_for_everyone(heard.id).await;
    assert_eq!(not_his, Err(ChangeError::NotYours));
    alice.engine().delete_for_everyone(said.id).await.unwrap();
    for (person, other) in [(&alice, &bob), (&bob, &alice)] {
        sees_last(person, other, "it deleted", |message| {
            message.body == MessageBody::Deleted
        })
        .await;
        let found = person
            .engine()
            .search("secret".to_owned(), None, None, 9)
            .await
            .unwrap();
        assert!(found.hits.is_empty());
    }
    let old = alice.says(&bob, "an old word").await;
    world.clock().advance(DELETION_WINDOW + HOUR);
    let late = alice.engine().delete_for_everyone(old.id).await;
    assert_eq!(late, Err(ChangeError::TooLate));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_left_is_deleted_without_a_trace() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    alice.says(&bob, "one").await;
    bob.hears(&alice, &["one"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    alice.sets_the_timer(&bob, None).await;
    world.line().cut();
    alice.is_offline().await;
    // The lane encrypts the first at once, and has it in its hands.
    alice.says(&bob, "two").await;
    alice.leave().await;
    alice.come_back().await;
    let said = alice.messages(&bob).await.pop().unwrap();
    alice.engine().delete_for_everyone(said.id).await.unwrap();
    world.line().mend();
    alice.engine().reconnect();
    bob.engine().reconnect();
    alice.says(&bob, "three").await;
    bob.hears(&alice, &["one", "three"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_waits_for_a_connection_is_seen_to_wait() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let said = alice.says(&bob, "See you on Friday").await;
    hears_last(&bob, &alice, "See you on Friday").await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    world.line().cut();
    alice.is_offline().await;

    let engine = alice.engine();
    let mut events = engine.events();
    let edited = engine.edit(said.id, "See you on Saturday".to_owned());
    assert_eq!(edited.await.unwrap().delivery, Some(Delivery::Queued));
    let bobs = alice.contact(&bob).await.id;
    let conversation = engine.conversation(bobs).await.unwrap().unwrap();
    let preview = conversation.last_message;
    assert_eq!(preview.unwrap().delivery, Some(Delivery::Queued));

    world.line().mend();
    engine.reconnect();
    bob.engine().reconnect();
    hears_last(&bob, &alice, "See you on Saturday").await;
    loop {
        match events.recv().await.unwrap() {
            Event::MessageChanged(message) if message.delivery == Some(Delivery::Delivered) => break,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_waits_for_a_connection_is_seen_to_wait() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let said = alice.says(&bob, "the secret word").await;
    hears_last(&bob, &alice, "the secret word").await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    world.line().cut();
    alice.is_offline().await;

    alice.engine().delete_for_everyone(said.id).await.unwrap();
    let waits = |message: &Message| {
        message.body == MessageBody::Deleted && message.delivery == Some(Delivery::Queued)
    };
    sees_last(&alice, &bob, "that it waits", waits).await;
    // It goes out after a restart as well.
    alice.leave().await;
    alice.come_back().await;
    sees_last(&alice, &bob, "that it waits still", waits).await;

    world.line().mend();
    alice.engine().reconnect();
    bob.engine().reconnect();
    sees_last(&bob, &alice, "its place", |message| {
        message.body == MessageBody::Deleted
    })
    .await;
    sees_last(&alice, &bob, "that it has gone out", |message| {
        message.delivery.is_none()
    })
    .await;
}

/// From now on, the relay takes nothing that anybody has for anybody.
fn every_mailbox_is_shut(world: &World) {
    world.line().change_deliveries(|deliver| {
        Some(Deliver {
            delivery_token: DeliveryToken::from([0; 16]),
            ..deliver
        })
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_sent_and_was_deleted_is_not_to_be_tried_again() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    every_mailbox_is_shut(&world);
    let said = alice.says(&bob, "the secret word").await;
    alice.sees(&bob, said.id, Delivery::Failed).await;
    alice.engine().delete_for_everyone(said.id).await.unwrap();
    alice.notices_that(&bob, Notice::DeletionUndelivered).await;
    let place = alice
        .messages(&bob)
        .await
        .into_iter()
        .find(|message| message.id == said.id);
    assert_eq!(place.unwrap().delivery, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_is_told_that_bob_will_not_hear_of_her_edit_and_her_deletion() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let edited = alice.says(&bob, "See you on Friday").await;
    let deleted = alice.says(&bob, "the secret word").await;
    bob.hears(&alice, &["See you on Friday", "the secret word"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    every_mailbox_is_shut(&world);

    let engine = alice.engine();
    engine
        .edit(edited.id, "See you on Saturday".to_owned())
        .await
        .unwrap();
    alice.notices_that(&bob, Notice::EditUndelivered).await;
    engine.delete_for_everyone(deleted.id).await.unwrap();
    alice.notices_that(&bob, Notice::DeletionUndelivered).await;
    assert_eq!(bob.heard(&alice).await, ["See you on Friday", "the secret word"]);

    // A text that failed is not there to be edited: it goes with its new words, if she tries again.
    let notices = alice.notices(&bob).await;
    let failed = alice.says(&bob, "At six").await;
    alice.sees(&bob, failed.id, Delivery::Failed).await;
    engine.edit(failed.id, "At seven".to_owned()).await.unwrap();
    has_nothing_to_send(&alice).await;
    assert_eq!(alice.notices(&bob).await, notices);
    world.line().leave_alone();
    engine.retry(failed.id).await.unwrap();
    bob.hears(&alice, &["See you on Friday", "the secret word", "At seven"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_blocks_bob_before_he_can_hear_that_she_deleted_something_and_is_told() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let said = alice.says(&bob, "the secret word").await;
    bob.hears(&alice, &["the secret word"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    world.line().cut();
    alice.is_offline().await;
    alice.engine().delete_for_everyone(said.id).await.unwrap();
    alice.blocks(&bob).await;
    alice.notices_that(&bob, Notice::DeletionUndelivered).await;
}

async fn has_nothing_to_send(person: &Person) {
    eventually(
        format_args!("{} has nothing to send", person.name()),
        async || {
            let sql = "SELECT count(*) FROM outbox";
            let waiting: u32 = person.database().query_row(sql, [], |row| row.get(0)).unwrap();
            Look::when(waiting == 0, (), format_args!("{waiting} wait"))
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_made_without_a_network_arrive_in_order_after_a_restart() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    bob.leave().await;
    let said = alice.says(&bob, "one").await;
    for text in ["two", "three"] {
        alice.engine().edit(said.id, text.to_owned()).await.unwrap();
    }
    alice.engine().react(said.id, emoji("🎉")).await.unwrap();
    alice.leave().await;
    alice.come_back().await;
    bob.come_back().await;
    let seen = hears_last(&bob, &alice, "three").await;
    sees_last(&bob, &alice, "her reaction", |message| {
        message.reactions.len() == 1
    })
    .await;
    assert_eq!(bob.engine().earlier_texts(seen.id).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_disappears_from_its_readers_reading_and_its_authors_sending_on() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let hour = Lifetime::of(3600);
    alice.sets_the_timer(&bob, hour).await;
    let set = sees_last(&bob, &alice, "the timer", |message| {
        message.body == MessageBody::TimerSet(hour)
    })
    .await;
    assert!(!set.outgoing);
    assert_eq!(bob.conversation_with(&alice).await.unwrap().lifetime, hour);

    let said = alice.says(&bob, "burn this").await;
    bob.hears(&alice, &["burn this"]).await;
    alice.sees(&bob, said.id, Delivery::Delivered).await;
    let mut events = alice.engine().events();
    world.clock().advance(HOUR + Duration::from_secs(60));
    eventually("it is gone at Alice's", async || {
        let said = alice.said(&bob).await;
        Look::when(said.is_empty(), (), format_args!("{said:?}"))
    })
    .await;
    loop {
        if let Event::MessageRemoved { id, .. } = events.recv().await.unwrap() {
            assert_eq!(id, said.id);
            break;
        }
    }
    // Bob has not read it, and so has it still.
    assert_eq!(bob.heard(&alice).await, ["burn this"]);
    bob.reads(&alice).await;
    bob.leave().await;
    world.clock().advance(HOUR + Duration::from_secs(60));
    bob.come_back().await;
    eventually("it is gone at Bob's", async || {
        let heard = bob.heard(&alice).await;
        Look::when(heard.is_empty(), (), format_args!("{heard:?}"))
    })
    .await;
    let found = bob
        .engine()
        .search("burn".to_owned(), None, None, 9)
        .await
        .unwrap();
    assert!(found.hits.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn alices_notes_to_herself_go_nowhere_and_are_there_after_a_restart() {
    let world = World::new().await;
    let alice = world.alice().await;
    let notes = alice.engine().note_to_self().await.unwrap();
    assert!(notes.contact.is_self);
    let id = notes.contact.id;
    let note = alice.engine().send_text(id, "buy milk".to_owned()).await.unwrap();
    assert_eq!(note.delivery, Some(Delivery::Read));
    alice.engine().react(note.id, emoji("🥛")).await.unwrap();
    alice
        .engine()
        .edit(note.id, "buy bread".to_owned())
        .await
        .unwrap();
    alice
        .engine()
        .set_display_name(sotto_engine::model::DisplayName::parse("Al").unwrap())
        .await
        .unwrap();
    alice.engine().keep_draft(id, "and".to_owned()).await.unwrap();
    alice.leave().await;
    alice.come_back().await;
    let notes = alice.engine().note_to_self().await.unwrap();
    assert_eq!((notes.contact.id, notes.draft.as_deref()), (id, Some("and")));
    let page = alice.engine().messages(id, None, 9).await.unwrap();
    assert_eq!(page.messages[0].body, MessageBody::Text("buy bread".to_owned()));
    alice.engine().delete_for_everyone(note.id).await.unwrap();
    assert!(
        alice
            .engine()
            .messages(id, None, 9)
            .await
            .unwrap()
            .messages
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_kept_until_it_is_sent_and_a_conversation_is_muted_until_its_time() {
    let world = World::new().await;
    let (alice, bob) = acquainted(&world).await;
    let to_bob = alice.contact(&bob).await.id;
    alice
        .engine()
        .keep_draft(to_bob, "Dear B".to_owned())
        .await
        .unwrap();
    alice.leave().await;
    alice.come_back().await;
    let draft = async || alice.conversation_with(&bob).await.unwrap().draft;
    assert_eq!(draft().await.as_deref(), Some("Dear B"));
    alice.says(&bob, "Dear Bob").await;
    assert_eq!(draft().await, None);
    alice.engine().keep_draft(to_bob, " ".to_owned()).await.unwrap();
    assert_eq!(draft().await, None);

    let until = alice
        .conversation_with(&bob)
        .await
        .unwrap()
        .last_activity
        .after(HOUR);
    alice.engine().mute(to_bob, Some(until)).await.unwrap();
    assert!(alice.engine().is_muted(to_bob).await.unwrap());
    bob.says(&alice, "Are you there?").await;
    alice.hears(&bob, &["Are you there?"]).await;
    assert_eq!(
        alice.engine().unread().await.unwrap(),
        0,
        "no badge counts what is muted"
    );
    world.clock().advance(2 * HOUR);
    assert!(!alice.engine().is_muted(to_bob).await.unwrap());
    assert_eq!(alice.engine().unread().await.unwrap(), 1);
}
