-- Client message ids that were taken, in the order in which they left the journal, until so many are together that it is worth
-- sorting them into taken_messages (docs/adr/0056-the-journal.md). A row is in the form of src/store/sqlite/journal/gathered.rs.
CREATE TABLE gathered_messages (
    id      INTEGER PRIMARY KEY,
    entries BLOB NOT NULL
) STRICT;
