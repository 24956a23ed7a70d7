//! Alice's prekeys, as the relay hands them out: refilled when low, rotated when old.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sotto_protocol::curve::{IdentityKey, PublicKey};
use sotto_protocol::xeddsa::Signature;
use sotto_testkit::{Look, Person, TIMEOUT, World, eventually, introduce};
use sotto_wire::open::{Answer, ClientFrame, FetchBundle, PATH, RelayFrame, Request};
use sotto_wire::{DeliveryToken, DeviceId, Hello, PrekeyBundle, RequestId};
use tokio_tungstenite::tungstenite::Message;

/// What opens somebody's mailbox to their contacts.
fn contact_token(of: &Person) -> DeliveryToken {
    let token: Vec<u8> = of
        .database()
        .query_row("SELECT delivery_token FROM reach", [], |row| row.get(0))
        .unwrap();
    DeliveryToken::new(token).unwrap()
}

/// Fetches bundles as contacts may, and uses one-time prekeys up by that.
async fn fetch(world: &World, of: &Person, count: usize) -> Vec<PrekeyBundle> {
    let url = world.relay_address().endpoint(PATH);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let hello = ClientFrame::Hello(Hello::OURS).encode();
    socket.send(Message::Binary(hello)).await.unwrap();
    let token = contact_token(of);
    let mut bundles = Vec::new();
    while bundles.len() < count {
        let Message::Binary(frame) = socket.next().await.unwrap().unwrap() else {
            continue;
        };
        match RelayFrame::decode(frame).unwrap() {
            RelayFrame::Welcome { .. } => {}
            RelayFrame::Answer { outcome, .. } => match outcome.unwrap() {
                Answer::Bundle(bundle) => bundles.push(*bundle),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
        let fetch = FetchBundle {
            account: of.address().account,
            device: DeviceId::FIRST,
            delivery_token: token.clone(),
        };
        let request = Request::FetchBundle(fetch);
        let frame = ClientFrame::Request {
            id: RequestId::FIRST,
            request,
        }
        .encode();
        socket.send(Message::Binary(frame)).await.unwrap();
    }
    bundles
}

async fn fetch_one(world: &World, of: &Person) -> PrekeyBundle {
    fetch(world, of, 1).await.pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn alices_one_time_prekeys_are_refilled_when_they_run_low() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let bundles = fetch(&world, &alice, 80).await;
    assert!(bundles.iter().all(|bundle| bundle.one_time_prekey.is_some()));
    // Somebody begins a session with what is left: Alice looks, and finds too few.
    introduce(&alice, &bob).await;
    let more = fetch(&world, &alice, 60).await;
    assert!(more.iter().all(|bundle| bundle.one_time_prekey.is_some()));
    let mut ids: Vec<u32> = bundles
        .iter()
        .chain(&more)
        .map(|bundle| bundle.one_time_prekey.as_ref().unwrap().id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 140, "no one-time prekey may be handed out twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn alices_signed_and_last_resort_prekeys_are_others_after_two_days() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    let before = fetch_one(&world, &alice).await;
    world.clock().advance(Duration::from_secs(48 * 3600 + 60));
    let after = tokio::time::timeout(TIMEOUT, async {
        loop {
            let bundle = fetch_one(&world, &alice).await;
            if bundle.signed_prekey.id != before.signed_prekey.id {
                return bundle;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
    let identity = IdentityKey::new(PublicKey::from_bytes(after.identity_key.as_bytes()).unwrap());
    let signature = Signature::from_array(*after.signed_prekey.signature.as_bytes());
    let key = after.signed_prekey.public_key.as_bytes();
    identity.public_key().verify(&[key], &signature).unwrap();
    // Whoever fetched the old bundle yesterday still gets through, and the sessions there are go on.
    bob.says(&alice, "Two days later").await;
    alice.hears(&bob, &["Two days later"]).await;
}

/// Has the relay hand out Alice's one-time prekeys until it has none that were there before, and plenty that came since.
async fn all_are_replaced(world: &World, alice: &Person) {
    fetch(world, alice, 80).await;
    let bob = world.bob().await;
    introduce(alice, &bob).await;
    fetch(world, alice, 40).await;
}

/// Carol meets Alice, who has gone on from a backup, and writes to her.
async fn carol_comes(world: &World, alice: &Person) {
    eventually("the relay has new prekeys", async || {
        let sql = "SELECT count(*) FROM settings WHERE key = 'prekeys lost'";
        let lost: u32 = alice.database().query_row(sql, [], |row| row.get(0)).unwrap();
        Look::when(lost == 0, (), "not yet")
    })
    .await;
    let carol = world.carol().await;
    introduce(alice, &carol).await;
    carol.says(alice, "Pleased to meet you").await;
    alice.hears(&carol, &["Pleased to meet you"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_after_alice_moved_gets_no_prekeys_that_only_the_old_computer_has() {
    let world = World::new().await;
    let old = world.alice().await;
    let code = old.writes_a_code_down().await;
    let backup = old.saves_a_backup(&code, world.folder()).await;
    all_are_replaced(&world, &old).await;

    let new = world.another_machine_of(&old, "new");
    new.restores(&backup, &code).await;
    carol_comes(&world, &new).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_after_alice_went_on_from_a_backup_gets_no_prekeys_that_are_lost() {
    let world = World::new().await;
    let alice = world.alice().await;
    alice.backs_up().await;
    all_are_replaced(&world, &alice).await;
    alice.leave().await;
    std::fs::remove_file(alice.folder().join("messages.db")).unwrap();

    alice.come_back().await;
    carol_comes(&world, &alice).await;
}
