//! What is on the disks: of the relay, nothing of what was said and by whom; of the clients, nothing without the key.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a story may stop at the first surprise

use std::path::{Path, PathBuf};

use sotto_engine::model::Delivery;
use sotto_testkit::process::RelayProcess;
use sotto_testkit::{Person, World};

/// Texts and names that no file contains by chance.
const ALICE: &str = "Alice Quetzalcoatl";
const BOB: &str = "Bob Popocatepetl";
const WORDS: &str = "the treasure is buried under the third palm tree";
const ANSWER: &str = "bring a spade and forty thieves";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_said_and_nobodys_name_or_key_is_on_any_disk() {
    let world = World::without_a_relay().await;
    let relay = RelayProcess::start(&world.relay_folder(), world.line()).await;
    let (alice, bob) = (world.person(ALICE).await, world.person(BOB).await);
    let link = alice.invites().await;
    bob.accepts(&link).await;
    alice.knows(&bob).await;
    alice.says(&bob, WORDS).await;
    bob.hears(&alice, &[WORDS]).await;
    bob.says(&alice, ANSWER).await;
    alice.hears(&bob, &[ANSWER]).await;

    // Some that wait in the mailbox, and then a relay that did not get to tidy up.
    bob.leave().await;
    alice.says(&bob, WORDS).await;
    alice.sees_all(&bob, Delivery::Sent).await;
    relay.is_killed().await;

    let files = files_in(world.folder());
    let needles = needles(&[&alice, &bob], &link);
    let relays = files_in(&world.relay_folder());
    assert!(
        relays.iter().any(|file| file.ends_with("relay.db")),
        "the relay's database is where this test looks"
    );
    assert!(
        files.iter().any(|file| file.ends_with("relay.log")),
        "the relay's log is where this test looks"
    );
    assert!(files.iter().filter(|file| file.ends_with("messages.db")).count() == 2);
    let header = Needle::new("SQLite's own header", b"SQLite format 3");
    assert!(
        !found(&relays, &[header]).is_empty(),
        "the search finds what is there"
    );
    assert_eq!(found(&files, &needles), Vec::<String>::new());

    // Also after they have all quit, and every log is folded into its database.
    alice.leave().await;
    assert_eq!(found(&files_in(world.folder()), &needles), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn alices_database_opens_with_her_key_and_with_no_other() {
    let world = World::new().await;
    let alice = world.alice().await;
    alice.leave().await;
    let database = alice.folder().join("messages.db");
    let header = std::fs::read(&database).unwrap();
    assert!(
        !header.starts_with(b"SQLite format 3"),
        "the database is encrypted from its first byte on"
    );

    assert!(opens(&database, &alice.keychain().database_key()));
    assert!(!opens(&database, &[7; 32]));
    let without_a_key = rusqlite::Connection::open(&database).unwrap();
    assert!(
        without_a_key
            .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
            .is_err()
    );
}

fn opens(database: &Path, key: &[u8; 32]) -> bool {
    let connection = rusqlite::Connection::open(database).unwrap();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\""))
        .unwrap();
    connection
        .query_row("SELECT count(*) FROM messages", [], |_| Ok(()))
        .is_ok()
}

/// Something that must not be found, in one of the forms it might take.
struct Needle {
    what: String,
    bytes: Vec<u8>,
}

impl Needle {
    fn new(what: &str, bytes: &[u8]) -> Self {
        Self {
            what: what.to_owned(),
            bytes: bytes.to_vec(),
        }
    }
}

fn needles(people: &[&Person], link: &str) -> Vec<Needle> {
    let mut needles = vec![
        Needle::new("a message", WORDS.as_bytes()),
        Needle::new("a message", ANSWER.as_bytes()),
        Needle::new("an invite", link.rsplit('#').next().unwrap().as_bytes()),
    ];
    for person in people {
        needles.push(Needle::new("a name", person.name().as_bytes()));
        for key in [person.keychain().identity_key(), person.keychain().database_key()] {
            let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            needles.push(Needle::new("a private key", &key));
            needles.push(Needle::new("a private key, in hexadecimal", hex.as_bytes()));
            needles.push(Needle::new(
                "a private key, in hexadecimal",
                hex.to_uppercase().as_bytes(),
            ));
        }
        for entry in person.keychain().contents() {
            needles.push(Needle::new("a keychain's entry", &entry));
        }
    }
    needles
}

fn found(files: &[PathBuf], needles: &[Needle]) -> Vec<String> {
    // Which pairs of bytes a needle begins with: one pass over a file finds all needles.
    let mut beginnings = vec![false; 1 << 16];
    for needle in needles {
        beginnings[pair(&needle.bytes)] = true;
    }
    let mut found = Vec::new();
    for file in files {
        let content = std::fs::read(file).unwrap();
        for start in 0..content.len().saturating_sub(1) {
            if beginnings[pair(&content[start..])] {
                let here = needles
                    .iter()
                    .filter(|needle| content[start..].starts_with(&needle.bytes));
                found.extend(here.map(|needle| format!("{} is in {}", needle.what, file.display())));
            }
        }
    }
    found
}

fn pair(bytes: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_in(&path))
        } else {
            files.push(path)
        }
    }
    files
}
