//! Every database is whole, and has no more in it than it should.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::Who;

/// The database in the folder of a profile, for reading, beside the engine that may have it open.
pub(crate) fn keyed(profile: &Path, key: &[u8; 32]) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database =
        Connection::open_with_flags(profile.join("messages.db"), flags).expect("a database that is there");
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    database
        .execute_batch(&format!("PRAGMA key = \"x'{key}'\"; PRAGMA query_only = on;"))
        .expect("the key of the database");
    database
}

/// What is wrong with the database of an account.
pub(crate) fn of_account(who: Who, database: &Connection) -> Vec<String> {
    let mut broken: Vec<_> = damage(database)
        .map(|what| format!("{who:?}'s database: {what}"))
        .collect();
    let sql = "SELECT count(*) FROM undecryptable";
    let unread: u32 = database.query_row(sql, [], |row| row.get(0)).unwrap_or(u32::MAX);
    if unread > 0 {
        broken.push(format!("{who:?} could not decrypt {unread} envelopes"));
    }
    broken
}

/// What is wrong with the database of a relay that has ended.
pub(crate) fn of_relay(folder: &Path) -> Vec<String> {
    let database = Connection::open(folder.join("relay.db")).expect("the relay's data");
    damage(&database)
        .map(|what| format!("the relay's database: {what}"))
        .collect()
}

/// What SQLite finds wrong with a database.
fn damage(database: &Connection) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    for check in [
        "PRAGMA integrity_check",
        "PRAGMA foreign_key_check",
        "PRAGMA cipher_integrity_check",
    ] {
        let mut statement = database.prepare(check).expect("a check that SQLite knows");
        let mut rows = statement.query([]).expect("a check that runs");
        while let Ok(Some(row)) = rows.next() {
            let line: String = row.get(0).unwrap_or_else(|_| check.to_owned());
            if line != "ok" {
                found.push(line);
            }
        }
    }
    found.into_iter()
}
