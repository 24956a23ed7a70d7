-- Who came with an invite that is worthless by now, and is told so: the way to them, since they are no contacts.
CREATE TABLE declined_guests (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     BLOB NOT NULL CHECK (length(account) = 16),
    relay       TEXT NOT NULL,
    declined_at INTEGER NOT NULL
) STRICT;
CREATE INDEX declined_guests_by_account ON declined_guests (account, id);

-- Counting a sender's rows reads no payload.
CREATE INDEX undecryptable_by_sender ON undecryptable (sender, received_at);
