//! What happens to the file: keys, damage, a full disk, and who writes when.

use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite_migration::Migrations;

use super::*;
use crate::model::{Standing, VerifiedBy};
use crate::store::connect::{Access, connect, schema_version};
use sotto_protocol::session::StateId;
use table::contacts::TokenSource;
use table::identity_keys;
use table::outbox::{self, OutboxState};
use table::{reach, session_states, settings, user_name};

const SECRET: &str = "meet me at the old bridge at nine";

async fn with_a_message() -> (Home, ContactId) {
    let home = Home::new();
    let store = home.create().await;
    let (bob, _) = meet_bob(&store).await;
    store
        .write(move |tx| try_text(tx, bob, SECRET, None))
        .await
        .unwrap();
    store.close().await;
    (home, bob)
}

async fn texts(store: &Store, contact: ContactId) -> usize {
    store
        .read(move |db| messages::page(db, contact, None, 10_000))
        .await
        .unwrap()
        .0
        .len()
}

/// A new database as the version of Sotto left it that had only the first `migrations`.
fn as_of(path: &Path, key: &DatabaseKey, migrations: usize) -> Connection {
    let mut connection = connect(path, key, Access::Create).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    Migrations::from_slice(&schema::MIGRATIONS)
        .to_version(&mut connection, migrations)
        .unwrap();
    connection
}

#[tokio::test]
async fn what_alice_stored_is_there_after_a_restart() {
    let (home, bob) = with_a_message().await;
    assert_eq!(
        home.files(),
        ["messages.db"],
        "closing folds the log into the database"
    );
    let store = home.open().await.unwrap();
    let last = store
        .read(move |db| messages::last_text(db, bob))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last.body, crate::model::MessageBody::Text(SECRET.to_owned()));
}

#[tokio::test]
async fn a_database_that_cannot_be_made_to_the_end_leaves_nothing_behind() {
    let home = Home::new();
    // Where SQLite wants to write its log; as if the disk were full by then.
    let log = home.database().with_extension("db-wal");
    std::fs::create_dir(&log).unwrap();
    let made = Store::create(home.database(), &home.key, at(0)).await;
    assert!(made.is_err());
    assert_eq!(home.files(), ["messages.db-wal"]);
    std::fs::remove_dir(log).unwrap();
    home.create().await.close().await;
    assert_eq!(home.files(), ["messages.db"]);
}

#[tokio::test]
async fn a_store_that_is_gone_has_closed_its_file() {
    let home = Home::new();
    drop(home.create().await);
    assert_eq!(
        home.files(),
        ["messages.db"],
        "nothing is left to do on another thread, which the end of the process would cut short"
    );
}

const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

#[tokio::test]
async fn a_long_read_is_broken_off_when_alice_quits() {
    let home = Home::new();
    let store = home.create().await;
    let reader = store.clone();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let reading = tokio::spawn(async move {
        let work = move |db: &Connection| {
            begun.send(()).unwrap();
            Ok::<i64, StorageError>(db.query_row(ENDLESS, [], |row| row.get(0))?)
        };
        reader.read(work).await
    });
    begins.await.unwrap();
    store.close().await;
    assert_eq!(reading.await.unwrap(), Err(StorageError::ShutDown));
    assert_eq!(home.files(), ["messages.db"], "nobody has it open any more");
}

#[tokio::test]
async fn who_gives_up_waiting_for_a_read_takes_no_connection_with_them() {
    let home = Home::new();
    let store = home.create().await;
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    for _ in 0..2 {
        let (begun, begins) = tokio::sync::oneshot::channel();
        let wait = std::sync::Arc::clone(&wait);
        let work = move |_: &Connection| {
            begun.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            Ok::<_, StorageError>(())
        };
        tokio::select! {
            _ = store.read(work) => unreachable!("it waits"),
            _ = begins => {}
        }
    }
    let next = store.read(|db| Ok::<i64, StorageError>(db.query_row("SELECT 1", [], |row| row.get(0))?));
    let (answer, ()) = tokio::join!(next, async {
        for () in [(), ()] {
            go_on.send(()).unwrap();
        }
    });
    assert_eq!(answer, Ok(1));
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_crash() {
    let home = Home::new();
    let store = home.create().await;
    let (bob, _) = meet_bob(&store).await;
    store
        .write(move |tx| try_text(tx, bob, SECRET, None))
        .await
        .unwrap();
    // Copied while it is open: this is what a power cut leaves.
    let after = Home {
        folder: tempfile::tempdir().unwrap(),
        key: home.key.clone(),
    };
    for file in ["messages.db", "messages.db-wal"] {
        std::fs::copy(home.folder.path().join(file), after.folder.path().join(file)).unwrap();
    }
    assert_eq!(texts(&after.open().await.unwrap(), bob).await, 1);
}

#[tokio::test]
async fn the_database_does_not_open_with_another_key() {
    let (home, _) = with_a_message().await;
    let another = DatabaseKey::generate().unwrap();
    let refused = Store::open(home.database(), &another, at(7)).await.err();
    assert_eq!(refused, Some(DatabaseError::WrongKey));
    assert!(home.open().await.is_ok(), "trying changes nothing");
}

#[tokio::test]
async fn no_file_holds_a_word_of_what_was_written() {
    let home = Home::new();
    let store = home.create().await;
    let (bob, _) = meet_bob(&store).await;
    store
        .write(move |tx| {
            // Three letters are found in any half a megabyte of ciphertext now and then.
            contacts::set_chosen_name(tx, bob, Some(&DisplayName::parse("Bob the builder").unwrap()))?;
            try_text(tx, bob, SECRET, None)
        })
        .await
        .unwrap();
    let holds = |needle: &[u8]| {
        home.files().into_iter().any(|file| {
            let bytes = std::fs::read(home.folder.path().join(file)).unwrap();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    };
    for opened in [true, false] {
        for needle in [
            SECRET.as_bytes(),
            b"Bob the builder",
            b"relay.example",
            b"SQLite format 3",
            b"CREATE TABLE",
        ] {
            assert!(!holds(needle), "{}", String::from_utf8_lossy(needle));
        }
        assert!(!holds(home.key.expose_secret()));
        if opened {
            assert!(
                home.files().contains(&"messages.db-wal".to_owned()),
                "the log was searched too"
            );
            store.close().await;
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_alice_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let _store = home.create().await;
    for file in home.files() {
        let mode = std::fs::metadata(home.folder.path().join(&file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn the_settings_of_the_connection_are_what_the_design_says() {
    let home = Home::new();
    let store = home.create().await;
    let ask = |db: &Connection, pragma: &str| {
        db.query_row(&format!("PRAGMA {pragma}"), [], |row| {
            row.get::<_, rusqlite::types::Value>(0)
        })
        .unwrap()
    };
    let settings = store
        .write(move |tx| {
            let names = [
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "temp_store",
                "secure_delete",
            ];
            Ok::<_, StorageError>(names.map(|name| ask(tx, name)))
        })
        .await
        .unwrap();
    assert_eq!(
        settings,
        ["wal".to_owned().into(), 2.into(), 1.into(), 2.into(), 1.into()]
    );
    let written = store
        .read(|db| Ok::<_, StorageError>(db.execute("DELETE FROM settings", []).is_ok()))
        .await;
    assert!(!written.unwrap(), "readers cannot write");
}

#[tokio::test]
async fn a_database_is_kept_as_it_was_before_its_schema_changes() {
    let home = Home::new();
    drop(as_of(&home.database(), &home.key, 7));
    home.open().await.unwrap().close().await;
    let names = ["messages.db", "messages.db.backup-7"];
    assert_eq!(home.files(), names);
    let backup = connect(&home.folder.path().join(names[1]), &home.key, Access::Write).unwrap();
    assert_eq!(schema_version(&backup).unwrap(), 7);
    drop(backup);

    damage(&home, 1);
    assert!(Store::restore(home.database(), &home.key, at(8)).await.unwrap());
    home.open().await.unwrap().close().await;
    let aside = "messages.db.damaged-8".to_owned();
    assert_eq!(home.files(), [names[0].to_owned(), names[1].to_owned(), aside]);
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_left_alone() {
    let (home, _) = with_a_message().await;
    let store = home.open().await.unwrap();
    let set = |tx: &Transaction<'_>| Ok::<_, StorageError>(tx.pragma_update(None, "user_version", 99)?);
    store.write(set).await.unwrap();
    store.close().await;
    let before = std::fs::read(home.database()).unwrap();
    assert_eq!(home.open().await.err(), Some(DatabaseError::TooNew));
    assert!(std::fs::read(home.database()).unwrap() == before);
}

#[tokio::test]
async fn what_was_encrypted_for_an_envelope_that_named_its_sender_is_encrypted_once_more() {
    let home = Home::new();
    let bob = AccountId::random();
    let before = as_of(&home.database(), &home.key, 3);
    let sql =
        "INSERT INTO outbox (recipient, content, state, ciphertext, client_message_id, resends, created_at)
               VALUES (?, x'01', 'encrypted', x'02', zeroblob(16), 0, 0)";
    before.execute(sql, [bob.as_bytes()]).unwrap();
    drop(before);
    let store = home.open().await.unwrap();
    let rows = store.read(move |db| outbox::first(db, bob, 9)).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].state == OutboxState::Queued);
    assert_eq!(rows[0].content, [1]);
}

#[tokio::test]
async fn contacts_from_before_requests_stay_what_they_were() {
    let home = Home::new();
    let account = AccountId::random();
    let mut before = as_of(&home.database(), &home.key, 4);
    let tx = before.transaction().unwrap();
    reach::insert(&tx, &[1; 16]).unwrap();
    let sql = "INSERT INTO contacts (account, relay, given_name, created_at, delivery_token)
               VALUES (?, 'relay.example', 'Bob', 1, zeroblob(16))";
    tx.execute(sql, [account.as_bytes()]).unwrap();
    tx.commit().unwrap();
    drop(before);
    let store = home.open().await.unwrap();
    let read = move |db: &Connection| {
        let contact = contacts::by_account(db, account)?.unwrap();
        Ok::<_, StorageError>((contact, user_name::read(db)?, reach::read(db)?.unwrap()))
    };
    let (contact, name, reach) = store.read(read).await.unwrap();
    assert_eq!(contact.standing(), Standing::Accepted);
    assert_eq!(contact.token_source, TokenSource::Contact);
    assert!(contact.introduced && contact.user_name.is_none());
    assert_eq!((name.name, name.unsure), (None, false));
    assert!(reach.next_token.is_none());
}

#[tokio::test]
async fn sessions_from_before_the_post_quantum_ratchet_are_let_go() {
    let home = Home::new();
    let bob = Peer::primary(AccountId::random());
    let mut before = as_of(&home.database(), &home.key, 2);
    let transaction = before.transaction().unwrap();
    session_states::put(
        &transaction,
        bob,
        &StateId([1; 32]),
        None,
        b"a state of version 1",
    )
    .unwrap();
    transaction.commit().unwrap();
    drop(before);
    let store = home.open().await.unwrap();
    let record = store.read(move |db| sessions::load(db, bob)).await.unwrap();
    assert!(record.is_empty(), "the next message starts a session");
}

#[tokio::test]
async fn who_was_verified_before_there_were_more_ways_is_verified_still() {
    let home = Home::new();
    let bob = AccountId::random();
    let history = move |db: &Connection| identity_keys::history(db, bob);
    let mut before = as_of(&home.database(), &home.key, 5);
    let tx = before.transaction().unwrap();
    identity_keys::observe(&tx, bob, &key(1), at(1)).unwrap();
    identity_keys::set_verified(&tx, bob, &key(1), VerifiedBy::Invite, at(2)).unwrap();
    identity_keys::observe(&tx, bob, &key(2), at(3)).unwrap();
    let kept = history(&tx).unwrap();
    tx.commit().unwrap();
    drop(before);
    let store = home.open().await.unwrap();
    assert_eq!(store.read(history).await.unwrap(), kept);
    let verify = move |tx: &Transaction<'_>| {
        let by_words = identity_keys::set_verified(tx, bob, &key(2), VerifiedBy::Words, at(4))?;
        let again = identity_keys::observe(tx, bob, &key(2), at(5))?;
        Ok::<_, StorageError>((by_words, again))
    };
    assert_eq!(
        store.write(verify).await.unwrap(),
        (true, identity_keys::Observed::Same)
    );
}

#[tokio::test]
async fn a_database_that_is_gone_is_not_quietly_made_anew() {
    let home = Home::new();
    assert_eq!(home.open().await.err(), Some(DatabaseError::Missing));
    assert!(home.files().is_empty());
}

/// Overwrites 64 bytes in the middle of a page.
fn damage(home: &Home, page: u64) {
    let mut file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(home.database())
        .unwrap();
    let place = SeekFrom::Start((page - 1) * 4096 + 1000);
    let mut bytes = [0; 64];
    file.seek(place).unwrap();
    file.read_exact(&mut bytes).unwrap();
    file.seek(place).unwrap();
    file.write_all(&bytes.map(|byte| !byte)).unwrap();
}

#[tokio::test]
async fn damage_to_any_page_is_noticed_when_the_database_is_opened() {
    let (home, _) = with_a_message().await;
    let whole = std::fs::read(home.database()).unwrap();
    let pages = whole.len() as u64 / 4096;
    assert!(pages > 10);
    for page in 1..=pages {
        std::fs::write(home.database(), &whole).unwrap();
        damage(&home, page);
        let refused = home.open().await.err();
        // The first page is what the key is tried on.
        let expected = if page == 1 {
            DatabaseError::WrongKey
        } else {
            DatabaseError::Storage(StorageError::Corrupted)
        };
        assert_eq!(refused, Some(expected), "page {page} of {pages}");
    }
}

#[tokio::test]
async fn damage_behind_an_open_database_is_noticed_by_a_check() {
    let (home, _) = with_a_message().await;
    let store = home.open().await.unwrap();
    let pages = std::fs::metadata(home.database()).unwrap().len() / 4096;
    for page in 2..=pages {
        damage(&home, page);
    }
    assert_eq!(store.check().await, Err(StorageError::Corrupted));
}

#[tokio::test]
async fn rubbish_in_place_of_a_database_is_refused() {
    let home = Home::new();
    for rubbish in [&[0x5a; 5000][..], &[0; 8192]] {
        std::fs::write(home.database(), rubbish).unwrap();
        assert_eq!(
            home.open().await.err(),
            Some(DatabaseError::WrongKey),
            "{} bytes",
            rubbish.len()
        );
    }
}

#[tokio::test]
async fn a_database_that_was_emptied_is_damaged_and_not_a_new_one() {
    let (home, _) = with_a_message().await;
    for rest in [&b""[..], b"x"] {
        std::fs::write(home.database(), rest).unwrap();
        let refused = home.open().await.err();
        assert_eq!(
            refused,
            Some(StorageError::Corrupted.into()),
            "{} bytes",
            rest.len()
        );
        assert_eq!(std::fs::read(home.database()).unwrap(), rest);
    }
}

#[tokio::test]
async fn a_damaged_database_is_set_aside_and_never_deleted() {
    let (home, _) = with_a_message().await;
    damage(&home, 1);
    let damaged = std::fs::read(home.database()).unwrap();
    std::fs::write(home.folder.path().join("messages.db-wal"), b"log").unwrap();
    let aside = Store::set_aside(home.database(), at(1234)).await.unwrap();
    assert_eq!(
        home.files(),
        ["messages.db.damaged-1234", "messages.db.damaged-1234-wal"]
    );
    assert!(std::fs::read(aside).unwrap() == damaged);

    let store = home.create().await;
    assert!(store.read(contacts::all).await.unwrap().is_empty());
    store.close().await;
    // Once more in the same millisecond.
    Store::set_aside(home.database(), at(1234)).await.unwrap();
    assert_eq!(
        home.files(),
        [
            "messages.db.damaged-1234",
            "messages.db.damaged-1234-wal",
            "messages.db.damaged-1235"
        ]
    );
}

#[tokio::test]
async fn a_new_account_does_not_write_into_a_database_that_was_left_behind() {
    let (home, _) = with_a_message().await;
    let new = Home {
        folder: home.folder,
        key: DatabaseKey::generate().unwrap(),
    };
    let store = new.create().await;
    assert!(store.read(contacts::all).await.unwrap().is_empty());
    assert!(new.files().contains(&"messages.db.damaged-0".to_owned()));
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let home = Home::new();
    let store = home.create().await;
    let (bob, _) = meet_bob(&store).await;
    store
        .write(move |tx| try_text(tx, bob, "before", None))
        .await
        .unwrap();

    let limit = |pages: u32| {
        let set = move |tx: &Transaction<'_>| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            Ok::<_, StorageError>(tx.query_row(&sql, [], |_| Ok(()))?)
        };
        store.write(set)
    };
    limit(1).await.unwrap(); // SQLite takes the present size for the least.
    let long = "x".repeat(200_000);
    let refused = store
        .write(move |tx| {
            try_text(tx, bob, "short", None)?;
            try_text(tx, bob, &long, None)
        })
        .await;
    assert_eq!(refused, Err(StorageError::DiskFull));
    assert_eq!(texts(&store, bob).await, 1, "neither of the two");

    limit(1_000_000).await.unwrap();
    store
        .write(move |tx| try_text(tx, bob, "after", None))
        .await
        .unwrap();
    store.close().await;
    assert_eq!(texts(&home.open().await.unwrap(), bob).await, 2);
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    ChangedHerMind,
    Storage(StorageError),
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

#[tokio::test]
async fn an_error_of_the_caller_rolls_everything_back() {
    let home = Home::new();
    let store = home.create().await;
    let (bob, _) = meet_bob(&store).await;
    let refused = store
        .write(move |tx| {
            text(tx, bob, "never said", None);
            settings::write(tx, "a", &1)?;
            Err::<(), _>(Refusal::ChangedHerMind)
        })
        .await;
    assert_eq!(refused, Err(Refusal::ChangedHerMind));
    assert_eq!(texts(&store, bob).await, 0);
    let unset = store.read(|db| settings::read::<u32>(db, "a")).await.unwrap();
    assert_eq!(unset, None);
}

#[tokio::test]
async fn a_defect_in_one_write_or_read_does_not_take_the_others_down() {
    let home = Home::new();
    let store = home.create().await;
    let (bob, _) = meet_bob(&store).await;
    let broken: Result<(), StorageError> = store
        .write(move |tx| {
            text(tx, bob, "never said", None);
            panic!("a defect")
        })
        .await;
    assert_eq!(broken, Err(StorageError::Failed));
    for _ in 0..5 {
        let broken: Result<(), StorageError> = store.read(|_| panic!("a defect")).await;
        assert_eq!(broken, Err(StorageError::Failed));
    }
    store
        .write(move |tx| try_text(tx, bob, "said", None))
        .await
        .unwrap();
    assert_eq!(texts(&store, bob).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_take_turns() {
    let home = Home::new();
    let store = home.create().await;
    static WRITING: AtomicBool = AtomicBool::new(false);
    let increments = (0..100).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let increment = |tx: &Transaction<'_>| {
                assert!(!WRITING.swap(true, Ordering::SeqCst));
                let count = settings::read::<u32>(tx, "count")?.unwrap_or(0);
                std::thread::yield_now();
                settings::write(tx, "count", &(count + 1))?;
                WRITING.store(false, Ordering::SeqCst);
                Ok::<_, StorageError>(())
            };
            store.write(increment).await
        })
    });
    for increment in increments.collect::<Vec<_>>() {
        increment.await.unwrap().unwrap();
    }
    assert_eq!(
        store.read(|db| settings::read::<u32>(db, "count")).await.unwrap(),
        Some(100)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_are_told_in_their_order_and_failures_not_at_all() {
    let home = Home::new();
    let store = home.create().await;
    let (tell, told) = std::sync::mpsc::channel();
    let writes = (0..50_u32).map(|n| {
        let (store, tell) = (store.clone(), tell.clone());
        tokio::spawn(async move {
            let count = move |tx: &Transaction<'_>| {
                let count = settings::read::<u32>(tx, "count")?.unwrap_or(0) + 1;
                settings::write(tx, "count", &count)?;
                if n % 5 == 0 {
                    Err(StorageError::DiskFull)
                } else {
                    Ok(count)
                }
            };
            store
                .write_then(count, move |count| tell.send(*count).unwrap())
                .await
        })
    });
    for write in writes.collect::<Vec<_>>() {
        let _ = write.await.unwrap();
    }
    assert_eq!(told.try_iter().collect::<Vec<_>>(), (1..=40).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_sees_one_moment_while_others_write() {
    let home = Home::new();
    let store = home.create().await;
    store.write(|tx| settings::write(tx, "n", &1)).await.unwrap();
    let (started, has_started) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let reader = tokio::spawn({
        let store = store.clone();
        async move {
            let twice = move |db: &Connection| {
                let first = settings::read::<u32>(db, "n")?;
                started.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok::<_, StorageError>((first, settings::read::<u32>(db, "n")?))
            };
            store.read(twice).await.unwrap()
        }
    });
    tokio::task::spawn_blocking(move || has_started.recv().unwrap())
        .await
        .unwrap();
    store.write(|tx| settings::write(tx, "n", &2)).await.unwrap();
    go_on.send(()).unwrap();
    assert_eq!(reader.await.unwrap(), (Some(1), Some(1)));
    assert_eq!(
        store.read(|db| settings::read::<u32>(db, "n")).await.unwrap(),
        Some(2)
    );
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_committed_all_the_same() {
    let home = Home::new();
    let store = home.create().await;
    let mut writing = Box::pin(store.write(|tx| settings::write(tx, "n", &1)));
    // Polled once, which sends it, and dropped.
    let polled =
        futures_util::future::poll_fn(|context| std::task::Poll::Ready(writing.as_mut().poll(context)));
    let _ = polled.await;
    drop(writing);
    store.close().await;
    let store = home.open().await.unwrap();
    assert_eq!(
        store.read(|db| settings::read::<u32>(db, "n")).await.unwrap(),
        Some(1)
    );
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let home = Home::new();
    let store = home.create().await;
    let clone = store.clone();
    store.close().await;
    assert_eq!(
        clone.write(|tx| settings::write(tx, "n", &1)).await,
        Err(StorageError::ShutDown)
    );
    assert_eq!(
        clone.read(contacts::all).await.err(),
        Some(StorageError::ShutDown)
    );
    store.close().await;
}
