//! Alice takes her account to another computer, in one file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::path::{Path, PathBuf};

use sotto_engine::error::{
    AcceptInviteError, BackUpError, BackupFileError, BeginWordsError, ChangeError, CreateError, FindError,
    InviteError, RelayError, RestoreError, SendError, TellContactError,
};
use sotto_engine::model::{
    Connection, ConnectionTrouble, Delivery, Emoji, InviteState, Lifetime, Standing, Verification,
};
use sotto_engine::vault::RecoveryCode;
use sotto_engine::{Refusal, Unlock};
use sotto_testkit::{Look, Person, World, eventually, have_talked, introduce};

/// A stick that Alice carries around.
fn stick(world: &World) -> PathBuf {
    let folder = world.folder().join("stick");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn files(person: &Person) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(person.folder()) else {
        return Vec::new();
    };
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Why nothing was restored; and that nothing is there.
async fn refused(person: &Person, file: &Path, code: &str) -> BackupFileError {
    let refused = match person.try_to_restore(file, code).await {
        Err(RestoreError::Backup(error)) => error,
        other => panic!("it should not be restored: {other:?}"),
    };
    assert_eq!(
        files(person),
        ["profile.lock"],
        "{refused:?} leaves something behind"
    );
    assert!(person.keychain().contents().is_empty());
    refused
}

async fn cannot_write(person: &Person, to: &Person) {
    let contact = person.contact(to).await.id;
    let refused = person
        .engine()
        .send_text(contact, "From the old one".into())
        .await;
    assert_eq!(refused.map(drop), Err(SendError::Moved));
}

async fn cannot_change_what_was_said(person: &Person, to: &Person) {
    let mut messages = person.messages(to).await.into_iter();
    let said = messages.find(|message| message.outgoing).unwrap();
    let engine = person.engine();
    let edited = engine.edit(said.id, "Other words".to_owned()).await;
    assert_eq!(edited.map(drop), Err(ChangeError::Moved));
    let reacted = engine.react(said.id, Some(Emoji::parse("👍").unwrap())).await;
    assert_eq!(reacted.map(drop), Err(ChangeError::Moved));
    assert_eq!(engine.delete_for_everyone(said.id).await, Err(ChangeError::Moved));
}

async fn cannot_meet_anybody(person: &Person, somebody: &Person) {
    let moved = RelayError::Refused(Refusal::Moved);
    let engine = person.engine();
    assert_eq!(engine.create_invite().await.map(drop), Err(InviteError::Moved));
    let invite = somebody.engine().create_invite().await.unwrap();
    let accepted = engine.accept_invite(&invite.link).await;
    assert_eq!(accepted.map(drop), Err(AcceptInviteError::Relay(moved)));
    let found = engine.find("carol").await;
    assert_eq!(found.map(drop), Err(FindError::Relay(moved)));
}

async fn cannot_agree_on_anything(person: &Person, with: &Person) {
    let contact = person.contact(with).await.id;
    let engine = person.engine();
    let timer = engine.set_timer(contact, Lifetime::of(60)).await;
    assert_eq!(timer.map(drop), Err(TellContactError::Moved));
    let words = engine.begin_words(contact).await;
    assert_eq!(words.map(drop), Err(BeginWordsError::Moved));
}

async fn is_told_that_it_moved(person: &Person) {
    eventually(format_args!("{} is told", person.name()), async || {
        let connection = person.engine().connection();
        let moved = Connection::Offline {
            retry_at: None,
            trouble: ConnectionTrouble::Refused(Refusal::Moved),
        };
        Look::when(connection == moved, (), format_args!("{connection:?}"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alices_computer_burns_and_she_goes_on_at_another_one() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    have_talked(&alice, &bob).await;
    introduce(&alice, &carol).await;
    carol.says(&alice, "Buy this").await;
    alice.hears(&carol, &["Buy this"]).await;
    alice.blocks(&carol).await;
    let contact = alice.contact(&bob).await;
    let number = alice.safety_number(&bob).await;
    alice.verifies(&bob).await;
    alice
        .engine()
        .keep_draft(contact.id, "And then I".to_owned())
        .await
        .unwrap();
    let code = alice.writes_a_code_down().await;
    let backup = alice.saves_a_backup(&code, &stick(&world)).await;

    let burnt = alice;
    burnt.leave().await;
    std::fs::remove_dir_all(burnt.folder()).unwrap();
    bob.says(&burnt, "Is it true?").await;
    carol.says(&burnt, "Buy that").await;

    let alice = world.another_machine_of(&burnt, "new");
    alice.restores(&backup, &code).await;
    alice.hears(&bob, &["Hello Alice", "Is it true?"]).await;
    assert_eq!(alice.contact(&bob).await.verification, Verification::Verified);
    assert_eq!(alice.safety_number(&bob).await, number);
    assert_eq!(bob.safety_number(&alice).await, number);
    assert_eq!(alice.contact(&carol).await.standing, Standing::Blocked);
    let conversation = alice.conversation_with(&bob).await.unwrap();
    assert_eq!(conversation.draft.as_deref(), Some("And then I"));

    alice.says(&bob, "All burnt, but you are here").await;
    bob.hears(&alice, &["Hello Bob", "All burnt, but you are here"])
        .await;
    bob.says(&alice, "Good").await;
    alice.hears(&bob, &["Hello Alice", "Is it true?", "Good"]).await;
    alice.sees_all(&bob, Delivery::Delivered).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    alice.hears(&carol, &["Buy this"]).await;

    let restored = alice.engine().account().await.unwrap().restored.unwrap();
    assert!(restored.moved);
    assert_eq!(restored.set_aside, None);
    // The keys are this computer's now, and so is the code.
    alice.leave().await;
    alice.come_back().await;
    alice.hears(&bob, &["Hello Alice", "Is it true?", "Good"]).await;
    alice.leave().await;
    let code = RecoveryCode::parse(&code).unwrap();
    alice.try_to_come_back(Unlock::RecoveryCode(code)).await.unwrap();
    alice.is_online().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_computer_is_told_and_says_and_hears_nothing_any_more() {
    let world = World::new().await;
    let (old, bob) = (world.alice().await, world.bob().await);
    have_talked(&old, &bob).await;
    let code = old.writes_a_code_down().await;
    let backup = old.saves_a_backup(&code, &stick(&world)).await;
    // The backup is not the latest: what comes now is on the old computer only.
    bob.says(&old, "Since").await;
    old.hears(&bob, &["Hello Alice", "Since"]).await;

    let new = world.another_machine_of(&old, "new");
    new.restores(&backup, &code).await;
    new.is_online().await;
    is_told_that_it_moved(&old).await;
    cannot_write(&old, &bob).await;
    cannot_change_what_was_said(&old, &bob).await;
    cannot_meet_anybody(&old, &bob).await;
    cannot_agree_on_anything(&old, &bob).await;
    old.engine().reconnect();
    is_told_that_it_moved(&old).await;
    // Nor after it was started again, even without a network; and the new one is not disturbed.
    old.leave().await;
    world.line().cut();
    old.come_back().await;
    cannot_write(&old, &bob).await;
    world.line().mend();
    old.engine().reconnect();
    is_told_that_it_moved(&old).await;

    bob.says(&new, "To the new one").await;
    new.hears(&bob, &["Hello Alice", "To the new one"]).await;
    new.says(&bob, "From the new one").await;
    bob.hears(&new, &["Hello Bob", "From the new one"]).await;
    assert_eq!(new.engine().connection(), Connection::Online);
    old.hears(&bob, &["Hello Alice", "Since"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_left_at_the_old_computer_is_accepted_at_the_new_one() {
    let world = World::new().await;
    let (old, carol) = (world.alice().await, world.carol().await);
    old.goes_by("alice").await;
    carol.finds("alice").await;
    carol.says(&old, "May I?").await;
    old.hears(&carol, &["May I?"]).await;
    let code = old.writes_a_code_down().await;
    let backup = old.saves_a_backup(&code, &stick(&world)).await;
    let new = world.another_machine_of(&old, "new");
    new.restores(&backup, &code).await;
    is_told_that_it_moved(&old).await;

    let request = old.contact(&carol).await.id;
    let accepted = old.engine().accept_request(request).await;
    assert_eq!(accepted.map(drop), Err(TellContactError::Moved));
    assert_eq!(old.contact(&carol).await.standing, Standing::Requested);
    // For themselves they may do what they like.
    let note = old.engine().note_to_self().await.unwrap().contact.id;
    old.engine().set_timer(note, Lifetime::of(60)).await.unwrap();

    new.accepts_request_of(&carol).await;
    new.says(&carol, "You may").await;
    carol.hears(&new, &["You may"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_where_the_account_has_been_is_not_lost_when_it_comes_back_there() {
    let world = World::new().await;
    let (first, bob) = (world.alice().await, world.bob().await);
    have_talked(&first, &bob).await;
    let code = first.writes_a_code_down().await;
    let backup = first.saves_a_backup(&code, &stick(&world)).await;
    world.line().cut();
    first.is_offline().await;
    first.says(&bob, "Written on the train").await;
    first.leave().await;
    world.line().mend();
    let second = world.another_machine_of(&first, "second");
    second.restores(&backup, &code).await;
    second.is_online().await;
    first.come_back().await;
    is_told_that_it_moved(&first).await;
    cannot_write(&first, &bob).await;
    let note = first.engine().note_to_self().await.unwrap();
    let noted = first
        .engine()
        .send_text(note.contact.id, "Go on there".into())
        .await;
    assert_eq!(noted.unwrap().delivery, Some(Delivery::Read));

    // She takes what is only there along.
    let backup = first.saves_a_backup(&code, &stick(&world)).await;
    let third = world.another_machine_of(&first, "third");
    third.restores(&backup, &code).await;
    third.says(&bob, "Written at home").await;
    bob.hears(&third, &["Hello Bob", "Written on the train", "Written at home"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_there_before_the_relay_is_and_the_mailbox_is_taken_over_then() {
    let world = World::new().await;
    let (old, bob) = (world.alice().await, world.bob().await);
    have_talked(&old, &bob).await;
    let code = old.writes_a_code_down().await;
    let backup = old.saves_a_backup(&code, &stick(&world)).await;
    old.leave().await;
    world.stop_relay().await;

    let new = world.another_machine_of(&old, "new");
    new.restores(&backup, &code).await;
    new.hears(&bob, &["Hello Alice"]).await;
    // Nor has anything changed when the program ends before it has come that far.
    new.leave().await;
    new.come_back().await;
    world.start_relay().await;
    new.engine().reconnect();
    bob.engine().reconnect();
    new.is_online().await;
    bob.says(&new, "Back?").await;
    new.hears(&bob, &["Hello Alice", "Back?"]).await;
    old.come_back().await;
    is_told_that_it_moved(&old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_after_the_move_gets_keys_that_the_new_computer_has() {
    let world = World::new().await;
    let (old, bob) = (world.alice().await, world.bob().await);
    have_talked(&old, &bob).await;
    let link = old.invites().await;
    let code = old.writes_a_code_down().await;
    let backup = old.saves_a_backup(&code, &stick(&world)).await;

    let new = world.another_machine_of(&old, "new");
    new.restores(&backup, &code).await;
    new.is_online().await;
    let invites = new.engine().invites().await.unwrap();
    assert!(invites.iter().all(|invite| invite.state != InviteState::Open));
    let carol = world.carol().await;
    introduce(&new, &carol).await;
    carol.says(&new, "Hi").await;
    new.hears(&carol, &["Hi"]).await;
    drop(link);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_holds_nothing_that_disappears_and_tells_a_finder_nothing() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    alice.sets_the_timer(&bob, Lifetime::of(60)).await;
    alice.says(&bob, "Gone in a minute").await;
    let code = alice.writes_a_code_down().await;
    let before = files(&alice);
    let backup = alice.saves_a_backup(&code, &stick(&world)).await;
    assert_eq!(files(&alice), before, "the copy that it was made of is gone");
    let bytes = std::fs::read(&backup).unwrap();
    let account = alice.address().account;
    assert!(!bytes.windows(16).any(|window| window == account.as_bytes()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&backup).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let new = world.another_machine_of(&alice, "new");
    new.restores(&backup, &code).await;
    let texts = "messages WHERE text = 'Gone in a minute'";
    let sql = format!("SELECT count(*) FROM {texts}");
    let count = |person: &Person| {
        person
            .database()
            .query_row(&sql, [], |row| row.get::<_, u32>(0))
            .unwrap()
    };
    assert_eq!((count(&alice), count(&new)), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_backup_of_a_day_has_another_name_and_the_code_is_needed_for_each() {
    let world = World::new().await;
    let alice = world.alice().await;
    let another = RecoveryCode::generate().unwrap();
    let none = alice.engine().back_up(another, stick(&world)).await;
    assert!(
        matches!(none, Err(BackUpError::RecoveryCode(_))),
        "there is no code yet"
    );
    let code = alice.writes_a_code_down().await;
    let another = RecoveryCode::generate().unwrap();
    let wrong = alice.engine().back_up(another, stick(&world)).await;
    assert!(matches!(wrong, Err(BackUpError::RecoveryCode(_))));
    let missing = RecoveryCode::parse(&code).unwrap();
    let nowhere = alice
        .engine()
        .back_up(missing, world.folder().join("nowhere"))
        .await;
    assert!(matches!(nowhere, Err(BackUpError::File(_))));

    let one = alice.saves_a_backup(&code, &stick(&world)).await;
    let other = alice.saves_a_backup(&code, &stick(&world)).await;
    assert_ne!(one, other);
    let there: Vec<_> = std::fs::read_dir(stick(&world)).unwrap().collect();
    assert_eq!(there.len(), 2, "nothing unfinished is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_alice_made_is_refused_and_leaves_nothing_behind() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    let code = alice.writes_a_code_down().await;
    let backup = alice.saves_a_backup(&code, &stick(&world)).await;
    let bytes = std::fs::read(&backup).unwrap();
    let new = world.another_machine_of(&alice, "new");
    let file = stick(&world).join("changed");
    let put = |bytes: &[u8]| std::fs::write(&file, bytes).unwrap();

    // magic 0..16, version 16..20, salt 20..36, secrets 36..133, database in pieces of 64 KiB and a tag
    let (secrets, database) = (36, 36 + 81 + 16);
    let piece = 64 * 1024 + 16;
    assert!(bytes.len() > database + piece, "a story of more than one piece");
    for (place, expected) in [
        (0, BackupFileError::NotABackup),
        (15, BackupFileError::NotABackup),
        (16, BackupFileError::TooNew),
        (19, BackupFileError::TooNew),
        (20, BackupFileError::WrongCode),
        (35, BackupFileError::WrongCode),
        (secrets, BackupFileError::WrongCode),
        (database - 1, BackupFileError::WrongCode),
        (database, BackupFileError::Damaged),
        (database + piece - 1, BackupFileError::Damaged),
        (database + piece, BackupFileError::Damaged),
        (bytes.len() - 1, BackupFileError::Damaged),
    ] {
        let mut changed = bytes.clone();
        changed[place] ^= 0x22;
        put(&changed);
        assert_eq!(refused(&new, &file, &code).await, expected, "byte {place}");
    }
    for (length, expected) in [
        (0, BackupFileError::NotABackup),
        (15, BackupFileError::NotABackup),
        (17, BackupFileError::Damaged),
        (secrets, BackupFileError::WrongCode),
        (database - 1, BackupFileError::WrongCode),
        (database, BackupFileError::Damaged),
        (database + 7, BackupFileError::Damaged),
        (database + piece, BackupFileError::Damaged),
        (bytes.len() - 1, BackupFileError::Damaged),
    ] {
        put(&bytes[..length]);
        assert_eq!(refused(&new, &file, &code).await, expected, "{length} bytes");
    }
    put(&[&*bytes, b"and more"].concat());
    assert_eq!(refused(&new, &file, &code).await, BackupFileError::Damaged);
    put(b"# Shopping\nbread, apples, a new computer");
    assert_eq!(refused(&new, &file, &code).await, BackupFileError::NotABackup);

    let other = alice.writes_a_code_down().await;
    assert_eq!(refused(&new, &backup, &other).await, BackupFileError::WrongCode);
    let gone = new.try_to_restore(&stick(&world).join("gone"), &code).await;
    assert!(matches!(gone, Err(RestoreError::File(_))));
    // After all this, it is as if nobody had tried.
    new.restores(&backup, &code).await;
    new.hears(&bob, &["Hello Alice"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_newer_sotto_is_refused() {
    let world = World::new().await;
    let alice = world.alice().await;
    let code = alice.writes_a_code_down().await;
    alice
        .database()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    let backup = alice.saves_a_backup(&code, &stick(&world)).await;
    let new = world.another_machine_of(&alice, "new");
    assert_eq!(refused(&new, &backup, &code).await, BackupFileError::TooNew);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_restored_where_there_is_an_account_or_no_place_for_the_keys() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    let code = alice.writes_a_code_down().await;
    let backup = alice.saves_a_backup(&code, &stick(&world)).await;
    bob.leave().await;
    let there = bob.try_to_restore(&backup, &code).await;
    assert!(matches!(
        there,
        Err(RestoreError::Create(CreateError::AlreadyExists))
    ));
    bob.come_back().await;
    bob.hears(&alice, &["Hello Bob"]).await;

    let new = world.another_machine_of(&alice, "new");
    new.keychain().vanish();
    let without = new.try_to_restore(&backup, &code).await;
    assert!(matches!(
        without,
        Err(RestoreError::Create(CreateError::Vault(_)))
    ));
    assert_eq!(files(&new), ["profile.lock"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_dies_while_it_restores_has_restored_nothing() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    have_talked(&alice, &bob).await;
    let code = alice.writes_a_code_down().await;
    let backup = alice.saves_a_backup(&code, &stick(&world)).await;
    let new = world.another_machine_of(&alice, "new");
    std::fs::create_dir_all(new.folder()).unwrap();
    // Half of it was unpacked; or all of it, and `vault.json` was still to be written.
    std::fs::write(new.folder().join("messages.db.incoming"), b"half of it").unwrap();
    std::fs::write(new.folder().join("messages.db"), b"of an account that never was").unwrap();
    let opened = new.try_to_come_back(Unlock::Keychain).await;
    assert!(opened.is_err(), "there is no account");

    new.restores(&backup, &code).await;
    new.hears(&bob, &["Hello Alice"]).await;
    // Until then the old computer is the one that hears.
    new.is_online().await;
    bob.says(&new, "There you are").await;
    new.hears(&bob, &["Hello Alice", "There you are"]).await;
    assert!(!files(&new).contains(&"messages.db.incoming".to_owned()));
}
