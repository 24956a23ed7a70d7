//! Somebody in a simulated world: a person whose app runs on a runtime of its own, so that it can end at any await.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sotto_engine::checkpoint::Checkpoint;
use sotto_engine::model::ContactId;
use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::{Engine, RelayAddress, Unlock};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::plan::Death;
use crate::promises::{Outcome, Who};
use crate::{MovableClock, Person};

/// How long somebody is given for what they do. Long, because the machine may be busy; who dies over it is not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long what is left of a run may take to end.
const LAST_BREATH: Duration = Duration::from_secs(10);

const GLANCE: Duration = Duration::from_millis(2);

pub(super) struct Somebody {
    pub(super) who: Who,
    pub(super) person: Arc<Person>,
    pub(super) clock: Arc<MovableClock>,
    pub(super) contacts: HashMap<Who, ContactId>,
    /// Whether their disk is without room until the app starts again.
    pub(super) is_full: bool,
    run: Option<Runtime>,
    doom: Option<Doom>,
}

/// A death that was chosen and has not come yet.
enum Doom {
    At(Checkpoint, u64),
    AtCommit,
}

impl Somebody {
    pub(super) async fn create(who: Who, root: std::path::PathBuf, relay: RelayAddress) -> Self {
        let (run, clock) = (runtime(who), Arc::new(MovableClock::default()));
        let created = Person::create(who.name(), root, Arc::clone(&clock), relay);
        let person = run.spawn(created).await.expect("nobody dies so soon");
        let person = person.unwrap_or_else(|error| panic!("{who:?} gets no account: {error}"));
        Self {
            who,
            person: Arc::new(person),
            clock,
            contacts: HashMap::new(),
            is_full: false,
            run: Some(run),
            doom: None,
        }
    }

    /// Whether their app is running.
    pub(super) fn is_there(&self) -> bool {
        self.run.is_some()
    }

    /// Has their engine do something.
    pub(super) async fn does<T, E, F>(&self, work: impl FnOnce(Engine) -> F) -> Outcome<T>
    where
        T: Send + 'static,
        E: std::fmt::Debug + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let Some(run) = &self.run else {
            return Outcome::Unknown;
        };
        let mut doing = run.spawn(work(self.person.engine()));
        let patience = Instant::now() + PATIENCE;
        loop {
            tokio::select! {
                done = &mut doing => return match done {
                    Ok(Ok(done)) => Outcome::Done(done),
                    Ok(Err(error)) => Outcome::Refused(format!("{error:?}")),
                    Err(_) => Outcome::Unknown,
                },
                () = tokio::time::sleep(GLANCE) => {
                    if self.is_struck() || Instant::now() > patience {
                        return Outcome::Unknown;
                    }
                }
            }
        }
    }

    /// Chooses their death; answers whether it comes at once.
    pub(super) fn is_doomed(&mut self, death: Death) -> bool {
        if !self.is_there() {
            return false;
        }
        let disk = self.person.disk();
        match death {
            Death::Now => return true,
            Death::At(checkpoint) => {
                let gate = self.person.gate();
                self.doom = Some(Doom::At(checkpoint, gate.count(checkpoint)));
                gate.shut_at(checkpoint);
            }
            Death::InsteadOfCommit(nth) => {
                disk.dies_at_commit(nth, false);
                self.doom = Some(Doom::AtCommit);
            }
            Death::AfterCommit(nth) => {
                disk.dies_at_commit(nth, true);
                self.doom = Some(Doom::AtCommit);
            }
        }
        false
    }

    /// Whether their chosen death has come, and nothing remains but to end what is left.
    pub(super) fn is_struck(&self) -> bool {
        match self.doom {
            Some(Doom::At(checkpoint, before)) => self.person.gate().count(checkpoint) > before,
            Some(Doom::AtCommit) => self.person.disk().is_dead(),
            None => false,
        }
    }

    /// Whether a death was chosen for them.
    pub(super) fn has_doom(&self) -> bool {
        self.doom.is_some()
    }

    /// Ends their app wherever it is: what waits is dropped, nothing is committed, nothing said.
    pub(super) async fn dies(&mut self) {
        let Some(run) = self.run.take() else { return };
        self.doom = None;
        self.person.disk().dies();
        let ended = tokio::task::spawn_blocking(move || run.shutdown_timeout(LAST_BREATH));
        // Whoever is held at a checkpoint goes on only when there is nothing left to go on with.
        tokio::time::sleep(GLANCE).await;
        self.person.gate().open();
        ended.await.expect("a runtime ends");
        let person = Arc::clone(&self.person);
        // The last of the engine waits for the thread that writes.
        tokio::task::spawn_blocking(move || person.is_gone())
            .await
            .expect("an engine ends");
    }

    /// Quits the app.
    pub(super) async fn leaves(&mut self) {
        if self.has_doom() {
            return self.dies().await;
        }
        let Some(run) = self.run.take() else { return };
        let person = Arc::clone(&self.person);
        let left = run.spawn(async move { person.leave().await });
        let left = tokio::time::timeout(PATIENCE, left).await;
        assert!(matches!(left, Ok(Ok(()))), "{:?} cannot leave", self.who);
        tokio::task::spawn_blocking(move || run.shutdown_timeout(LAST_BREATH))
            .await
            .expect("a runtime ends");
    }

    /// Starts the app, if it is not running; answers whether it runs then.
    pub(super) async fn comes_back(&mut self) -> Result<(), String> {
        if self.has_doom() {
            self.dies().await;
        }
        if self.is_there() {
            return Ok(());
        }
        self.has_let_go().await;
        let run = runtime(self.who);
        let person = Arc::clone(&self.person);
        let opened = run
            .spawn(async move { person.try_to_come_back(Unlock::Keychain).await })
            .await;
        match opened {
            Ok(Ok(())) => {
                self.run = Some(run);
                self.is_full = false;
                Ok(())
            }
            failed => {
                run.shutdown_background();
                Err(format!("{failed:?}"))
            }
        }
    }

    /// Waits until nothing of the run before has the profile open.
    async fn has_let_go(&self) {
        let name = || ProfileName::parse("default").expect("a name that is allowed");
        let patience = Instant::now() + LAST_BREATH;
        while Profile::open(name(), Some(self.person.root())).is_err() {
            assert!(
                Instant::now() < patience,
                "{:?} lives on after their death",
                self.who
            );
            tokio::time::sleep(GLANCE).await;
        }
    }
}

/// A simulation that broke off ends nobody in good order.
impl Drop for Somebody {
    fn drop(&mut self) {
        if let Some(run) = self.run.take() {
            run.shutdown_background();
        }
    }
}

fn runtime(who: Who) -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .thread_name(who.name())
        .enable_all()
        .build()
        .expect("a runtime")
}
