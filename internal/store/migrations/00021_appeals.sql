-- Appeals of people who are held; and holds that end by one, or because two records were one person.

-- +goose Up
-- Neither engine changes a CHECK in place in the same words: the table is written anew. It has a row for each person who was ever held.
CREATE TABLE hold_anew (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    person BIGINT NOT NULL,
    tube BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    since_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL CHECK (until_at > since_at),
    told_at BIGINT NOT NULL,
    lifted_at BIGINT NOT NULL,
    lifted TEXT NOT NULL CHECK (lifted IN ('', 'negative', 'found', 'case', 'quarantined', 'corrected', 'over', 'pack', 'appeal', 'merged')),
    fact BIGINT NOT NULL,
    rule TEXT NOT NULL,
    clause TEXT NOT NULL,
    pack TEXT NOT NULL,
    CHECK ((lifted_at = 0) = (lifted = ''))
);
INSERT INTO hold_anew (id, outbreak, person, tube, area, district, since_at, until_at, told_at, lifted_at, lifted, fact, rule, clause, pack)
SELECT id, outbreak, person, tube, area, district, since_at, until_at, told_at, lifted_at, lifted, fact, rule, clause, pack FROM hold;
DROP TABLE hold;
ALTER TABLE hold_anew RENAME TO hold;
CREATE UNIQUE INDEX hold_tube ON hold (tube, person);
CREATE INDEX hold_person ON hold (person);
CREATE INDEX hold_until ON hold (outbreak, until_at) WHERE lifted_at = 0;

-- until_at is when the last of the holds that it is against ends at the latest. seconded_* is the first of the two who must agree that somebody is let go.
CREATE TABLE appeal (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    person BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    ground TEXT NOT NULL CHECK (ground IN ('negative', 'mistake', 'care', 'conditions', 'other')),
    words TEXT NOT NULL,
    filed_at BIGINT NOT NULL,
    filed_by TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    seconded_at BIGINT NOT NULL,
    seconded_by TEXT NOT NULL,
    seconded_reason TEXT NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('', 'upheld', 'lifted')),
    answered_at BIGINT NOT NULL,
    answered_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((answered_at = 0) = (answer = ''))
);
CREATE INDEX appeal_person ON appeal (person);
CREATE INDEX appeal_open ON appeal (outbreak, until_at) WHERE answered_at = 0;
CREATE INDEX appeal_outbreak ON appeal (outbreak, id);

INSERT INTO id_block (noun, next) VALUES ('appeal', 1);

-- +goose Down
DELETE FROM id_block WHERE noun = 'appeal';
DROP TABLE appeal;
