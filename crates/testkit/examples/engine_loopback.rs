//! Measures two engines that talk through a relay on the loopback, disk writes included, and prints one line of JSON.
//!
//! ```text
//! cargo run --release -p sotto-testkit --example engine_loopback
//! ```
//!
//! | figure | what |
//! |---|---|
//! | `p50_ms`, `p99_ms` | from Alice's `send_text` to Bob's event that the message is stored, one message at a time |
//! | `messages_per_second` | stored at Bob's, when Alice sends as fast as she can |
//! | `backlog_messages`, `backlog_seconds` | from the start of Bob's engine until he has all that waited for him |
//!
//! Everything runs in one process on the machine's own cores, in a temporary folder: set `TMPDIR` to a folder on the disk
//! that is to be measured.

#![allow(clippy::print_stdout)] // the figures are what this program is for

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use sotto_engine::checkpoint::NoCheckpoints;
use sotto_engine::clock::SystemClock;
use sotto_engine::model::{ContactId, DisplayName, MessageBody};
use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::vault::NewSlots;
use sotto_engine::{Engine, Environment, Event, NewAccount, RelayAddress, Unlock};
use sotto_testkit::MemoryKeychain;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Anything may fail here, and then there are no figures.
type Failure = Box<dyn std::error::Error>;

const WARM_UP: usize = 50;
const ONE_BY_ONE: usize = 500;
const PIPELINED: usize = 3_000;
const BACKLOG: usize = 5_000;

/// Between two looks at a database: short beside what is measured so.
const GLANCE: Duration = Duration::from_millis(2);

#[derive(Serialize)]
struct Figures {
    p50_ms: f64,
    p99_ms: f64,
    messages_per_second: f64,
    backlog_messages: usize,
    backlog_seconds: f64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let relay = sotto_relay::serve(sotto_relay::Config::new(folder.path().join("relay"), listen)).await?;
    let address: RelayAddress = relay.address().to_string().parse()?;

    let (alice_at_home, bob_at_home) = (
        Home::new(&folder.path().join("alice"))?,
        Home::new(&folder.path().join("bob"))?,
    );
    let alice = alice_at_home.move_in("Alice", &address).await?;
    let bob = bob_at_home.move_in("Bob", &address).await?;
    bob.accept_invite(&alice.create_invite().await?.link).await?;
    let to_bob = only_contact(&alice).await?;
    let from_alice = only_contact(&bob).await?;

    send_one_by_one(&alice, to_bob, &bob, WARM_UP).await?;
    let mut delays = send_one_by_one(&alice, to_bob, &bob, ONE_BY_ONE).await?;
    delays.sort_unstable();

    let began = Instant::now();
    send(&alice, to_bob, "pipelined", PIPELINED).await?;
    until_newest(&bob, from_alice, &format!("pipelined {}", PIPELINED - 1)).await?;
    let pipelined = began.elapsed();

    bob.shutdown().await;
    drop(bob);
    send(&alice, to_bob, "backlog", BACKLOG).await?;
    until_sent(&alice, to_bob).await?;
    let began = Instant::now();
    let bob = bob_at_home.open().await?;
    until_newest(&bob, from_alice, &format!("backlog {}", BACKLOG - 1)).await?;
    let backlog = began.elapsed();

    all_there_once_and_in_order(&bob, from_alice).await?;
    let figures = Figures {
        p50_ms: millis(&delays, 50)?,
        p99_ms: millis(&delays, 99)?,
        messages_per_second: PIPELINED as f64 / pipelined.as_secs_f64(),
        backlog_messages: BACKLOG,
        backlog_seconds: backlog.as_secs_f64(),
    };
    println!("{}", serde_json::to_string(&figures)?);
    alice.shutdown().await;
    bob.shutdown().await;
    relay.shutdown().await;
    Ok(())
}

/// Where somebody's data and keys are.
struct Home {
    profile: Arc<Profile>,
    environment: Environment,
}

impl Home {
    fn new(folder: &Path) -> Result<Self, Failure> {
        Ok(Self {
            profile: Arc::new(Profile::open(ProfileName::parse("default")?, Some(folder))?),
            environment: Environment {
                clock: Arc::new(SystemClock),
                keychain: Arc::new(MemoryKeychain::default()),
                checkpoints: Arc::new(NoCheckpoints),
            },
        })
    }

    async fn move_in(&self, name: &str, relay: &RelayAddress) -> Result<Engine, Failure> {
        let account = NewAccount {
            relay: relay.clone().into(),
            display_name: DisplayName::parse(name)?,
            vault: NewSlots::Keychain,
        };
        Ok(Engine::create(Arc::clone(&self.profile), self.environment.clone(), account).await?)
    }

    async fn open(&self) -> Result<Engine, Failure> {
        Ok(Engine::open(
            Arc::clone(&self.profile),
            self.environment.clone(),
            Unlock::Keychain,
        )
        .await?)
    }
}

async fn only_contact(engine: &Engine) -> Result<ContactId, Failure> {
    loop {
        if let Some(conversation) = engine.conversations().await?.first() {
            return Ok(conversation.contact.id);
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// How long each of `count` messages took, sent one after the other.
async fn send_one_by_one(
    alice: &Engine,
    to_bob: ContactId,
    bob: &Engine,
    count: usize,
) -> Result<Vec<Duration>, Failure> {
    let mut events = bob.events();
    let mut delays = Vec::with_capacity(count);
    for number in 0..count {
        let text = format!("one by one {number} of {count}");
        let began = Instant::now();
        alice.send_text(to_bob, text.clone()).await?;
        until_added(&mut events, &text).await?;
        delays.push(began.elapsed());
    }
    Ok(delays)
}

async fn until_added(events: &mut Receiver<Event>, text: &str) -> Result<(), Failure> {
    loop {
        match events.recv().await {
            Ok(Event::MessageAdded(message)) if message.body == MessageBody::Text(text.to_owned()) => {
                return Ok(());
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return Err("the engine has gone".into()),
        }
    }
}

async fn send(alice: &Engine, to_bob: ContactId, word: &str, count: usize) -> Result<(), Failure> {
    for number in 0..count {
        alice.send_text(to_bob, format!("{word} {number}")).await?;
    }
    Ok(())
}

/// Returns when `text` is the newest message of the conversation.
async fn until_newest(engine: &Engine, contact: ContactId, text: &str) -> Result<(), Failure> {
    loop {
        let page = engine.messages(contact, None, 1).await?;
        if page
            .messages
            .last()
            .is_some_and(|message| message.body == MessageBody::Text(text.to_owned()))
        {
            return Ok(());
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Returns when the relay has the newest message of the conversation, and so all before it.
async fn until_sent(engine: &Engine, contact: ContactId) -> Result<(), Failure> {
    use sotto_engine::model::Delivery;
    loop {
        let page = engine.messages(contact, None, 1).await?;
        if page
            .messages
            .last()
            .is_some_and(|message| message.delivery >= Some(Delivery::Sent))
        {
            return Ok(());
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// A figure of a conversation that lost something would be worth nothing.
async fn all_there_once_and_in_order(bob: &Engine, from_alice: ContactId) -> Result<(), Failure> {
    let page = bob.messages(from_alice, None, u32::MAX).await?;
    let heard = page
        .messages
        .into_iter()
        .filter_map(|message| match message.body {
            MessageBody::Text(text) => Some(text),
            _ => None,
        });
    let one_by_one = |count: usize| (0..count).map(move |number| format!("one by one {number} of {count}"));
    let counted = |word: &'static str, count: usize| (0..count).map(move |number| format!("{word} {number}"));
    let said = one_by_one(WARM_UP)
        .chain(one_by_one(ONE_BY_ONE))
        .chain(counted("pipelined", PIPELINED))
        .chain(counted("backlog", BACKLOG));
    if heard.eq(said) {
        Ok(())
    } else {
        Err("Bob did not hear what Alice said".into())
    }
}

/// The duration that `percent` of the sorted `delays` do not exceed.
fn millis(delays: &[Duration], percent: usize) -> Result<f64, Failure> {
    let rank = (delays.len() * percent).div_ceil(100).saturating_sub(1);
    Ok(delays.get(rank).ok_or("nothing was measured")?.as_secs_f64() * 1_000.0)
}
