//! What was taken in and acknowledged, before it finds its place in the other tables.

use rusqlite::Connection;

pub(in crate::store::sqlite) fn insert(
    connection: &Connection,
    id: i64,
    entries: &[u8],
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO journal (id, entries) VALUES (?1, ?2)")?
        .execute((id, entries))
        .map(drop)
}

/// Every row, the oldest first.
pub(in crate::store::sqlite) fn all(connection: &Connection) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    let mut statement = connection.prepare_cached("SELECT id, entries FROM journal ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

pub(in crate::store::sqlite) fn delete_up_to(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM journal WHERE id <= ?1")?
        .execute([id])
        .map(drop)
}
