//! Invites: whom they let in, and when they no longer do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::time::Duration;

use sotto_engine::checkpoint::Checkpoint;
use sotto_engine::error::{AcceptInviteError, PreviewInviteError};
use sotto_engine::model::{Delivery, InviteState, Notice};
use sotto_testkit::{Person, World};

async fn accept(person: &Person, link: &str) -> Result<(), AcceptInviteError> {
    person.engine().accept_invite(link).await.map(drop)
}

/// Says hello to the inviter with a spent invite, and gives the inviter the time to make something of it: another
/// person's messages, sent after it, have arrived.
async fn knocks_in_vain(stranger: &Person, inviter: &Person, link: &str, friend: &Person) {
    stranger.accepts(link).await;
    stranger.notices_that(inviter, Notice::InviteDeclined).await;
    // She is told that she is not heard, and what she writes all the same does not look as if it were.
    let said = stranger.says(inviter, "Let me in").await;
    stranger.sees(inviter, said.id, Delivery::Failed).await;
    let before = inviter.heard(friend).await.len();
    friend.says(inviter, "by the way").await;
    let expected = vec!["by the way"; before + 1];
    inviter.hears(friend, &expected).await;
    assert!(inviter.conversation_with(stranger).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_says_who_made_it_and_is_spent_when_one_person_has_opened_it() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    let link = alice.invites().await;
    let preview = bob.engine().preview_invite(&link).await.unwrap();
    assert_eq!(preview.inviter_name.as_str(), "Alice");
    assert_eq!(preview.address, *alice.address());
    assert_eq!(preview.existing_contact, None);

    bob.accepts(&link).await;
    alice.knows(&bob).await;
    let invite = alice.engine().invites().await.unwrap().remove(0);
    assert_eq!(invite.state, InviteState::Used);
    let used = invite.used.unwrap();
    assert_eq!(used.by, Some(alice.contact(&bob).await.id));
    assert!(used.at >= invite.created_at);
    let preview = bob.engine().preview_invite(&link).await.unwrap();
    assert_eq!(preview.existing_contact, Some(bob.contact(&alice).await.id));
    knocks_in_vain(&carol, &alice, &link, &bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_invite_lets_nobody_in() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    sotto_testkit::introduce(&alice, &bob).await;
    let invite = alice.engine().create_invite().await.unwrap();
    alice.engine().revoke_invite(invite.id).await.unwrap();
    assert_eq!(
        alice.engine().invites().await.unwrap()[0].state,
        InviteState::Revoked
    );
    let refused = carol.engine().accept_invite(&invite.link).await;
    assert!(matches!(
        refused,
        Err(AcceptInviteError::Preview(PreviewInviteError::Expired))
    ));
    assert!(carol.conversation_with(&alice).await.is_none());
    assert_eq!(alice.engine().conversations().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)] // the gate holds one
async fn what_bob_writes_before_alices_answer_is_there_waits_for_it() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let link = alice.invites().await;
    alice.gate().shut_at(Checkpoint::SentCommitted);
    bob.accepts(&link).await;
    alice.knows(&bob).await;
    // A day later the invite opens her mailbox no longer; what does is in her answer.
    world.clock().advance(Duration::from_secs(25 * 3600));
    alice.invites().await;
    bob.says(&alice, "Here I am").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    bob.sees_all(&alice, Delivery::Queued).await;
    alice.gate().open();
    alice.hears(&bob, &["Here I am"]).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)] // the gate holds one
async fn bob_who_blocks_alice_before_she_hears_of_him_is_not_told_that_her_invite_is_worthless() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    bob.gate().shut_at(Checkpoint::SentCommitted);
    bob.accepts(&alice.invites().await).await;
    bob.gate().until_reached(Checkpoint::SentCommitted, 1).await;
    bob.blocks(&alice).await;
    bob.gate().open();
    assert_eq!(bob.notices(&alice).await, [Notice::MetByInvite]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)] // the gate holds one
async fn bob_whose_invite_is_taken_back_before_he_is_there_is_told_and_comes_in_with_a_new_one() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let invite = alice.engine().create_invite().await.unwrap();
    bob.gate().shut_at(Checkpoint::SentCommitted);
    bob.accepts(&invite.link).await;
    bob.gate().until_reached(Checkpoint::SentCommitted, 1).await;
    alice.engine().revoke_invite(invite.id).await.unwrap();
    bob.gate().open();
    bob.notices_that(&alice, Notice::InviteDeclined).await;
    let said = bob.says(&alice, "Here I am").await;
    bob.sees(&alice, said.id, Delivery::Failed).await;
    assert!(alice.conversation_with(&bob).await.is_none());

    bob.accepts(&alice.invites().await).await;
    alice.knows(&bob).await;
    bob.engine().retry(said.id).await.unwrap();
    alice.hears(&bob, &["Here I am"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn carol_is_told_that_her_invite_was_spent_and_comes_in_with_a_new_one() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    let link = alice.invites().await;
    bob.accepts(&link).await;
    alice.knows(&bob).await;

    // Alice is away: her answer waits for her, and outlives her going and coming.
    alice.leave().await;
    carol.accepts(&link).await;
    carol.says(&alice, "Do you hear me?").await;
    carol.sees_all(&alice, Delivery::Sent).await;
    alice.come_back().await;
    carol.notices_that(&alice, Notice::InviteDeclined).await;
    assert!(alice.conversation_with(&carol).await.is_none());

    carol.accepts(&alice.invites().await).await;
    alice.knows(&carol).await;
    carol.says(&alice, "Do you hear me now?").await;
    alice.hears(&carol, &["Do you hear me now?"]).await;
    alice.says(&carol, "I do.").await;
    carol.hears(&alice, &["I do."]).await;
    assert!(!carol.notices(&alice).await.contains(&Notice::Undecryptable));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invite_is_refused_by_whoever_opens_it() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let link = alice.invites().await;
    world.clock().advance(Duration::from_secs(15 * 86_400));
    let refused = accept(&bob, &link).await;
    assert_eq!(
        refused,
        Err(AcceptInviteError::Preview(PreviewInviteError::Expired))
    );
    assert_eq!(
        alice.engine().invites().await.unwrap()[0].state,
        InviteState::Expired
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_damaged_or_ones_own_is_refused() {
    let world = World::new().await;
    let alice = world.alice().await;
    let link = alice.invites().await;
    let own = accept(&alice, &link).await;
    assert_eq!(own, Err(AcceptInviteError::Preview(PreviewInviteError::Own)));
    let cut = accept(&alice, &link[..link.len() - 3]).await;
    assert_eq!(
        cut,
        Err(AcceptInviteError::Preview(PreviewInviteError::Malformed))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_is_told_when_the_inviters_relay_cannot_be_asked() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let link = alice.invites().await;
    world.line().cut();
    let refused = accept(&bob, &link).await;
    assert!(matches!(refused, Err(AcceptInviteError::Relay(_))), "{refused:?}");
    assert!(bob.engine().conversations().await.unwrap().is_empty());
}
