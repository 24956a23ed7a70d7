//! Somebody's identity key is not the one it was: they began anew, or somebody stands in between.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a story may stop at the first surprise

use std::sync::Mutex;

use rusqlite::Connection;
use sotto_engine::error::{AcceptInviteError, VerifyError};
use sotto_engine::model::{Contact, Delivery, IdentityFingerprint, Notice, Verification};
use sotto_testkit::{Person, Way, World, introduce};
use sotto_wire::mailbox::{Push, RelayFrame};

async fn alice_and_bob(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.says(&bob, "Hello, Bob!").await;
    bob.hears(&alice, &["Hello, Bob!"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    (alice, bob)
}

/// Bob loses his keys and his sessions, and takes up his account with other keys. The relay plays along.
async fn bob_begins_anew(world: &World, bob: &Person) {
    bob.leave().await;
    world.stop_relay().await;
    let (private, public) = another_identity();
    bob.keychain().replace_identity_key(&private);

    let database = bob.database();
    database
        .execute_batch(
            "DELETE FROM skipped_keys; DELETE FROM sessions;
             DELETE FROM signed_prekeys; DELETE FROM kyber_prekeys; DELETE FROM one_time_prekeys;",
        )
        .unwrap();
    let relay = Connection::open(world.relay_folder().join("relay.db")).unwrap();
    let account = bob.address().account;
    let changed = relay
        .execute(
            "UPDATE accounts SET identity_key = ?1 WHERE account = ?2",
            (public, account.as_bytes()),
        )
        .unwrap();
    assert_eq!(changed, 1);
    for table in ["standing_prekeys", "one_time_prekeys"] {
        let his =
            "SELECT devices.id FROM devices JOIN accounts ON accounts.id = account_id WHERE account = ?1";
        let forget = format!("DELETE FROM {table} WHERE device_id IN ({his})");
        relay.execute(&forget, [account.as_bytes()]).unwrap();
    }
    drop((database, relay));

    world.start_relay().await;
    bob.come_back().await;
}

/// A private key, and the public one as the relay keeps it.
fn another_identity() -> ([u8; 32], [u8; 33]) {
    use sotto_protocol::curve::{IdentityKeyPair, PrivateKey};
    // Any 32 bytes will do; those of a version 4 UUID are random enough to be another key each time.
    let random = [
        uuid::Uuid::new_v4().into_bytes(),
        uuid::Uuid::new_v4().into_bytes(),
    ]
    .concat();
    let private = PrivateKey::from_bytes(&random).unwrap();
    let pair = IdentityKeyPair::from_private(private);
    (*pair.private_key().expose_bytes(), pair.identity_key().to_bytes())
}

fn new_key_of(contact: &Contact) -> IdentityFingerprint {
    contact
        .identity_change
        .as_ref()
        .expect("a changed identity key")
        .fingerprint
}

/// A hostile relay gives `one`'s keys to whoever asks for `other`'s, and the other way round.
async fn the_relay_swaps(world: &World, one: &Person, other: &Person) {
    let relay = Connection::open(world.relay_folder().join("relay.db")).unwrap();
    relay.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let id_of = |person: &Person| -> i64 {
        let account = person.address().account;
        relay
            .query_row(
                "SELECT id FROM accounts WHERE account = ?1",
                [account.as_bytes()],
                |row| row.get(0),
            )
            .unwrap()
    };
    let (one_id, other_id) = (id_of(one), id_of(other));
    let (one, other) = (one.address().account, other.address().account);
    let rename = "UPDATE accounts SET account = ?1 WHERE id = ?2";
    relay.execute(rename, ([0_u8; 16].as_slice(), one_id)).unwrap();
    relay
        .execute(rename, (one.as_bytes().as_slice(), other_id))
        .unwrap();
    relay
        .execute(rename, (other.as_bytes().as_slice(), one_id))
        .unwrap();
    // Nor does it ask for the tokens of who is looked for.
    let token_of = |id: i64| -> Option<Vec<u8>> {
        let sql = "SELECT contact_token_hash FROM devices WHERE account_id = ?1";
        relay.query_row(sql, [id], |row| row.get(0)).unwrap()
    };
    let (ones, others) = (token_of(one_id), token_of(other_id));
    for (id, token) in [(one_id, others), (other_id, ones)] {
        let sql = "UPDATE devices SET contact_token_hash = ?1 WHERE account_id = ?2";
        relay.execute(sql, (token, id)).unwrap();
    }
    relay
        .execute(
            "INSERT OR IGNORE INTO delivery_tokens (mailbox, token_hash, expires_at_ms)
             SELECT devices.id, token_hash, expires_at_ms FROM delivery_tokens, devices
             WHERE devices.account_id IN (?1, ?2)",
            [one_id, other_id],
        )
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_bobs_key_changes_alice_hears_him_and_does_not_answer_until_she_has_decided() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    bob_begins_anew(&world, &bob).await;

    bob.says(&alice, "I have a new computer.").await;
    alice.hears(&bob, &["I have a new computer."]).await;
    alice.holds(&bob, Verification::Changed).await;
    alice.notices_that(&bob, Notice::IdentityKeyChanged).await;

    let answer = alice.says(&bob, "Is it really you?").await;
    alice.sees(&bob, answer.id, Delivery::Blocked).await;
    bob.says(&alice, "Are you still there?").await;
    alice
        .hears(&bob, &["I have a new computer.", "Are you still there?"])
        .await;
    assert_eq!(
        bob.heard(&alice).await,
        ["Hello, Bob!"],
        "nothing may leave before Alice has decided"
    );
    alice.sees(&bob, answer.id, Delivery::Blocked).await;

    let changed = alice.contact(&bob).await;
    alice
        .engine()
        .accept_identity_key(changed.id, new_key_of(&changed))
        .await
        .unwrap();
    bob.hears(&alice, &["Hello, Bob!", "Is it really you?"]).await;
    alice.holds(&bob, Verification::NotVerified).await;
    alice.notices_that(&bob, Notice::IdentityKeyAccepted).await;
    assert_eq!(alice.safety_number(&bob).await, bob.safety_number(&alice).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_compares_the_new_safety_number_and_that_is_her_decision() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let before = alice.safety_number(&bob).await;
    bob_begins_anew(&world, &bob).await;
    bob.says(&alice, "I have a new computer.").await;
    alice.holds(&bob, Verification::Changed).await;
    let answer = alice.says(&bob, "Let us compare.").await;

    let after = alice.safety_number(&bob).await;
    assert_ne!(after, before);
    assert_eq!(after, bob.safety_number(&alice).await);
    let changed = alice.contact(&bob).await;
    alice
        .engine()
        .set_verified(changed.id, new_key_of(&changed), true)
        .await
        .unwrap();
    alice.holds(&bob, Verification::Verified).await;
    alice.sees(&bob, answer.id, Delivery::Delivered).await;
    bob.hears(&alice, &["Hello, Bob!", "Let us compare."]).await;

    let history = alice.engine().safety_number(changed.id).await.unwrap().history;
    assert_eq!(history.len(), 2, "Alice can look up that there was another key");
    assert!(history.iter().any(|record| record.replaced_at.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn alices_decision_outlives_the_day_and_so_does_her_indecision() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    bob_begins_anew(&world, &bob).await;
    bob.says(&alice, "I have a new computer.").await;
    alice.holds(&bob, Verification::Changed).await;
    let answer = alice.says(&bob, "Is it really you?").await;

    alice.leave().await;
    alice.come_back().await;
    alice.holds(&bob, Verification::Changed).await;
    alice.sees(&bob, answer.id, Delivery::Blocked).await;
    let changed = alice.contact(&bob).await;
    alice
        .engine()
        .accept_identity_key(changed.id, new_key_of(&changed))
        .await
        .unwrap();
    alice.leave().await;
    alice.come_back().await;
    alice.sees(&bob, answer.id, Delivery::Delivered).await;
    alice.holds(&bob, Verification::NotVerified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_about_another_key_than_the_present_one_is_refused() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let bobs_id = alice.contact(&bob).await.id;
    let first = alice.engine().safety_number(bobs_id).await.unwrap().fingerprint;
    bob_begins_anew(&world, &bob).await;
    bob.says(&alice, "I have a new computer.").await;
    alice.holds(&bob, Verification::Changed).await;

    let engine = alice.engine();
    assert_eq!(
        engine.accept_identity_key(bobs_id, first).await.unwrap_err(),
        VerifyError::KeyChanged
    );
    assert_eq!(
        engine.set_verified(bobs_id, first, true).await.unwrap_err(),
        VerifyError::KeyChanged
    );
    alice.holds(&bob, Verification::Changed).await;
}

/// The line keeps the next envelope for anybody from arriving, whenever it is pushed, until it is left alone.
fn the_line_holds_the_next_envelope_up(world: &World) {
    let held = Mutex::new(None);
    world.line().meddle(move |way, message| {
        if way != Way::FromMailbox {
            return vec![message];
        }
        let Ok(RelayFrame::Push(Push::Envelope { id, .. })) = RelayFrame::decode(message.clone().into())
        else {
            return vec![message];
        };
        let mut held = held.lock().unwrap();
        if *held.get_or_insert(id) == id {
            vec![]
        } else {
            vec![message]
        }
    });
}

/// Bob says something that is held up, begins anew and says something that is not.
async fn bob_is_overtaken_by_himself(world: &World, alice: &Person, bob: &Person) {
    the_line_holds_the_next_envelope_up(world);
    let late = bob.says(alice, "From the old computer").await;
    bob.sees(alice, late.id, Delivery::Sent).await;
    bob_begins_anew(world, bob).await;
    bob.says(alice, "From the new computer").await;
    alice.hears(bob, &["From the new computer"]).await;
    alice.holds(bob, Verification::Changed).await;
}

/// What was held up is pushed.
async fn what_is_late_arrives(world: &World, alice: &Person) {
    world.line().leave_alone();
    alice.leave().await;
    alice.come_back().await;
    alice.is_online().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_message_of_the_key_before_is_heard_while_alice_decides_and_changes_nothing() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    bob_is_overtaken_by_himself(&world, &alice, &bob).await;
    let changed = alice.contact(&bob).await;

    what_is_late_arrives(&world, &alice).await;
    alice
        .hears(&bob, &["From the new computer", "From the old computer"])
        .await;
    assert_eq!(
        alice.contact(&bob).await,
        changed,
        "the decision is still about the new key"
    );
    let changes = alice.notices(&bob).await;
    let changes = changes
        .iter()
        .filter(|&&notice| notice == Notice::IdentityKeyChanged);
    assert_eq!(changes.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_message_of_a_key_that_alice_has_replaced_is_asked_for_again_and_changes_nothing() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    bob_is_overtaken_by_himself(&world, &alice, &bob).await;
    let changed = alice.contact(&bob).await;
    alice
        .engine()
        .set_verified(changed.id, new_key_of(&changed), true)
        .await
        .unwrap();

    what_is_late_arrives(&world, &alice).await;
    alice.notices_that(&bob, Notice::Undecryptable).await;
    // Bob still knows what he said, and says it with the key that Alice has accepted.
    alice
        .hears(&bob, &["From the new computer", "From the old computer"])
        .await;
    alice.holds(&bob, Verification::Verified).await;
    let history = alice.engine().safety_number(changed.id).await.unwrap().history;
    assert_eq!(history.len(), 2);
    alice.says(&bob, "Here I am.").await;
    bob.hears(&alice, &["Hello, Bob!", "Here I am."]).await;
    bob.says(&alice, "So am I.").await;
    alice
        .hears(
            &bob,
            &["From the new computer", "From the old computer", "So am I."],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_puts_mallory_in_alices_place_is_caught_by_the_invite() {
    let world = World::new().await;
    let (alice, bob, mallory) = (
        world.alice().await,
        world.bob().await,
        world.person("Mallory").await,
    );
    let link = alice.invites().await;
    the_relay_swaps(&world, &alice, &mallory).await;

    let refused = bob.engine().accept_invite(&link).await;
    assert!(matches!(refused, Err(AcceptInviteError::IdentityMismatch)));
    assert!(bob.conversation_with(&alice).await.is_none());
    assert!(bob.conversation_with(&mallory).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_puts_mallory_in_bobs_place_when_a_session_is_lost_gets_nothing_from_alice() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let mallory = world.person("Mallory").await;

    // Alice cannot read a message and asks for it in a new session: with the keys that the relay gives out for Bob.
    the_relay_swaps(&world, &bob, &mallory).await;
    alice.database().execute_batch("DELETE FROM sessions").unwrap();
    bob.says(&alice, "Can you read this?").await;
    alice.notices_that(&bob, Notice::Undecryptable).await;
    alice.holds(&bob, Verification::Changed).await;
    let secret = alice.says(&bob, "What is the password?").await;
    alice.sees(&bob, secret.id, Delivery::Blocked).await;
    assert!(mallory.conversation_with(&alice).await.is_none());
}
