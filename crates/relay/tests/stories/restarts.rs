//! Stopping, crashing and starting again.

use std::time::Duration;

use sotto_relay::{Config, ServeError};
use sotto_wire::mailbox::{Answer, Request};
use sotto_wire::{ClientMessageId, Closing, open};

use crate::people::{DELIVERED, Person, World, publish, start};

#[tokio::test]
async fn a_graceful_stop_and_a_restart_lose_nothing() {
    let world = World::new().await;
    let alice = Person {
        user_name: Some("alice".parse().unwrap()),
        ..Person::new()
    };
    let alice = world.join_as(alice).await;
    let mut line = world.connect(&alice).await;
    assert!(line.ask(publish(alice.upload(0, 3))).await.is_ok());
    line.line.cut();
    let mut bob = world.open().await;
    let (first, second) = (ClientMessageId::random(), ClientMessageId::random());
    assert_eq!(bob.ask(alice.letter_again(first, "first")).await, DELIVERED);
    assert_eq!(bob.ask(alice.letter_again(second, "second")).await, DELIVERED);
    let mut line = world.connect(&alice).await;
    assert_eq!(line.read().await, "first");
    line.line.cut();

    let world = world.restarted().await;
    let mut line = world.connect(&alice).await;
    assert_eq!(line.read().await, "second");
    line.queue_is_empty().await;
    let Ok(Answer::PrekeyCounts(counts)) = line.ask(Request::CountPrekeys).await else {
        panic!("no counts")
    };
    assert_eq!((counts.one_time_prekeys, counts.one_time_kyber_prekeys), (3, 3));
    let mut bob = world.open().await;
    // What was taken before the stop is not taken again after it.
    assert_eq!(bob.ask(alice.letter_again(first, "first")).await, DELIVERED);
    assert_eq!(bob.ask(alice.letter_again(second, "second")).await, DELIVERED);
    line.silence().await;
    let look_up = open::Request::LookUpUserName("alice".parse().unwrap());
    let found = bob.ask(look_up).await;
    assert!(matches!(found, Ok(open::Answer::UserNameFound(found)) if found.account == alice.account));
}

#[tokio::test]
async fn everybody_is_told_that_the_relay_goes_away_and_gets_the_answers_they_are_owed() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    let mut bob = world.open().await;
    let stranger = world.mailbox().await;
    let letters = (0..200).map(|n| {
        let id = sotto_wire::RequestId::from(std::num::NonZeroU32::new(n + 1).unwrap());
        open::ClientFrame::Request {
            id,
            request: alice.letter(&n.to_string()),
        }
        .encode()
    });
    bob.line.flush(letters).await;
    let stopping = tokio::spawn(world.relay.shutdown());

    let mut answered = 0;
    loop {
        match bob.frame().await.expect("the relay hung up without a word") {
            open::RelayFrame::Answer { outcome, .. } => {
                assert_eq!(outcome, DELIVERED);
                answered += 1;
            }
            open::RelayFrame::Closing(Closing::GoingAway { reconnect_after_ms }) => {
                assert!((500..5_000).contains(&reconnect_after_ms));
                break;
            }
            other => panic!("not an answer: {other:?}"),
        }
    }
    let (closing, code) = line.closing().await;
    assert!(matches!(closing, Closing::GoingAway { .. }));
    assert_eq!(code, Some(1001));
    drop((line, bob, stranger));
    stopping.await.unwrap();

    // What was answered is there; what was not may be.
    let relay = start(world.folder.path(), |_| ()).await;
    let world = World {
        relay,
        folder: world.folder,
    };
    let mut line = world.connect(&alice).await;
    for n in 0..answered {
        assert_eq!(line.read().await, n.to_string());
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_long_for_who_does_not_leave() {
    let world = World::new().await;
    let alice = world.join().await;
    let _line = world.connect(&alice).await;
    let _half_open = tokio::net::TcpStream::connect(world.relay.address())
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_secs(6), world.relay.shutdown())
        .await
        .expect("the stop takes too long");
}

#[tokio::test]
async fn a_relay_that_is_dropped_loses_nothing_it_acknowledged() {
    let mut world = World::new().await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    for n in 0..20 {
        assert_eq!(bob.ask(alice.letter(&n.to_string())).await, DELIVERED);
    }
    let mut line = world.connect(&alice).await;
    for n in 0..10 {
        assert_eq!(line.read().await, n.to_string());
    }
    drop(world.relay);
    world.relay = start(world.folder.path(), |_| ()).await;
    let mut line = world.connect(&alice).await;
    for n in 10..20 {
        assert_eq!(line.read().await, n.to_string());
    }
    line.queue_is_empty().await;
}

#[tokio::test]
async fn two_relays_cannot_share_a_data_folder() {
    let world = World::new().await;
    let config = Config::new(world.folder.path(), "127.0.0.1:0".parse().unwrap());
    assert!(matches!(
        sotto_relay::serve(config).await,
        Err(ServeError::DataFolderInUse)
    ));
}

#[tokio::test]
async fn two_relays_cannot_share_an_address() {
    let world = World::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let config = Config::new(elsewhere.path(), world.relay.address());
    assert!(matches!(
        sotto_relay::serve(config).await,
        Err(ServeError::AddressInUse { .. })
    ));
}

#[tokio::test]
async fn a_database_without_its_pepper_is_not_opened() {
    let world = World::new().await;
    world.relay.shutdown().await;
    let pepper = world.folder.path().join("pepper");
    std::fs::write(&pepper, b"short").unwrap();
    let config = || Config::new(world.folder.path(), "127.0.0.1:0".parse().unwrap());
    assert!(matches!(
        sotto_relay::serve(config()).await,
        Err(ServeError::PepperDamaged)
    ));
    std::fs::remove_file(&pepper).unwrap();
    assert!(matches!(
        sotto_relay::serve(config()).await,
        Err(ServeError::PepperMissing)
    ));
    assert!(!pepper.exists());
}
