//! `sotto-headless`: somebody without a window, who does what a story says, a line of JSON at a time.
//!
//! It takes calls from standard input and writes a reply for each to standard output (`sotto_testkit::process::Call`
//! and `Reply`). Its keychain is the folder `--keychain`, else it has none. With `--die-at` it ends at a checkpoint, as a machine does that loses its power.

#![allow(clippy::print_stdout)] // replies are what this program is for

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use sotto_engine::checkpoint::{Checkpoint, Checkpoints, NoCheckpoints};
use sotto_engine::clock::SystemClock;
use sotto_engine::model::{ContactId, Delivery, DisplayName, Message, MessageBody};
use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::vault::{NewSlots, Passphrase};
use sotto_engine::{Engine, Environment, NewAccount, Unlock};
use sotto_testkit::process::{Call, FolderKeychain, Reply};
use sotto_testkit::{DieAt, MemoryKeychain, MovableClock};

/// Does what a story says, a line of JSON at a time.
#[derive(Parser)]
struct CommandLine {
    /// Where the profile is.
    #[arg(long)]
    data: PathBuf,
    /// A checkpoint to die at, and how often it is passed before, counted from 1: `received-committed:3`.
    #[arg(long, value_parser = parse_die_at)]
    die_at: Option<(Checkpoint, u64)>,
    /// The folder that is this machine's keychain. One is used only if this is given.
    #[arg(long)]
    keychain: Option<PathBuf>,
    /// How many seconds the clock is ahead, or behind by a negative number; it can be moved if this is given.
    #[arg(long, allow_hyphen_values = true)]
    clock: Option<i64>,
}

fn parse_die_at(text: &str) -> Result<(Checkpoint, u64), String> {
    let (name, nth) = text.split_once(':').unwrap_or((text, "1"));
    let checkpoint = match name {
        "queued-committed" => Checkpoint::QueuedCommitted,
        "sent-committed" => Checkpoint::SentCommitted,
        "relay-accepted" => Checkpoint::RelayAccepted,
        "received-committed" => Checkpoint::ReceivedCommitted,
        "received-acknowledged" => Checkpoint::ReceivedAcknowledged,
        "token-replaced" => Checkpoint::TokenReplaced,
        _ => return Err(format!("no checkpoint is called {name}")),
    };
    let nth = nth.parse().map_err(|_| format!("{nth} is not a number"))?;
    Ok((checkpoint, nth))
}

/// Why a call failed: what the story reads.
type Failure = Box<dyn std::error::Error>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let CommandLine {
        data,
        die_at,
        keychain,
        clock,
    } = CommandLine::parse();
    let checkpoints: Arc<dyn Checkpoints> = match die_at {
        Some((checkpoint, nth)) => Arc::new(DieAt::new(checkpoint, nth)),
        None => Arc::new(NoCheckpoints),
    };
    let movable = clock.map(|seconds| {
        let clock = Arc::new(MovableClock::default());
        clock.shift(seconds);
        clock
    });
    let has_keychain = keychain.is_some();
    let environment = Environment {
        clock: movable
            .clone()
            .map_or_else(|| Arc::new(SystemClock) as _, |clock| clock as _),
        keychain: keychain.map_or_else(
            || Arc::new(MemoryKeychain::default()) as _,
            |folder| Arc::new(FolderKeychain::at(folder)) as _,
        ),
        checkpoints,
    };
    let profile = Arc::new(Profile::open(ProfileName::parse("default")?, Some(&data))?);
    let mut somebody = Somebody {
        profile,
        environment,
        has_keychain,
        clock: movable,
        engine: None,
    };

    for line in std::io::stdin().lock().lines() {
        let call: Call = serde_json::from_str(&line?)?;
        let leaving = call == Call::Leave;
        let reply = somebody
            .answer(call)
            .await
            .unwrap_or_else(|failure| Reply::Failed(format!("{failure:?}")));
        let mut out = std::io::stdout();
        writeln!(out, "{}", serde_json::to_string(&reply)?)?;
        out.flush()?;
        if leaving {
            break;
        }
    }
    Ok(())
}

struct Somebody {
    profile: Arc<Profile>,
    environment: Environment,
    has_keychain: bool,
    clock: Option<Arc<MovableClock>>,
    engine: Option<Engine>,
}

impl Somebody {
    async fn answer(&mut self, call: Call) -> Result<Reply, Failure> {
        let (profile, environment) = (Arc::clone(&self.profile), self.environment.clone());
        match call {
            Call::Create {
                relay,
                name,
                passphrase,
            } => {
                let passphrase = Passphrase::new(passphrase).choose()?;
                let account = NewAccount {
                    relay: relay.parse()?,
                    display_name: DisplayName::parse(&name)?,
                    vault: if self.has_keychain {
                        NewSlots::KeychainAndPassphrase(passphrase)
                    } else {
                        NewSlots::Passphrase(passphrase)
                    },
                };
                self.engine = Some(Engine::create(profile, environment, account).await?);
                Ok(Reply::Done)
            }
            Call::Open { passphrase } => {
                let unlock = Unlock::Passphrase(Passphrase::new(passphrase));
                self.engine = Some(Engine::open(profile, environment, unlock).await?);
                Ok(Reply::Done)
            }
            Call::OpenWithKeychain => {
                self.engine = Some(Engine::open(profile, environment, Unlock::Keychain).await?);
                Ok(Reply::Done)
            }
            Call::MoveClock { seconds } => {
                let clock = self.clock.as_ref().ok_or("the clock of this machine stands")?;
                clock.shift(seconds);
                Ok(Reply::Done)
            }
            Call::Invite => Ok(Reply::Link(self.engine()?.create_invite().await?.link)),
            Call::Accept { link } => {
                self.engine()?.accept_invite(&link).await?;
                Ok(Reply::Done)
            }
            Call::Say { to, text } => {
                let message = self.engine()?.send_text(self.contact(&to).await?, text).await?;
                Ok(Reply::Stored { id: message.id.0 })
            }
            Call::Heard { from } => self.texts(&from, |message| !message.outgoing).await,
            Call::Said { to } => self.texts(&to, |message| message.outgoing).await,
            Call::Delivered { to } => {
                self.texts(&to, |message| message.delivery >= Some(Delivery::Delivered))
                    .await
            }
            Call::Undelivered { to } => {
                self.texts(&to, |message| {
                    message.outgoing && message.delivery < Some(Delivery::Delivered)
                })
                .await
            }
            Call::Block { who } => {
                self.engine()?.block(self.contact(&who).await?).await?;
                Ok(Reply::Done)
            }
            Call::Contacts => {
                let conversations = self.engine()?.conversations().await?;
                Ok(Reply::Texts(
                    conversations
                        .into_iter()
                        .map(|conversation| conversation.contact.name)
                        .collect(),
                ))
            }
            Call::Leave => {
                self.engine()?.shutdown().await;
                Ok(Reply::Done)
            }
        }
    }

    fn engine(&self) -> Result<&Engine, Failure> {
        self.engine.as_ref().ok_or_else(|| "no account is open".into())
    }

    async fn contact(&self, name: &str) -> Result<ContactId, Failure> {
        let conversations = self.engine()?.conversations().await?;
        let named = conversations
            .into_iter()
            .find(|conversation| conversation.contact.name == name);
        Ok(named.ok_or("no contact has this name")?.contact.id)
    }

    async fn texts(&self, name: &str, wanted: impl Fn(&Message) -> bool) -> Result<Reply, Failure> {
        let page = self
            .engine()?
            .messages(self.contact(name).await?, None, 100_000)
            .await?;
        let these = page.messages.into_iter().filter(wanted);
        let texts = these.filter_map(|message| match message.body {
            MessageBody::Text(text) => Some(text),
            _ => None,
        });
        Ok(Reply::Texts(texts.collect()))
    }
}
