-- A store that was begun as a drill has a clock of its own, which stands until it is moved.

-- +goose Up
CREATE TABLE drill (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    begun_at BIGINT NOT NULL,
    clock_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE drill;
