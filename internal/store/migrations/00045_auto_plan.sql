-- Transfers that are planned without anybody pressing a button, where an outbreak says so.

-- +goose Up
-- every is how many minutes lie between two plans at least; 0: it is off. One row for each change, the last is in force.
CREATE TABLE auto_plan (
    outbreak BIGINT NOT NULL,
    version BIGINT NOT NULL,
    every BIGINT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (outbreak, version)
);

-- +goose Down
DROP TABLE auto_plan;
