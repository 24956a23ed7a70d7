-- Invites to the relay that were used, until they expire.
CREATE TABLE spent_invites (
    invite        bytea PRIMARY KEY,              -- 8 random bytes out of it
    accounts      bigint NOT NULL,                -- made by it
    expires_at_ms bigint NOT NULL
);
