//! What stands in the conversations: texts and notices.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};

use super::{change, find, list};
use crate::clock::Timestamp;
use crate::error::StorageError;
use crate::model::{ContactId, Delivery, Message, MessageBody, MessageId, Notice};

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
    /// When its author wrote it, by the author's clock.
    pub sent_at: Timestamp,
    /// Now.
    pub stored_at: Timestamp,
}

const COLUMNS: &str = "id, contact, outgoing, text, notice, sent_at, stored_at, delivery";

fn parse(row: &Row<'_>) -> Result<Message, StorageError> {
    let body = match (row.get("text")?, row.get("notice")?) {
        (Some(text), None) => MessageBody::Text(text),
        (None, Some(notice)) => MessageBody::Notice(notice),
        _ => return Err(StorageError::Corrupted),
    };
    Ok(Message {
        id: row.get("id")?,
        conversation: row.get("contact")?,
        body,
        outgoing: row.get("outgoing")?,
        sent_at: row.get("sent_at")?,
        stored_at: row.get("stored_at")?,
        delivery: row.get("delivery")?,
    })
}

/// Stores a text; `None` if one of this author and name is there already.
pub fn insert_text(
    transaction: &Transaction<'_>,
    text: &NewText<'_>,
) -> Result<Option<MessageId>, StorageError> {
    let inserted = change(
        transaction,
        "INSERT INTO messages (contact, content_id, outgoing, text, sent_at, stored_at, delivery, unread)
         VALUES (:contact, :content_id, :outgoing, :text, :sent_at, :stored_at, :delivery, :unread)
         ON CONFLICT (contact, outgoing, content_id) DO NOTHING",
        named_params! {
            ":contact": text.contact,
            ":content_id": text.content_id.0,
            ":outgoing": text.delivery.is_some(),
            ":text": text.text,
            ":sent_at": text.sent_at,
            ":stored_at": text.stored_at,
            ":delivery": text.delivery,
            ":unread": text.delivery.is_none(),
        },
    )?;
    Ok((inserted > 0).then(|| MessageId(transaction.last_insert_rowid())))
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
        &format!("SELECT {COLUMNS} FROM messages WHERE id = ?"),
        [id],
        parse,
    )
}

/// The text that the user (`outgoing`) or the contact wrote under this name.
pub fn by_content_id(
    connection: &Connection,
    contact: ContactId,
    outgoing: bool,
    content_id: ContentId,
) -> Result<Option<Message>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE contact = ? AND outgoing = ? AND content_id = ?");
    find(connection, &sql, params![contact, outgoing, content_id.0], parse)
}

/// The name of a text; `None` for a notice, or if there is no such message.
pub fn content_id(connection: &Connection, id: MessageId) -> Result<Option<ContentId>, StorageError> {
    let mut statement = connection.prepare_cached("SELECT content_id FROM messages WHERE id = ?")?;
    let found: Option<Option<[u8; 16]>> = statement.query_row([id], |row| row.get(0)).optional()?;
    Ok(found.flatten().map(ContentId))
}

/// The newest `limit` messages before `before` (or of all), oldest first, and whether there are older ones.
pub fn page(
    connection: &Connection,
    contact: ContactId,
    before: Option<MessageId>,
    limit: u32,
) -> Result<(Vec<Message>, bool), StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE contact = ? AND id < ? ORDER BY id DESC LIMIT ?");
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

/// The latest text of a conversation.
pub fn last_text(connection: &Connection, contact: ContactId) -> Result<Option<Message>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE contact = ? AND text IS NOT NULL ORDER BY id DESC LIMIT 1"
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

/// How many texts of all conversations are unread, but for those of people who wait to be accepted, or are blocked.
pub fn unread_count_of_all(connection: &Connection) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM messages JOIN contacts ON contacts.id = messages.contact
               WHERE unread = 1 AND requested = 0 AND blocked_at IS NULL";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// How many texts of the contact's there are.
pub fn incoming_count(connection: &Connection, contact: ContactId) -> Result<u32, StorageError> {
    let sql = "SELECT count(*) FROM messages WHERE contact = ? AND outgoing = 0 AND text IS NOT NULL";
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

/// Marks the unread texts of a conversation up to `up_to` as read; answers their names, for the read receipt.
pub fn mark_read(
    transaction: &Transaction<'_>,
    contact: ContactId,
    up_to: MessageId,
) -> Result<Vec<ContentId>, StorageError> {
    let sql =
        "UPDATE messages SET unread = 0 WHERE contact = ? AND unread = 1 AND id <= ? RETURNING content_id";
    list(transaction, sql, params![contact, up_to], |row| {
        Ok(ContentId(row.get(0)?))
    })
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
