//! Client message ids that wait to be sorted into `taken_messages`.

use rusqlite::Connection;

/// Adds a row at the end; returns its id.
pub(in crate::store::sqlite) fn insert(connection: &Connection, entries: &[u8]) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("INSERT INTO gathered_messages (entries) VALUES (?1)")?
        .insert([entries])
}

/// Every row, the oldest first.
pub(in crate::store::sqlite) fn all(connection: &Connection) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    let mut statement = connection.prepare_cached("SELECT id, entries FROM gathered_messages ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

pub(in crate::store::sqlite) fn delete_up_to(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM gathered_messages WHERE id <= ?1")?
        .execute([id])
        .map(drop)
}
