-- The post-quantum ratchet.
--
-- Sessions made without it cannot be gone on with: nobody speaks their version any more, and the key it starts from is
-- gone. Without a session the next message to a peer starts one.
DELETE FROM sessions;

-- Post-quantum keys of messages that have not come yet.
CREATE TABLE skipped_post_quantum_keys (
    session  INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    epoch    INTEGER NOT NULL,    -- of the chain
    position INTEGER NOT NULL,    -- the key's number in the chain
    key      BLOB NOT NULL CHECK (length(key) = 32),
    PRIMARY KEY (session, epoch, position)
) STRICT, WITHOUT ROWID;
