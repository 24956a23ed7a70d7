//! Publishing prekeys and handing them out.

use std::collections::HashSet;

use sotto_wire::mailbox::{Answer, Request};
use sotto_wire::{PrekeyBundle, PrekeyCounts, PrekeyUpload, Refusal, open};

use crate::lines::OpenLine;
use crate::people::{Person, World, one_time_prekey, publish};

async fn bundle_of(person: &Person, line: &mut OpenLine) -> PrekeyBundle {
    match line.ask(person.fetch()).await {
        Ok(open::Answer::Bundle(bundle)) => *bundle,
        other => panic!("not a bundle: {other:?}"),
    }
}

fn counts(one_time: u32) -> PrekeyCounts {
    PrekeyCounts {
        one_time_prekeys: one_time,
        one_time_kyber_prekeys: one_time,
        signed_prekey_id: Some(1),
        last_resort_prekey_id: Some(99_999),
    }
}

#[tokio::test]
async fn bob_gets_what_alice_published_and_uses_up_her_one_time_prekeys() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    let upload = alice.upload(10, 2);
    assert_eq!(
        line.ask(publish(upload.clone())).await,
        Ok(Answer::PrekeyCounts(counts(2)))
    );

    let mut bob = world.open().await;
    for n in 0..2 {
        let bundle = bundle_of(&alice, &mut bob).await;
        assert_eq!(bundle.identity_key, alice.identity_key());
        assert_eq!(bundle.registration_id, 1234);
        assert_eq!(Some(&bundle.signed_prekey), upload.signed_prekey());
        assert_eq!(
            bundle.one_time_prekey.as_ref(),
            Some(&upload.one_time_prekeys()[n])
        );
        assert_eq!(bundle.kyber_prekey, upload.one_time_kyber_prekeys()[n]);
    }
    // What does not run out.
    for _ in 0..2 {
        let bundle = bundle_of(&alice, &mut bob).await;
        assert_eq!(bundle.one_time_prekey, None);
        assert_eq!(Some(&bundle.kyber_prekey), upload.last_resort_prekey());
    }
    assert_eq!(
        line.ask(Request::CountPrekeys).await,
        Ok(Answer::PrekeyCounts(counts(0)))
    );
}

#[tokio::test]
async fn many_who_ask_at_once_never_get_the_same_one_time_prekey() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    assert!(line.ask(publish(alice.upload(0, 40))).await.is_ok());

    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (address, fetch) = (world.address(), alice.fetch());
        asking.spawn(async move { OpenLine::dial(&address).await.ask_all(vec![fetch; 6]).await });
    }
    let (mut curve, mut kyber, mut bundles) = (HashSet::new(), HashSet::new(), 0);
    for answer in asking.join_all().await.into_iter().flatten() {
        let Ok(open::Answer::Bundle(bundle)) = answer else {
            panic!("not a bundle: {answer:?}")
        };
        bundles += 1;
        if let Some(prekey) = bundle.one_time_prekey {
            assert!(curve.insert(prekey.id), "handed out twice");
        }
        if bundle.kyber_prekey.id != 99_999 {
            assert!(kyber.insert(bundle.kyber_prekey.id), "handed out twice");
        }
    }
    assert_eq!((bundles, curve.len(), kyber.len()), (48, 40, 40));
}

#[tokio::test]
async fn prekeys_with_a_wrong_signature_are_refused_and_nothing_of_the_upload_is_kept() {
    let world = World::new().await;
    let (alice, mallory) = (world.join().await, Person::new());
    let mut line = world.connect(&alice).await;
    let one_time = vec![one_time_prekey(1)];
    let good = || {
        PrekeyUpload::new()
            .with_one_time_prekeys(one_time.clone())
            .unwrap()
    };
    for bad in [
        good().with_signed_prekey(mallory.signed_prekey(1)),
        good().with_last_resort_prekey(mallory.kyber_prekey(1)),
        good()
            .with_one_time_kyber_prekeys(vec![alice.kyber_prekey(1), mallory.kyber_prekey(2)])
            .unwrap(),
    ] {
        assert_eq!(line.ask(publish(bad)).await, Err(Refusal::WrongPrekeySignature));
    }
    let mut not_a_key = one_time_prekey(2);
    not_a_key.public_key = [7; 33].into();
    let bad = PrekeyUpload::new()
        .with_one_time_prekeys(vec![not_a_key])
        .unwrap();
    assert_eq!(line.ask(publish(bad)).await, Err(Refusal::InvalidKey));
    let none = Ok(Answer::PrekeyCounts(PrekeyCounts::default()));
    assert_eq!(line.ask(Request::CountPrekeys).await, none);
}

#[tokio::test]
async fn an_upload_tried_again_does_not_bring_back_what_was_handed_out() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    let upload = alice.upload(0, 3);
    assert!(line.ask(publish(upload.clone())).await.is_ok());
    let mut bob = world.open().await;
    assert_eq!(bundle_of(&alice, &mut bob).await.one_time_prekey.unwrap().id, 0);

    assert_eq!(
        line.ask(publish(upload)).await,
        Ok(Answer::PrekeyCounts(counts(2)))
    );
    assert_eq!(bundle_of(&alice, &mut bob).await.one_time_prekey.unwrap().id, 1);
    // The same number with another key is another prekey.
    assert_eq!(
        line.ask(publish(alice.upload(0, 1))).await,
        Ok(Answer::PrekeyCounts(counts(2)))
    );
}

#[tokio::test]
async fn a_newer_signed_prekey_takes_the_place_of_the_older() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    assert!(line.ask(publish(alice.upload(0, 1))).await.is_ok());
    let newer = alice.signed_prekey(2);
    assert!(
        line.ask(publish(PrekeyUpload::new().with_signed_prekey(newer.clone())))
            .await
            .is_ok()
    );
    let bundle = bundle_of(&alice, &mut world.open().await).await;
    assert_eq!(bundle.signed_prekey, newer);
    assert_eq!(bundle.kyber_prekey.id, 0);
}

#[tokio::test]
async fn a_device_keeps_no_more_prekeys_than_allowed() {
    let world = World::with(|config| config.limits.one_time_prekeys = 5).await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    assert_eq!(
        line.ask(publish(alice.upload(0, 5))).await,
        Ok(Answer::PrekeyCounts(counts(5)))
    );
    let one_more = alice.upload(5, 1);
    assert_eq!(
        line.ask(publish(one_more)).await,
        Err(Refusal::TooManyPrekeys { limit: 5 })
    );
    assert_eq!(
        line.ask(Request::CountPrekeys).await,
        Ok(Answer::PrekeyCounts(counts(5)))
    );
}

#[tokio::test]
async fn there_is_no_bundle_of_a_stranger_or_of_somebody_without_prekeys() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    let mut bob = world.open().await;
    assert_eq!(
        bob.ask(Person::new().fetch()).await,
        Err(Refusal::WrongDeliveryToken)
    );
    assert_eq!(bob.ask(alice.fetch()).await, Err(Refusal::NoPrekeys));
    // Nothing is used up by asking too early.
    let only_one_time = PrekeyUpload::new()
        .with_one_time_prekeys(vec![one_time_prekey(1)])
        .unwrap();
    assert!(line.ask(publish(only_one_time)).await.is_ok());
    assert_eq!(bob.ask(alice.fetch()).await, Err(Refusal::NoPrekeys));
    assert!(line.ask(publish(alice.upload(2, 0))).await.is_ok());
    assert_eq!(bundle_of(&alice, &mut bob).await.one_time_prekey.unwrap().id, 1);
}
