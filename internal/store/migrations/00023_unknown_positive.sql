-- Positive tubes that no desk told of, as tasks name them; and boxes that are on the way.

-- +goose Up
-- A number for each tube that a laboratory read as positive before any desk told of it; 0 for other results, and for those of before.
ALTER TABLE tube_result_awaited ADD COLUMN number BIGINT NOT NULL DEFAULT 0;

CREATE INDEX box_on_the_way ON box (outbreak, id) WHERE state <> 'received';

INSERT INTO id_block (noun, next) VALUES ('unknown_positive', 1);

-- +goose Down
DELETE FROM id_block WHERE noun = 'unknown_positive';
DROP INDEX box_on_the_way;
ALTER TABLE tube_result_awaited DROP COLUMN number;
