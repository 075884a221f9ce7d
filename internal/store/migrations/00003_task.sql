-- The task ledger and its counters. Four indexes on task, the unique one included: an import writes millions of rows, and each further
-- index costs every one of them.

-- +goose Up
CREATE TABLE task (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'done', 'waived', 'void')),
    owner TEXT COLLATE "C" NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    due BIGINT NOT NULL,
    level BIGINT NOT NULL,
    climb_at BIGINT NOT NULL,
    because_seq BIGINT NOT NULL,
    because_row BIGINT NOT NULL,
    rule TEXT NOT NULL,
    clause TEXT NOT NULL,
    pack TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    ended_seq BIGINT NOT NULL,
    ended_row BIGINT NOT NULL,
    end_reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((state = 'open') = (ended_at = 0)),
    CHECK (climb_at = 0 OR state = 'open')
);
CREATE UNIQUE INDEX task_subject ON task (subject_kind, subject_id, kind, ordinal);
-- One strand per kind and state in order of deadline, for a large part of the tree: the area is there to be filtered on without reading the row, and
-- the subject to be looked for from the lists of cases and contacts with late tasks.
CREATE INDEX task_kind ON task (outbreak, state, kind, due, id, area, subject_id);
-- One strand per area and state in order of deadline, for a small part of the tree.
CREATE INDEX task_area ON task (outbreak, area, state, due, id);
-- When the rulebook is to look at a deadline next; 0 = never.
CREATE INDEX task_climb ON task (climb_at, id) WHERE climb_at > 0;

-- Coverage: one row per hour in which tasks fall due, duty and owner, for every area but a community and for each of its ancestors (their rows
-- count the whole subtree; a community's tasks are few and are counted when asked for). Area 0 counts everything, tasks of unknown area included. hour is whole hours since 1970 UTC.
-- times lists, as "bin*count,", how long done tasks took; loose is how many items were added to it since it was last put in order.
CREATE TABLE coverage (
    outbreak BIGINT NOT NULL,
    area BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    duty TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    n_open BIGINT NOT NULL,
    n_done BIGINT NOT NULL,
    n_late BIGINT NOT NULL,
    n_waived BIGINT NOT NULL,
    n_void BIGINT NOT NULL,
    loose BIGINT NOT NULL,
    times TEXT NOT NULL,
    PRIMARY KEY (outbreak, area, hour, duty, owner)
);
CREATE INDEX coverage_loose ON coverage (outbreak) WHERE loose >= 512;

-- How many tasks of a kind and owner stand in each state below an area that has areas below it (and in all: area 0): by these a list chooses its index.
CREATE TABLE task_total (
    outbreak BIGINT NOT NULL,
    area BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    n_open BIGINT NOT NULL,
    n_done BIGINT NOT NULL,
    n_waived BIGINT NOT NULL,
    n_void BIGINT NOT NULL,
    PRIMARY KEY (outbreak, area, kind, owner)
);

-- +goose Down
DROP TABLE task_total; DROP TABLE coverage; DROP TABLE task;
