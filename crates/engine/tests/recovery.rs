//! A database that is damaged makes way for its last backup, and the conversation goes on.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::path::{Path, PathBuf};

use sotto_engine::Unlock;
use sotto_engine::error::{DatabaseError, OpenError, StorageError};
use sotto_engine::model::{Delivery, InviteState, Lifetime, Restoration};
use sotto_testkit::{Look, Person, World, eventually, have_talked, introduce};

fn database(person: &Person) -> PathBuf {
    person.folder().join("messages.db")
}

/// The third page, which any database of ours uses.
fn flip_bits(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    for byte in &mut bytes[2 * 4096 + 100..][..8] {
        *byte ^= 0x55;
    }
    std::fs::write(file, bytes).unwrap();
}

fn destroy_header(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[..4096].fill(0x5a);
    std::fs::write(file, bytes).unwrap();
}

fn truncate(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    std::fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
}

fn empty(file: &Path) {
    std::fs::write(file, b"").unwrap();
}

fn files(person: &Person) -> Vec<String> {
    let names = std::fs::read_dir(person.folder()).unwrap();
    let mut names: Vec<_> = names
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn count(person: &Person, file: &Path, of: &str) -> u32 {
    let sql = format!("SELECT count(*) FROM {of}");
    person.opens(file).query_row(&sql, [], |row| row.get(0)).unwrap()
}

async fn restored(person: &Person) -> Option<Restoration> {
    person.engine().account().await.unwrap().restored
}

async fn refused(person: &Person) -> DatabaseError {
    match person.try_to_come_back(Unlock::Keychain).await {
        Err(OpenError::Database(error)) => error,
        other => panic!("it should not open: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_alices_database_is_damaged_she_and_bob_go_on_from_her_last_backup() {
    for damage in [flip_bits, truncate, destroy_header, empty] {
        let world = World::new().await;
        let (alice, bob) = (world.alice().await, world.bob().await);
        have_talked(&alice, &bob).await;
        let backup = alice.backs_up().await;
        // What comes now is in no backup: it is lost on Alice's side.
        alice.says(&bob, "Since").await;
        bob.hears(&alice, &["Hello Bob", "Since"]).await;
        alice.sees_all(&bob, Delivery::Delivered).await;
        alice.leave().await;
        bob.says(&alice, "While you were away").await;
        bob.says(&alice, "And again").await;
        bob.says(&alice, "Are you there?").await;
        damage(&database(&alice));
        let damaged = std::fs::read(database(&alice)).unwrap();

        alice.come_back().await;
        let told = restored(&alice).await.unwrap();
        let aside = told.set_aside.unwrap();
        assert!(std::fs::read(aside).unwrap() == damaged, "nothing is deleted");
        assert!(
            backup
                .to_string_lossy()
                .ends_with(&told.made_at.millis().to_string())
        );

        alice
            .hears(
                &bob,
                &[
                    "Hello Alice",
                    "While you were away",
                    "And again",
                    "Are you there?",
                ],
            )
            .await;
        alice.says(&bob, "I am").await;
        bob.hears(&alice, &["Hello Bob", "Since", "I am"]).await;
        bob.says(&alice, "Good").await;
        let all = [
            "Hello Alice",
            "While you were away",
            "And again",
            "Are you there?",
            "Good",
        ];
        alice.hears(&bob, &all).await;
        alice.sees_all(&bob, Delivery::Delivered).await;
        bob.sees_all(&alice, Delivery::Delivered).await;

        let account = alice.engine().restoration_seen().await.unwrap();
        assert_eq!(account.restored, None);
        alice.leave().await;
        alice.come_back().await;
        assert_eq!(restored(&alice).await, None, "it is told once");
        alice.hears(&bob, &all).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_comes_back_from_its_backup() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    alice.backs_up().await;
    alice.leave().await;
    std::fs::remove_file(database(&alice)).unwrap();

    alice.come_back().await;
    assert_eq!(restored(&alice).await.unwrap().set_aside, None);
    alice.says(&bob, "Still here").await;
    bob.hears(&alice, &["Hello Bob", "Still here"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_when_the_backup_was_made_is_shown_once() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    world.stop_relay().await;
    alice.is_offline().await;
    alice.says(&bob, "One").await;
    alice.says(&bob, "Two").await;
    alice.backs_up().await;
    world.start_relay().await;
    alice.engine().reconnect();
    bob.engine().reconnect();
    bob.hears(&alice, &["Hello Bob", "One", "Two"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    alice.leave().await;
    flip_bits(&database(&alice));

    alice.come_back().await;
    alice.says(&bob, "Three").await;
    bob.hears(&alice, &["Hello Bob", "One", "Two", "Three"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    bob.hears(&alice, &["Hello Bob", "One", "Two", "Three"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_nothing_that_must_not_be_used_twice_and_is_as_secret_as_the_database() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    alice.sets_the_timer(&bob, Lifetime::of(60)).await;
    alice.says(&bob, "Gone in a minute").await;
    let backup = alice.backs_up().await;

    let header = std::fs::read(&backup).unwrap();
    assert!(!header.starts_with(b"SQLite format 3"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&backup).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(count(&alice, &database(&alice), "sessions") > 0);
    for table in ["sessions", "skipped_keys", "skipped_post_quantum_keys"] {
        assert_eq!(count(&alice, &backup, table), 0, "{table}");
    }
    assert_eq!(count(&alice, &backup, "messages WHERE lifetime IS NOT NULL"), 0);
    assert!(count(&alice, &backup, "messages WHERE text = 'Hello Bob'") == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_backups_are_kept_and_the_one_before_is_used_if_the_last_is_damaged_too() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    alice.backs_up().await;
    let before = alice.backs_up().await;
    let last = alice.backs_up().await;
    // What is too many goes after the last one is there.
    eventually("two backups are kept", async || {
        let kept = alice.backups();
        Look::when(
            kept == [before.clone(), last.clone()],
            (),
            format_args!("{kept:?}"),
        )
    })
    .await;
    alice.leave().await;
    flip_bits(&database(&alice));
    flip_bits(&last);

    alice.come_back().await;
    let made_at = restored(&alice).await.unwrap().made_at;
    assert!(before.to_string_lossy().ends_with(&made_at.millis().to_string()));
    bob.says(&alice, "Hello again").await;
    alice.hears(&bob, &["Hello Alice", "Hello again"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_backup_that_is_whole_nothing_is_touched() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    let backup = alice.backs_up().await;
    alice.leave().await;
    flip_bits(&database(&alice));
    truncate(&backup);
    let before = files(&alice);

    assert_eq!(refused(&alice).await, StorageError::Corrupted.into());
    let left: Vec<_> = files(&alice);
    assert_eq!(left, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_the_databases_is_no_damage() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    alice.backs_up().await;
    alice.leave().await;
    let (mine, files_before) = (std::fs::read(database(&alice)).unwrap(), files(&alice));
    // Her folder holds somebody else's database, and somebody else's backups.
    let mallory = world.person("Mallory").await;
    mallory.leave().await;
    std::fs::copy(database(&mallory), database(&alice)).unwrap();
    for backup in alice.backups() {
        std::fs::copy(database(&mallory), backup).unwrap();
    }
    assert_eq!(refused(&alice).await, DatabaseError::WrongKey);
    assert_eq!(files(&alice), files_before);
    assert!(std::fs::read(database(&alice)).unwrap() != mine);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_from_a_newer_sotto_is_left_alone_whatever_backups_there_are() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    alice.backs_up().await;
    alice.leave().await;
    alice
        .database()
        .execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);")
        .unwrap();
    let (newer, before) = (std::fs::read(database(&alice)).unwrap(), files(&alice));

    assert_eq!(refused(&alice).await, DatabaseError::TooNew);
    assert_eq!(files(&alice), before);
    assert!(std::fs::read(database(&alice)).unwrap() == newer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_dies_while_it_restores_does_it_again() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    let backup = alice.backs_up().await;
    alice.leave().await;

    // After the damaged database was set aside, and before the backup took its place.
    let aside = alice.folder().join("messages.db.damaged-9999999999999");
    std::fs::rename(database(&alice), &aside).unwrap();
    std::fs::write(alice.folder().join("messages.db.restoring"), b"half of it").unwrap();
    alice.come_back().await;
    assert_eq!(restored(&alice).await.unwrap().set_aside, Some(aside));
    bob.says(&alice, "Once").await;
    alice.hears(&bob, &["Hello Alice", "Once"]).await;
    alice.leave().await;

    // After the backup took its place, and before anything was done about it; or by hand.
    std::fs::copy(&backup, database(&alice)).unwrap();
    alice.come_back().await;
    assert!(restored(&alice).await.is_some());
    bob.says(&alice, "Twice").await;
    alice.hears(&bob, &["Hello Alice", "Twice"]).await;
    alice.says(&bob, "And back").await;
    bob.hears(&alice, &["Hello Bob", "And back"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_used_once_may_have_been_used_since_the_backup() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    let link = alice.invites().await;
    let backup = alice.backs_up().await;
    let newest = |file: &Path| {
        let sql = "SELECT max(id) FROM signed_prekeys";
        alice
            .opens(file)
            .query_row(sql, [], |row| row.get::<_, u32>(0))
            .unwrap()
    };
    // Somebody has used it meanwhile; whoever finds the link must not be able to use it once more.
    let carol = world.person("Carol").await;
    carol.accepts(&link).await;
    alice.knows(&carol).await;
    alice.leave().await;
    flip_bits(&database(&alice));

    alice.come_back().await;
    assert!(
        alice.conversation_with(&carol).await.is_none(),
        "Carol came after the backup"
    );
    let invites = alice.engine().invites().await.unwrap();
    assert!(invites.iter().all(|invite| invite.state != InviteState::Open));
    assert!(alice.engine().is_locked().await.unwrap());
    alice.is_online().await;
    let further = newest(&database(&alice)) - newest(&backup);
    assert!(further > 1_000_000, "no number of a prekey is given twice");
    // Who comes with a new invite gets keys that Alice has.
    let dave = world.person("Dave").await;
    introduce(&alice, &dave).await;
    dave.says(&alice, "Hi").await;
    alice.hears(&dave, &["Hi"]).await;
}
