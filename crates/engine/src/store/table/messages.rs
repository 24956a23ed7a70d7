//! What stands in the conversations: texts and notices.

use rusqlite::{Connection, Row, Transaction, named_params, params};

use super::{change, find, list, message_words};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{
    ContactId, Delivery, Emoji, Lifetime, Message, MessageBody, MessageId, Notice, Quote, Reaction,
};

/// The author's name for a text: 16 random bytes, by which receipts and duplicates know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentId(pub [u8; 16]);

impl ContentId {
    /// A new random one.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().into_bytes())
    }
}

/// A text that is about to be stored.
pub struct NewText<'a> {
    /// Whose conversation it belongs to.
    pub contact: ContactId,
    /// Its author's name for it.
    pub content_id: ContentId,
    /// How far it has come if the user wrote it; `None` if it came from the contact, and is unread.
    pub delivery: Option<Delivery>,
    /// The words.
    pub text: &'a str,
    /// What it replies to.
    pub quote: Option<Key>,
    /// How long it is kept once it was read or sent.
    pub lifetime: Option<Lifetime>,
    /// When its author wrote it, by the author's clock.
    pub sent_at: Timestamp,
    /// Now.
    pub stored_at: Timestamp,
}

/// A text of a conversation, by its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whether the user wrote it.
    pub outgoing: bool,
    /// Its author's name for it.
    pub content_id: ContentId,
}

/// What a text is found by, beside what is shown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its author and their name for it.
    pub key: Key,
    /// What it replies to.
    pub quote: Option<Key>,
    /// How often it was edited.
    pub revision: u32,
}

/// How far a changed text has come is how far the change has, while that waits (2) or is blocked (1). Of what was deleted
/// there is nothing else to be said.
const COLUMNS: &str = "m.id, m.contact, m.outgoing, m.text, m.notice, m.sent_at, m.stored_at, m.quoted_id,
    coalesce(
        iif(m.outgoing AND (m.deleted_at IS NOT NULL OR m.revision > 0 AND m.delivery > 2),
            (SELECT iif(state = 'blocked', 1, 2) FROM outbox WHERE about = m.id LIMIT 1), NULL),
        iif(m.deleted_at IS NULL, m.delivery, NULL)) AS delivery,
    m.edited_at, m.deleted_at, m.unsupported IS NOT NULL AS unsupported, m.lifetime, m.life_began_at, m.timer,
    q.id AS quoted, q.outgoing AS quoted_is_ours, substr(q.text, 1, 240) AS quoted_text,
    (SELECT emoji FROM reactions WHERE message = m.id AND mine = 1) AS our_emoji,
    (SELECT emoji FROM reactions WHERE message = m.id AND mine = 0) AS their_emoji";

/// A message beside the one that it replies to, if that is here.
const TABLES: &str =
    "messages m LEFT JOIN messages q ON q.contact = m.contact AND q.outgoing = m.quoted_outgoing
    AND q.content_id = m.quoted_id AND q.deleted_at IS NULL AND q.unsupported IS NULL";

fn parse(row: &Row<'_>) -> Result<Message, StorageError> {
    Ok(Message {
        id: row.get("id")?,
        conversation: row.get("contact")?,
        body: body(row)?,
        outgoing: row.get("outgoing")?,
        sent_at: row.get("sent_at")?,
        stored_at: row.get("stored_at")?,
        delivery: row.get("delivery")?,
        quote: quote(row)?,
        reactions: [("our_emoji", true), ("their_emoji", false)]
            .into_iter()
            .map(|(column, mine)| reaction(row.get(column)?, mine))
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?,
        edited_at: row.get("edited_at")?,
        lifetime: row.get("lifetime")?,
        life_began_at: row.get("life_began_at")?,
    })
}

fn body(row: &Row<'_>) -> Result<MessageBody, StorageError> {
    if row.get::<_, Option<Timestamp>>("deleted_at")?.is_some() {
        return Ok(MessageBody::Deleted);
    }
    if row.get("unsupported")? {
        return Ok(MessageBody::Unsupported);
    }
    if let Some(seconds) = row.get::<_, Option<u32>>("timer")? {
        return Ok(MessageBody::TimerSet(Lifetime::of(seconds)));
    }
    match (row.get("text")?, row.get("notice")?) {
        (Some(text), None) => Ok(MessageBody::Text(text)),
        (None, Some(notice)) => Ok(MessageBody::Notice(notice)),
        _ => Err(StorageError::Corrupted),
    }
}

fn quote(row: &Row<'_>) -> Result<Option<Quote>, StorageError> {
    if row.get::<_, Option<[u8; 16]>>("quoted_id")?.is_none() {
        return Ok(None);
    }
    let Some(message) = row.get("quoted")? else {
        return Ok(Some(Quote::Missing));
    };
    Ok(Some(Quote::Found {
        message,
        outgoing: row.get("quoted_is_ours")?,
        text: row.get("quoted_text")?,
    }))
}

fn reaction(emoji: Option<String>, mine: bool) -> Result<Option<Reaction>, StorageError> {
    let Some(emoji) = emoji else { return Ok(None) };
    let emoji = Emoji::parse(&emoji).map_err(|_| StorageError::Corrupted)?;
    Ok(Some(Reaction { emoji, mine }))
}

/// Stores a text; `None` if one of this author and name is there already.
pub fn insert_text(
    transaction: &Transaction<'_>,
    text: &NewText<'_>,
) -> Result<Option<MessageId>, StorageError> {
    let inserted = change(
        transaction,
        "INSERT INTO messages (contact, content_id, outgoing, text, quoted_outgoing, quoted_id, lifetime, sent_at,
             stored_at, delivery, unread)
         VALUES (:contact, :content_id, :outgoing, :text, :quoted_outgoing, :quoted_id, :lifetime, :sent_at,
             :stored_at, :delivery, :unread)
         ON CONFLICT (contact, outgoing, content_id) DO NOTHING",
        named_params! {
            ":contact": text.contact,
            ":content_id": text.content_id.0,
            ":outgoing": text.delivery.is_some(),
            ":text": text.text,
            ":quoted_outgoing": text.quote.map(|quote| quote.outgoing),
            ":quoted_id": text.quote.map(|quote| quote.content_id.0),
            ":lifetime": text.lifetime,
            ":sent_at": text.sent_at,
            ":stored_at": text.stored_at,
            ":delivery": text.delivery,
            ":unread": text.delivery.is_none(),
        },
    )?;
    if inserted == 0 {
        return Ok(None);
    }
    let id = MessageId(transaction.last_insert_rowid());
    message_words::put(transaction, id, text.contact, text.text)?;
    Ok(Some(id))
}

/// Stores a notice; it never counts as unread.
pub fn insert_notice(
    transaction: &Transaction<'_>,
    contact: ContactId,
    notice: Notice,
    now: Timestamp,
) -> Result<MessageId, StorageError> {
    change(
        transaction,
        "INSERT INTO messages (contact, outgoing, notice, sent_at, stored_at, unread)
         VALUES (:contact, 0, :notice, :now, :now, 0)",
        named_params! { ":contact": contact, ":notice": notice, ":now": now },
    )?;
    Ok(MessageId(transaction.last_insert_rowid()))
}

/// The message with this id.
pub fn by_id(connection: &Connection, id: MessageId) -> Result<Option<Message>, StorageError> {
    find(
        connection,
        &format!("SELECT {COLUMNS} FROM {TABLES} WHERE m.id = ?"),
        [id],
        parse,
    )
}

/// The text that the user or the contact wrote under this name.
pub fn by_key(
    connection: &Connection,
    contact: ContactId,
    key: Key,
) -> Result<Option<Message>, StorageError> {
    let sql =
        format!("SELECT {COLUMNS} FROM {TABLES} WHERE m.contact = ? AND m.outgoing = ? AND m.content_id = ?");
    find(
        connection,
        &sql,
        params![contact, key.outgoing, key.content_id.0],
        parse,
    )
}

/// What a text is found by; `None` for a notice, or if there is no such message.
pub fn facts(connection: &Connection, id: MessageId) -> Result<Option<Facts>, StorageError> {
    let sql = "SELECT outgoing, content_id, quoted_outgoing, quoted_id, revision FROM messages
               WHERE id = ? AND content_id IS NOT NULL";
    find(connection, sql, [id], |row| {
        let quote = (row.get("quoted_outgoing")?, row.get("quoted_id")?);
        Ok(Facts {
            key: Key {
                outgoing: row.get("outgoing")?,
                content_id: ContentId(row.get("content_id")?),
            },
            quote: match quote {
                (Some(outgoing), Some(id)) => Some(Key {
                    outgoing,
                    content_id: ContentId(id),
                }),
                _ => None,
            },
            revision: row.get("revision")?,
        })
    })
}

/// The newest `limit` messages before `before` (or of all), oldest first, and whether there are older ones.
pub fn page(
    connection: &Connection,
    contact: ContactId,
    before: Option<MessageId>,
    limit: u32,
) -> Result<(Vec<Message>, bool), StorageError> {
    let sql =
        format!("SELECT {COLUMNS} FROM {TABLES} WHERE m.contact = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?");
    let before = before.unwrap_or(MessageId(i64::MAX));
    // One more than asked for tells whether there is more.
    let mut messages = list(
        connection,
        &sql,
        params![contact, before, i64::from(limit) + 1],
        parse,
    )?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_older = messages.len() > limit;
    messages.truncate(limit);
    messages.reverse();
    Ok((messages, has_older))
}

/// The texts of a contact's that have `part` in them.
pub fn received_with(
    connection: &Connection,
    contact: ContactId,
    part: &str,
) -> Result<Vec<String>, StorageError> {
    let sql = "SELECT text FROM messages WHERE contact = ? AND outgoing = 0 AND instr(text, ?) > 0";
    list(
        connection,
        sql,
        params![contact, part],
        |row| Ok(row.get("text")?),
    )
}

/// `limit` messages around `middle`, itself among them, oldest first; and whether there are older and newer ones.
pub fn around(
    connection: &Connection,
    contact: ContactId,
    middle: MessageId,
    limit: u32,
) -> Result<(Vec<Message>, bool, bool), StorageError> {
    let half = limit / 2;
    let (mut messages, has_older) = page(connection, contact, Some(middle), half)?;
    let from = MessageId(middle.0.saturating_sub(1));
    let (newer, has_newer) = page_after(connection, contact, from, limit.saturating_sub(half))?;
    messages.extend(newer);
    Ok((messages, has_older, has_newer))
}

/// The oldest `limit` messages after `after`, oldest first, and whether there are newer ones.
pub fn page_after(
    connection: &Connection,
    contact: ContactId,
    after: MessageId,
    limit: u32,
) -> Result<(Vec<Message>, bool), StorageError> {
    let sql =
        format!("SELECT {COLUMNS} FROM {TABLES} WHERE m.contact = ? AND m.id > ? ORDER BY m.id LIMIT ?");
    // One more than asked for tells whether there is more.
    let mut messages = list(
        connection,
        &sql,
        params![contact, after, i64::from(limit) + 1],
        parse,
    )?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_newer = messages.len() > limit;
    messages.truncate(limit);
    Ok((messages, has_newer))
}

/// The newest message of all; 0 if there is none.
pub fn newest(connection: &Connection) -> Result<MessageId, StorageError> {
    let mut statement = connection.prepare_cached("SELECT coalesce(max(id), 0) FROM messages")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The newest `limit` texts up to `last`, newest first: what the search index is made of.
pub fn texts_up_to(
    connection: &Connection,
    last: MessageId,
    limit: u32,
) -> Result<Vec<(MessageId, ContactId, String)>, StorageError> {
    let sql = "SELECT id, contact, text FROM messages
               WHERE id <= ? AND text <> '' ORDER BY id DESC LIMIT ?";
    list(connection, sql, params![last, limit], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// The latest text of a conversation.
pub fn last_text(connection: &Connection, contact: ContactId) -> Result<Option<Message>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE m.contact = ? AND m.text IS NOT NULL AND m.deleted_at IS NULL
             AND m.unsupported IS NULL ORDER BY m.id DESC LIMIT 1"
    );
    find(connection, &sql, [contact], parse)
}

/// When the latest entry of a conversation was stored.
pub fn last_stored_at(
    connection: &Connection,
    contact: ContactId,
) -> Result<Option<Timestamp>, StorageError> {
    let sql = "SELECT stored_at FROM messages WHERE contact = ? ORDER BY id DESC LIMIT 1";
    find(connection, sql, [contact], |row| Ok(row.get(0)?))
}

/// The first unread text of a conversation.
pub fn first_unread(connection: &Connection, contact: ContactId) -> Result<Option<MessageId>, StorageError> {
    let sql = "SELECT id FROM messages WHERE contact = ? AND unread = 1 ORDER BY id LIMIT 1";
    find(connection, sql, [contact], |row| Ok(row.get(0)?))
}

/// How many texts of a conversation are unread.
pub fn unread_count(connection: &Connection, contact: ContactId) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM messages WHERE contact = ? AND unread = 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([contact], |row| row.get(0))?)
}

/// How many texts of all conversations are unread, but for those of people who wait to be accepted, or are blocked, and of
/// conversations that are muted.
pub fn unread_count_of_all(connection: &Connection, now: Timestamp) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM messages JOIN contacts ON contacts.id = messages.contact
               LEFT JOIN conversations ON conversations.contact = messages.contact
               WHERE unread = 1 AND requested = 0 AND blocked_at IS NULL AND coalesce(muted_until <= ?, TRUE)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([now], |row| row.get(0))?)
}

/// How many texts of the contact's there are.
pub fn incoming_count(connection: &Connection, contact: ContactId) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM messages WHERE contact = ? AND outgoing = 0 AND text IS NOT NULL";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([contact], |row| row.get(0))?)
}

/// How many texts of a conversation are stored, whoever wrote them.
pub fn text_count(connection: &Connection, contact: ContactId) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM messages WHERE contact = ? AND text IS NOT NULL";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([contact], |row| row.get(0))?)
}

/// The names of the contact's texts, the oldest first.
pub fn incoming_names(connection: &Connection, contact: ContactId) -> Result<Vec<ContentId>, StorageError> {
    let sql = "SELECT content_id FROM messages
               WHERE contact = ? AND outgoing = 0 AND text IS NOT NULL ORDER BY id";
    list(connection, sql, [contact], |row| Ok(ContentId(row.get(0)?)))
}

/// Marks the unread texts of a conversation up to `up_to` as read, which begins their lives; answers their names, for the
/// read receipt.
pub fn mark_read(
    transaction: &Transaction<'_>,
    contact: ContactId,
    up_to: MessageId,
    now: Timestamp,
) -> Result<Vec<ContentId>, StorageError> {
    let sql = "UPDATE messages SET unread = 0, life_began_at = CASE WHEN lifetime IS NOT NULL THEN :now END
               WHERE contact = :contact AND unread = 1 AND id <= :up_to RETURNING content_id";
    let parameters = named_params! { ":contact": contact, ":up_to": up_to, ":now": now };
    list(transaction, sql, parameters, |row| Ok(ContentId(row.get(0)?)))
}

/// Raises how far a text of the user's has come, as a receipt of the contact says. `None` if it is not there, or is that
/// far already: receipts come late, twice and in any order.
pub fn raise_delivery(
    transaction: &Transaction<'_>,
    contact: ContactId,
    content_id: ContentId,
    delivery: Delivery,
) -> Result<Option<MessageId>, StorageError> {
    let sql = "UPDATE messages SET delivery = :delivery
               WHERE contact = :contact AND outgoing = 1 AND content_id = :content_id AND delivery < :delivery
               RETURNING id";
    let parameters =
        named_params! { ":delivery": delivery, ":contact": contact, ":content_id": content_id.0 };
    // Run to its end, as an UPDATE with RETURNING wants to be.
    let mut raised = list(transaction, sql, parameters, |row| Ok(row.get(0)?))?;
    Ok(raised.pop())
}

/// Sets how far a text of the user's has come by what happened here: queued, blocked, sent, failed. A receipt that was
/// faster than the relay's answer is not taken back: `Sent` never lowers. Answers whether anything changed.
pub fn set_delivery(
    transaction: &Transaction<'_>,
    id: MessageId,
    delivery: Delivery,
) -> Result<bool, StorageError> {
    let sql = "UPDATE messages SET delivery = :delivery
               WHERE id = :id AND outgoing = 1 AND text IS NOT NULL AND delivery <> :delivery
               AND NOT (:delivery = :sent AND delivery > :sent)";
    let parameters = named_params! { ":delivery": delivery, ":id": id, ":sent": Delivery::Sent };
    Ok(change(transaction, sql, parameters)? > 0)
}

/// Deletes a conversation's messages; what waits to be sent of them goes with them.
pub fn delete_all(transaction: &Transaction<'_>, contact: ContactId) -> Result<usize, StorageError> {
    change(transaction, "DELETE FROM messages WHERE contact = ?", [contact])
}
