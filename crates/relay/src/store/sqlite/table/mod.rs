//! One table, one file: rows, reads and writes as functions on a connection.

pub(super) mod account;
pub(super) mod delivery_token;
pub(super) mod device;
pub(super) mod envelope;
pub(super) mod gathered_message;
pub(super) mod journal;
pub(super) mod one_time_prekey;
pub(super) mod spent_invite;
pub(super) mod standing_prekey;
pub(super) mod taken_message;

use rusqlite::types::Type;
use sotto_wire::WrongLength;

/// The two kinds of prekeys, as the tables number them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Curve = 1,
    Kyber = 2,
}

/// A column that does not hold what this program writes there: the database is damaged.
pub(super) fn damaged(column: usize, reason: WrongLength) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(reason))
}
