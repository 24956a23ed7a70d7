//! The tables: one module each, with its row, its reads (on a connection) and its writes (on a transaction).

pub mod account;
pub mod contacts;
pub mod conversations;
pub mod declined_guests;
pub mod earlier_texts;
pub mod early_changes;
pub mod identity_keys;
pub mod invites;
pub mod message_changes;
pub mod message_words;
pub mod messages;
pub mod outbox;
pub mod prekeys;
pub mod reach;
pub mod reactions;
pub mod replaced_tokens;
pub mod seen_envelopes;
pub mod sent;
pub mod session_states;
pub mod settings;
pub mod skipped_keys;
pub mod skipped_post_quantum_keys;
pub mod undecryptable;
pub mod user_name;
pub(crate) mod word_ceremonies;

use rusqlite::{Connection, Params, Row};

use crate::error::StorageError;

/// The row that `sql` finds, if there is one.
fn find<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    parse: impl FnOnce(&Row<'_>) -> Result<T, StorageError>,
) -> Result<Option<T>, StorageError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(parse).transpose()
}

/// All rows that `sql` finds.
fn list<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut parse: impl FnMut(&Row<'_>) -> Result<T, StorageError>,
) -> Result<Vec<T>, StorageError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(parse(row)?);
    }
    Ok(found)
}

/// Runs `sql`; answers how many rows it changed.
fn change(connection: &Connection, sql: &str, params: impl Params) -> Result<usize, StorageError> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}
