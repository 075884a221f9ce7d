-- The plans that were made for a round, each with what it was made from; and the hours of sites.

-- +goose Up
-- Minutes since midnight in the outbreak's zone; both the same: day and night.
ALTER TABLE site ADD COLUMN opens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE site ADD COLUMN closes BIGINT NOT NULL DEFAULT 0;

-- asof is the instant that it starts from: what came in before it has happened. digest is the SHA-256 of the city that was planned, as JSON; city and plan are that and the plan, compressed.
CREATE TABLE round_plan (
    round BIGINT NOT NULL,
    version BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    asof BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    sampling_at BIGINT NOT NULL,
    results_at BIGINT NOT NULL,
    in_time BIGINT NOT NULL,
    digest TEXT NOT NULL,
    city BYTEA NOT NULL,
    plan BYTEA NOT NULL,
    PRIMARY KEY (round, version)
);

-- +goose Down
DROP TABLE round_plan;
ALTER TABLE site DROP COLUMN closes;
ALTER TABLE site DROP COLUMN opens;
