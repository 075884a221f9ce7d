-- The score cards of drills: of the one that was played here, and of earlier ones that it is held against.

-- +goose Up
-- card is the card as JSON, in the shape of docs/drill.md; scenario to seed stand in it too.
CREATE TABLE drill_card (
    outbreak BIGINT NOT NULL,
    number BIGINT NOT NULL,
    kept_at BIGINT NOT NULL,
    kept_by TEXT NOT NULL,
    scenario TEXT NOT NULL,
    people BIGINT NOT NULL,
    days BIGINT NOT NULL,
    seed BIGINT NOT NULL,
    card BYTEA NOT NULL,
    PRIMARY KEY (outbreak, number)
);

-- +goose Down
DROP TABLE drill_card;
