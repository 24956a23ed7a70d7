-- Who may deliver: the hash of the token that all contacts of a device's owner have, and those of open invites.

ALTER TABLE devices ADD COLUMN contact_token_hash BLOB;   -- HMAC-SHA-256 under the pepper; NULL until it is set

-- An invite that is no longer good keeps its row for a while: its guest is told so, and not that it never was.
CREATE TABLE delivery_tokens (
    mailbox       INTEGER NOT NULL REFERENCES devices (id),
    token_hash    BLOB NOT NULL,                 -- HMAC-SHA-256 under the pepper
    expires_at_ms INTEGER NOT NULL,
    bundles       INTEGER NOT NULL DEFAULT 0,    -- fetched under it
    envelopes     INTEGER NOT NULL DEFAULT 0,    -- taken under it
    PRIMARY KEY (mailbox, token_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_tokens_by_expiry ON delivery_tokens (expires_at_ms);

-- 1 if it came from somebody who looked the user name up.
ALTER TABLE envelopes ADD COLUMN request INTEGER NOT NULL DEFAULT 0;
