use std::collections::HashSet;

use sotto_wire::{KyberPrekey, OneTimePrekey, PrekeyBundle, PrekeyCounts, PrekeyUpload, SignedPrekey};

use super::*;

const LAST_RESORT: u32 = 99_999;

fn kyber(id: u32) -> KyberPrekey {
    let mut key = vec![0; sotto_wire::KyberKey::BYTES];
    key[..4].copy_from_slice(&id.to_be_bytes());
    KyberPrekey {
        id,
        public_key: key[..].try_into().unwrap(),
        signature: [2; 64].into(),
    }
}

fn one_time(id: u32) -> OneTimePrekey {
    let mut key = [1; 33];
    key[..4].copy_from_slice(&id.to_be_bytes());
    OneTimePrekey {
        id,
        public_key: key.into(),
    }
}

fn upload(ids: std::ops::Range<u32>) -> Box<PrekeyUpload> {
    let upload = PrekeyUpload::new()
        .with_one_time_prekeys(ids.clone().map(one_time).collect())
        .unwrap()
        .with_one_time_kyber_prekeys(ids.map(kyber).collect())
        .unwrap();
    Box::new(upload)
}

fn standing(upload: PrekeyUpload) -> Box<PrekeyUpload> {
    let signed = SignedPrekey {
        id: 7,
        public_key: [3; 33].into(),
        signature: [4; 64].into(),
    };
    let upload = upload.with_signed_prekey(signed);
    Box::new(upload.with_last_resort_prekey(kyber(LAST_RESORT)))
}

async fn bundle(store: &Store, alice: &Somebody) -> Result<PrekeyBundle, Refusal> {
    store.take_bundle(alice.address, Admission::LookUp).await.await
}

pub(super) async fn each_one_time_prekey_is_handed_out_once_though_two_nodes_are_asked(nodes: Nodes) {
    let alice = nodes.join().await;
    let counts = nodes
        .one
        .publish(alice.mailbox, standing(*upload(0..20)))
        .await
        .await;
    let expected = PrekeyCounts {
        one_time_prekeys: 20,
        one_time_kyber_prekeys: 20,
        signed_prekey_id: Some(7),
        last_resort_prekey_id: Some(LAST_RESORT),
    };
    assert_eq!(counts, Ok(expected));
    let mut pending = Vec::new();
    for number in 0..24 {
        let node = if number % 2 == 0 { &nodes.one } else { &nodes.two };
        pending.push(node.take_bundle(alice.address, Admission::LookUp).await);
    }
    let (mut curve, mut kyber) = (HashSet::new(), HashSet::new());
    for bundle in pending {
        let bundle = bundle.await.unwrap();
        if let Some(prekey) = bundle.one_time_prekey {
            assert!(curve.insert(prekey.id));
            assert_eq!(prekey, one_time(prekey.id));
        }
        if bundle.kyber_prekey.id != LAST_RESORT {
            assert!(kyber.insert(bundle.kyber_prekey.id));
        }
    }
    assert_eq!((curve.len(), kyber.len()), (20, 20));
    let counts = nodes.two.prekey_counts(alice.mailbox).await.unwrap();
    assert_eq!((counts.one_time_prekeys, counts.one_time_kyber_prekeys), (0, 0));
    let last = bundle(&nodes.two, &alice).await.unwrap();
    assert_eq!((last.one_time_prekey, last.kyber_prekey.id), (None, LAST_RESORT));
    assert_eq!(last.signed_prekey.id, 7);
}

pub(super) async fn an_upload_tried_again_does_not_bring_back_what_was_handed_out(nodes: Nodes) {
    let alice = nodes.join().await;
    nodes
        .one
        .publish(alice.mailbox, standing(*upload(0..3)))
        .await
        .await
        .unwrap();
    let taken = bundle(&nodes.one, &alice).await.unwrap();
    assert_eq!(taken.one_time_prekey.map(|prekey| prekey.id), Some(0));
    let counts = nodes
        .two
        .publish(alice.mailbox, upload(0..3))
        .await
        .await
        .unwrap();
    assert_eq!((counts.one_time_prekeys, counts.one_time_kyber_prekeys), (2, 2));
    // Another key under the same number is another key.
    let again = OneTimePrekey {
        id: 0,
        public_key: [8; 33].into(),
    };
    let new = PrekeyUpload::new().with_one_time_prekeys(vec![again]).unwrap();
    let counts = nodes
        .two
        .publish(alice.mailbox, Box::new(new))
        .await
        .await
        .unwrap();
    assert_eq!(counts.one_time_prekeys, 3);
}

pub(super) async fn more_than_there_is_room_for_is_refused_and_changes_nothing(nodes: Nodes) {
    let alice = nodes.join().await;
    for first in [0, 100] {
        nodes
            .one
            .publish(alice.mailbox, upload(first..first + 100))
            .await
            .await
            .unwrap();
    }
    let refused = nodes
        .two
        .publish(alice.mailbox, standing(*upload(200..201)))
        .await
        .await;
    assert_eq!(refused, Err(Refusal::TooManyPrekeys { limit: 200 }));
    let counts = nodes.one.prekey_counts(alice.mailbox).await.unwrap();
    assert_eq!((counts.one_time_prekeys, counts.signed_prekey_id), (200, None));
}

pub(super) async fn prekeys_that_were_lost_make_way_and_are_handed_out_to_nobody(nodes: Nodes) {
    let alice = nodes.join().await;
    let bob = nodes.join().await;
    for somebody in [&alice, &bob] {
        for upload in [standing(*upload(0..100)), upload(100..150)] {
            let published = nodes.one.publish(somebody.mailbox, upload).await;
            published.await.unwrap();
        }
    }
    let given = bundle(&nodes.one, &alice).await.unwrap();
    assert_eq!(given.one_time_prekey, Some(one_time(0)));

    // There is room for them, since those before are gone; what somebody was given stays known.
    let anew = Box::new(upload(0..1).in_place_of_all());
    let counts = nodes.two.publish(alice.mailbox, anew).await.await.unwrap();
    assert_eq!((counts.one_time_prekeys, counts.one_time_kyber_prekeys), (0, 0));
    let anew = Box::new(upload(200..300).in_place_of_all());
    let counts = nodes.two.publish(alice.mailbox, anew).await.await.unwrap();
    assert_eq!(
        (counts.one_time_prekeys, counts.one_time_kyber_prekeys),
        (100, 100)
    );
    assert_eq!(counts.signed_prekey_id, Some(7));
    let next = bundle(&nodes.one, &alice).await.unwrap();
    assert_eq!(next.one_time_prekey, Some(one_time(200)));
    assert_eq!(next.kyber_prekey, kyber(200));
    let bobs = nodes.one.prekey_counts(bob.mailbox).await.unwrap();
    assert_eq!(bobs.one_time_prekeys, 150, "Bob has lost nothing");
}

pub(super) async fn too_many_in_place_of_all_are_refused_and_change_nothing(nodes: Nodes) {
    let alice = nodes.join().await;
    let first = standing(*upload(0..2));
    nodes.one.publish(alice.mailbox, first).await.await.unwrap();
    let anew = Box::new(upload(10..14).in_place_of_all());
    let refused = nodes.two.publish(alice.mailbox, anew).await.await;
    assert_eq!(refused, Err(Refusal::TooManyPrekeys { limit: 3 }));
    let given = bundle(&nodes.one, &alice).await.unwrap();
    assert_eq!(given.one_time_prekey, Some(one_time(0)));
}

pub(super) async fn who_has_no_standing_prekeys_gives_nothing_away(nodes: Nodes) {
    let alice = nodes.join().await;
    nodes
        .one
        .publish(alice.mailbox, upload(0..2))
        .await
        .await
        .unwrap();
    assert_eq!(bundle(&nodes.two, &alice).await, Err(Refusal::NoPrekeys));
    let counts = nodes.one.prekey_counts(alice.mailbox).await.unwrap();
    assert_eq!(counts.one_time_prekeys, 2);
}
