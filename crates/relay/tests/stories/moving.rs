//! A relay grows out of its embedded database: `sotto-relay migrate sqlite-to-postgres`.

use std::path::Path;
use std::process::{Command, Output};

use sotto_relay::{Config, ServeError};
use sotto_wire::mailbox::Answer;
use sotto_wire::{ClientMessageId, InviteToken, Refusal, RelayName, open};
use tokio::task::spawn_blocking;

use crate::nodes::{connect, open, query};
use crate::people::{DELIVERED, Person, World, publish, start};
use crate::servers::Postgres;

fn migrate(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
        .args(["migrate", "sqlite-to-postgres", "--data"])
        .arg(data)
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs it beside this runtime; the exit code, and what it says.
async fn migrated(data: &Path, database: &str) -> (Option<i32>, String, String) {
    let (data, database) = (data.to_owned(), database.to_owned());
    let output = spawn_blocking(move || migrate(&data, &["--database", &database]));
    let output = output.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn name() -> RelayName {
    "relay.example".parse().unwrap()
}

fn named(config: &mut Config) {
    config.names = vec![name()];
}

/// How many rows of a table were moved, as the program says.
fn rows(said: &str, table: &str) -> u64 {
    let line = said.lines().find(|line| line.split(' ').next() == Some(table));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

async fn join(world: &World, person: Person) -> Person {
    let mut line = world.mailbox().await;
    let registration = person.registration(line.challenge, &name());
    assert_eq!(line.ask(registration).await, Ok(Answer::Registered));
    let mut line = connect(&world.relay, &person).await;
    line.queue_is_empty().await;
    let invite = InviteToken {
        token: [7; 16].into(),
        expires_at_ms: u64::MAX >> 1,
    };
    let tokens = person.tokens(vec![invite]);
    assert_eq!(line.ask(tokens).await, Ok(Answer::DeliveryTokensSet));
    assert!(line.ask(publish(person.upload(0, 3))).await.is_ok());
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_in_the_embedded_database_arrives_from_the_shared_one() {
    let world = World::with(named).await;
    let alice = join(
        &world,
        Person {
            user_name: Some("alice".parse().unwrap()),
            ..Person::new()
        },
    )
    .await;
    let carol = join(&world, Person::new()).await;
    let mut bob = world.open().await;
    let known = ClientMessageId::random();
    assert_eq!(bob.ask(alice.letter_again(known, "0")).await, DELIVERED);
    for number in 1..30 {
        assert_eq!(bob.ask(alice.letter(&number.to_string())).await, DELIVERED);
        assert_eq!(bob.ask(carol.letter("for Carol")).await, DELIVERED);
    }
    assert!(bob.ask(alice.fetch()).await.is_ok());
    // She has read the first two: one is remembered, no more.
    let mut line = connect(&world.relay, &alice).await;
    assert_eq!(line.read().await, "0");
    assert_eq!(line.read().await, "1");
    drop(line);

    let postgres = Postgres::start();
    let database = postgres.database("relay");
    let World { relay, folder } = world;
    // Not while it runs.
    let (code, _, said) = migrated(folder.path(), &database).await;
    assert_eq!(code, Some(5), "{said}");
    relay.shutdown().await;

    let (code, said, complaint) = migrated(folder.path(), &database).await;
    assert_eq!(code, Some(0), "{complaint}");
    for (table, count) in [
        ("accounts", 2),
        ("devices", 2),
        ("mailboxes", 2),
        ("delivery_tokens", 2),
        ("standing_prekeys", 4),
        ("one_time_prekeys", 12),
        ("envelopes", 57),
        ("taken_messages", 59),
    ] {
        assert_eq!(rows(&said, table), count, "{said}");
    }

    let shared = |config: &mut Config| {
        named(config);
        config.database = Some(database.clone());
    };
    let relay = start(folder.path(), shared).await;
    let mut line = connect(&relay, &alice).await;
    for number in 2..30 {
        assert_eq!(line.read().await, number.to_string());
    }
    line.queue_is_empty().await;
    let mut bob = open(&relay).await;
    // Taken before, and read: not once more.
    assert_eq!(bob.ask(alice.letter_again(known, "0")).await, DELIVERED);
    line.silence().await;
    assert_eq!(bob.ask(alice.letter("after the move")).await, DELIVERED);
    assert_eq!(line.read().await, "after the move");
    // Her name, her tokens and what is left of her prekeys came along; new accounts get numbers of their own.
    let found = bob
        .ask(open::Request::LookUpUserName("alice".parse().unwrap()))
        .await;
    assert!(matches!(found, Ok(open::Answer::UserNameFound(found)) if found.account == alice.account));
    assert_eq!(
        bob.ask(alice.letter_by([7; 16].into(), "by invite")).await,
        DELIVERED
    );
    assert_eq!(
        bob.ask(alice.letter_by([8; 16].into(), "by nothing")).await,
        Err(Refusal::WrongDeliveryToken)
    );
    let Ok(open::Answer::Bundle(bundle)) = bob.ask(alice.fetch()).await else {
        panic!("no bundle")
    };
    assert_eq!(bundle.one_time_prekey.unwrap().id, 1);
    let dave = crate::nodes::join(&relay).await;
    assert_eq!(bob.ask(dave.letter("welcome")).await, DELIVERED);
    let mut line = connect(&relay, &carol).await;
    for _ in 1..30 {
        assert_eq!(line.read().await, "for Carol");
    }
    relay.shutdown().await;

    // A second time there is somebody.
    let (code, _, said) = migrated(folder.path(), &database).await;
    assert_eq!(code, Some(9));
    assert!(said.contains("belongs to a relay already"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_cut_short_serves_nobody_and_is_begun_anew() {
    let world = World::with(named).await;
    let alice = join(&world, Person::new()).await;
    let mut bob = world.open().await;
    for number in 0..5 {
        assert_eq!(bob.ask(alice.letter(&number.to_string())).await, DELIVERED);
    }
    let World { relay, folder } = world;
    relay.shutdown().await;
    let postgres = Postgres::start();
    let database = postgres.database("relay");
    let (code, _, complaint) = migrated(folder.path(), &database).await;
    assert_eq!(code, Some(0), "{complaint}");
    // As a copy leaves it that was killed before its end.
    query(
        &database,
        "INSERT INTO copying (pepper_fingerprint) SELECT pepper_fingerprint FROM relay;
         DELETE FROM relay; DELETE FROM envelopes WHERE sequence > 2; DELETE FROM mailboxes",
    )
    .await;
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    config.database = Some(database.clone());
    let outcome = sotto_relay::serve(config).await.map(drop);
    assert!(
        matches!(outcome, Err(ServeError::DatabaseHalfCopied)),
        "{outcome:?}"
    );

    // Another relay's copy does not go over it.
    let other = World::new().await;
    other.relay.shutdown().await;
    let (code, _, said) = migrated(other.folder.path(), &database).await;
    assert_eq!(code, Some(9));
    assert!(said.contains("half a copy of another relay"), "{said}");

    let (code, said, complaint) = migrated(folder.path(), &database).await;
    assert_eq!(code, Some(0), "{complaint}");
    assert_eq!(rows(&said, "envelopes"), 5);
    let relay = start(folder.path(), |config| {
        named(config);
        config.database = Some(database.clone());
    })
    .await;
    let mut line = connect(&relay, &alice).await;
    for number in 0..5 {
        assert_eq!(line.read().await, number.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_copied_over_what_is_there_or_from_nowhere() {
    let postgres = Postgres::start();
    let database = postgres.database("relay");
    let world = World::new().await;
    world.relay.shutdown().await;
    let output = migrate(world.folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let nowhere = tempfile::tempdir().unwrap();
    let (code, _, said) = migrated(&nowhere.path().join("relay"), &database).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(!nowhere.path().join("relay").exists());

    // Tables of ours, and something in one of them.
    let (code, _, complaint) = migrated(world.folder.path(), &database).await;
    assert_eq!(code, Some(0), "{complaint}");
    query(
        &database,
        "DELETE FROM relay; INSERT INTO taken_messages VALUES (1, 'x', 1)",
    )
    .await;
    let (code, _, said) = migrated(world.folder.path(), &database).await;
    assert_eq!(code, Some(9), "{said}");
    assert!(
        said.contains("there is something in the other database"),
        "{said}"
    );
}
