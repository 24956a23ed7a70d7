-- More ways to verify a contact.

-- Another list of ways: SQLite changes a CHECK only with its table. Nothing refers to the rows.
CREATE TABLE identity_keys_with_more_ways (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     BLOB NOT NULL CHECK (length(account) = 16),
    key         BLOB NOT NULL CHECK (length(key) = 33),
    first_seen  INTEGER NOT NULL,
    accepted_at INTEGER,
    verified_at INTEGER,
    verified_by TEXT CHECK (verified_by IN ('invite', 'words', 'card', 'code', 'safety_number')),
    replaced_at INTEGER,
    CHECK ((verified_at IS NULL) = (verified_by IS NULL)),
    CHECK (verified_at IS NULL OR accepted_at IS NOT NULL)
) STRICT;
INSERT INTO identity_keys_with_more_ways
       (id, account, key, first_seen, accepted_at, verified_at, verified_by, replaced_at)
SELECT id, account, key, first_seen, accepted_at, verified_at, verified_by, replaced_at FROM identity_keys;
DROP TABLE identity_keys;
ALTER TABLE identity_keys_with_more_ways RENAME TO identity_keys;
CREATE UNIQUE INDEX identity_keys_present ON identity_keys (account) WHERE replaced_at IS NULL;
CREATE INDEX identity_keys_history ON identity_keys (account, id);

-- The comparison by words with a contact, running or ended: at most one.
CREATE TABLE word_ceremonies (
    contact      INTEGER PRIMARY KEY REFERENCES contacts (id) ON DELETE CASCADE,
    ceremony     BLOB NOT NULL CHECK (length(ceremony) = 16),
    identity_key BLOB NOT NULL CHECK (length(identity_key) = 33), -- theirs, which it is about
    state        TEXT NOT NULL CHECK (state IN ('asking', 'asked', 'answered', 'reading', 'confirming', 'ended')),
    commitment   BLOB CHECK (length(commitment) = 32),            -- theirs
    nonce        BLOB CHECK (length(nonce) = 32),                 -- ours
    words        BLOB CHECK (length(words) = 8),                  -- two to read out, two to hear: their numbers
    confirmed    INTEGER NOT NULL CHECK (confirmed IN (0, 1)),    -- whether the other side typed right
    outcome      TEXT CHECK (outcome IN
        ('verified', 'differed', 'cancelled', 'cancelled_by_them', 'timed_out', 'key_changed', 'too_soon')),
    ends_at      INTEGER NOT NULL,                                -- when it has taken too long
    CHECK ((commitment IS NOT NULL) = (state IN ('asked', 'answered'))),
    CHECK ((nonce IS NOT NULL) = (state IN ('asking', 'answered'))),
    CHECK ((words IS NOT NULL) = (state = 'reading')),
    CHECK ((outcome IS NOT NULL) = (state = 'ended'))
) STRICT;

-- Comparisons in which our nonce was shown, and that have not ended well: an attacker has so many guesses.
CREATE TABLE word_runs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    contact  INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    shown_at INTEGER NOT NULL
) STRICT;
CREATE INDEX word_runs_by_contact ON word_runs (contact, shown_at);
