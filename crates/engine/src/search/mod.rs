//! Finding messages by their words, in one conversation or in all (`docs/adr/0063-search.md`).
//!
//! A text goes into the index in the transaction that stores it; [`run`] indexes what was there before.

mod query;
mod snippet;

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Transaction};

use crate::core::Core;
use crate::error::StorageError;
use crate::folding::FOLDING;
use crate::model::{ContactId, MessageBody, MessageId, SearchHit, SearchPage};
use crate::store::table::{message_words, messages};
use query::Query;
use snippet::snippet;

/// How many messages are indexed in one transaction, and how long everybody else may write before the next.
const STEP: u32 = 500;
const PAUSE: Duration = Duration::from_millis(20);

/// The newest `limit` messages before `before` that have all of what was `typed` in them.
pub(crate) fn search(
    connection: &Connection,
    typed: &str,
    conversation: Option<ContactId>,
    before: Option<MessageId>,
    limit: u32,
) -> Result<SearchPage, StorageError> {
    let progress = message_words::progress(connection)?;
    // Before its first step an index of an earlier folding says that nothing is left to do.
    let complete = progress.folding == FOLDING && progress.rest == MessageId(0);
    let mut page = SearchPage {
        hits: Vec::new(),
        has_more: false,
        complete,
    };
    let Some(query) = Query::parse(typed) else {
        return Ok(page);
    };
    let before = before.unwrap_or(MessageId(i64::MAX));
    // One more than asked for tells whether there is more.
    let mut found = message_words::find(
        connection,
        &query.expression(conversation),
        before,
        limit.saturating_add(1),
    )?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    page.has_more = found.len() > limit;
    found.truncate(limit);
    for id in found {
        page.hits.extend(hit(connection, &query, id)?);
    }
    Ok(page)
}

fn hit(connection: &Connection, query: &Query, id: MessageId) -> Result<Option<SearchHit>, StorageError> {
    let Some(message) = messages::by_id(connection, id)? else {
        return Ok(None);
    };
    let MessageBody::Text(text) = &message.body else {
        return Ok(None);
    };
    Ok(Some(SearchHit {
        message: id,
        conversation: message.conversation,
        outgoing: message.outgoing,
        stored_at: message.stored_at,
        snippet: snippet(text, &query.matches(text)),
    }))
}

/// Indexes what is not indexed yet, step by step, until all is or the engine is shut down.
pub(crate) async fn run(core: Arc<Core>) {
    loop {
        let step = core
            .store
            .write(|transaction| index_some(transaction, STEP))
            .await;
        match step {
            Ok(true) => {}
            Ok(false) | Err(StorageError::ShutDown) => return,
            Err(error) => {
                // The next start goes on where this one stopped.
                tracing::warn!(%error, "the messages were not indexed");
                return;
            }
        }
        tokio::select! {
            () = core.shutdown.cancelled() => return,
            () = core.clock().sleep(PAUSE) => {}
        }
    }
}

/// Indexes up to `limit` messages; answers whether there may be more to do.
pub(crate) fn index_some(transaction: &Transaction<'_>, limit: u32) -> Result<bool, StorageError> {
    let mut progress = message_words::progress(transaction)?;
    if progress.folding != FOLDING {
        progress.folding = FOLDING;
        progress.rest = messages::newest(transaction)?;
    }
    let texts = messages::texts_up_to(transaction, progress.rest, limit)?;
    for (id, contact, text) in &texts {
        message_words::put(transaction, *id, *contact, text)?;
    }
    progress.rest = texts.last().map_or(MessageId(0), |(id, ..)| MessageId(id.0 - 1));
    message_words::set_progress(transaction, progress)?;
    Ok(progress.rest > MessageId(0))
}
