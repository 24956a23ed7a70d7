//! How our types stand in columns. What does not read back as its type is a damaged database.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::clock::Timestamp;
use crate::model::{ContactId, Delivery, InviteId, Lifetime, MessageId, Notice, VerifiedBy, WordOutcome};
use crate::store::table::contacts::TokenSource;
use crate::store::table::outbox::OutboxId;

macro_rules! integer_columns {
    ($($type:ident: $to:expr, $from:expr;)*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from($to(*self)))
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map($from)
            }
        }
    )*};
}

integer_columns! {
    Timestamp: Timestamp::millis, Timestamp::from_millis;
    ContactId: |id: ContactId| id.0, ContactId;
    MessageId: |id: MessageId| id.0, MessageId;
    InviteId: |id: InviteId| id.0, InviteId;
    OutboxId: |id: OutboxId| id.0, OutboxId;
}

/// In seconds.
impl ToSql for Lifetime {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.seconds()))
    }
}

impl FromSql for Lifetime {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = u32::column_result(value)?;
        Self::of(seconds).ok_or(FromSqlError::OutOfRange(seconds.into()))
    }
}

/// Enumerations of the model, by a code that never changes its meaning.
macro_rules! coded_columns {
    ($($type:ident as $code:ty { $($variant:ident = $value:literal),* $(,)? })*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let code: $code = match self { $(Self::$variant => $value),* };
                Ok(ToSqlOutput::from(code))
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match <$code as Code>::of(value)? {
                    $($value => Ok(Self::$variant),)*
                    _ => Err(FromSqlError::InvalidType),
                }
            }
        }
    )*};
}

/// What codes are: numbers where they are compared, words where they are only told apart.
trait Code<'a>: Sized {
    fn of(value: ValueRef<'a>) -> FromSqlResult<Self>;
}

impl<'a> Code<'a> for i64 {
    fn of(value: ValueRef<'a>) -> FromSqlResult<Self> {
        value.as_i64()
    }
}

impl<'a> Code<'a> for &'a str {
    fn of(value: ValueRef<'a>) -> FromSqlResult<Self> {
        value.as_str()
    }
}

coded_columns! {
    Delivery as i64 { Failed = 0, Blocked = 1, Queued = 2, Sent = 3, Delivered = 4, Read = 5 }
    TokenSource as &str { Contact = "contact", Invite = "invite", LookUp = "look_up" }
    VerifiedBy as &str {
        Invite = "invite",
        Words = "words",
        Card = "card",
        Code = "code",
        SafetyNumber = "safety_number",
    }
    WordOutcome as &str {
        Verified = "verified",
        Differed = "differed",
        Cancelled = "cancelled",
        CancelledByThem = "cancelled_by_them",
        TimedOut = "timed_out",
        KeyChanged = "key_changed",
        TooSoon = "too_soon",
    }
    Notice as &str {
        JoinedByInvite = "joined_by_invite",
        MetByInvite = "met_by_invite",
        IdentityKeyChanged = "identity_key_changed",
        IdentityKeyAccepted = "identity_key_accepted",
        MarkedVerified = "marked_verified",
        MarkedNotVerified = "marked_not_verified",
        Undecryptable = "undecryptable",
        InviteDeclined = "invite_declined",
        ComparisonDiffered = "comparison_differed",
        FoundByUserName = "found_by_user_name",
        EditUndelivered = "edit_undelivered",
        DeletionUndelivered = "deletion_undelivered",
    }
}
