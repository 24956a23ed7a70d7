//! Makes two accounts, Alice's and Bob's, and introduces them to each other, with engines that have no window.
//!
//! `cargo xtask demo` runs it before it opens their windows, `cargo xtask bench app` with a long conversation. Their keys
//! go into this machine's keychain, as anybody's; `--forget` takes them out again.

#![allow(clippy::print_stdout, reason = "a command line speaks on standard output")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use sotto_engine::checkpoint::NoCheckpoints;
use sotto_engine::clock::SystemClock;
use sotto_engine::model::{ContactId, Delivery, DisplayName};
use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::vault::{
    Keychain, KeychainEntry, KeychainStatus, NewSlots, Passphrase, SystemKeychain, Vault,
};
use sotto_engine::{Engine, Environment, NewAccount};

/// How long the two may take to hear from each other.
const PATIENCE: Duration = Duration::from_secs(120);

/// The passphrase of both accounts on a machine without a keychain. It guards nothing but a demonstration.
const PASSPHRASE: &str = "two voices, one room";

#[derive(Parser)]
struct Arguments {
    /// The folder that the two profiles are kept in
    #[arg(long)]
    data: PathBuf,
    /// The relay's address
    #[arg(long, required_unless_present = "forget")]
    relay: Option<String>,
    /// How many messages Alice and Bob exchange
    #[arg(long, default_value_t = 2)]
    messages: u32,
    /// Take the two accounts' entries out of the keychain, and do nothing else
    #[arg(long)]
    forget: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    match arguments.relay {
        Some(relay) if !arguments.forget => introduce(&arguments.data, &relay, arguments.messages).await,
        _ => forget(&arguments.data),
    }
}

async fn introduce(data: &Path, relay: &str, messages: u32) -> Result<(), Box<dyn Error>> {
    let alice = register(data, "alice", "Alice Marlowe", relay).await?;
    let bob = register(data, "bob", "Bob Ferreira", relay).await?;

    let invite = alice.create_invite().await?;
    let to_alice = bob.accept_invite(&invite.link).await?.contact.id;
    let to_bob = until(async || Ok(alice.conversations().await?.first().map(|it| it.contact.id))).await?;

    for number in 0..messages {
        let (engine, contact) = if number % 2 == 0 {
            (&bob, to_alice)
        } else {
            (&alice, to_bob)
        };
        engine.send_text(contact, line(number)).await?;
        // Not too far ahead of the relay, which pushes back when a mailbox is full.
        if number % 200 == 199 {
            until_delivered(&alice, to_bob).await?;
            until_delivered(&bob, to_alice).await?;
        }
    }
    until_delivered(&alice, to_bob).await?;
    until_delivered(&bob, to_alice).await?;
    alice.shutdown().await;
    bob.shutdown().await;
    Ok(())
}

async fn register(data: &Path, profile: &str, name: &str, relay: &str) -> Result<Engine, Box<dyn Error>> {
    let profile = Arc::new(Profile::open(ProfileName::parse(profile)?, Some(data))?);
    let keychain = Arc::new(SystemKeychain);
    let vault = if keychain.status() == KeychainStatus::Unavailable {
        println!("This machine has no keychain. {name}'s passphrase is: {PASSPHRASE}");
        NewSlots::Passphrase(Passphrase::new(PASSPHRASE.to_owned()).choose()?)
    } else {
        NewSlots::Keychain
    };
    let environment = Environment {
        clock: Arc::new(SystemClock),
        keychain,
        checkpoints: Arc::new(NoCheckpoints),
    };
    let account = NewAccount {
        relay: Engine::check_relay(relay).await?,
        display_name: DisplayName::parse(name)?,
        vault,
    };
    Ok(Engine::create(profile, environment, account).await?)
}

/// What is said: something to look at, never the same twice.
fn line(number: u32) -> String {
    const LINES: [&str; 8] = [
        "Hello! I opened your invite.",
        "There you are. Sotto says that it is really you.",
        "Shall we meet by the water again?",
        "Yes. Bring the blue notebook, and something warm to drink.",
        "The train is late, of course. I am reading.",
        "Then I will wait at the bridge and count the barges.",
        "Eleven so far, and one swan.",
        "A good sign. See you soon.",
    ];
    let round = number / 8;
    let text = LINES.get((number % 8) as usize).copied().unwrap_or_default();
    if round == 0 {
        text.to_owned()
    } else {
        format!("{text} ({round})")
    }
}

/// Waits until the other one's device has everything that was sent.
async fn until_delivered(engine: &Engine, contact: ContactId) -> Result<(), Box<dyn Error>> {
    until(async || {
        let page = engine.messages(contact, None, 400).await?;
        let mut ours = page.messages.iter().filter_map(|message| message.delivery);
        Ok(ours.all(|delivery| delivery >= Delivery::Delivered).then_some(()))
    })
    .await
}

/// Asks until there is an answer.
async fn until<T>(
    question: impl AsyncFn() -> Result<Option<T>, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    let began = Instant::now();
    loop {
        if let Some(answer) = question().await? {
            return Ok(answer);
        }
        if began.elapsed() > PATIENCE {
            return Err("Alice and Bob did not hear from each other in time".into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn forget(data: &Path) -> Result<(), Box<dyn Error>> {
    let keychain = Arc::new(SystemKeychain);
    for name in ["alice", "bob"] {
        let vault = data.join("profiles").join(name).join("vault.json");
        if vault.exists() {
            let account = Vault::load(vault, keychain.clone())?.account();
            // Without a keychain there is no entry, and nothing to forget.
            if keychain.status() != KeychainStatus::Unavailable {
                keychain.delete(&KeychainEntry::for_account(account))?;
            }
        }
    }
    Ok(())
}
