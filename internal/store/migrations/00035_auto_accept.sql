-- Contacts that are listed without anybody deciding, where an outbreak says so.

-- +goose Up
-- tiers, parted by commas, are accepted; empty: none, it is off. most is the cap of one case. One row for each change, the last is in force; cases confirmed from set_at on are asked about.
CREATE TABLE auto_accept (
    outbreak BIGINT NOT NULL,
    version BIGINT NOT NULL,
    tiers TEXT COLLATE "C" NOT NULL,
    most BIGINT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (outbreak, version)
);

-- What came of a case when it was asked about by itself: accepted, beyond the cap, or unknown (visits know nobody who is this case: it is asked again). found is how many were in the tiers.
CREATE TABLE auto_trace (
    case_id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('accepted', 'beyond', 'unknown')),
    found BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    most BIGINT NOT NULL
);
CREATE INDEX auto_trace_outbreak ON auto_trace (outbreak, state, at);

-- +goose Down
DROP TABLE auto_trace;
DROP TABLE auto_accept;
