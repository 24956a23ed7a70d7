-- Public keys, keyed hashes and ciphertexts; nothing about who wrote to whom.

CREATE TABLE accounts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    account        BLOB NOT NULL UNIQUE,          -- 16 bytes, the owner's choice
    identity_key   BLOB NOT NULL,                 -- 33 bytes
    user_name_hash BLOB UNIQUE                    -- HMAC-SHA-256 under the pepper
) STRICT;

-- A device has one mailbox, and the mailbox has the device's id.
CREATE TABLE devices (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id      INTEGER NOT NULL REFERENCES accounts (id),
    device          INTEGER NOT NULL,
    registration_id INTEGER NOT NULL,
    UNIQUE (account_id, device)
) STRICT;

-- The signed prekey (kind 1) and the last-resort Kyber prekey (kind 2) of a device.
CREATE TABLE standing_prekeys (
    device_id  INTEGER NOT NULL REFERENCES devices (id),
    kind       INTEGER NOT NULL,
    prekey_id  INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    signature  BLOB NOT NULL,
    PRIMARY KEY (device_id, kind)
) STRICT, WITHOUT ROWID;

-- One-time prekeys, Curve25519 (kind 1, unsigned) and Kyber (kind 2). One that was handed out keeps its row without
-- the key for a while: an upload that is tried again shall not bring it back.
CREATE TABLE one_time_prekeys (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id     INTEGER NOT NULL REFERENCES devices (id),
    kind          INTEGER NOT NULL,
    prekey_id     INTEGER NOT NULL,
    digest        BLOB NOT NULL,                  -- SHA-256 of the public key
    public_key    BLOB,
    signature     BLOB,
    handed_out_on INTEGER,                        -- day since 1970
    UNIQUE (device_id, kind, prekey_id)
) STRICT;
CREATE INDEX one_time_prekeys_unused ON one_time_prekeys (device_id, kind) WHERE handed_out_on IS NULL;
CREATE INDEX one_time_prekeys_used ON one_time_prekeys (handed_out_on) WHERE handed_out_on IS NOT NULL;

-- What waits. The id gives the order; AUTOINCREMENT never gives one twice.
CREATE TABLE envelopes (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox        INTEGER NOT NULL REFERENCES devices (id),
    envelope_id    BLOB NOT NULL,                 -- 16 bytes, the name the owner knows it by
    received_at_ms INTEGER NOT NULL,
    payload        BLOB NOT NULL
) STRICT;
CREATE INDEX envelopes_by_mailbox ON envelopes (mailbox);

-- Client message ids already taken, also of envelopes long acknowledged.
CREATE TABLE taken_messages (
    mailbox           INTEGER NOT NULL REFERENCES devices (id),
    client_message_id BLOB NOT NULL,              -- 16 bytes
    taken_on          INTEGER NOT NULL,           -- day since 1970
    PRIMARY KEY (mailbox, client_message_id)
) STRICT, WITHOUT ROWID;
