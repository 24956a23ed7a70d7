//! Carrying out one step of a plan.

use std::time::Duration;

use sotto_engine::model::{ContactId, DisplayName, Emoji, Message, MessageBody, MessageId};

use super::Simulation;
use super::plan::Action;
use super::somebody::Somebody;
use crate::promises::{Outcome, Who, token_of};

/// Of an hour's minutes.
const MINUTE: Duration = Duration::from_secs(60);

impl Simulation {
    /// Does it; answers what came of it, to be noted behind it.
    pub(super) async fn act(&mut self, action: &Action) -> String {
        match *action {
            Action::Say { who, to, words } => self.says(who, to, words, None).await,
            Action::Reply { who, to, nth } => {
                let quoted = self.choose(who, to, nth, |_| true).await;
                self.says(who, to, 0, quoted.map(|message| message.id)).await
            }
            Action::Edit { who, to, nth } => self.edits(who, to, nth).await,
            Action::Delete { who, to, nth } => self.deletes(who, to, nth).await,
            Action::React { who, to, nth, emoji } => self.reacts(who, to, nth, emoji).await,
            Action::Read { who, to } => self.reads(who, to).await,
            Action::Type { who, to } => {
                let contact = self.people[who.0].contact(to);
                let typed =
                    self.people[who.0].does(|engine| async move { engine.set_typing(contact, true).await });
                told(&typed.await)
            }
            Action::Rename { who, number } => {
                let name = format!("{} {number}", who.name());
                let name = DisplayName::parse(&name).expect("a name that is allowed");
                let renamed =
                    self.people[who.0].does(|engine| async move { engine.set_display_name(name).await });
                told(&renamed.await)
            }
            Action::Block { who, whom } => {
                let contact = self.people[who.0].contact(whom);
                if self.people[who.0].is_there() {
                    self.record.blocked(who, whom);
                }
                let blocked = self.people[who.0].does(|engine| async move { engine.block(contact).await });
                told(&blocked.await)
            }
            Action::Unblock { who, whom } => {
                let contact = self.people[who.0].contact(whom);
                let heard = self.people[who.0].does(|engine| async move { engine.unblock(contact).await });
                told(&heard.await)
            }
            Action::Leave { who } => {
                self.people[who.0].leaves().await;
                String::new()
            }
            Action::Die { who, when } => {
                if self.people[who.0].is_doomed(when) {
                    self.deaths += 1;
                    self.people[who.0].dies().await;
                }
                String::new()
            }
            Action::ComeBack { who } => self.comes_back(who).await,
            Action::DiskFills { who, pages } => {
                self.people[who.0].leaves().await;
                self.people[who.0].person.disk().has_room_for(Some(pages));
                let back = self.comes_back(who).await;
                self.people[who.0].person.disk().has_room_for(None);
                self.people[who.0].is_full = self.people[who.0].is_there();
                back
            }
            ref other => {
                self.happens_to_machines(other).await;
                String::new()
            }
        }
    }

    async fn happens_to_machines(&self, action: &Action) {
        let disk = |who: Who| self.people[who.0].person.disk();
        match *action {
            Action::CommitsFail { who, count } => disk(who).fails_to_commit(count),
            Action::StatementFails { who, looks } => disk(who).fails_after(looks),
            Action::Cut { relay } => self.relays[relay].line().cut(),
            Action::CutMailboxes { relay } => self.relays[relay].line().cut_mailboxes(),
            Action::Stall { relay } => self.relays[relay].line().stall(),
            Action::SlowDown { relay, millis } => {
                self.relays[relay].line().slow_down(Duration::from_millis(millis));
            }
            Action::Mend { relay } => {
                // What was stalled is gone with its connection.
                self.relays[relay].line().cut();
                tokio::time::sleep(Duration::from_millis(5)).await;
                self.relays[relay].line().mend();
                self.hurry();
            }
            Action::Noise { relay, lost, doubled } => self.noises[relay].set(lost, doubled),
            Action::RestartRelay { relay } => self.relays[relay].restart_relay().await,
            Action::TimePasses { who, minutes } => {
                self.people[who.0].clock.advance(MINUTE * minutes as u32);
            }
            Action::SetClockBack { who, minutes } => {
                self.people[who.0].clock.set_back(MINUTE * minutes as u32);
            }
            _ => unreachable!("what somebody does is done by them"),
        }
    }

    /// What operating systems tell their programs when there is a network again.
    pub(super) fn hurry(&self) {
        for somebody in self.people.iter().filter(|somebody| somebody.is_there()) {
            somebody.person.engine().reconnect();
        }
    }

    async fn comes_back(&mut self, who: Who) -> String {
        if self.people[who.0].has_doom() {
            self.deaths += 1;
        }
        match self.people[who.0].comes_back().await {
            Ok(()) => String::new(),
            Err(why) => format!(": {why}"),
        }
    }

    pub(super) async fn says(
        &mut self,
        who: Who,
        to: Who,
        words: usize,
        quoted: Option<MessageId>,
    ) -> String {
        let somebody = &self.people[who.0];
        if !somebody.is_there() {
            return ": is not there".to_owned();
        }
        let token = self.record.token(who);
        let text = format!("{token} to {to:?}{}", " so to say".repeat(words));
        let (contact, spoken) = (somebody.contact(to), text.clone());
        let said = somebody
            .does(|engine| async move {
                let message = engine.reply(contact, spoken, quoted).await?;
                Ok::<_, sotto_engine::error::SendError>(message.id)
            })
            .await;
        let told = format!(": {token}{}", told(&said));
        self.record.said(who, to, token, text, &said);
        told
    }

    async fn edits(&mut self, who: Who, to: Who, nth: usize) -> String {
        let own = |message: &Message| message.outgoing && matches!(message.body, MessageBody::Text(_));
        let Some(message) = self.choose(who, to, nth, own).await else {
            return ": nothing to edit".to_owned();
        };
        let MessageBody::Text(before) = &message.body else {
            return String::new();
        };
        let token = token_of(before);
        let text = format!("{token} edited {}", self.steps.len());
        let (id, other_words) = (message.id, text.clone());
        let edited = self.people[who.0]
            .does(|engine| async move { engine.edit(id, other_words).await.map(drop) })
            .await;
        let told = format!(": {token}{}", told(&edited));
        self.record.edited(who, to, id, text, &edited);
        told
    }

    async fn deletes(&mut self, who: Who, to: Who, nth: usize) -> String {
        let own = |message: &Message| message.outgoing && matches!(message.body, MessageBody::Text(_));
        let Some(message) = self.choose(who, to, nth, own).await else {
            return ": nothing to delete".to_owned();
        };
        let id = message.id;
        let deleted = self.people[who.0]
            .does(|engine| async move { engine.delete_for_everyone(id).await })
            .await;
        self.record.deleted(who, to, id, &deleted);
        format!(": {}{}", named(&message), told(&deleted))
    }

    async fn reacts(&mut self, who: Who, to: Who, nth: usize, emoji: Option<&'static str>) -> String {
        let text = |message: &Message| matches!(message.body, MessageBody::Text(_));
        let Some(message) = self.choose(who, to, nth, text).await else {
            return ": nothing to react to".to_owned();
        };
        let (id, emoji) = (
            message.id,
            emoji.map(|emoji| Emoji::parse(emoji).expect("an emoji")),
        );
        let reacted = self.people[who.0].does(|engine| async move { engine.react(id, emoji).await });
        format!(": {}{}", named(&message), told(&reacted.await))
    }

    async fn reads(&mut self, who: Who, to: Who) -> String {
        let Some(message) = self.choose(who, to, 0, |message| !message.outgoing).await else {
            return ": nothing to read".to_owned();
        };
        let (contact, id) = (self.people[who.0].contact(to), message.id);
        let read = self.people[who.0].does(|engine| async move { engine.mark_read(contact, id).await });
        told(&read.await)
    }

    /// The `nth` of the newest messages of somebody's conversation that will do.
    async fn choose(
        &self,
        who: Who,
        with: Who,
        nth: usize,
        will_do: impl Fn(&Message) -> bool,
    ) -> Option<Message> {
        let somebody = &self.people[who.0];
        let contact = somebody.contact(with);
        let page = somebody.does(|engine| async move { engine.messages(contact, None, 40).await });
        let Outcome::Done(page) = page.await else {
            return None;
        };
        let mut these: Vec<Message> = page.messages.into_iter().filter(will_do).collect();
        these.reverse();
        let count = these.len();
        (count > 0).then(|| these.swap_remove(nth % count))
    }
}

impl Somebody {
    /// What their engine calls a contact.
    pub(super) fn contact(&self, other: Who) -> ContactId {
        self.contacts[&other]
    }
}

fn named(message: &Message) -> String {
    match &message.body {
        MessageBody::Text(text) => token_of(text).to_owned(),
        other => format!("{other:?}"),
    }
}

fn told<T>(outcome: &Outcome<T>) -> String {
    match outcome {
        Outcome::Done(_) => String::new(),
        Outcome::Refused(why) => format!(", refused: {why}"),
        Outcome::Unknown => ", no answer".to_owned(),
    }
}
