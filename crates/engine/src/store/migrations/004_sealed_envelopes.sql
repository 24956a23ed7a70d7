-- Envelopes are sealed: how we are reached, and how we reach others.

-- The token that opens our mailbox, and by what others believe that a message is ours: one row.
CREATE TABLE reach (
    id                     INTEGER PRIMARY KEY CHECK (id = 1),
    delivery_token         BLOB NOT NULL CHECK (length(delivery_token) = 16),
    trust_root             BLOB CHECK (length(trust_root) = 33), -- our relay's; NULL until it was heard
    certificate            BLOB,
    certificate_expires_at INTEGER,
    CHECK ((certificate IS NULL) = (certificate_expires_at IS NULL))
) STRICT;

ALTER TABLE contacts ADD COLUMN delivery_token BLOB; -- opens their mailbox; NULL: none is known
ALTER TABLE contacts ADD COLUMN trust_root BLOB CHECK (length(trust_root) = 33); -- their relay's

-- Without a token nobody can be told.
DROP TABLE declined_guests;
CREATE TABLE declined_guests (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    account        BLOB NOT NULL CHECK (length(account) = 16),
    relay          TEXT NOT NULL,
    delivery_token BLOB NOT NULL,
    identity_key   BLOB NOT NULL CHECK (length(identity_key) = 33),
    declined_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX declined_guests_by_account ON declined_guests (account, id);

-- What was encrypted before lies in envelopes that say who sent it. It is encrypted once more; whoever has it already
-- knows it by its name.
UPDATE outbox SET state = 'queued', ciphertext = NULL, client_message_id = NULL WHERE state = 'encrypted';
-- 2: a message of a session, 3: one that begins it.
ALTER TABLE outbox ADD COLUMN message_type INTEGER;
