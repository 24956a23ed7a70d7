//! Blocking: who is blocked is not heard, reaches nobody, and is told nothing; everybody else notices nothing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sotto_engine::error::{RetryError, SendError};
use sotto_engine::model::{Delivery, MessageBody, Standing};
use sotto_testkit::{Look, Person, Way, World, eventually, introduce};
use sotto_wire::AccountId;
use sotto_wire::open::{ClientFrame, Request};

/// Longer than a token that was replaced is good for.
const OVERLAP: Duration = Duration::from_secs(8 * 86_400);

/// Alice, who knows Bob and Mallory; all have nothing left to send.
async fn three(world: &World) -> (Person, Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    let mallory = world.person("Mallory").await;
    for friend in [&bob, &mallory] {
        introduce(&alice, friend).await;
        friend.says(&alice, HELLO).await;
        alice.hears(friend, &[HELLO]).await;
        alice.says(friend, HELLO).await;
        friend.hears(&alice, &[HELLO]).await;
        friend.sees_all(&alice, Delivery::Delivered).await;
        alice.sees_all(friend, Delivery::Delivered).await;
    }
    (alice, bob, mallory)
}

const HELLO: &str = "Hello!";

/// What was delivered since, to whom and by which token.
type Delivered = Arc<Mutex<Vec<(AccountId, Vec<u8>)>>>;

fn watch(world: &World) -> Delivered {
    let delivered = Delivered::default();
    let seen = Arc::clone(&delivered);
    world.line().meddle(move |way, message| {
        if way == Way::ToOpen
            && let Ok(ClientFrame::Request {
                request: Request::Deliver(deliver),
                ..
            }) = ClientFrame::decode(message.clone().into())
        {
            let token = deliver.delivery_token.as_bytes().to_vec();
            seen.lock().unwrap().push((deliver.account, token));
        }
        vec![message]
    });
    delivered
}

fn tokens_to(delivered: &Delivered, person: &Person) -> BTreeSet<Vec<u8>> {
    let account = person.address().account;
    let delivered = delivered.lock().unwrap();
    let these = delivered.iter().filter(|(to, _)| *to == account);
    these.map(|(_, token)| token.clone()).collect()
}

/// Everybody else goes on talking to Alice, and she heard of Mallory only what she had heard.
async fn all_is_well(alice: &Person, bob: &Person, mallory: &Person, bobs: &[&str]) {
    bob.says(alice, "the end").await;
    alice.hears(bob, &[bobs, &["the end"]].concat()).await;
    bob.sees_all(alice, Delivery::Delivered).await;
    alice.says(bob, "yes").await;
    alice.sees_all(bob, Delivery::Delivered).await;
    assert_eq!(alice.heard(mallory).await, [HELLO]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mallory_is_not_heard_any_more_is_told_nothing_and_bob_does_not_notice() {
    let world = World::new().await;
    let (alice, bob, mallory) = three(&world).await;
    let delivered = watch(&world);
    bob.says(&alice, "one").await;
    alice.hears(&bob, &[HELLO, "one"]).await;
    let before = tokens_to(&delivered, &alice);

    alice.blocks(&mallory).await;
    alice.stands(&mallory, Standing::Blocked).await;
    delivered.lock().unwrap().clear();
    mallory.says(&alice, "Why?").await;
    mallory.sees_all(&alice, Delivery::Sent).await;
    assert_eq!(
        tokens_to(&delivered, &alice),
        before,
        "it was taken by the old token"
    );
    eventually("Bob has the new token", async || {
        bob.says(&alice, "two").await;
        let tokens = tokens_to(&delivered, &alice);
        Look::when(tokens.len() == 2, (), format_args!("{} tokens", tokens.len()))
    })
    .await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    assert_eq!(
        tokens_to(&delivered, &mallory),
        BTreeSet::new(),
        "no sign of life"
    );
    assert_eq!(alice.heard(&mallory).await, [HELLO]);
    let unread = alice.engine().unread().await.unwrap() as usize;
    assert_eq!(
        unread,
        alice.heard(&bob).await.len(),
        "his hello does not count any more"
    );

    // She does not write to him by mistake either.
    let id = alice.contact(&mallory).await.id;
    let refused = alice.engine().send_text(id, "Because.".into()).await;
    assert!(matches!(refused, Err(SendError::Blocked)));
    alice.leave().await;
    alice.come_back().await;
    alice.stands(&mallory, Standing::Blocked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_bob_passes_on_opens_the_mailbox_and_mallory_is_not_heard_all_the_same() {
    let world = World::new().await;
    let (alice, bob, mallory) = three(&world).await;
    let delivered = watch(&world);
    alice.blocks(&mallory).await;
    eventually("Bob has the new token", async || {
        bob.says(&alice, "one").await;
        let tokens = tokens_to(&delivered, &alice);
        Look::when(tokens.len() == 2, (), format_args!("{} tokens", tokens.len()))
    })
    .await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    for friend in [&bob, &mallory] {
        friend.leave().await;
    }
    let account = alice.address().account;
    let token: Vec<u8> = bob
        .database()
        .query_row(
            "SELECT delivery_token FROM contacts WHERE account = ?",
            [account.as_bytes()],
            |row| row.get(0),
        )
        .unwrap();
    let given = "UPDATE contacts SET delivery_token = ?1 WHERE account = ?2";
    let changed = mallory.database().execute(given, (&token, account.as_bytes()));
    assert_eq!(changed, Ok(1));
    for friend in [&bob, &mallory] {
        friend.come_back().await;
    }
    delivered.lock().unwrap().clear();
    mallory.says(&alice, "Bob has let me in.").await;
    mallory.sees_all(&alice, Delivery::Sent).await;
    assert_eq!(tokens_to(&delivered, &alice), BTreeSet::from([token]));
    let heard = alice.heard(&bob).await;
    let heard: Vec<&str> = heard.iter().map(String::as_str).collect();
    all_is_well(&alice, &bob, &mallory, &heard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_overlap_the_mailbox_does_not_open_for_mallory_and_bob_who_was_away_loses_nothing() {
    let world = World::new().await;
    let (alice, bob, mallory) = three(&world).await;
    // Bob writes without a connection, and is gone for longer than the old token is good.
    world.line().cut();
    bob.is_offline().await;
    bob.says(&alice, "written on the train").await;
    bob.leave().await;
    world.line().mend();
    alice.is_online().await;
    alice.blocks(&mallory).await;
    has_told_the_new_token(&alice).await;
    alice.sees_all(&bob, Delivery::Sent).await;
    world.clock().advance(OVERLAP);
    // The relay hears which tokens are good with whatever changes next: once an invite opens the mailbox, it has.
    let (carol, link) = (world.carol().await, alice.invites().await);
    eventually("the relay knows the invite", async || {
        let accepted = carol.engine().accept_invite(&link).await;
        Look::when(accepted.is_ok(), (), format_args!("{:?}", accepted.err()))
    })
    .await;
    alice.knows(&carol).await;

    let delivered = watch(&world);
    let last = mallory.says(&alice, "Still there?").await;
    eventually("Mallory has tried", async || {
        Look::when(!tokens_to(&delivered, &alice).is_empty(), (), "not yet")
    })
    .await;
    bob.come_back().await;
    alice.hears(&bob, &[HELLO, "written on the train"]).await;
    all_is_well(&alice, &bob, &mallory, &[HELLO, "written on the train"]).await;
    mallory.sees(&alice, last.id, Delivery::Queued).await;

    // She forgives him: he is told how she is reached, and what he wrote arrives.
    alice.unblocks(&mallory).await;
    alice.hears(&mallory, &[HELLO, "Still there?"]).await;
    mallory.sees_all(&alice, Delivery::Delivered).await;
    alice.says(&mallory, "Yes.").await;
    mallory.hears(&alice, &[HELLO, "Yes."]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_blocks_without_a_connection_and_what_was_on_its_way_to_mallory_stays() {
    let world = World::new().await;
    let (alice, bob, mallory) = three(&world).await;
    world.line().cut();
    alice.is_offline().await;
    let unsent = alice.says(&mallory, "I only wanted to say").await;
    alice.blocks(&mallory).await;
    alice.sees(&mallory, unsent.id, Delivery::Failed).await;
    let retried = alice.engine().retry(unsent.id).await;
    assert!(matches!(retried, Err(RetryError::Blocked)));
    mallory.says(&alice, "Answer me!").await;
    alice.leave().await;
    world.line().mend();
    alice.come_back().await;
    alice.is_online().await;
    mallory.sees_all(&alice, Delivery::Sent).await;
    all_is_well(&alice, &bob, &mallory, &[HELLO]).await;
    assert_eq!(mallory.heard(&alice).await, [HELLO]);
}

/// Waits until the relay knows the token of somebody who blocked, from when on the one before is good for a while only.
async fn has_told_the_new_token(person: &Person) {
    eventually("the relay has the new token", async || {
        let sql = "SELECT next_token IS NULL FROM reach";
        let told: bool = person.database().query_row(sql, [], |row| row.get(0)).unwrap();
        Look::when(told, (), "not yet")
    })
    .await;
}

/// Waits until `one` has heard by which token `other` is reached since they blocked somebody.
async fn knows_the_new_token(one: &Person, other: &Person) {
    eventually("the new token has come", async || {
        let sql = "SELECT delivery_token, next_token IS NULL FROM reach";
        let (token, replaced): (Vec<u8>, bool) = other
            .database()
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let sql = "SELECT delivery_token FROM contacts WHERE account = ?";
        let account = other.address().account;
        let known: Vec<u8> = one
            .database()
            .query_row(sql, [account.as_bytes()], |row| row.get(0))
            .unwrap();
        Look::when(replaced && known == token, (), "not yet")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_block_mallory_at_once_do_not_lose_each_other() {
    let world = World::new().await;
    let (alice, bob, mallory) = three(&world).await;
    introduce(&bob, &mallory).await;
    world.line().cut();
    alice.is_offline().await;
    bob.is_offline().await;
    alice.blocks(&mallory).await;
    bob.blocks(&mallory).await;
    bob.says(&alice, "Did you too?").await;
    alice.says(&bob, "I had to.").await;
    world.line().mend();
    alice.is_online().await;
    bob.is_online().await;
    alice.hears(&bob, &[HELLO, "Did you too?"]).await;
    bob.hears(&alice, &[HELLO, "I had to."]).await;
    knows_the_new_token(&alice, &bob).await;
    knows_the_new_token(&bob, &alice).await;
    world.clock().advance(OVERLAP);
    alice.invites().await;
    bob.invites().await;
    all_is_well(&alice, &bob, &mallory, &[HELLO, "Did you too?"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mallory_sends_is_asked_for_again_by_nobody_and_shown_to_nobody_when_he_is_unblocked() {
    let world = World::new().await;
    let (alice, bob, mallory) = three(&world).await;
    alice.blocks(&mallory).await;
    for number in 0..10 {
        mallory.says(&alice, &format!("insult {number}")).await;
    }
    mallory.sees_all(&alice, Delivery::Sent).await;
    all_is_well(&alice, &bob, &mallory, &[HELLO]).await;
    alice.unblocks(&mallory).await;
    mallory.says(&alice, "Sorry.").await;
    alice.hears(&mallory, &[HELLO, "Sorry."]).await;
    let texts = alice.messages(&mallory).await;
    let texts = texts
        .iter()
        .filter(|message| matches!(message.body, MessageBody::Text(_)));
    assert_eq!(texts.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_bob_is_reached_is_heard_while_he_is_blocked_and_good_when_he_is_forgiven() {
    let world = World::new().await;
    let (alice, bob, mallory) = three(&world).await;
    introduce(&bob, &mallory).await;
    alice.blocks(&bob).await;
    // Bob's mailbox opens by another token now, of which he tells all his contacts once.
    bob.blocks(&mallory).await;
    has_told_the_new_token(&bob).await;
    bob.sees_all(&alice, Delivery::Sent).await;
    knows_the_new_token(&alice, &bob).await;
    world.clock().advance(OVERLAP);
    bob.invites().await;
    alice.unblocks(&bob).await;
    alice.says(&bob, "Where were we?").await;
    bob.hears(&alice, &[HELLO, "Where were we?"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_bob_is_reached_is_heard_while_he_is_blocked_also_if_he_says_it_to_introduce_himself() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let mallory = world.person("Mallory").await;
    alice.goes_by("alice").await;
    introduce(&bob, &mallory).await;
    bob.backs_up().await;
    introduce(&alice, &bob).await;
    bob.blocks(&mallory).await;
    knows_the_new_token(&alice, &bob).await;
    alice.blocks(&bob).await;
    // All that Bob has is from before he knew her, and from before his mailbox opened by that token.
    bob.leave().await;
    std::fs::remove_file(bob.folder().join("messages.db")).unwrap();
    bob.come_back().await;
    bob.finds("alice").await;
    bob.says(&alice, "Have we met?").await;
    bob.sees_all(&alice, Delivery::Sent).await;
    alice.unblocks(&bob).await;
    alice.says(&bob, "We have.").await;
    bob.hears(&alice, &["We have."]).await;
}
