-- What a laboratory reads in parts of the day, where that is not what it reads otherwise: '22:00-06:00 120, 12:00-13:00 0', in the order of the day.

-- +goose Up
ALTER TABLE laboratory ADD COLUMN rates TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE laboratory DROP COLUMN rates;
