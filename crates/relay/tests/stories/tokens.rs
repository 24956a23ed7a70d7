//! Who may deliver: tokens of contacts, of invites, and of who looked a user name up.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sotto_protocol::curve::PublicKey;
use sotto_protocol::prekey::Timestamp;
use sotto_protocol::sealed_sender::{SenderCertificate, TrustRoots};
use sotto_wire::mailbox::{Answer, Push, Request};
use sotto_wire::open;
use sotto_wire::{DeliveryToken, InviteToken, Refusal};

use crate::people::{DELIVERED, Person, World, publish};

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn invite(byte: u8, expires_at_ms: u64) -> InviteToken {
    InviteToken {
        token: [byte; 16].into(),
        expires_at_ms,
    }
}

#[tokio::test]
async fn who_has_a_wrong_token_learns_nothing_of_who_there_is() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut mallory = world.open().await;
    let guess = DeliveryToken::from([9; 16]);
    for person in [&alice, &Person::new()] {
        for request in [
            person.letter_by(guess.clone(), "spam"),
            person.fetch_by(guess.clone()),
        ] {
            assert_eq!(mallory.ask(request).await, Err(Refusal::WrongDeliveryToken));
        }
    }
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
}

#[tokio::test]
async fn a_guest_gets_through_by_the_invite_until_it_is_taken_back() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    line.ask(publish(alice.upload(1, 20))).await.unwrap();
    let later = now_ms() + 60_000;
    let open_invite = invite(3, later);
    line.ask(alice.tokens(vec![open_invite.clone()])).await.unwrap();

    let mut bob = world.open().await;
    assert!(bob.ask(alice.fetch_by(open_invite.token.clone())).await.is_ok());
    assert_eq!(
        bob.ask(alice.letter_by(open_invite.token.clone(), "hello")).await,
        DELIVERED
    );
    assert_eq!(line.read().await, "hello");

    line.ask(alice.tokens(vec![])).await.unwrap();
    assert_eq!(
        bob.ask(alice.letter_by(open_invite.token.clone(), "hello?"))
            .await,
        Err(Refusal::ExpiredDeliveryToken)
    );
    assert_eq!(
        bob.ask(alice.fetch_by(open_invite.token)).await,
        Err(Refusal::ExpiredDeliveryToken)
    );
    // Her contacts do not notice.
    assert_eq!(bob.ask(alice.letter("still here")).await, DELIVERED);
}

#[tokio::test]
async fn an_invite_ends_by_itself_and_uses_up_few_prekeys() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    line.ask(publish(alice.upload(1, 20))).await.unwrap();
    let soon = invite(4, now_ms() + 1_500);
    let public = invite(5, now_ms() + 60_000);
    line.ask(alice.tokens(vec![soon.clone(), public.clone()]))
        .await
        .unwrap();

    let mut mallory = world.open().await;
    let mut fetched = 0;
    while mallory.ask(alice.fetch_by(public.token.clone())).await.is_ok() {
        fetched += 1;
    }
    assert_eq!(fetched, 4);
    assert!(mallory.ask(alice.fetch_by(soon.token.clone())).await.is_ok());
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    assert_eq!(
        mallory.ask(alice.fetch_by(soon.token)).await,
        Err(Refusal::ExpiredDeliveryToken)
    );
}

#[tokio::test]
async fn who_looked_the_user_name_up_writes_a_request() {
    let world = World::new().await;
    let mut alice = Person::new();
    alice.user_name = Some("alice".parse().unwrap());
    let alice = world.join_as(alice).await;
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    line.ask(publish(alice.upload(1, 5))).await.unwrap();

    let mut bob = world.open().await;
    let look_up = open::Request::LookUpUserName("alice".parse().unwrap());
    let Ok(open::Answer::UserNameFound(found)) = bob.ask(look_up).await else {
        panic!("Alice has a user name")
    };
    assert_eq!(found.account, alice.account);
    assert!(
        bob.ask(alice.fetch_by(found.delivery_token.clone()))
            .await
            .is_ok()
    );
    let letter = alice.letter_by(found.delivery_token.clone(), "may I?");
    assert_eq!(bob.ask(letter).await, DELIVERED);
    assert!(matches!(line.push().await, Push::Envelope { request: true, .. }));
    assert_eq!(bob.ask(alice.letter("from a friend")).await, DELIVERED);
    assert!(matches!(line.push().await, Push::Envelope { request: false, .. }));

    // It is hers alone.
    let carol = world.join().await;
    assert_eq!(
        bob.ask(carol.letter_by(found.delivery_token, "and you?")).await,
        Err(Refusal::WrongDeliveryToken)
    );
}

#[tokio::test]
async fn alice_takes_a_user_name_changes_it_and_gives_it_up() {
    let world = World::new().await;
    let alice = world.join().await;
    let bob = world.join().await;
    let set = |name: Option<&str>| Request::SetUserName(name.map(|name| name.parse().unwrap()));
    let mut stranger = world.mailbox().await;
    let too_early = stranger.ask(set(Some("alice"))).await;
    assert_eq!(too_early, Err(Refusal::NotAuthenticated));

    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    let mut bobs_line = world.connect(&bob).await;
    bobs_line.queue_is_empty().await;
    let mut carol = world.open().await;
    let mut finds = async |name: &str| {
        let look_up = open::Request::LookUpUserName(name.parse().unwrap());
        match carol.ask(look_up).await {
            Ok(open::Answer::UserNameFound(found)) => Some(found.account),
            Err(Refusal::NoSuchUserName) => None,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(line.ask(set(Some("alice"))).await, Ok(Answer::UserNameSet));
    assert_eq!(finds("alice").await, Some(alice.account));
    let taken = bobs_line.ask(set(Some("Alice"))).await;
    assert_eq!(taken, Err(Refusal::UserNameTaken));
    assert_eq!(line.ask(set(Some("liddell"))).await, Ok(Answer::UserNameSet));
    assert_eq!(finds("alice").await, None);
    assert_eq!(finds("liddell").await, Some(alice.account));
    assert_eq!(line.ask(set(None)).await, Ok(Answer::UserNameSet));
    assert_eq!(finds("liddell").await, None);
    let free = bobs_line.ask(set(Some("alice"))).await;
    assert_eq!(free, Ok(Answer::UserNameSet));
    assert_eq!(finds("alice").await, Some(bob.account));
}

#[tokio::test]
async fn only_the_owner_gets_a_certificate_and_the_trust_root_stands_behind_it() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut stranger = world.mailbox().await;
    assert_eq!(
        stranger.ask(Request::IssueSenderCertificate).await,
        Err(Refusal::NotAuthenticated)
    );
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    let Ok(Answer::SenderCertificate(issued)) = line.ask(Request::IssueSenderCertificate).await else {
        panic!("no certificate")
    };
    let certificate = SenderCertificate::from_bytes(&issued.certificate).unwrap();
    assert_eq!(
        certificate.claims().sender.name(),
        alice.account.uuid().to_string()
    );
    assert_eq!(certificate.claims().identity, alice.identity.identity_key());
    let root = PublicKey::from_bytes(line.trust_root.as_bytes()).unwrap();
    let valid = TrustRoots::new([root]).validate(certificate, Timestamp(now_ms()));
    assert!(valid.is_ok());
}
