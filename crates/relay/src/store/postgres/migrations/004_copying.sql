-- A row as long as an embedded database is being copied into this one: no relay uses it meanwhile.
CREATE TABLE copying (
    only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    pepper_fingerprint bytea NOT NULL               -- whose copy it is
);
