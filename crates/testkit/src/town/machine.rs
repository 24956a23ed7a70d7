//! A computer: what outlives the process that runs on it.

use std::path::{Path, PathBuf};

use sotto_engine::model::{Message, MessageId};
use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::{Engine, Environment, Unlock};
use tokio::process::Command;

use crate::process::{Call, Died, FolderKeychain, Headless, PASSPHRASE, Program, Reply, SmallDisk};
use crate::promises::{self, Outcome, Who};
use crate::{MovableClock, World};

/// More messages than anybody says.
const ALL: u32 = 1_000_000;

/// How much room there is on a disk that can be filled, in megabytes.
const ROOM: u32 = 48;

/// What a machine is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// It has a disk of its own, which can be filled (on Linux), and a clock that can be set.
    Breakable,
    /// It is this computer.
    Ordinary,
}

/// A folder, on a disk of its own if that is to get full.
pub(crate) struct Place {
    folder: PathBuf,
    disk: Option<SmallDisk>,
    is_full: bool,
}

impl Place {
    pub(crate) async fn make(folder: PathBuf, make: Make) -> Self {
        std::fs::create_dir_all(&folder).expect("a folder of our own");
        let disk = match make {
            Make::Breakable if cfg!(target_os = "linux") => Some(SmallDisk::make(&folder, ROOM).await),
            Make::Breakable | Make::Ordinary => None,
        };
        Self {
            folder,
            disk,
            is_full: false,
        }
    }

    /// A command line that runs a program there.
    pub(crate) fn command(&self, program: Program) -> Command {
        match &self.disk {
            Some(disk) => disk.command(program.path()),
            None => Command::new(program.path()),
        }
    }

    /// Where those find it who run there.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where this process finds it.
    pub(crate) fn outside(&self) -> PathBuf {
        self.disk
            .as_ref()
            .map_or_else(|| self.folder.clone(), SmallDisk::outside)
    }

    /// Takes all room, or gives it back.
    pub(crate) fn is_to_be_full(&mut self, full: bool) {
        let Some(disk) = &self.disk else { return };
        if full {
            disk.fill();
        } else {
            disk.make_room();
        }
        self.is_full = full;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Copies all that is there, for this process to open; answers where to.
    pub(crate) fn copied(&self) -> PathBuf {
        let copies = self.folder.with_extension("copy");
        // There may be none yet.
        let _ = std::fs::remove_dir_all(&copies);
        std::fs::create_dir_all(&copies).expect("a folder of our own");
        copy(&self.outside(), &copies);
        copies
    }

    /// Copies what is on a disk that ends with this process to where it was seen.
    pub(crate) fn keep(&self) {
        if self.disk.is_some() {
            copy(&self.outside(), &self.folder);
        }
    }
}

/// Copies a folder; what cannot be copied is left out.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            let _ = std::fs::create_dir_all(&to);
            copy(&from, &to);
        } else {
            let _ = std::fs::copy(&from, &to);
        }
    }
}

/// Somebody's computer, and their app, if it runs.
pub(crate) struct Machine {
    pub(crate) who: Who,
    pub(crate) place: Place,
    pub(crate) keychain: FolderKeychain,
    /// Seconds by which its clock is ahead, or behind if it is less than 0; none: the clock of this computer.
    clock: Option<i64>,
    app: Option<Headless>,
    /// Whether an app ended while it was to open the account.
    crashed: bool,
}

impl Machine {
    /// A machine with an account at the world's relay.
    pub(crate) async fn make(who: Who, world: &World, make: Make) -> Self {
        let keychain = FolderKeychain::at(world.folder_of(&format!("{}-keychain", who.name())));
        keychain.comes();
        let mut machine = Self {
            who,
            place: Place::make(world.folder_of(who.name()), make).await,
            keychain,
            clock: (make == Make::Breakable).then_some(0),
            app: None,
            crashed: false,
        };
        let mut app = machine.starts();
        let create = Call::Create {
            relay: world.relay_address().to_string(),
            name: who.name().to_owned(),
            passphrase: PASSPHRASE.to_owned(),
        };
        assert_eq!(app.call(create).await, Reply::Done);
        machine.app = Some(app);
        machine
    }

    /// Their app, while it runs and has the account open.
    pub(crate) fn app(&mut self) -> Option<&mut Headless> {
        self.app.as_mut()
    }

    /// Whether the app ended by itself.
    pub(crate) fn has_crashed(&mut self) -> bool {
        self.crashed || self.app.as_mut().is_some_and(Headless::has_ended)
    }

    /// Starts the app, which has no account open yet.
    fn starts(&self) -> Headless {
        let mut command = self.place.command(Program::Headless);
        command
            .arg("--data")
            .arg(self.place.folder())
            .arg("--keychain")
            .arg(self.keychain.folder());
        if let Some(seconds) = self.clock {
            command.args(["--clock", &seconds.to_string()]);
        }
        Headless::run(self.who.name(), self.place.folder(), command)
    }

    /// Starts the app if it does not run, with the keychain or, where there is none, the passphrase; answers why the account
    /// did not open.
    pub(crate) async fn comes_back(&mut self) -> Result<(), String> {
        if self.app.is_some() {
            return Ok(());
        }
        let mut app = self.starts();
        let by_keychain = app.try_call(&Call::OpenWithKeychain).await;
        let opened = match by_keychain {
            Ok(Reply::Failed(_)) if !self.keychain.is_there() => {
                let passphrase = PASSPHRASE.to_owned();
                app.try_call(&Call::Open { passphrase }).await
            }
            opened => opened,
        };
        match opened {
            Ok(Reply::Done) => {
                self.app = Some(app);
                Ok(())
            }
            Ok(other) => {
                app.is_killed().await;
                Err(format!("{other:?}"))
            }
            Err(Died) => {
                self.crashed = true;
                Err("ended before it answered".to_owned())
            }
        }
    }

    /// Starts the app and kills it after so long, wherever it is then.
    pub(crate) async fn dies_while_it_starts(&mut self, after: std::time::Duration) {
        let mut app = self.starts();
        let _ = tokio::time::timeout(after, app.try_call(&Call::OpenWithKeychain)).await;
        app.is_killed().await;
    }

    /// Ends the app between two instructions; answers whether there was one.
    pub(crate) async fn dies(&mut self) -> bool {
        match self.app.take() {
            Some(app) => {
                app.is_killed().await;
                true
            }
            None => false,
        }
    }

    /// Quits the app.
    pub(crate) async fn leaves(&mut self) {
        if let Some(app) = self.app.take() {
            app.leaves().await;
        }
    }

    /// Writes to a contact. Unknown if the app ended over it, or was not asked to its end within `patience`.
    pub(crate) async fn says(
        &mut self,
        to: Who,
        text: String,
        patience: Option<std::time::Duration>,
    ) -> Outcome<MessageId> {
        let Some(app) = &mut self.app else {
            return Outcome::Unknown;
        };
        let call = Call::Say {
            to: to.name().to_owned(),
            text,
        };
        let asked = app.try_call(&call);
        let reply = match patience {
            Some(patience) => tokio::time::timeout(patience, asked).await.unwrap_or(Err(Died)),
            None => asked.await,
        };
        match reply {
            Ok(Reply::Stored { id }) => Outcome::Done(MessageId(id)),
            Ok(other) => Outcome::Refused(format!("{other:?}")),
            Err(Died) => Outcome::Unknown,
        }
    }

    /// Sets the clock of the machine, and of the app that runs there, if it has one of its own.
    pub(crate) async fn moves_clock(&mut self, seconds: i64) {
        let Some(clock) = &mut self.clock else { return };
        *clock += seconds;
        if let Some(app) = &mut self.app {
            // Who died meanwhile starts with the new time.
            let _ = app.try_call(&Call::MoveClock { seconds }).await;
        }
    }

    /// The folder of the profile, as this process finds it.
    pub(crate) fn profile(&self) -> PathBuf {
        profile(&self.place.outside())
    }

    /// The texts to a contact that are not known to have arrived.
    pub(crate) async fn undelivered(&mut self, to: Who) -> Option<usize> {
        let to = to.name().to_owned();
        match self.app.as_mut()?.try_call(&Call::Undelivered { to }).await {
            Ok(Reply::Texts(texts)) => Some(texts.len()),
            _ => None,
        }
    }

    /// Quits the app, and asks a copy of its database: what is wrong with it, and what was said between its owner and everybody.
    pub(crate) async fn leaves_behind(&mut self) -> (Vec<String>, Vec<(String, Vec<Message>)>) {
        self.leaves().await;
        let copies = self.place.copied();
        let key = self.keychain.copied().database_key();
        let broken = promises::of_account(self.who, &promises::keyed(&profile(&copies), &key));
        (broken, self.conversations(&copies).await)
    }

    async fn conversations(&self, copies: &Path) -> Vec<(String, Vec<Message>)> {
        let name = ProfileName::parse("default").expect("a name that is allowed");
        let profile = Profile::open(name, Some(copies)).expect("a profile nobody has open");
        let clock = MovableClock::default();
        clock.shift(self.clock.unwrap_or_default());
        let environment = Environment {
            clock: std::sync::Arc::new(clock),
            keychain: std::sync::Arc::new(self.keychain.copied()),
            checkpoints: std::sync::Arc::new(sotto_engine::checkpoint::NoCheckpoints),
        };
        let engine = Engine::open(std::sync::Arc::new(profile), environment, Unlock::Keychain).await;
        let engine = engine.expect("an account that opens");
        let mut conversations = Vec::new();
        for conversation in engine.conversations().await.expect("the database is read") {
            let contact = conversation.contact;
            let page = engine.messages(contact.id, None, ALL).await;
            conversations.push((contact.name, page.expect("the database is read").messages));
        }
        engine.shutdown().await;
        conversations
    }
}

fn profile(data: &Path) -> PathBuf {
    data.join("profiles").join("default")
}
