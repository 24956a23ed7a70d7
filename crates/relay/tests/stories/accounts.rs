//! Registering and proving to be somebody.

use sotto_relay::Limits;
use sotto_wire::mailbox::{Answer, Authenticate, Request};
use sotto_wire::{AccountId, Closing, Refusal, open};

use crate::people::{Person, World};

#[tokio::test]
async fn alice_registers_and_proves_to_be_alice_on_the_same_connection() {
    let world = World::new().await;
    let alice = Person::new();
    let name = world.address().authority();
    let mut line = world.mailbox().await;
    assert_eq!(
        line.ask(alice.proof(line.challenge, &name)).await,
        Err(Refusal::UnknownAccount)
    );
    assert_eq!(
        line.ask(alice.registration(line.challenge, &name)).await,
        Ok(Answer::Registered)
    );
    assert_eq!(
        line.ask(alice.proof(line.challenge, &name)).await,
        Ok(Answer::Authenticated)
    );
    line.queue_is_empty().await;
    assert_eq!(
        line.ask(alice.proof(line.challenge, &name)).await,
        Err(Refusal::AlreadyAuthenticated)
    );
}

#[tokio::test]
async fn alice_may_register_again_and_mallory_may_not_register_as_alice() {
    let world = World::new().await;
    let alice = world.join().await;
    let name = world.address().authority();
    let mut line = world.mailbox().await;
    assert_eq!(
        line.ask(alice.registration(line.challenge, &name)).await,
        Ok(Answer::Registered)
    );
    let mallory = Person {
        account: alice.account,
        ..Person::new()
    };
    assert_eq!(
        line.ask(mallory.registration(line.challenge, &name)).await,
        Err(Refusal::AlreadyRegistered)
    );
}

#[tokio::test]
async fn mallory_cannot_authenticate_with_a_signature_of_her_own() {
    let world = World::new().await;
    let alice = world.join().await;
    let mallory = Person {
        account: alice.account,
        ..Person::new()
    };
    let mut line = world.mailbox().await;
    let proof = mallory.proof(line.challenge, &world.address().authority());
    assert_eq!(line.ask(proof).await, Err(Refusal::WrongSignature));
    assert_eq!(
        line.ask(Request::CountPrekeys).await,
        Err(Refusal::NotAuthenticated)
    );
}

#[tokio::test]
async fn a_proof_for_one_connection_is_worth_nothing_on_another() {
    let world = World::new().await;
    let alice = world.join().await;
    let name = world.address().authority();
    let mut first = world.mailbox().await;
    let proof = alice.proof(first.challenge, &name);
    assert_eq!(first.ask(proof.clone()).await, Ok(Answer::Authenticated));
    let mut second = world.mailbox().await;
    assert_ne!(second.challenge, first.challenge);
    assert_eq!(second.ask(proof).await, Err(Refusal::WrongSignature));
}

#[tokio::test]
async fn a_proof_made_for_another_relay_is_refused() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.mailbox().await;
    let elsewhere = "relay.example".parse().unwrap();
    let proof = alice.proof(line.challenge, &elsewhere);
    assert_eq!(line.ask(proof).await, Err(Refusal::WrongRelayName));

    // And one that only claims to be made for this one.
    let Request::Authenticate(mut proof) = alice.proof(line.challenge, &elsewhere) else {
        unreachable!()
    };
    proof.relay_name = world.address().authority();
    assert_eq!(
        line.ask(Request::Authenticate(proof)).await,
        Err(Refusal::WrongSignature)
    );
}

#[tokio::test]
async fn an_installation_that_another_took_the_place_of_is_told_so() {
    let world = World::new().await;
    let (alice, name) = (world.join().await, world.address().authority());
    let proof = |challenge, installation| match alice.proof(challenge, &name) {
        Request::Authenticate(proof) => Request::Authenticate(Authenticate {
            registration_id: installation,
            ..proof
        }),
        other => other,
    };
    let mut old = world.mailbox().await;
    assert_eq!(
        old.ask(proof(old.challenge, Some(1234))).await,
        Ok(Answer::Authenticated)
    );
    old.queue_is_empty().await;

    // She registers at another machine, with the same keys.
    let mut new = world.mailbox().await;
    let request = alice.registration_as(4321, new.challenge, &name);
    assert_eq!(new.ask(request).await, Ok(Answer::Registered));
    assert_eq!(
        new.ask(proof(new.challenge, Some(1234))).await,
        Err(Refusal::Moved)
    );
    assert_eq!(
        new.ask(proof(new.challenge, Some(4321))).await,
        Ok(Answer::Authenticated)
    );
    assert_eq!(old.refused().await.0, Refusal::Moved);
    let mut again = world.mailbox().await;
    assert_eq!(
        again.ask(proof(again.challenge, Some(1234))).await,
        Err(Refusal::Moved)
    );

    // A client that does not say which installation it is takes over, as ever, and is taken over from.
    let mut unnamed = world.mailbox().await;
    assert_eq!(
        unnamed.ask(proof(unnamed.challenge, None)).await,
        Ok(Answer::Authenticated)
    );
    assert_eq!(new.closing().await.0, Closing::Replaced);
    let mut new = world.mailbox().await;
    assert_eq!(
        new.ask(proof(new.challenge, Some(4321))).await,
        Ok(Answer::Authenticated)
    );
    unnamed.queue_is_empty().await;
    assert_eq!(unnamed.closing().await.0, Closing::Replaced);
}

#[tokio::test]
async fn a_registration_signed_by_another_key_is_refused() {
    let world = World::new().await;
    let alice = Person::new();
    let mut line = world.mailbox().await;
    let Request::Register(mut register) = alice.registration(line.challenge, &world.address().authority())
    else {
        unreachable!()
    };
    register.registration_id += 1;
    assert_eq!(
        line.ask(Request::Register(register.clone())).await,
        Err(Refusal::WrongSignature)
    );
    register.registration_id -= 1;
    register.identity_key = [9; 33].into();
    assert_eq!(
        line.ask(Request::Register(register)).await,
        Err(Refusal::InvalidKey)
    );
}

#[tokio::test]
async fn a_relay_goes_by_the_names_it_was_given() {
    let world = World::with(|config| config.names = vec!["relay.example".parse().unwrap()]).await;
    let alice = Person::new();
    let mut line = world.mailbox().await;
    let dialled = alice.registration(line.challenge, &world.address().authority());
    assert_eq!(line.ask(dialled).await, Err(Refusal::WrongRelayName));
    let named = alice.registration(line.challenge, &"wss://relay.example".parse().unwrap());
    assert_eq!(line.ask(named).await, Ok(Answer::Registered));
}

#[tokio::test]
async fn bob_finds_alice_by_her_user_name_and_nobody_takes_it() {
    let world = World::new().await;
    let name = world.address().authority();
    let alice = Person {
        user_name: Some("alice".parse().unwrap()),
        ..Person::new()
    };
    let mut line = world.mailbox().await;
    assert_eq!(
        line.ask(alice.registration(line.challenge, &name)).await,
        Ok(Answer::Registered)
    );
    assert_eq!(
        line.ask(alice.registration(line.challenge, &name)).await,
        Ok(Answer::Registered)
    );
    let mallory = Person {
        user_name: Some("Alice".parse().unwrap()),
        ..Person::new()
    };
    assert_eq!(
        line.ask(mallory.registration(line.challenge, &name)).await,
        Err(Refusal::UserNameTaken)
    );
    // Who was refused has no account either.
    assert_eq!(
        line.ask(mallory.proof(line.challenge, &name)).await,
        Err(Refusal::UnknownAccount)
    );

    let mut bob = world.open().await;
    let look_up = |name: &str| open::Request::LookUpUserName(name.parse().unwrap());
    let found = bob.ask(look_up("ALICE")).await;
    assert!(matches!(found, Ok(open::Answer::UserNameFound(found)) if found.account == alice.account));
    assert_eq!(bob.ask(look_up("carol")).await, Err(Refusal::NoSuchUserName));
}

#[tokio::test]
async fn the_data_folder_does_not_tell_user_names() {
    let world = World::new().await;
    let alice = Person {
        user_name: Some("alice-in-chains".parse().unwrap()),
        ..Person::new()
    };
    let mut line = world.mailbox().await;
    let registration = alice.registration(line.challenge, &world.address().authority());
    assert_eq!(line.ask(registration).await, Ok(Answer::Registered));
    world.relay.shutdown().await;
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            !bytes
                .windows(b"alice-in-chains".len())
                .any(|window| window == b"alice-in-chains")
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_data_folder_is_nobody_elses_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new().await;
    let _alice = world.join().await;
    for name in ["pepper", "relay.db", "relay.db-wal", "relay.db-shm", "lock"] {
        let mode = world
            .folder
            .path()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_closed_relay_takes_no_new_accounts_and_serves_those_it_has() {
    let mut world = World::new().await;
    let alice = world.join().await;
    world.relay.shutdown().await;
    let closed = Limits {
        registration: sotto_relay::config::Registration::Closed,
        ..Limits::default()
    };
    world.relay = crate::people::start(world.folder.path(), |config| config.limits = closed).await;
    let name = world.address().authority();
    let mut line = world.mailbox().await;
    let stranger = Person {
        account: AccountId::random(),
        ..Person::new()
    };
    assert_eq!(
        line.ask(stranger.registration(line.challenge, &name)).await,
        Err(Refusal::RegistrationClosed)
    );
    assert_eq!(
        line.ask(alice.registration(line.challenge, &name)).await,
        Ok(Answer::Registered)
    );
    assert_eq!(
        line.ask(alice.proof(line.challenge, &name)).await,
        Ok(Answer::Authenticated)
    );
}
