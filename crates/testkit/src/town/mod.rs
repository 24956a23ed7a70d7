//! A relay and people as processes, and the book of what they said: what is killed, and what is watched for hours.

mod machine;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::process::{Program, RelayProcess};
use crate::promises::{self, Outcome, Record, UsedKeys, Who};
use crate::{Look, World, eventually};
pub(crate) use machine::{Machine, Make, Place};

/// How long the machines may take to settle. Long, because they may be busy; never reached when all is well.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many seconds pass for everybody between two looks: backoffs are over sooner.
const PASSES: i64 = 10;

/// More time than this nobody may need: they would see a messenger that does not work.
const MOST_OF_ALL: i64 = 15 * 60;

const GLANCE: Duration = Duration::from_millis(200);

pub(crate) struct Town {
    pub(crate) world: World,
    pub(crate) people: Vec<Machine>,
    pub(crate) relay: Option<RelayProcess>,
    pub(crate) relays_place: Place,
    pub(crate) record: Record,
    keys: Arc<UsedKeys>,
    /// Programs that ended although nobody ended them.
    ended: Vec<String>,
}

impl Town {
    /// So many people with accounts, who know each other.
    pub(crate) async fn begin(count: usize, make: Make) -> Self {
        let world = World::without_a_relay().await;
        let mut town = Self {
            relays_place: Place::make(world.relay_folder(), make).await,
            world,
            people: Vec::new(),
            relay: None,
            record: Record::default(),
            keys: Arc::new(UsedKeys::default()),
            ended: Vec::new(),
        };
        assert!(town.relay_comes_back().await, "the relay does not start");
        for who in (0..count).map(Who) {
            let machine = Machine::make(who, &town.world, make).await;
            town.people.push(machine);
        }
        for guest in 1..count {
            for inviter in 0..guest {
                town.meet(Who(inviter), Who(guest)).await;
            }
        }
        town
    }

    /// From now on every message on the line is looked into, and its key kept.
    pub(crate) fn watch_keys(&self) {
        for machine in &self.people {
            self.keys.watch(&machine.keychain.copied());
        }
        let keys = Arc::clone(&self.keys);
        self.world.line().meddle(move |way, frame| {
            keys.look_into(way, &frame);
            vec![frame]
        });
    }

    async fn meet(&mut self, inviter: Who, guest: Who) {
        let link = self.app(inviter).invites().await;
        // On a busy machine the relay may hear of the invite later than the guest.
        eventually(format_args!("{guest:?} is let in"), async || {
            let accept = crate::process::Call::Accept { link: link.clone() };
            match self.app(guest).try_call(&accept).await {
                Ok(crate::process::Reply::Done) => Look::There(()),
                other => Look::NotYet(format!("{other:?}")),
            }
        })
        .await;
        self.app(inviter).knows(guest.name()).await;
        self.app(guest).knows(inviter.name()).await;
    }

    fn app(&mut self, who: Who) -> &mut crate::process::Headless {
        self.people[who.0].app().expect("somebody who is there")
    }

    /// Starts the relay if it does not run; answers whether it listens.
    pub(crate) async fn relay_comes_back(&mut self) -> bool {
        if self.relay.is_none() {
            let mut relay = self.relay_starts();
            if relay.listens(self.world.line()).await {
                self.relay = Some(relay);
            } else {
                relay.is_killed().await;
                // Without room it may refuse to start.
                if !self.relays_place.is_full() {
                    self.ended.push("the relay ended while it started".to_owned());
                }
            }
        }
        self.relay.is_some()
    }

    /// The programs that ended although nobody ended them.
    pub(crate) fn ended_by_themselves(&mut self) -> Vec<String> {
        let mut ended = std::mem::take(&mut self.ended);
        if self.relay.as_mut().is_some_and(RelayProcess::has_ended) {
            ended.push("the relay ended by itself".to_owned());
        }
        for machine in &mut self.people {
            if machine.has_crashed() {
                ended.push(format!("{:?}'s app ended by itself", machine.who));
            }
        }
        ended
    }

    /// Starts the relay, which does not listen yet.
    pub(crate) fn relay_starts(&self) -> RelayProcess {
        let command = self.relays_place.command(Program::Relay);
        let log = self.world.relay_folder().with_extension("log");
        RelayProcess::run(command, self.relays_place.folder(), &log, self.world.line())
    }

    /// Somebody says something, and so many words more, and is told within `patience` that it is stored, or is not.
    pub(crate) async fn says(&mut self, who: Who, to: Who, words: usize, patience: Option<Duration>) -> Said {
        if self.people[who.0].app().is_none() {
            return Said::NotThere;
        }
        let token = self.record.token(who);
        let text = format!("{token} to {to:?}{}", " so to say".repeat(words));
        let outcome = self.people[who.0].says(to, text.clone(), patience).await;
        let said = match &outcome {
            Outcome::Done(_) => Said::Stored(token.clone()),
            Outcome::Refused(why) => Said::Refused(why.clone()),
            Outcome::Unknown => Said::Unanswered,
        };
        self.record.said(who, to, token, text, &outcome);
        said
    }

    /// Everybody and the relay run, on machines on which everything is well again.
    pub(crate) async fn everybody_is_there(&mut self) -> Result<(), Vec<String>> {
        self.relays_place.is_to_be_full(false);
        if !self.relay_comes_back().await {
            return Err(vec!["the relay does not come back".to_owned()]);
        }
        for machine in &mut self.people {
            machine.place.is_to_be_full(false);
            machine.keychain.comes();
            if let Err(why) = machine.comes_back().await {
                return Err(vec![format!("{:?} cannot come back: {why}", machine.who)]);
            }
        }
        Ok(())
    }

    /// Waits until all that was said has arrived; answers what has not if that does not come.
    pub(crate) async fn settles(&mut self) -> Result<(), Vec<String>> {
        let patience = Instant::now() + PATIENCE;
        let mut passed = 0;
        loop {
            let waiting = self.waiting().await;
            if waiting.is_empty() {
                return Ok(());
            }
            if Instant::now() > patience || passed > MOST_OF_ALL {
                return Err(waiting);
            }
            tokio::time::sleep(GLANCE).await;
            for machine in &mut self.people {
                machine.moves_clock(PASSES).await;
            }
            passed += PASSES;
        }
    }

    /// What has not arrived, as far as those know who said it.
    async fn waiting(&mut self) -> Vec<String> {
        let mut waiting = Vec::new();
        for (who, to) in promises::pairs(self.people.len()) {
            match self.people[who.0].undelivered(to).await {
                Some(0) => {}
                Some(count) => waiting.push(format!("{count} texts of {who:?} have not arrived at {to:?}")),
                None => waiting.push(format!("{who:?} does not say what has arrived at {to:?}")),
            }
        }
        waiting
    }

    /// Everybody says one more thing to everybody.
    pub(crate) async fn last_words(&mut self) -> Result<(), Vec<String>> {
        let mut unsaid = Vec::new();
        for (who, to) in promises::pairs(self.people.len()) {
            match self.says(who, to, 0, None).await {
                Said::Stored(_) => {}
                other => unsaid.push(format!("{who:?} cannot say a last word to {to:?}: {other}")),
            }
        }
        if unsaid.is_empty() { Ok(()) } else { Err(unsaid) }
    }

    /// Everybody leaves, and what does not hold of their databases is answered.
    pub(crate) async fn databases(&mut self) -> Vec<String> {
        let everybody: Vec<Who> = self.people.iter().map(|machine| machine.who).collect();
        let (mut broken, mut conversations) = (Vec::new(), BTreeMap::new());
        for machine in &mut self.people {
            // The engine that reads the copy is to say nothing.
            self.world.line().cut();
            let (wrong, said) = machine.leaves_behind().await;
            broken.extend(wrong);
            for (name, messages) in said {
                match everybody.iter().find(|other| other.name() == name) {
                    Some(to) => _ = conversations.insert((machine.who, *to), messages),
                    None => broken.push(format!("{:?} knows somebody who is not there", machine.who)),
                }
            }
        }
        self.world.line().mend();
        for pair in promises::pairs(self.people.len()) {
            if !conversations.contains_key(&pair) {
                broken.push(format!("{:?} does not know {:?} any more", pair.0, pair.1));
            }
        }
        broken.extend(promises::histories(&self.record, &conversations));
        broken.extend(self.keys.were_used_once());
        broken
    }

    /// Ends the relay, and answers what does not hold of its database.
    pub(crate) async fn relays_database(&mut self) -> Vec<String> {
        if let Some(relay) = self.relay.take() {
            relay.is_killed().await;
        }
        promises::of_relay(&self.relays_place.copied())
    }

    /// How many message keys were seen on the line.
    pub(crate) fn keys(&self) -> usize {
        self.keys.count()
    }

    /// Ends everything but what is on the disks; answers where that is.
    pub(crate) async fn keep(mut self) -> PathBuf {
        for machine in &mut self.people {
            machine.dies().await;
            machine.place.keep();
        }
        if let Some(relay) = self.relay.take() {
            relay.is_killed().await;
        }
        self.relays_place.keep();
        self.world.keep()
    }
}

/// What came of something that was said.
pub(crate) enum Said {
    /// The text that begins with this is stored.
    Stored(String),
    /// The engine said no, and why.
    Refused(String),
    /// Nobody answered in time.
    Unanswered,
    /// Who was to say it is not there.
    NotThere,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(token) => write!(f, "{token}"),
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Unanswered => f.write_str("no answer"),
            Self::NotThere => f.write_str("is not there"),
        }
    }
}
