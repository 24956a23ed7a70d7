//! Real processes, killed again and again while they talk: `sotto-headless` and `sotto-relay`.
//!
//! ```text
//! seed -> plan -> a chapter of it -> calm -> the promises, asked of the databases -> the next chapter
//! ```
//! Nothing is taken away from them in good order here: what the operating system had in its buffers, the log as SQLite finds
//! it, who holds which lock is all as after a crash. Between the deaths processes are suspended, disks are full, keychains are
//! gone, clocks are set. *What* happens follows from the seed; where in its code a process is then does not
//! (`docs/adr/0077-real-processes.md`).

mod plan;

use std::fmt;
use std::time::{Duration, Instant};

use crate::process::{resume, suspend};
use crate::promises::{Broken, Who};
use crate::town::{Make, Said, Town};
use plan::{Blow, PEOPLE, Saying, Step, Whose};

/// After so many deaths all is calm, and the promises are asked after.
const CHAPTER: usize = 25;

/// What a run that went well was made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Killings {
    /// Processes that were killed.
    pub kills: usize,
    /// Of these, relays.
    pub relays: usize,
    /// Of these, killed while they started.
    pub starting: usize,
    /// Processes that stood still for a while.
    pub suspended: usize,
    /// Disks that got full.
    pub disks: usize,
    /// Keychains that vanished.
    pub keychains: usize,
    /// Clocks that were set.
    pub clocks: usize,
    /// Texts that an engine said it has stored.
    pub texts: usize,
    /// Texts that an engine said it has not stored.
    pub refused: usize,
    /// Message keys that were seen on the line.
    pub keys: usize,
}

impl fmt::Display for Killings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} processes killed ({} relays, {} while they started), {} suspended, {} disks filled, {} keychains taken away, \
             {} clocks set; {} texts stored, {} refused; {} message keys",
            self.kills,
            self.relays,
            self.starting,
            self.suspended,
            self.disks,
            self.keychains,
            self.clocks,
            self.texts,
            self.refused,
            self.keys
        )
    }
}

/// Kills so many processes of one world.
pub async fn run(seed: u64, kills: usize) -> Result<Killings, Box<Broken>> {
    let mut killing = Killing {
        town: Town::begin(PEOPLE, Make::Breakable).await,
        sum: Killings::default(),
        steps: Vec::new(),
        began: Instant::now(),
    };
    killing.town.watch_keys();
    let broken = killing.happens(&plan::drawn(seed, kills)).await;
    if broken.is_empty() {
        return Ok(Killings {
            keys: killing.town.keys(),
            ..killing.sum
        });
    }
    Err(Box::new(Broken {
        world: format!("seed {seed}"),
        steps: killing.steps,
        promises: broken,
        folders: vec![killing.town.keep().await],
        again: format!("cargo xtask kill --times {kills} --seed {seed}"),
    }))
}

struct Killing {
    town: Town,
    sum: Killings,
    steps: Vec<String>,
    began: Instant,
}

impl Killing {
    /// Carries the plan out; answers what does not hold, as soon as something does not.
    async fn happens(&mut self, steps: &[Step]) -> Vec<String> {
        let mut next_calm = CHAPTER;
        for step in steps {
            for saying in &step.says {
                let said = self.says(*saying, None).await;
                if matches!(said, Said::Unanswered) {
                    return vec![format!("{:?}'s process ended over a message", saying.who)];
                }
            }
            tokio::time::sleep(step.life).await;
            let ended = self.town.ended_by_themselves();
            if !ended.is_empty() {
                return ended;
            }
            self.strikes(step.blow).await;
            if self.sum.kills >= next_calm {
                next_calm += CHAPTER;
                if let Err(broken) = self.chapter_ends().await {
                    return broken;
                }
            }
        }
        match self.chapter_ends().await {
            Ok(()) => self.town.relays_database().await,
            Err(broken) => broken,
        }
    }

    /// All calms down, everybody leaves, the promises are asked after, everybody is there again.
    async fn chapter_ends(&mut self) -> Result<(), Vec<String>> {
        self.note("all is mended".to_owned());
        self.town.everybody_is_there().await?;
        self.town.settles().await?;
        self.town.last_words().await?;
        self.town.settles().await?;
        let broken = self.town.databases().await;
        if !broken.is_empty() {
            return Err(broken);
        }
        self.note("all is well".to_owned());
        self.town.everybody_is_there().await
    }

    async fn says(&mut self, saying: Saying, patience: Option<Duration>) -> Said {
        let Saying { who, to, words } = saying;
        let said = self.town.says(who, to, words, patience).await;
        match said {
            Said::Stored(_) => self.sum.texts += 1,
            Said::Refused(_) => self.sum.refused += 1,
            Said::Unanswered | Said::NotThere => {}
        }
        self.note(format!("{who:?} to {to:?}: {said}"));
        said
    }

    async fn strikes(&mut self, blow: Blow) {
        self.note(format!("{blow:?}"));
        match blow {
            Blow::Kill {
                whose: Whose::Relays,
                again,
            } => self.relay_dies(again).await,
            Blow::Kill {
                whose: Whose::Persons(who),
                again,
            } => self.dies(who, again).await,
            Blow::KillOver { saying, after } => {
                self.says(saying, Some(after)).await;
                self.dies(saying.who, None).await;
            }
            Blow::Suspend { whose, time, slept } => self.is_suspended(whose, time, slept).await,
            Blow::Disk { whose } => {
                let place = match whose {
                    Whose::Relays => &mut self.town.relays_place,
                    Whose::Persons(who) => &mut self.town.people[who.0].place,
                };
                let full = !place.is_full();
                place.is_to_be_full(full);
                self.sum.disks += usize::from(full);
            }
            Blow::Keychain { who } => {
                let keychain = &self.town.people[who.0].keychain;
                if keychain.is_there() {
                    keychain.vanishes();
                    self.sum.keychains += 1;
                } else {
                    keychain.comes();
                }
            }
            Blow::Clock { who, seconds } => {
                self.town.people[who.0].moves_clock(seconds).await;
                self.sum.clocks += 1;
            }
        }
    }

    /// Somebody is killed and starts again, or only starts if they were not there.
    async fn dies(&mut self, who: Who, again: Option<Duration>) {
        let machine = &mut self.town.people[who.0];
        self.sum.kills += 1;
        if !machine.dies().await {
            // Their disk is full, or they would be there: this one dies while it finds that out.
            machine.dies_while_it_starts(again.unwrap_or_default()).await;
        }
        if let Some(after) = again {
            self.sum.kills += 1;
            self.sum.starting += 1;
            machine.dies_while_it_starts(after).await;
        }
        if let Err(why) = machine.comes_back().await {
            self.note(format!("{who:?} does not come back: {why}"));
        }
    }

    async fn relay_dies(&mut self, again: Option<Duration>) {
        self.sum.kills += 1;
        self.sum.relays += 1;
        match self.town.relay.take() {
            Some(relay) => relay.is_killed().await,
            None => self.town.relay_starts().is_killed().await,
        }
        if let Some(after) = again {
            self.sum.kills += 1;
            self.sum.relays += 1;
            self.sum.starting += 1;
            let relay = self.town.relay_starts();
            tokio::time::sleep(after).await;
            relay.is_killed().await;
        }
        if !self.town.relay_comes_back().await {
            self.note("the relay does not come back".to_owned());
        }
    }

    async fn is_suspended(&mut self, whose: Whose, time: Duration, slept: i64) {
        let process = match whose {
            Whose::Relays => self.town.relay.as_ref().map(|relay| relay.process_id()),
            Whose::Persons(who) => self.town.people[who.0].app().map(|app| app.process_id()),
        };
        let Some(process) = process else { return };
        self.sum.suspended += 1;
        suspend(process);
        tokio::time::sleep(time).await;
        resume(process);
        if let Whose::Persons(who) = whose {
            self.town.people[who.0].moves_clock(slept).await;
        }
    }

    fn note(&mut self, what: String) {
        let at = self.began.elapsed().as_secs_f64();
        self.steps.push(format!("{at:8.3} s  {what}"));
    }
}
