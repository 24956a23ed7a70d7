//! Measures searching among 200,000 messages, and prints one line of JSON.
//!
//! ```text
//! cargo run --release -p sotto-testkit --example search
//! ```
//!
//! | figure | what |
//! |---|---|
//! | `messages` | how many there are |
//! | `slowest_ms` | the slowest of some questions, from `Engine::search` to its first page: rare and common words, one letter, all and one |
//! | `open_ms` | from a hit to the messages around it |
//! | `indexed_per_second` | texts stored and indexed, a thousand a transaction |
//! | `index_mib`, `database_mib` | the share of the index in the database |

#![allow(clippy::print_stdout)] // the figures are what this program is for

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use sotto_engine::checkpoint::NoCheckpoints;
use sotto_engine::clock::{SystemClock, Timestamp};
use sotto_engine::error::StorageError;
use sotto_engine::model::{ContactId, DisplayName};
use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::store::Store;
use sotto_engine::store::table::messages::{self, ContentId, NewText};
use sotto_engine::vault::{DatabaseKey, NewSlots};
use sotto_engine::{Engine, Environment, NewAccount, RelayAddress, Unlock};
use sotto_testkit::MemoryKeychain;

/// Anything may fail here, and then there are no figures.
type Failure = Box<dyn std::error::Error>;

const MESSAGES: i64 = 200_000;
const BATCH: i64 = 1_000;
const PAGE: u32 = 30;

/// What people talk about: every text takes some of them, by numbers that look like chance.
const WORDS: [&str; 40] = [
    "tomorrow",
    "letter",
    "garden",
    "the",
    "and",
    "maps",
    "evening",
    "really",
    "train",
    "perhaps",
    "window",
    "of",
    "you",
    "I",
    "think",
    "about",
    "station",
    "coffee",
    "Straße",
    "naïve",
    "bridge",
    "old",
    "mill",
    "seven",
    "o'clock",
    "please",
    "bring",
    "photographs",
    "music",
    "rain",
    "sister",
    "Thursday",
    "book",
    "quiet",
    "yes",
    "no",
    "会議",
    "明日",
    "👍",
    "مكتبة",
];

#[derive(Serialize)]
struct Figures {
    messages: i64,
    slowest_ms: f64,
    open_ms: f64,
    indexed_per_second: f64,
    index_mib: f64,
    database_mib: f64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let relay = sotto_relay::serve(sotto_relay::Config::new(folder.path().join("relay"), listen)).await?;
    let address: RelayAddress = relay.address().to_string().parse()?;
    let keychain = Arc::new(MemoryKeychain::default());
    let environment = Environment {
        clock: Arc::new(SystemClock),
        keychain: Arc::clone(&keychain) as _,
        checkpoints: Arc::new(NoCheckpoints),
    };
    let profile = Arc::new(Profile::open(
        ProfileName::parse("default")?,
        Some(folder.path()),
    )?);
    let account = NewAccount {
        relay: address.into(),
        display_name: DisplayName::parse("Alice")?,
        vault: NewSlots::Keychain,
    };
    let alice = Engine::create(Arc::clone(&profile), environment.clone(), account).await?;
    let notes = alice.note_to_self().await?.contact.id;
    alice.shutdown().await;

    let key = DatabaseKey::from_bytes(keychain.database_key());
    let before = std::fs::metadata(profile.database_file())?.len();
    let store = Store::open(profile.database_file(), &key, environment.clock.now()).await?;
    let began = Instant::now();
    for batch in 0..MESSAGES / BATCH {
        store
            .write(move |transaction| fill(transaction, notes, batch))
            .await?;
    }
    let stored = began.elapsed();
    let index = store.read(index_bytes).await?;
    store.close().await;

    let alice = Engine::open(Arc::clone(&profile), environment, Unlock::Keychain).await?;
    let (mut slowest, mut hit) = (Duration::ZERO, None);
    for typed in [
        "needle199999",
        "mill",
        "the",
        "t",
        "会議",
        "明",
        "strasse mill old",
        "👍",
        "nowhere",
        "rain thursday",
    ] {
        for place in [None, Some(notes)] {
            let began = Instant::now();
            let page = alice.search(typed.to_owned(), place, None, PAGE).await?;
            slowest = slowest.max(began.elapsed());
            hit = page.hits.last().map(|hit| hit.message).or(hit);
        }
    }
    let began = Instant::now();
    alice
        .messages_around(notes, hit.ok_or("nothing was found")?, 60)
        .await?;
    let open = began.elapsed();
    let figures = Figures {
        messages: MESSAGES,
        slowest_ms: slowest.as_secs_f64() * 1e3,
        open_ms: open.as_secs_f64() * 1e3,
        indexed_per_second: MESSAGES as f64 / stored.as_secs_f64(),
        index_mib: mib(index),
        database_mib: mib(std::fs::metadata(profile.database_file())?.len() - before),
    };
    println!("{}", serde_json::to_string(&figures)?);
    alice.shutdown().await;
    relay.shutdown().await;
    Ok(())
}

fn fill(transaction: &rusqlite::Transaction<'_>, contact: ContactId, batch: i64) -> Result<(), StorageError> {
    for number in batch * BATCH..(batch + 1) * BATCH {
        let words = (0..8 + number % 9).filter_map(|at| {
            let chance = (number * 31 + at * 17 + number * at * 7) % 40;
            WORDS.get(usize::try_from(chance).ok()?).copied()
        });
        let text = format!("{} needle{number}", words.collect::<Vec<_>>().join(" "));
        let new = NewText {
            contact,
            content_id: ContentId::random(),
            delivery: None,
            text: &text,
            quote: None,
            lifetime: None,
            sent_at: Timestamp::from_millis(number),
            stored_at: Timestamp::from_millis(number),
        };
        messages::insert_text(transaction, &new)?;
    }
    Ok(())
}

fn index_bytes(connection: &rusqlite::Connection) -> Result<u64, StorageError> {
    let sql = "SELECT sum(length(block)) FROM message_words_data";
    let blocks: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    let sql = "SELECT sum(length(CAST(c0 AS BLOB)) + length(c1)) FROM message_words_content";
    let words: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok((blocks + words).unsigned_abs())
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
