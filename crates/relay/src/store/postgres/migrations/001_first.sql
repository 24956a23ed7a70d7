-- Public keys, keyed hashes and ciphertexts; nothing about who wrote to whom.

-- What this database belongs to.
CREATE TABLE relay (
    only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    pepper_fingerprint bytea NOT NULL               -- HMAC-SHA-256 under the pepper: a node with another one is turned away
);

CREATE TABLE accounts (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account        bytea NOT NULL UNIQUE,           -- 16 bytes, the owner's choice
    identity_key   bytea NOT NULL,                  -- 33 bytes
    user_name_hash bytea UNIQUE                     -- HMAC-SHA-256 under the pepper
);

-- A device has one mailbox, and the mailbox has the device's id.
CREATE TABLE devices (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id         bigint NOT NULL REFERENCES accounts (id),
    device             bigint NOT NULL,
    registration_id    bigint NOT NULL,
    contact_token_hash bytea,                       -- HMAC-SHA-256 under the pepper; NULL until it is set
    UNIQUE (account_id, device)
);

-- How full a mailbox is, and the last place in its order. Whoever changes what lies in the mailbox holds the lock of this
-- row until the commit: so envelopes become visible in the order of their sequence. Room on the page, so that an update
-- stays on it.
CREATE TABLE mailboxes (
    mailbox       bigint PRIMARY KEY REFERENCES devices (id),
    last_sequence bigint NOT NULL DEFAULT 0,
    envelopes     bigint NOT NULL DEFAULT 0,
    bytes         bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- An invite that is no longer good keeps its row for a while: its guest is told so, and not that it never was.
CREATE TABLE delivery_tokens (
    mailbox       bigint NOT NULL REFERENCES devices (id),
    token_hash    bytea NOT NULL,                   -- HMAC-SHA-256 under the pepper
    expires_at_ms bigint NOT NULL,
    bundles       bigint NOT NULL DEFAULT 0,        -- fetched under it
    envelopes     bigint NOT NULL DEFAULT 0,        -- taken under it
    PRIMARY KEY (mailbox, token_hash)
);
CREATE INDEX delivery_tokens_by_expiry ON delivery_tokens (expires_at_ms);

-- The signed prekey (kind 1) and the last-resort Kyber prekey (kind 2) of a device.
CREATE TABLE standing_prekeys (
    device_id  bigint NOT NULL REFERENCES devices (id),
    kind       smallint NOT NULL,
    prekey_id  bigint NOT NULL,
    public_key bytea NOT NULL,
    signature  bytea NOT NULL,
    PRIMARY KEY (device_id, kind)
);

-- One-time prekeys, Curve25519 (kind 1, unsigned) and Kyber (kind 2). One that was handed out keeps its row without
-- the key for a while: an upload that is tried again shall not bring it back.
CREATE TABLE one_time_prekeys (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id     bigint NOT NULL REFERENCES devices (id),
    kind          smallint NOT NULL,
    prekey_id     bigint NOT NULL,
    digest        bytea NOT NULL,                   -- SHA-256 of the public key
    public_key    bytea,
    signature     bytea,
    handed_out_on bigint,                           -- day since 1970
    UNIQUE (device_id, kind, prekey_id)
);
CREATE INDEX one_time_prekeys_unused ON one_time_prekeys (device_id, kind, id) WHERE handed_out_on IS NULL;
CREATE INDEX one_time_prekeys_used ON one_time_prekeys (handed_out_on) WHERE handed_out_on IS NOT NULL;

-- What waits, in each mailbox in the order of the sequence. No foreign keys here and below: devices are never deleted, and
-- a delivery need not look. Ciphertext does not compress.
CREATE TABLE envelopes (
    mailbox        bigint NOT NULL,
    sequence       bigint NOT NULL,
    envelope_id    bytea NOT NULL,                  -- 16 bytes, the name the owner knows it by
    received_at_ms bigint NOT NULL,
    request        boolean NOT NULL,                -- it came from somebody who looked the user name up
    payload        bytea NOT NULL,
    PRIMARY KEY (mailbox, sequence)
);
ALTER TABLE envelopes ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE INDEX envelopes_by_age ON envelopes USING brin (received_at_ms);

-- Client message ids already taken, also of envelopes long acknowledged.
CREATE TABLE taken_messages (
    mailbox           bigint NOT NULL,
    client_message_id bytea NOT NULL,               -- 16 bytes
    taken_on          bigint NOT NULL,              -- day since 1970
    PRIMARY KEY (mailbox, client_message_id)
);
CREATE INDEX taken_messages_by_age ON taken_messages USING brin (taken_on);
