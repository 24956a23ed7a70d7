//! A world calms down: nothing fails any more, everybody is there, and time passes until nobody has anything to do.

use std::time::Duration;

use rusqlite::Connection;
use sotto_engine::model::{Connection as Connected, Delivery, MessageBody};
use tokio::time::Instant;

use super::Simulation;
use super::somebody::Somebody;
use crate::promises::{self, Outcome, Who, token_of};

/// How long the machine may take for it. Long, because it may be busy; never reached when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much time passes in the world between two looks: backoffs are over sooner.
const PASSES: Duration = Duration::from_secs(10);

/// More time than this nobody may need: they would see a messenger that does not work.
const MOST_OF_ALL: Duration = Duration::from_secs(15 * 60);

const GLANCE: Duration = Duration::from_millis(100);

impl Simulation {
    /// Lets the world calm down; what does not is answered.
    pub(super) async fn calms_down(&mut self) -> Result<(), Vec<String>> {
        self.is_mended().await;
        self.everybody_is_there().await?;
        // Those who blocked somebody hear them again: everybody is to be able to talk to everybody.
        for number in 0..self.people.len() {
            for whom in self.record.blocked_by(Who(number)) {
                let contact = self.people[number].contact(whom);
                let heard = self.people[number].does(|engine| async move { engine.unblock(contact).await });
                if !matches!(heard.await, Outcome::Done(_)) {
                    return Err(vec![format!("{:?} cannot unblock {whom:?}", Who(number))]);
                }
            }
        }
        self.settles().await?;
        let mut last_words = Vec::new();
        for (who, to) in self.pairs() {
            let told = self.says(who, to, 0, None).await;
            self.note(format!("{who:?} says the last word to {to:?}{told}"));
            match self.record.accepted(who, to).last() {
                Some(said) if told.ends_with(&said.token) => last_words.push((who, to, said.token.clone())),
                _ => return Err(vec![format!("{who:?} cannot say a last word to {to:?}{told}")]),
            }
        }
        self.settles().await?;
        let mut unheard = Vec::new();
        for (who, to, token) in last_words {
            let said = self.people[who.0]
                .person
                .messages(&self.people[to.0].person)
                .await;
            let last_word = said
                .iter()
                .find(|message| matches!(&message.body, MessageBody::Text(text) if token_of(text) == token));
            let delivery = last_word.and_then(|message| message.delivery);
            if delivery < Some(Delivery::Delivered) {
                unheard.push(format!(
                    "{who:?} is not heard by {to:?} any more: {token} is {delivery:?}"
                ));
            }
        }
        if unheard.is_empty() { Ok(()) } else { Err(unheard) }
    }

    /// Everybody's pairs with everybody.
    pub(super) fn pairs(&self) -> Vec<(Who, Who)> {
        promises::pairs(self.people.len())
    }

    async fn is_mended(&mut self) {
        self.bury().await;
        for (world, noise) in self.relays.iter().zip(&self.noises) {
            noise.set(0, 0);
            world.line().cut();
        }
        for somebody in &self.people {
            somebody.person.disk().is_sound();
        }
        // What was on its way when the lines were cut is lost, and known to be.
        tokio::time::sleep(GLANCE).await;
        for world in &self.relays {
            world.line().mend();
        }
        self.note("all is mended".to_owned());
    }

    async fn everybody_is_there(&mut self) -> Result<(), Vec<String>> {
        for number in 0..self.people.len() {
            let somebody = &mut self.people[number];
            // Also those whose disk is full: there is room from the next start on.
            if somebody.is_full {
                somebody.leaves().await;
            }
            if let Err(why) = somebody.comes_back().await {
                return Err(vec![format!("{:?} cannot come back: {why}", Who(number))]);
            }
        }
        Ok(())
    }

    /// Waits until nobody has anything left to send.
    async fn settles(&mut self) -> Result<(), Vec<String>> {
        let patience = Instant::now() + PATIENCE;
        let (mut passed, mut quiet) = (Duration::ZERO, 0);
        loop {
            let waiting = self.waiting();
            quiet = if waiting.is_empty() { quiet + 1 } else { 0 };
            // What is on its way makes somebody else send something.
            if quiet == 3 {
                return Ok(());
            }
            if Instant::now() > patience || passed > MOST_OF_ALL {
                return Err(waiting);
            }
            if quiet == 0 {
                for somebody in &self.people {
                    somebody.clock.advance(PASSES);
                }
                passed += PASSES;
                self.hurry();
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// What everybody still has to do.
    fn waiting(&self) -> Vec<String> {
        let mut waiting = Vec::new();
        for somebody in &self.people {
            let connection = somebody.person.engine().connection();
            if connection != Connected::Online {
                waiting.push(format!("{:?} is not online: {connection:?}", somebody.who));
            }
            let sql = "SELECT count(*), group_concat(DISTINCT state) FROM outbox HAVING count(*) > 0";
            let database = somebody.database();
            let found = database.query_row(sql, [], |row| {
                Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?))
            });
            if let Ok((count, states)) = found {
                waiting.push(format!("{:?} still has {count} to send ({states})", somebody.who));
            }
        }
        waiting
    }
}

impl Somebody {
    /// Their database, beside the engine that has it open.
    pub(super) fn database(&self) -> Connection {
        let key = self.person.keychain().database_key();
        promises::keyed(&self.person.folder(), &key)
    }
}
