//! A world: one relay, one line to it, and the people who talk over it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sotto_engine::RelayAddress;
use sotto_engine::error::CreateError;
use sotto_engine::model::Delivery;
use sotto_relay::{Config, RunningRelay};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::{Line, MovableClock, Person};

/// A relay in this process, the line to it, a folder for everybody's data, a clock for all.
///
/// ```no_run
/// # async fn story() {
/// use sotto_testkit::{World, introduce};
///
/// let world = World::new().await;
/// let (alice, bob) = (world.alice().await, world.bob().await);
/// introduce(&alice, &bob).await;
/// alice.says(&bob, "Hello!").await;
/// bob.hears(&alice, &["Hello!"]).await;
/// # }
/// ```
pub struct World {
    line: Line,
    relay: Mutex<Option<RunningRelay>>,
    configure: Box<dyn Fn(&mut Config) + Send + Sync>,
    clock: Arc<MovableClock>,
    folder: TempDir,
}

impl World {
    /// A world with a relay and nobody in it.
    pub async fn new() -> Self {
        let world = Self::without_a_relay().await;
        world.start_relay().await;
        world
    }

    /// A world with a relay that is configured otherwise, and nobody in it.
    pub async fn with_relay(configure: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        let world = Self {
            configure: Box::new(configure),
            ..Self::without_a_relay().await
        };
        world.start_relay().await;
        world
    }

    /// A world in which nobody answers at the relay's address, until [`World::start_relay`] or a relay of the story's own.
    pub async fn without_a_relay() -> Self {
        Self {
            line: Line::new().await,
            relay: Mutex::new(None),
            configure: Box::new(|_| ()),
            clock: Arc::new(MovableClock::default()),
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// Alice, with a new account.
    pub async fn alice(&self) -> Person {
        self.person("Alice").await
    }

    /// Bob, with a new account.
    pub async fn bob(&self) -> Person {
        self.person("Bob").await
    }

    /// Carol, with a new account.
    pub async fn carol(&self) -> Person {
        self.person("Carol").await
    }

    /// Somebody with a new account.
    pub async fn person(&self, name: &'static str) -> Person {
        let person = self.try_person(name).await;
        person.unwrap_or_else(|error| panic!("{name} gets no account: {error}"))
    }

    /// Somebody who wants an account, and may get none.
    pub async fn try_person(&self, name: &'static str) -> Result<Person, CreateError> {
        Person::create(
            name,
            self.folder_of(name),
            Arc::clone(&self.clock),
            self.relay_address(),
        )
        .await
    }

    /// Another machine of somebody's, on which they have nothing yet.
    pub fn another_machine_of(&self, person: &Person, name: &str) -> Person {
        Person::elsewhere(person, self.folder_of(name))
    }

    /// Where somebody's data is.
    pub fn folder_of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name.to_lowercase())
    }

    /// Where all data is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the world, but for what is in its folder; answers where that is.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// Where the relay's data is.
    pub fn relay_folder(&self) -> PathBuf {
        self.folder.path().join("relay")
    }

    /// The relay's address as everybody knows it: that of the line.
    pub fn relay_address(&self) -> RelayAddress {
        self.line
            .address()
            .to_string()
            .parse()
            .expect("the address of the line")
    }

    /// Everybody's clock.
    pub fn clock(&self) -> &MovableClock {
        &self.clock
    }

    pub(crate) fn shared_clock(&self) -> Arc<MovableClock> {
        Arc::clone(&self.clock)
    }

    /// The line between everybody and the relay.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// Starts the relay, on the data it had before.
    pub async fn start_relay(&self) {
        let mut running = self.relay.lock().await;
        assert!(running.is_none(), "the relay is running already");
        let mut config = Config::new(self.relay_folder(), SocketAddr::from(([127, 0, 0, 1], 0)));
        config.names = vec![self.relay_address().authority()];
        (self.configure)(&mut config);
        let relay = sotto_relay::serve(config)
            .await
            .unwrap_or_else(|error| panic!("no relay: {error}"));
        self.line.lead_to(Some(relay.address()));
        *running = Some(relay);
    }

    /// Where the relay itself listens, behind the line.
    pub(crate) async fn relay_socket(&self) -> SocketAddr {
        let relay = self.relay.lock().await;
        relay.as_ref().expect("a relay that runs").address()
    }

    /// Stops the relay in good order.
    pub async fn stop_relay(&self) {
        let relay = self.relay.lock().await.take();
        relay.expect("a relay that runs").shutdown().await;
        self.line.lead_to(None);
    }

    /// Stops the relay and starts it again.
    pub async fn restart_relay(&self) {
        self.stop_relay().await;
        self.start_relay().await;
    }
}

/// Lets two people meet: `inviter` makes an invite, `guest` opens it, and both know each other by name.
pub async fn introduce(inviter: &Person, guest: &Person) {
    let link = inviter.invites().await;
    guest.accepts(&link).await;
    inviter.knows(guest).await;
    guest.knows(inviter).await;
}

/// Brings two together; each has greeted the other, and all of it has arrived.
pub async fn have_talked(one: &Person, other: &Person) {
    introduce(one, other).await;
    for (from, to) in [(one, other), (other, one)] {
        let greeting = format!("Hello {}", to.name());
        from.says(to, &greeting).await;
        to.hears(from, &[greeting]).await;
    }
    one.sees_all(other, Delivery::Delivered).await;
    other.sees_all(one, Delivery::Delivered).await;
}
