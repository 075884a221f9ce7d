-- The forecasts that were made for an outbreak, each with what it was made from, so that it can be scored later.

-- +goose Up
-- asof is the last day of the record that was looked at, ISO; digest is the SHA-256 of what it was made from; state and result are the state and the forecast as JSON, compressed.
CREATE TABLE forecast (
    outbreak BIGINT NOT NULL,
    number BIGINT NOT NULL,
    asof TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    days BIGINT NOT NULL,
    replicates BIGINT NOT NULL,
    seed BIGINT NOT NULL,
    params TEXT NOT NULL,
    pack_in_force TEXT NOT NULL,
    pack_a TEXT NOT NULL,
    pack_b TEXT NOT NULL,
    digest TEXT NOT NULL,
    state BYTEA NOT NULL,
    result BYTEA NOT NULL,
    PRIMARY KEY (outbreak, number)
);

-- +goose Down
DROP TABLE forecast;
