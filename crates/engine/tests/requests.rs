//! Message requests: who was found by their user name decides whether they want to be written to.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sotto_engine::error::{ConversationError, SendError, TellContactError};
use sotto_engine::model::{Delivery, DisplayName, Notice, Standing, Verification};
use sotto_testkit::{Person, Way, World, introduce};
use sotto_wire::Refusal;
use sotto_wire::open::{ClientFrame, RelayFrame, Request};

/// Bob has found Alice and written to her.
async fn bob_asks(world: &World, text: &str) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    alice.goes_by("alice").await;
    bob.finds("alice").await;
    bob.says(&alice, text).await;
    alice.hears(&bob, &[text]).await;
    (alice, bob)
}

/// Counts what is delivered to somebody from now on.
fn deliveries_to(world: &World, person: &Person) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (counted, account) = (Arc::clone(&count), person.address().account);
    world.line().meddle(move |way, message| {
        if way == Way::ToOpen
            && let Ok(ClientFrame::Request { request, .. }) = ClientFrame::decode(message.clone().into())
        {
            let to = match request {
                Request::Deliver(deliver) => Some(deliver.account),
                Request::FetchBundle(fetch) => Some(fetch.account),
                Request::LookUpUserName(_) => None,
            };
            if to == Some(account) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        }
        vec![message]
    });
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_reads_a_request_and_bob_hears_nothing_until_she_accepts_it() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    alice.goes_by("alice").await;
    bob.finds("alice").await;
    let to_bob = deliveries_to(&world, &bob);
    let said = bob.says(&alice, "May I?").await;
    alice.hears(&bob, &["May I?"]).await;
    let request = alice.conversation_with(&bob).await.unwrap();
    assert_eq!(request.contact.standing, Standing::Requested);
    assert_eq!(request.contact.verification, Verification::NotVerified);
    assert_eq!((request.contact.name.as_str(), request.unread), ("Bob", 1));
    assert_eq!(alice.engine().unread().await.unwrap(), 0, "no badge counts it");

    alice.reads(&bob).await;
    alice.engine().set_typing(request.contact.id, true).await.unwrap();
    let too_early = alice
        .engine()
        .send_text(request.contact.id, "Who is it?".into())
        .await;
    assert!(matches!(too_early, Err(SendError::NotAccepted)));
    alice.leave().await;
    alice.come_back().await;
    alice.is_online().await;
    alice.stands(&bob, Standing::Requested).await;
    bob.says(&alice, "It is important.").await;
    alice.hears(&bob, &["May I?", "It is important."]).await;
    bob.sees_all(&alice, Delivery::Sent).await;
    assert_eq!(to_bob.load(Ordering::Relaxed), 0, "no sign of life");

    alice.accepts_request_of(&bob).await;
    alice.stands(&bob, Standing::Accepted).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    bob.knows(&alice).await;
    alice.says(&bob, "Go on.").await;
    bob.hears(&alice, &["Go on."]).await;
    bob.says(&alice, "Thank you!").await;
    alice
        .hears(&bob, &["May I?", "It is important.", "Thank you!"])
        .await;
    alice.reads(&bob).await;
    let last = bob.messages(&alice).await;
    let last = last.iter().rfind(|message| message.outgoing).unwrap().id;
    bob.sees(&alice, last, Delivery::Read).await;
    assert_ne!(last, said.id);
    // What he was told opens her mailbox as a contact's token does, also when she has no user name any more.
    alice.engine().set_user_name(None).await.unwrap();
    bob.leave().await;
    bob.come_back().await;
    bob.says(&alice, "Still here?").await;
    bob.sees_all(&alice, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_request_leaves_nothing_to_read_and_an_invite_opens_the_door_all_the_same() {
    let world = World::new().await;
    let (alice, bob) = bob_asks(&world, "Buy my maps").await;
    let id = alice.contact(&bob).await.id;
    alice.engine().delete_request(id).await.unwrap();
    assert!(alice.conversation_with(&bob).await.is_none());
    let gone = alice.engine().accept_request(id).await;
    assert!(matches!(gone, Err(TellContactError::NotFound)));
    let texts: u32 = alice
        .database()
        .query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
        .unwrap();
    assert_eq!(texts, 0);
    // What he writes on is not shown.
    bob.says(&alice, "Did you see the maps?").await;
    bob.sees_all(&alice, Delivery::Sent).await;

    let link = alice.invites().await;
    bob.accepts(&link).await;
    alice.stands(&bob, Standing::Accepted).await;
    bob.says(&alice, "Hello!").await;
    alice.hears(&bob, &["Hello!"]).await;
    // Who is a contact cannot be deleted as a request.
    let id = alice.contact(&bob).await.id;
    let contact = alice.engine().delete_request(id).await;
    assert!(matches!(contact, Err(ConversationError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_for_each_other_needs_nobodys_leave() {
    let world = World::new().await;
    let (alice, bob) = bob_asks(&world, "Is it you?").await;
    bob.goes_by("bob").await;
    let found = alice.finds("bob").await;
    assert_eq!(found.contact.id, alice.contact(&bob).await.id);
    assert_eq!(found.contact.standing, Standing::Accepted);
    alice.says(&bob, "It is me.").await;
    bob.hears(&alice, &["It is me."]).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    bob.says(&alice, "Good.").await;
    alice.hears(&bob, &["Is it you?", "Good."]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_run_out_is_looked_up_again_and_nothing_is_lost() {
    let world = World::new().await;
    let (alice, bob) = bob_asks(&world, "first").await;
    // As if ten minutes had passed: the relay does not take the token once.
    let refused = Arc::new(AtomicBool::new(false));
    let once = Arc::clone(&refused);
    let looked_up = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&looked_up);
    world.line().meddle(move |way, message| {
        if way == Way::ToOpen
            && let Ok(ClientFrame::Request {
                request: Request::LookUpUserName(_),
                ..
            }) = ClientFrame::decode(message.clone().into())
        {
            counted.fetch_add(1, Ordering::Relaxed);
        }
        if way == Way::FromOpen
            && let Ok(RelayFrame::Answer { id, outcome: Ok(_) }) = RelayFrame::decode(message.clone().into())
            && !once.swap(true, Ordering::Relaxed)
        {
            let outcome = Err(Refusal::WrongDeliveryToken);
            return vec![RelayFrame::Answer { id, outcome }.encode().to_vec()];
        }
        vec![message]
    });
    bob.says(&alice, "second").await;
    alice.hears(&bob, &["first", "second"]).await;
    // She has it, and he was told that she has not: he looks her up, and says it once more under the same name.
    bob.sees_all(&alice, Delivery::Sent).await;
    assert!(refused.load(Ordering::Relaxed));
    assert_eq!(looked_up.load(Ordering::Relaxed), 1);
    assert_eq!(alice.heard(&bob).await, ["first", "second"]);
    // Who has given the name up is not found any more: the message fails rather than reach whoever has it now.
    alice.engine().set_user_name(None).await.unwrap();
    let carol = world.carol().await;
    carol.goes_by("alice").await;
    refused.store(false, Ordering::Relaxed);
    let third = bob.says(&alice, "third").await;
    bob.sees(&alice, third.id, Delivery::Failed).await;
    assert!(carol.conversation_with(&bob).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_requests_fills_nobodys_disk() {
    let world = World::new().await;
    let (alice, bob) = bob_asks(&world, "0").await;
    for number in 1..25 {
        bob.says(&alice, &number.to_string()).await;
    }
    bob.sees_all(&alice, Delivery::Sent).await;
    let first: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    alice.hears(&bob, &first).await;

    // Fifty wait already when Carol comes.
    alice
        .database()
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 49)
             INSERT INTO contacts (account, relay, created_at, requested)
             SELECT CAST(x'00000000000040008000' || randomblob(6) AS BLOB), 'relay.example', 0, 1 FROM n;",
        )
        .unwrap();
    let carol = world.carol().await;
    carol.finds("alice").await;
    carol.says(&alice, "And I?").await;
    carol.sees_all(&alice, Delivery::Sent).await;
    bob.says(&alice, "25").await;
    bob.sees_all(&alice, Delivery::Sent).await;
    // One more thing that comes after both.
    let dave = world.person("Dave").await;
    introduce(&alice, &dave).await;
    dave.says(&alice, "Hello!").await;
    alice.hears(&dave, &["Hello!"]).await;
    assert!(alice.conversation_with(&carol).await.is_none());
    assert_eq!(alice.heard(&bob).await.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_blocked_is_not_heard_and_waits_again_when_it_is_unblocked() {
    let world = World::new().await;
    let (alice, mallory) = (world.alice().await, world.person("Mallory").await);
    alice.goes_by("alice").await;
    mallory.finds("alice").await;
    mallory.says(&alice, "Listen!").await;
    alice.hears(&mallory, &["Listen!"]).await;
    alice.blocks(&mallory).await;
    alice.stands(&mallory, Standing::Blocked).await;
    mallory.says(&alice, "Listen to me!").await;
    mallory.sees_all(&alice, Delivery::Sent).await;
    alice.unblocks(&mallory).await;
    alice.stands(&mallory, Standing::Requested).await;
    mallory.says(&alice, "Please.").await;
    alice.hears(&mallory, &["Listen!", "Please."]).await;
    assert_eq!(mallory.notices(&alice).await, [Notice::FoundByUserName]);
    let seen: Vec<_> = mallory.messages(&alice).await;
    assert!(
        seen.iter()
            .all(|message| message.delivery < Some(Delivery::Delivered))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mallory_who_takes_bobs_name_is_not_taken_for_him() {
    let world = World::new().await;
    let (alice, bob, mallory) = (world.alice().await, world.bob().await, world.carol().await);
    introduce(&alice, &bob).await;
    bob.says(&alice, "Hello!").await;
    alice.hears(&bob, &["Hello!"]).await;
    alice.goes_by("alice").await;
    let in_cyrillic = DisplayName::parse("Воb ✓").unwrap();
    mallory.engine().set_display_name(in_cyrillic).await.unwrap();
    mallory.finds("alice").await;
    mallory.says(&alice, "It is me.").await;
    alice.hears(&mallory, &["It is me."]).await;

    let (hers, his) = (alice.contact(&mallory).await, alice.contact(&bob).await);
    assert_eq!(hers.name, "Воb ✓");
    assert_eq!(
        alice.engine().namesakes(his.id).await.unwrap(),
        [],
        "who only asks does not cast doubt on a contact"
    );
    assert_eq!(alice.engine().namesakes(hers.id).await.unwrap(), [his]);
}
