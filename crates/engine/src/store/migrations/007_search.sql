-- Finding messages by their words.
--
-- src/search folds a text and splits it into words, and reads what is looked for in the same way. It hands both over with
-- the words apart, so that the plainest tokenizer will do. `place` names the conversation, as one word.
CREATE VIRTUAL TABLE message_words USING fts5 (words, place, tokenize = 'ascii', prefix = '1 2', columnsize = 0);
-- What is deleted leaves nothing behind in the index.
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER message_words_go AFTER DELETE ON messages BEGIN
    DELETE FROM message_words WHERE rowid = old.id;
END;

-- How far the index is: one row. Messages are indexed as they are stored; those from before the index, and all of them
-- when words are folded in another way, in the background, the newest first.
CREATE TABLE search_index (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    folding INTEGER NOT NULL,  -- which way of folding the index is made by
    rest    INTEGER NOT NULL   -- messages up to this one are still to be indexed
) STRICT;
INSERT INTO search_index (id, folding, rest) VALUES (1, 0, 0);
