-- An invite that was withdrawn is remembered like one that was used, until it expires.
ALTER TABLE spent_invites ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;   -- 1 if it is good no more
