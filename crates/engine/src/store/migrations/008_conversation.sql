-- Replies, reactions, edits, deletions, timers, drafts.

-- What a text replies to: whether the user wrote it, and its author's name for it. Looked up when it is shown.
ALTER TABLE messages ADD COLUMN quoted_outgoing INTEGER CHECK (quoted_outgoing IN (0, 1));
ALTER TABLE messages ADD COLUMN quoted_id BLOB CHECK (length(quoted_id) = 16);
-- How often its author has edited it, and when last.
ALTER TABLE messages ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN edited_at INTEGER;
-- When its author deleted it: the text is empty since then.
ALTER TABLE messages ADD COLUMN deleted_at INTEGER;
-- What a newer version wrote, as it was decrypted: the text is empty.
ALTER TABLE messages ADD COLUMN unsupported BLOB;
-- How many seconds it is kept, and from when on: its reading or its sending.
ALTER TABLE messages ADD COLUMN lifetime INTEGER;
ALTER TABLE messages ADD COLUMN life_began_at INTEGER;
-- Of a notice that the timer was set: how many seconds texts are kept since then; 0: for good.
ALTER TABLE messages ADD COLUMN timer INTEGER;
CREATE INDEX messages_mortal ON messages (life_began_at) WHERE life_began_at IS NOT NULL;

-- The message that something in the outbox is about: what goes when that goes.
ALTER TABLE outbox ADD COLUMN about INTEGER REFERENCES messages (id) ON DELETE CASCADE;
CREATE INDEX outbox_by_subject ON outbox (about) WHERE about IS NOT NULL;
ALTER TABLE sent ADD COLUMN about INTEGER REFERENCES messages (id) ON DELETE CASCADE;
CREATE INDEX sent_by_subject ON sent (about) WHERE about IS NOT NULL;

-- What an edited text said before.
CREATE TABLE earlier_texts (
    message     INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    revision    INTEGER NOT NULL,
    text        TEXT NOT NULL,
    replaced_at INTEGER NOT NULL,
    PRIMARY KEY (message, revision)
) STRICT, WITHOUT ROWID;

-- One a person and message. One that was taken back stays, so that an older one that comes late does not count.
CREATE TABLE reactions (
    message    INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    mine       INTEGER NOT NULL CHECK (mine IN (0, 1)),
    emoji      TEXT,
    revision   INTEGER NOT NULL,
    reacted_at INTEGER NOT NULL,
    PRIMARY KEY (message, mine)
) STRICT, WITHOUT ROWID;

-- What a contact said about a text of theirs that has not come yet.
CREATE TABLE early_changes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    contact     INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    content_id  BLOB NOT NULL CHECK (length(content_id) = 16),
    content     BLOB NOT NULL,
    taken_at    INTEGER NOT NULL,  -- by the relay's clock
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX early_changes_by_text ON early_changes (contact, content_id, id);

-- What is settled for a conversation as a whole. No row: nothing is.
CREATE TABLE conversations (
    contact        INTEGER PRIMARY KEY REFERENCES contacts (id) ON DELETE CASCADE,
    lifetime       INTEGER,             -- the timer: how many seconds texts are kept
    timer_revision INTEGER NOT NULL DEFAULT 0,
    muted_until    INTEGER,
    draft          TEXT                 -- what was written and not sent
) STRICT;
