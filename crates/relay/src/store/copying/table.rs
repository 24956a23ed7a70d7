//! The tables that both databases have, in the order in which rows refer to those before them.

/// A table.
pub(crate) struct Table {
    pub(super) name: &'static str,
    /// Counts in the embedded database what is to become its rows.
    pub(super) count: &'static str,
    /// Reads it there, column by column.
    pub(super) read: &'static str,
    pub(super) columns: &'static [Column],
    /// It gives its rows numbers, and goes on after the last one copied.
    pub(super) numbered: bool,
}

/// A column there.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What a column holds. SQLite knows numbers and bytes only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    /// Of 16 bits.
    Small,
    Flag,
    Bytes,
}

macro_rules! table {
    ($name:ident { $($column:ident: $kind:ident),* } numbered: $numbered:literal, of $rows:literal, $read:literal) => {
        Table {
            name: stringify!($name),
            count: concat!("SELECT count(*) FROM ", $rows),
            read: $read,
            columns: &[$(Column { name: stringify!($column), kind: Kind::$kind }),*],
            numbered: $numbered,
        }
    };
}

/// Every table. An embedded database numbers all its envelopes, the shared one those of each mailbox for themselves.
pub(crate) static TABLES: &[Table] = &[
    table!(accounts { id: Number, account: Bytes, identity_key: Bytes, user_name_hash: Bytes }
        numbered: true, of "accounts",
        "SELECT id, account, identity_key, user_name_hash FROM accounts"),
    table!(devices { id: Number, account_id: Number, device: Number, registration_id: Number, contact_token_hash: Bytes }
        numbered: true, of "devices",
        "SELECT id, account_id, device, registration_id, contact_token_hash FROM devices"),
    table!(mailboxes { mailbox: Number, last_sequence: Number, envelopes: Number, bytes: Number }
        numbered: false, of "devices",
        "SELECT devices.id, count(envelopes.id), count(envelopes.id), coalesce(sum(length(payload)), 0)
         FROM devices LEFT JOIN envelopes ON envelopes.mailbox = devices.id GROUP BY devices.id"),
    table!(delivery_tokens { mailbox: Number, token_hash: Bytes, expires_at_ms: Number, bundles: Number, envelopes: Number }
        numbered: false, of "delivery_tokens",
        "SELECT mailbox, token_hash, expires_at_ms, bundles, envelopes FROM delivery_tokens"),
    table!(standing_prekeys { device_id: Number, kind: Small, prekey_id: Number, public_key: Bytes, signature: Bytes }
        numbered: false, of "standing_prekeys",
        "SELECT device_id, kind, prekey_id, public_key, signature FROM standing_prekeys"),
    table!(one_time_prekeys { id: Number, device_id: Number, kind: Small, prekey_id: Number, digest: Bytes,
            public_key: Bytes, signature: Bytes, handed_out_on: Number }
        numbered: true, of "one_time_prekeys",
        "SELECT id, device_id, kind, prekey_id, digest, public_key, signature, handed_out_on FROM one_time_prekeys"),
    table!(envelopes { mailbox: Number, sequence: Number, envelope_id: Bytes, received_at_ms: Number, request: Flag, payload: Bytes }
        numbered: false, of "envelopes",
        "SELECT mailbox, place, envelope_id, received_at_ms, request, payload
         FROM (SELECT id AS which, row_number() OVER (PARTITION BY mailbox ORDER BY id) AS place FROM envelopes)
         JOIN envelopes ON envelopes.id = which"),
    table!(taken_messages { mailbox: Number, client_message_id: Bytes, taken_on: Number }
        numbered: false, of "taken_messages",
        "SELECT mailbox, client_message_id, taken_on FROM taken_messages"),
    table!(spent_invites { invite: Bytes, accounts: Number, expires_at_ms: Number, withdrawn: Flag }
        numbered: false, of "spent_invites",
        "SELECT invite, accounts, expires_at_ms, withdrawn FROM spent_invites"),
];
