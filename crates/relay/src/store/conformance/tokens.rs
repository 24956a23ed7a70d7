use super::*;
use crate::clock::now_ms;
use crate::store::admission::{EXPIRED, INVITE_BUNDLES, INVITE_ENVELOPES, NOBODY};

fn tomorrow() -> u64 {
    now_ms() + DAY_MS
}

async fn delivers(store: &Store, alice: &Somebody, token: &TokenHash) -> Result<usize, Refusal> {
    let letter = [(ClientMessageId::random(), "hello")];
    let delivery = alice.delivery(Admission::Token(token.clone()), &letter);
    store.deliver(delivery, |_| ()).await.await
}

async fn fetches(store: &Store, alice: &Somebody, token: &TokenHash) -> Result<(), Refusal> {
    let admission = Admission::Token(token.clone());
    store.take_bundle(alice.address, admission).await.await.map(drop)
}

async fn admits(store: &Store, alice: &Somebody, admission: Admission) -> Result<(), Refusal> {
    store.admits(alice.address, admission).await.unwrap()
}

/// Makes it possible to fetch her bundle.
async fn publishes(store: &Store, alice: &Somebody) {
    let signed = sotto_wire::SignedPrekey {
        id: 1,
        public_key: [3; 33].into(),
        signature: [4; 64].into(),
    };
    let last_resort = sotto_wire::KyberPrekey {
        id: 1,
        public_key: (&vec![8; sotto_wire::KyberKey::BYTES][..]).try_into().unwrap(),
        signature: [2; 64].into(),
    };
    let upload = sotto_wire::PrekeyUpload::new()
        .with_signed_prekey(signed)
        .with_last_resort_prekey(last_resort);
    store
        .publish(alice.mailbox, Box::new(upload))
        .await
        .await
        .unwrap();
}

pub(super) async fn nobody_gets_in_before_there_are_tokens_but_who_looked_the_name_up(nodes: Nodes) {
    let alice = nodes.join().await;
    let contact = hash();
    assert_eq!(
        delivers(&nodes.one, &alice, &contact).await,
        Err(Refusal::WrongDeliveryToken)
    );
    alice.gets_new(&nodes.one, "request").await;
    alice.opens_to(&nodes.two, &contact, &[]).await;
    assert_eq!(delivers(&nodes.one, &alice, &contact).await, Ok(1));
    let waiting = alice.waiting(&nodes.two).await;
    let requests: Vec<bool> = waiting
        .envelopes
        .iter()
        .map(|envelope| envelope.request)
        .collect();
    assert_eq!(requests, [true, false]);
    // Another contact token closes the door to those who have the old one.
    alice.opens_to(&nodes.two, &hash(), &[]).await;
    assert_eq!(
        delivers(&nodes.one, &alice, &contact).await,
        Err(Refusal::WrongDeliveryToken)
    );
}

pub(super) async fn a_wrong_token_and_no_mailbox_are_the_same(nodes: Nodes) {
    let (alice, nobody) = (nodes.join().await, Somebody::new());
    alice
        .opens_to(&nodes.one, &hash(), &[(&hash(), tomorrow())])
        .await;
    publishes(&nodes.one, &alice).await;
    let token = hash();
    for somebody in [&alice, &nobody] {
        assert_eq!(
            delivers(&nodes.two, somebody, &token).await,
            Err(if somebody.mailbox.0 == 0 {
                NOBODY
            } else {
                Refusal::WrongDeliveryToken
            })
        );
    }
    assert_eq!(
        fetches(&nodes.two, &alice, &token).await,
        Err(Refusal::WrongDeliveryToken)
    );
    assert_eq!(fetches(&nodes.two, &nobody, &token).await, Err(NOBODY));
    assert_eq!(
        admits(&nodes.two, &alice, Admission::Token(token.clone())).await,
        Err(Refusal::WrongDeliveryToken)
    );
    assert_eq!(
        admits(&nodes.two, &nobody, Admission::Token(token)).await,
        Err(NOBODY)
    );
}

pub(super) async fn an_invite_is_good_for_so_many_envelopes(nodes: Nodes) {
    let alice = nodes.join().await;
    let (contact, invite) = (hash(), hash());
    alice
        .opens_to(&nodes.one, &contact, &[(&invite, tomorrow())])
        .await;
    let letters: Vec<_> = (1..INVITE_ENVELOPES)
        .map(|_| (ClientMessageId::random(), "x"))
        .collect();
    let many = alice.delivery(Admission::Token(invite.clone()), &letters);
    let kept = nodes.one.deliver(many, |_| ()).await.await;
    assert_eq!(kept, Ok(letters.len()));
    // One is left: of two the first is kept.
    let two = [
        (ClientMessageId::random(), "last"),
        (ClientMessageId::random(), "more"),
    ];
    let delivery = alice.delivery(Admission::Token(invite.clone()), &two);
    assert_eq!(nodes.two.deliver(delivery, |_| ()).await.await, Ok(1));
    assert_eq!(delivers(&nodes.one, &alice, &invite).await, Err(EXPIRED));
    assert_eq!(
        admits(&nodes.two, &alice, Admission::Token(invite)).await,
        Err(EXPIRED)
    );
    assert_eq!(delivers(&nodes.one, &alice, &contact).await, Ok(1));
}

pub(super) async fn an_invite_is_good_for_so_many_bundles_though_two_nodes_are_asked(nodes: Nodes) {
    let alice = nodes.join().await;
    let invite = hash();
    alice
        .opens_to(&nodes.one, &hash(), &[(&invite, tomorrow())])
        .await;
    assert_eq!(
        fetches(&nodes.one, &alice, &invite).await,
        Err(Refusal::NoPrekeys)
    );
    publishes(&nodes.one, &alice).await;
    let mut pending = Vec::new();
    for number in 0..2 * INVITE_BUNDLES {
        let node = if number % 2 == 0 { &nodes.one } else { &nodes.two };
        let admission = Admission::Token(invite.clone());
        pending.push(node.take_bundle(alice.address, admission).await);
    }
    let mut fetched = 0;
    for bundle in pending {
        match bundle.await {
            Ok(_) => fetched += 1,
            Err(refusal) => assert_eq!(refusal, EXPIRED),
        }
    }
    assert_eq!(fetched, INVITE_BUNDLES);
    // Envelopes are counted apart.
    assert_eq!(delivers(&nodes.two, &alice, &invite).await, Ok(1));
}

pub(super) async fn an_invite_that_was_dropped_has_expired_and_keeps_its_count(nodes: Nodes) {
    let alice = nodes.join().await;
    let (contact, invite) = (hash(), hash());
    publishes(&nodes.one, &alice).await;
    alice
        .opens_to(&nodes.one, &contact, &[(&invite, tomorrow())])
        .await;
    for _ in 0..INVITE_BUNDLES {
        assert_eq!(fetches(&nodes.two, &alice, &invite).await, Ok(()));
    }
    alice.opens_to(&nodes.one, &contact, &[]).await;
    assert_eq!(delivers(&nodes.two, &alice, &invite).await, Err(EXPIRED));
    // Named again it is good again, as far as it goes.
    alice
        .opens_to(
            &nodes.two,
            &contact,
            &[(&invite, tomorrow()), (&invite, tomorrow())],
        )
        .await;
    assert_eq!(delivers(&nodes.one, &alice, &invite).await, Ok(1));
    assert_eq!(fetches(&nodes.one, &alice, &invite).await, Err(EXPIRED));
}

pub(super) async fn an_expired_invite_is_remembered_for_thirty_days(nodes: Nodes) {
    let alice = nodes.join().await;
    let invite = hash();
    alice
        .opens_to(&nodes.one, &hash(), &[(&invite, now_ms() - 1)])
        .await;
    assert_eq!(delivers(&nodes.two, &alice, &invite).await, Err(EXPIRED));
    assert_eq!(fetches(&nodes.two, &alice, &invite).await, Err(EXPIRED));
    nodes.one.sweep_at(now_ms() + 30 * DAY_MS - 60_000).await.unwrap();
    assert_eq!(delivers(&nodes.two, &alice, &invite).await, Err(EXPIRED));
    nodes.two.sweep_at(now_ms() + 30 * DAY_MS + 60_000).await.unwrap();
    assert_eq!(
        delivers(&nodes.one, &alice, &invite).await,
        Err(Refusal::WrongDeliveryToken)
    );
}

pub(super) async fn a_delivery_tried_again_is_answered_though_the_invite_is_used_up(nodes: Nodes) {
    let alice = nodes.join().await;
    let (contact, invite) = (hash(), hash());
    alice
        .opens_to(&nodes.one, &contact, &[(&invite, tomorrow())])
        .await;
    let letter = [(ClientMessageId::random(), "x")];
    let again = || alice.delivery(Admission::Token(invite.clone()), &letter);
    assert_eq!(nodes.one.deliver(again(), |_| ()).await.await, Ok(1));
    alice.opens_to(&nodes.two, &contact, &[]).await;
    assert_eq!(nodes.two.deliver(again(), |_| ()).await.await, Ok(1));
    assert_eq!(delivers(&nodes.two, &alice, &invite).await, Err(EXPIRED));
    assert_eq!(alice.texts(&nodes.one).await, ["x"]);
}

pub(super) async fn asking_counts_nothing(nodes: Nodes) {
    let alice = nodes.join().await;
    let invite = hash();
    alice
        .opens_to(&nodes.one, &hash(), &[(&invite, tomorrow())])
        .await;
    for _ in 0..=INVITE_ENVELOPES {
        let admission = Admission::Token(invite.clone());
        assert_eq!(admits(&nodes.two, &alice, admission).await, Ok(()));
    }
    assert_eq!(admits(&nodes.two, &alice, Admission::LookUp).await, Ok(()));
    assert_eq!(delivers(&nodes.one, &alice, &invite).await, Ok(1));
}
