-- The first schema. A migration that has been released is never changed: add the next number.
--
-- Moments are milliseconds since the Unix epoch. Accounts are the 16 bytes of their UUID. A column never changes its
-- meaning. AUTOINCREMENT, so that an id that was deleted never comes back under somebody else's name.

-- The user's own account: one row.
CREATE TABLE account (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    account         BLOB NOT NULL CHECK (length(account) = 16),
    registration_id INTEGER NOT NULL,
    relay           TEXT NOT NULL,
    display_name    TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    registered_at   INTEGER
) STRICT;

-- What the user has chosen, as JSON by key.
CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     BLOB NOT NULL UNIQUE CHECK (length(account) = 16),
    relay       TEXT NOT NULL,
    given_name  TEXT,             -- what they call themself
    chosen_name TEXT,             -- what the user calls them
    created_at  INTEGER NOT NULL
) STRICT;

-- Every identity key an account has had, one row per period. The row without replaced_at is the present one; while it
-- has no accepted_at, it waits for the user's decision.
CREATE TABLE identity_keys (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     BLOB NOT NULL CHECK (length(account) = 16),
    key         BLOB NOT NULL CHECK (length(key) = 33),
    first_seen  INTEGER NOT NULL,
    accepted_at INTEGER,
    verified_at INTEGER,
    verified_by TEXT CHECK (verified_by IN ('invite', 'safety_number')),
    replaced_at INTEGER,
    CHECK ((verified_at IS NULL) = (verified_by IS NULL)),
    CHECK (verified_at IS NULL OR accepted_at IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX identity_keys_present ON identity_keys (account) WHERE replaced_at IS NULL;
CREATE INDEX identity_keys_history ON identity_keys (account, id);

-- One row per session state: the head, without its skipped keys.
CREATE TABLE sessions (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account BLOB NOT NULL CHECK (length(account) = 16),
    device  INTEGER NOT NULL,
    state   BLOB NOT NULL CHECK (length(state) = 32),
    rank    INTEGER,              -- NULL: the current one; else archived, the larger the later
    bytes   BLOB NOT NULL,
    UNIQUE (account, device, state)
) STRICT;
CREATE UNIQUE INDEX sessions_current ON sessions (account, device) WHERE rank IS NULL;

-- Seeds of messages that have not come yet.
CREATE TABLE skipped_keys (
    session     INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    ratchet_key BLOB NOT NULL CHECK (length(ratchet_key) = 32),
    counter     INTEGER NOT NULL,
    seed        BLOB NOT NULL CHECK (length(seed) = 32),
    PRIMARY KEY (session, ratchet_key, counter)
) STRICT, WITHOUT ROWID;

-- Our own prekeys. published_at: when the relay had confirmed it.
CREATE TABLE one_time_prekeys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    bytes        BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    published_at INTEGER
) STRICT;
CREATE TABLE signed_prekeys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    bytes        BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    published_at INTEGER
) STRICT;
CREATE TABLE kyber_prekeys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    last_resort  INTEGER NOT NULL CHECK (last_resort IN (0, 1)),
    bytes        BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    published_at INTEGER
) STRICT;
CREATE INDEX kyber_prekeys_by_use ON kyber_prekeys (last_resort, id);

-- Base keys seen with a last-resort Kyber prekey: each makes one session only.
CREATE TABLE used_base_keys (
    kyber_prekey  INTEGER NOT NULL REFERENCES kyber_prekeys (id) ON DELETE CASCADE,
    signed_prekey INTEGER NOT NULL,
    base_key      BLOB NOT NULL CHECK (length(base_key) = 33),
    PRIMARY KEY (kyber_prekey, signed_prekey, base_key)
) STRICT, WITHOUT ROWID;

-- What stands in the conversations. A row is somebody's text or a notice. The id is what a search index will refer to.
CREATE TABLE messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    contact    INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    content_id BLOB CHECK (length(content_id) = 16),   -- its author's name for it; notices have none
    outgoing   INTEGER NOT NULL CHECK (outgoing IN (0, 1)),
    text       TEXT,
    notice     TEXT,
    sent_at    INTEGER NOT NULL,
    stored_at  INTEGER NOT NULL,
    -- 0 failed, 1 blocked, 2 queued, 3 sent, 4 delivered, 5 read; outgoing texts only
    delivery   INTEGER CHECK (delivery BETWEEN 0 AND 5),
    unread     INTEGER NOT NULL CHECK (unread IN (0, 1)),
    CHECK ((text IS NULL) <> (notice IS NULL)),
    CHECK ((text IS NULL) = (content_id IS NULL)),
    CHECK ((delivery IS NOT NULL) = (outgoing = 1 AND text IS NOT NULL)),
    UNIQUE (contact, outgoing, content_id)
) STRICT;
CREATE INDEX messages_by_contact ON messages (contact, id);
CREATE INDEX messages_unread ON messages (contact, id) WHERE unread = 1;
CREATE INDEX messages_texts ON messages (contact, id) WHERE text IS NOT NULL;

-- What is still to be sent, in order per recipient.
CREATE TABLE outbox (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient         BLOB NOT NULL CHECK (length(recipient) = 16),
    message           INTEGER REFERENCES messages (id) ON DELETE CASCADE,  -- NULL: a receipt or the like
    content           BLOB NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('queued', 'blocked', 'encrypted')),
    ciphertext        BLOB,
    client_message_id BLOB CHECK (length(client_message_id) = 16),
    resends           INTEGER NOT NULL,   -- how often the peer asked for it again
    created_at        INTEGER NOT NULL,
    CHECK ((state = 'encrypted') = (ciphertext IS NOT NULL)),
    CHECK ((ciphertext IS NULL) = (client_message_id IS NULL))
) STRICT;
CREATE INDEX outbox_by_recipient ON outbox (recipient, id);
CREATE INDEX outbox_by_message ON outbox (message);

-- What was sent lately, by the digest of its ciphertext: for who could not decrypt it and asks for it again.
CREATE TABLE sent (
    digest    BLOB PRIMARY KEY CHECK (length(digest) = 32),
    recipient BLOB NOT NULL CHECK (length(recipient) = 16),
    message   INTEGER REFERENCES messages (id) ON DELETE CASCADE,  -- NULL: a receipt or the like
    content   BLOB NOT NULL,
    resends   INTEGER NOT NULL,
    sent_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sent_by_message ON sent (message);
CREATE INDEX sent_by_age ON sent (sent_at);

-- Envelopes that were dealt with; one that comes again is acknowledged and dropped.
CREATE TABLE seen_envelopes (
    envelope_id BLOB PRIMARY KEY CHECK (length(envelope_id) = 16),
    seen_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_envelopes_by_age ON seen_envelopes (seen_at);

-- Envelopes that could not be decrypted, kept for diagnosis.
CREATE TABLE undecryptable (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope_id BLOB NOT NULL CHECK (length(envelope_id) = 16),
    sender      BLOB CHECK (length(sender) = 16),
    payload     BLOB NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;

-- Invites of the user's own.
CREATE TABLE invites (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    secret     BLOB NOT NULL UNIQUE CHECK (length(secret) = 16),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by    BLOB CHECK (length(used_by) = 16),
    used_at    INTEGER,
    revoked_at INTEGER,
    CHECK ((used_by IS NULL) = (used_at IS NULL))
) STRICT;
