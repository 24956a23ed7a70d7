-- What was taken in and acknowledged, group by group, before each finds its place in the other tables
-- (docs/adr/0056-the-journal.md). A row is a part of a group, in the form of src/store/sqlite/journal/entry.rs.
CREATE TABLE journal (
    id      INTEGER PRIMARY KEY,
    entries BLOB NOT NULL
) STRICT;
