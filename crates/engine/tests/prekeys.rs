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
use sotto_testkit::{Person, TIMEOUT, World, introduce};
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
