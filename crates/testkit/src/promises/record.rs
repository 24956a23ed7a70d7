//! What the engines told those who used them: what must therefore be true in the end.

use std::collections::{BTreeMap, BTreeSet};

use sotto_engine::model::MessageId;

use super::Who;

/// What came of something that somebody did.
pub(crate) enum Outcome<T> {
    Done(T),
    /// The engine said no, and why.
    Refused(String),
    /// They died over it, or are not back yet.
    Unknown,
}

/// A text that an engine accepted.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    pub(crate) id: MessageId,
    /// What it begins with, and no other text does.
    pub(crate) token: String,
    /// What it may say: more than one thing where the answer to an edit was lost.
    pub(crate) may_say: Vec<String>,
    pub(crate) fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Stands,
    Deleted,
    /// The answer to a deletion was lost.
    Unsure,
}

/// What everybody was told about what they did.
#[derive(Debug, Default)]
pub(crate) struct Record {
    accepted: BTreeMap<(Who, Who), Vec<Accepted>>,
    refused: BTreeSet<String>,
    blocked: BTreeSet<(Who, Who)>,
    texts: usize,
}

impl Record {
    /// A token that no text had before.
    pub(crate) fn token(&mut self, who: Who) -> String {
        self.texts += 1;
        format!("{}#{}", who.name(), self.texts)
    }

    /// Somebody has said something.
    pub(crate) fn said(
        &mut self,
        who: Who,
        to: Who,
        token: String,
        text: String,
        outcome: &Outcome<MessageId>,
    ) {
        match outcome {
            Outcome::Done(id) => self.accepted.entry((who, to)).or_default().push(Accepted {
                id: *id,
                token,
                may_say: vec![text],
                fate: Fate::Stands,
            }),
            Outcome::Refused(_) => {
                self.refused.insert(token);
            }
            Outcome::Unknown => {}
        }
    }

    /// Somebody has edited a text.
    pub(crate) fn edited(&mut self, who: Who, to: Who, id: MessageId, text: String, outcome: &Outcome<()>) {
        let Some(accepted) = self.find(who, to, id) else {
            return;
        };
        match outcome {
            Outcome::Done(()) => accepted.may_say = vec![text],
            Outcome::Unknown => accepted.may_say.push(text),
            Outcome::Refused(_) => {}
        }
    }

    /// Somebody has deleted a text.
    pub(crate) fn deleted(&mut self, who: Who, to: Who, id: MessageId, outcome: &Outcome<()>) {
        let Some(accepted) = self.find(who, to, id) else {
            return;
        };
        match outcome {
            Outcome::Done(()) => accepted.fate = Fate::Deleted,
            Outcome::Unknown => accepted.fate = Fate::Unsure,
            Outcome::Refused(_) => {}
        }
    }

    /// Somebody may have blocked somebody.
    pub(crate) fn blocked(&mut self, who: Who, whom: Who) {
        self.blocked.insert((who, whom));
    }

    /// Whether either ever blocked the other: what was said meanwhile need not have arrived.
    pub(crate) fn were_apart(&self, one: Who, other: Who) -> bool {
        self.blocked.contains(&(one, other)) || self.blocked.contains(&(other, one))
    }

    /// Whom somebody may have blocked.
    pub(crate) fn blocked_by(&self, who: Who) -> Vec<Who> {
        let blocked = self.blocked.iter().filter(|(by, _)| *by == who);
        blocked.map(|(_, whom)| *whom).collect()
    }

    /// What somebody was told is stored, in order.
    pub(crate) fn accepted(&self, who: Who, to: Who) -> &[Accepted] {
        self.accepted.get(&(who, to)).map_or(&[], Vec::as_slice)
    }

    /// What the engine refused to store.
    pub(crate) fn is_refused(&self, token: &str) -> bool {
        self.refused.contains(token)
    }

    /// How many texts there are.
    pub(crate) fn count(&self) -> usize {
        self.accepted.values().map(Vec::len).sum()
    }

    fn find(&mut self, who: Who, to: Who, id: MessageId) -> Option<&mut Accepted> {
        let accepted = self.accepted.get_mut(&(who, to))?;
        accepted.iter_mut().find(|accepted| accepted.id == id)
    }
}

/// What a text begins with.
pub(crate) fn token_of(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}
