//! Simulated worlds: several people and relays, everything that can go wrong drawn from a seed, and in the end the
//! question whether what the engine promises still holds.
//!
//! ```text
//! seed -> plan -> a world -> its steps, one after another -> calm -> invariants
//! ```
//! The engines, their databases, the relays and the sockets between them are the real ones. The plan follows from the seed
//! alone: who does what, whose process ends at which checkpoint or commit, whose disk fails, which line is cut, how far
//! clocks jump. *When* each of the machine's threads comes to run does not follow from it: a seed that failed is likely to
//! fail again, and not bound to (`docs/adr/0076-simulated-worlds.md`).

mod act;
mod calm;
mod plan;
mod somebody;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use crate::promises::Broken;
use crate::promises::{self, Outcome, Record, UsedKeys, Who};
use crate::{Look, World, eventually};
use plan::Plan;
use somebody::Somebody;
use wire::Noise;

/// What a run that went well was made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    /// Texts that an engine said it has stored.
    pub texts: usize,
    /// Processes that ended without a word.
    pub deaths: usize,
    /// Message keys that were seen on the lines.
    pub keys: usize,
}

/// Runs the world of a seed, on a runtime of its own.
pub fn run(seed: u64) -> Result<Run, Box<Broken>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let ran = runtime.block_on(async {
        let mut simulation = Simulation::begin(Plan::drawn(seed)).await;
        simulation.happens().await;
        simulation.ends().await
    });
    runtime.shutdown_background();
    ran
}

/// A world while its plan is carried out.
struct Simulation {
    plan: Plan,
    people: Vec<Somebody>,
    relays: Vec<World>,
    noises: Vec<Arc<Noise>>,
    keys: Arc<UsedKeys>,
    record: Record,
    steps: Vec<String>,
    deaths: usize,
    began: Instant,
}

impl Simulation {
    /// Everybody has an account and knows everybody.
    async fn begin(plan: Plan) -> Self {
        let keys = Arc::new(UsedKeys::default());
        let (mut relays, mut noises) = (Vec::new(), Vec::new());
        for relay in 0..plan.relays {
            relays.push(relay_of_a_world().await);
            let seed = plan.seed ^ (relay as u64 + 1) << 32;
            noises.push(Arc::new(Noise::new(seed, Arc::clone(&keys))));
        }
        let made = plan.people.iter().enumerate().map(|(number, &relay)| {
            let (who, world) = (Who(number), &relays[relay]);
            Somebody::create(who, world.folder_of(who.name()), world.relay_address())
        });
        let mut people = futures_util::future::join_all(made).await;
        for somebody in &people {
            keys.watch(somebody.person.keychain());
        }
        for (world, noise) in relays.iter().zip(&noises) {
            let noise = Arc::clone(noise);
            world.line().meddle(move |way, frame| noise.pass(way, frame));
        }
        for guest in 1..people.len() {
            for inviter in 0..guest {
                meet(&people[inviter], &people[guest]).await;
            }
        }
        for one in 0..people.len() {
            for other in (0..people.len()).filter(|&other| other != one) {
                let contact = people[one].person.contact(&people[other].person).await.id;
                people[one].contacts.insert(Who(other), contact);
            }
        }
        Self {
            plan,
            people,
            relays,
            noises,
            keys,
            record: Record::default(),
            steps: Vec::new(),
            deaths: 0,
            began: Instant::now(),
        }
    }

    /// Carries the plan out.
    async fn happens(&mut self) {
        for step in self.plan.steps.clone() {
            self.bury().await;
            let outcome = self.act(&step.action).await;
            self.note(format!("{:?}{outcome}", step.action));
            tokio::time::sleep(step.pause).await;
        }
    }

    /// Lets the world calm down, and looks at what is left of it.
    async fn ends(mut self) -> Result<Run, Box<Broken>> {
        let mut promises = match self.calms_down().await {
            Ok(()) => self.histories().await,
            Err(unsettled) => unsettled,
        };
        promises.extend(self.keys.were_used_once());
        promises.extend(self.stores_are_whole().await);
        if promises.is_empty() {
            return Ok(Run {
                texts: self.record.count(),
                deaths: self.deaths,
                keys: self.keys.count(),
            });
        }
        let folders = std::mem::take(&mut self.relays).into_iter();
        Err(Box::new(Broken {
            world: format!("seed {}", self.plan.seed),
            steps: std::mem::take(&mut self.steps),
            promises,
            folders: folders.map(World::keep).collect(),
            again: format!("cargo xtask simulate --seeds 1 --seed {}", self.plan.seed),
        }))
    }

    async fn histories(&self) -> Vec<String> {
        let mut conversations = BTreeMap::new();
        for (who, to) in self.pairs() {
            let (author, reader) = (&self.people[who.0].person, &self.people[to.0].person);
            conversations.insert((who, to), author.messages(reader).await);
        }
        promises::histories(&self.record, &conversations)
    }

    /// Everybody leaves, and every database is whole.
    async fn stores_are_whole(&mut self) -> Vec<String> {
        let mut broken = Vec::new();
        for somebody in &mut self.people {
            somebody.leaves().await;
            broken.extend(promises::of_account(somebody.who, &somebody.database()));
        }
        for world in &self.relays {
            world.stop_relay().await;
            broken.extend(promises::of_relay(&world.relay_folder()));
        }
        broken
    }

    /// Ends those whose chosen death has come.
    async fn bury(&mut self) {
        for number in 0..self.people.len() {
            if self.people[number].is_struck() {
                self.people[number].dies().await;
                self.deaths += 1;
                self.note(format!("{:?} is dead", Who(number)));
            }
        }
    }

    fn note(&mut self, what: String) {
        let at = self.began.elapsed().as_secs_f64();
        self.steps.push(format!("{at:7.3} s  {what}"));
    }
}

/// A relay that hurries, and counts nothing: what it allows is not what is asked here.
async fn relay_of_a_world() -> World {
    World::with_relay(|config| {
        config.quotas = sotto_relay::config::Quotas::OFF;
        config.patience.farewell = Duration::from_millis(200);
        config.patience.reconnect = Duration::from_millis(200);
    })
    .await
}

/// Each on their own runtime: what is begun for somebody ends with them.
async fn meet(inviter: &Somebody, guest: &Somebody) {
    let invited = inviter.does(|engine| async move { engine.create_invite().await });
    let link = match invited.await {
        Outcome::Done(invite) => invite.link,
        Outcome::Refused(why) => panic!("no invite: {why}"),
        Outcome::Unknown => panic!("no invite"),
    };
    // On a busy machine the relay may hear of the invite later than the guest.
    eventually(format_args!("{:?} is let in", guest.who), async || {
        let link = link.clone();
        let accepted = guest.does(|engine| async move { engine.accept_invite(&link).await });
        match accepted.await {
            Outcome::Done(_) => Look::There(()),
            Outcome::Refused(why) => Look::NotYet(why),
            Outcome::Unknown => Look::NotYet("no answer".to_owned()),
        }
    })
    .await;
    inviter.person.knows(&guest.person).await;
    guest.person.knows(&inviter.person).await;
}
