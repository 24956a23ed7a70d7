-- User names, message requests, blocking.

-- The name by which strangers find the user: one row.
CREATE TABLE user_name (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    name   TEXT,                                              -- NULL: none
    unsure INTEGER NOT NULL CHECK (unsure IN (0, 1))          -- 1: the relay was asked for another one and may have it
) STRICT;
INSERT INTO user_name (id, name, unsure) VALUES (1, NULL, 0);

-- 1: they found the user by the user name, and wait to be accepted.
ALTER TABLE contacts ADD COLUMN requested INTEGER NOT NULL DEFAULT 0 CHECK (requested IN (0, 1));
ALTER TABLE contacts ADD COLUMN blocked_at INTEGER;           -- NULL: not blocked
ALTER TABLE contacts ADD COLUMN user_name TEXT;               -- by which the user found them, at their relay
-- 0: they have not been told yet who found them; they are with the first text.
ALTER TABLE contacts ADD COLUMN introduced INTEGER NOT NULL DEFAULT 1 CHECK (introduced IN (0, 1));
-- Where delivery_token is from.
ALTER TABLE contacts ADD COLUMN token_source TEXT NOT NULL DEFAULT 'contact'
    CHECK (token_source IN ('contact', 'invite', 'look_up'));

-- What is to open our mailbox instead of delivery_token, as soon as our relay has heard of it; nobody was told yet.
ALTER TABLE reach ADD COLUMN next_token BLOB CHECK (length(next_token) = 16);

-- What opened our mailbox before, and still does a little.
CREATE TABLE replaced_tokens (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    token   BLOB NOT NULL CHECK (length(token) = 16),
    ends_at INTEGER NOT NULL
) STRICT;
