//! What people think of a message: one emoji each, which they can change and take back.

use rusqlite::Transaction;

use super::{Arrival, recipient};
use crate::account;
use crate::clock::Timestamp;
use crate::content::{Body, Content, Reaction, Reference};
use crate::effects::Effects;
use crate::error::{ChangeError, StorageError};
use crate::model::{Emoji, Message, MessageBody, MessageId};
use crate::outbox;
use crate::store::table::{messages, reactions};

/// Says what we think of a message; `None`: nothing any more.
pub(crate) fn react(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: MessageId,
    emoji: Option<Emoji>,
    now: Timestamp,
) -> Result<Message, ChangeError> {
    let message = messages::by_id(transaction, id)?.ok_or(ChangeError::NotFound)?;
    let facts = messages::facts(transaction, id)?.ok_or(ChangeError::NotFound)?;
    if message.body == MessageBody::Deleted {
        return Err(ChangeError::NotFound);
    }
    let before = message.reactions.iter().find(|reaction| reaction.mine);
    if before.map(|reaction| &reaction.emoji) == emoji.as_ref() {
        return Ok(message);
    }
    let contact = recipient(transaction, &message)?;
    let author = if message.outgoing {
        account::read(transaction)?.account
    } else {
        contact.account
    };
    let reaction = Reaction {
        to: Reference {
            author,
            id: facts.key.content_id,
        },
        emoji,
        revision: reactions::revision(transaction, id, true)? + 1,
    };
    reactions::put(
        transaction,
        id,
        true,
        reaction.emoji.as_ref(),
        reaction.revision,
        now,
    )?;
    let content = Content::new(Body::Reaction(reaction), now);
    outbox::enqueue_about(transaction, effects, contact.account, id, &content, now)?;
    effects.message_changed(transaction, id)?;
    messages::by_id(transaction, id)?.ok_or(ChangeError::NotFound)
}

/// A contact has said what they think of a message.
pub(super) fn reacted(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    message: &Message,
    reaction: &Reaction,
    arrival: &Arrival,
) -> Result<(), StorageError> {
    if message.body == MessageBody::Deleted {
        return Ok(());
    }
    let (emoji, revision) = (reaction.emoji.as_ref(), reaction.revision);
    if reactions::put(transaction, message.id, false, emoji, revision, arrival.now)? {
        effects.message_changed(transaction, message.id)?;
    }
    Ok(())
}
