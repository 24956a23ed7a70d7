//! Both sides of every conversation have the same, and it is what the engines said they have stored.

use std::collections::{BTreeMap, BTreeSet};

use sotto_engine::model::{Delivery, Message, MessageBody, Notice, Quote};

use super::Who;
use super::record::{Accepted, Fate, Record, token_of};

/// A text as it must stand on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    text: String,
    edited: bool,
    quotes: Option<String>,
    /// Who thinks what of it.
    reactions: BTreeMap<Who, String>,
}

impl Entry {
    fn token(&self) -> &str {
        token_of(&self.text)
    }
}

/// What somebody said to somebody, as one of the two has it. The places of deleted texts do not count: what was deleted
/// before it was sent leaves one at its author's only.
struct Side {
    entries: Vec<Entry>,
    deliveries: Vec<Option<Delivery>>,
    deleted: usize,
}

/// Nothing accepted is lost, nothing is there twice, and both sides have the same. `conversations` are everybody's with
/// everybody, as the first of the two has them.
pub(crate) fn histories(record: &Record, conversations: &BTreeMap<(Who, Who), Vec<Message>>) -> Vec<String> {
    let mut broken = Vec::new();
    for (&(who, to), here) in conversations {
        let Some(there) = conversations.get(&(to, who)) else {
            broken.push(format!("{to:?} has no conversation with {who:?}"));
            continue;
        };
        broken.extend(accepted_is_there(record, who, to, here));
        let (said, heard) = (side(who, to, here, true), side(to, who, there, false));
        broken.extend(twice(&heard).map(|token| format!("{to:?} has {token} of {who:?} twice")));
        if record.were_apart(who, to) {
            broken.extend(same_as_far_as_they_spoke(who, to, &said, &heard));
        } else {
            broken.extend(same(who, to, &said, &heard));
        }
        broken.extend(bad_news(here).map(|notice| format!("{who:?} reads about {to:?}: {notice:?}")));
    }
    broken
}

/// What an engine said it stored is stored, in this order, and says what it was last made to say.
fn accepted_is_there(record: &Record, who: Who, to: Who, here: &[Message]) -> Vec<String> {
    let mut broken = Vec::new();
    for Accepted {
        id,
        token,
        may_say,
        fate,
    } in record.accepted(who, to)
    {
        let body = here
            .iter()
            .find(|message| message.id == *id)
            .map(|message| &message.body);
        let stands = matches!(body, Some(MessageBody::Text(text)) if may_say.contains(text));
        let is_deleted = matches!(body, Some(MessageBody::Deleted) | None);
        let holds = match fate {
            Fate::Stands => stands,
            Fate::Deleted => is_deleted,
            Fate::Unsure => stands || is_deleted,
        };
        if !holds {
            broken.push(format!(
                "{who:?} was told that {token} to {to:?} {fate:?}; it is {body:?}"
            ));
        }
    }
    let ids = record.accepted(who, to).iter().map(|accepted| accepted.id);
    if !ids.is_sorted() {
        broken.push(format!("{who:?} has what they said to {to:?} in another order"));
    }
    for message in here.iter().filter(|message| message.outgoing) {
        if let MessageBody::Text(text) = &message.body
            && record.is_refused(token_of(text))
        {
            broken.push(format!("{who:?} was refused {}, which is stored", token_of(text)));
        }
    }
    broken
}

/// One direction of a conversation as `of` has it: what they said, or what they heard.
fn side(of: Who, with: Who, messages: &[Message], outgoing: bool) -> Side {
    let mut side = Side {
        entries: Vec::new(),
        deliveries: Vec::new(),
        deleted: 0,
    };
    for message in messages.iter().filter(|message| message.outgoing == outgoing) {
        match &message.body {
            MessageBody::Text(text) => {
                side.entries.push(entry(of, with, message, text));
                side.deliveries.push(message.delivery);
            }
            MessageBody::Deleted => side.deleted += 1,
            _ => {}
        }
    }
    side
}

fn entry(of: Who, with: Who, message: &Message, text: &str) -> Entry {
    let quotes = message.quote.as_ref().map(|quote| match quote {
        Quote::Found { outgoing, text, .. } => {
            format!("{:?}: {}", if *outgoing { of } else { with }, token_of(text))
        }
        Quote::Missing => "what is gone".to_owned(),
    });
    let reactions = message.reactions.iter().map(|reaction| {
        let who = if reaction.mine { of } else { with };
        (who, reaction.emoji.as_str().to_owned())
    });
    Entry {
        text: text.to_owned(),
        edited: message.edited_at.is_some(),
        quotes,
        reactions: reactions.collect(),
    }
}

fn twice(side: &Side) -> impl Iterator<Item = &str> {
    let mut seen = BTreeSet::new();
    side.entries
        .iter()
        .map(Entry::token)
        .filter(move |token| !seen.insert(*token))
}

/// Everything that was said was heard, in the same order, and both see that.
fn same(who: Who, to: Who, said: &Side, heard: &Side) -> Vec<String> {
    let mut broken = Vec::new();
    let length = said.entries.len().max(heard.entries.len());
    let differs = (0..length).find(|&at| said.entries.get(at) != heard.entries.get(at));
    if let Some(at) = differs {
        broken.push(format!(
            "{who:?} and {to:?} differ in the {}th of {length}: said {:?}, heard {:?}",
            at + 1,
            said.entries.get(at),
            heard.entries.get(at)
        ));
        broken.push(format!("    said  {:?}", tokens(said)));
        broken.push(format!("    heard {:?}", tokens(heard)));
    }
    for (entry, delivery) in said.entries.iter().zip(&said.deliveries) {
        if *delivery < Some(Delivery::Delivered) {
            broken.push(format!(
                "{who:?} sees {} to {to:?} as {delivery:?}",
                entry.token()
            ));
        }
    }
    broken
}

/// Somebody blocked somebody meanwhile: what was said then may be missing, and nothing else is.
fn same_as_far_as_they_spoke(who: Who, to: Who, said: &Side, heard: &Side) -> Vec<String> {
    let mut broken = Vec::new();
    let (spoken, known) = (tokens(said), tokens(heard));
    let common: Vec<_> = spoken.iter().filter(|token| known.contains(token)).collect();
    let heard_in_order = known.iter().filter(|token| spoken.contains(token));
    if !common.into_iter().eq(heard_in_order) {
        broken.push(format!(
            "{to:?} heard {who:?} in another order: {spoken:?}, {known:?}"
        ));
    }
    let delivered = said.entries.iter().zip(&said.deliveries);
    let delivered = delivered.filter(|(_, delivery)| **delivery >= Some(Delivery::Delivered));
    let missing: Vec<_> = delivered
        .map(|(entry, _)| entry.token())
        .filter(|token| !known.contains(token))
        .collect();
    // A deleted text names itself no more: so many of the missing may be those.
    if missing.len() > heard.deleted {
        broken.push(format!(
            "{to:?} has confirmed what they do not have of {who:?}: {missing:?}"
        ));
    }
    broken
}

fn tokens(side: &Side) -> Vec<&str> {
    side.entries.iter().map(Entry::token).collect()
}

/// Nothing of this happens to honest people.
fn bad_news(messages: &[Message]) -> impl Iterator<Item = Notice> {
    messages.iter().filter_map(|message| match message.body {
        MessageBody::Notice(
            notice @ (Notice::Undecryptable | Notice::IdentityKeyChanged | Notice::InviteDeclined),
        ) => Some(notice),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Who = Who(0);
    const BOB: Who = Who(1);

    fn entry(text: &str) -> Entry {
        Entry {
            text: text.to_owned(),
            edited: false,
            quotes: None,
            reactions: BTreeMap::new(),
        }
    }

    fn side_of(texts: &[&str], delivery: Option<Delivery>) -> Side {
        Side {
            entries: texts.iter().map(|text| entry(text)).collect(),
            deliveries: vec![delivery; texts.len()],
            deleted: 0,
        }
    }

    fn said(texts: &[&str]) -> Side {
        side_of(texts, Some(Delivery::Delivered))
    }

    fn heard(texts: &[&str]) -> Side {
        side_of(texts, None)
    }

    #[test]
    fn what_is_the_same_on_both_sides_is_no_complaint() {
        assert!(same(ALICE, BOB, &said(&["A#1", "A#2"]), &heard(&["A#1", "A#2"])).is_empty());
        assert_eq!(twice(&heard(&["A#1", "A#2"])).count(), 0);
    }

    #[test]
    fn a_text_that_is_lost_or_in_another_place_or_says_something_else_is_found() {
        for other in [&["A#1"][..], &["A#2", "A#1"], &["A#1", "A#2 edited"]] {
            assert!(!same(ALICE, BOB, &said(&["A#1", "A#2"]), &heard(other)).is_empty());
        }
        assert_eq!(twice(&heard(&["A#1", "A#1 edited"])).next(), Some("A#1"));
    }

    #[test]
    fn a_text_that_nobody_confirmed_is_found() {
        let sent = side_of(&["A#1"], Some(Delivery::Sent));
        assert!(!same(ALICE, BOB, &sent, &heard(&["A#1"])).is_empty());
    }

    #[test]
    fn those_who_were_apart_may_miss_what_was_not_confirmed_and_nothing_else() {
        let sent = side_of(&["A#1", "A#2"], Some(Delivery::Sent));
        assert!(same_as_far_as_they_spoke(ALICE, BOB, &sent, &heard(&["A#2"])).is_empty());
        let confirmed = said(&["A#1", "A#2"]);
        assert!(!same_as_far_as_they_spoke(ALICE, BOB, &confirmed, &heard(&["A#2"])).is_empty());
        assert!(!same_as_far_as_they_spoke(ALICE, BOB, &sent, &heard(&["A#2", "A#1"])).is_empty());
    }
}
