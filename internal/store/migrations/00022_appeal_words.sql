-- What people wrote in their appeals, sealed.

-- +goose Up
-- Until here it stood in appeal.words; the program seals what is left there when it opens the vault, and writes '' there.
CREATE TABLE appeal_words (
    appeal BIGINT PRIMARY KEY,
    sealed BYTEA NOT NULL
);

-- +goose Down
DROP TABLE appeal_words;
