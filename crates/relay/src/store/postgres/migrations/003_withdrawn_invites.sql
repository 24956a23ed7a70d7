-- An invite that was withdrawn is remembered like one that was used, until it expires.
ALTER TABLE spent_invites ADD COLUMN withdrawn boolean NOT NULL DEFAULT false;   -- it is good no more
