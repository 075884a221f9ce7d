-- Whoever is checked may answer for themselves, by a link that is theirs: such a check says so.

-- +goose Up
ALTER TABLE contact_check ADD COLUMN by_self BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE contact_check DROP COLUMN by_self;
