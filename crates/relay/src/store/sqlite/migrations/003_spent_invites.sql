-- Invites to the relay that were used, until they expire.

CREATE TABLE spent_invites (
    invite        BLOB PRIMARY KEY,              -- 8 random bytes out of it
    accounts      INTEGER NOT NULL,              -- made by it
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
