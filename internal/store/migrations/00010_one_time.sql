-- A password that somebody else gave opens nothing but the page that changes it.

-- +goose Up
ALTER TABLE users ADD COLUMN one_time BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE users DROP COLUMN one_time;
