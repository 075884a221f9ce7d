-- Who is held because of which tube, and the tubes that the rulebook looks at with one row for each person in them. A city's negative tubes have no rows here.

-- +goose Up
-- area is that of the site; it serves where somebody's own is unknown.
CREATE TABLE tube_member (
    tube BIGINT NOT NULL,
    person BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    swabbed_at BIGINT NOT NULL,
    PRIMARY KEY (tube, person)
);
CREATE INDEX tube_member_person ON tube_member (person);
CREATE INDEX tube_member_outbreak ON tube_member (outbreak, tube);

-- fact is the journal entry, rule, clause and pack the reason. lifted says why it ended; it always ends by until_at.
CREATE TABLE hold (
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
    lifted TEXT NOT NULL CHECK (lifted IN ('', 'negative', 'found', 'case', 'quarantined', 'corrected', 'over', 'pack')),
    fact BIGINT NOT NULL,
    rule TEXT NOT NULL,
    clause TEXT NOT NULL,
    pack TEXT NOT NULL,
    CHECK ((lifted_at = 0) = (lifted = ''))
);
CREATE UNIQUE INDEX hold_tube ON hold (tube, person);
CREATE INDEX hold_person ON hold (person);
CREATE INDEX hold_until ON hold (outbreak, until_at) WHERE lifted_at = 0;

-- What was found when somebody looked for a swapped tube or a missing member.
CREATE TABLE tube_check (
    tube BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    district BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    checked_by TEXT NOT NULL,
    finding TEXT NOT NULL
);

CREATE TABLE self_test (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    person BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    at BIGINT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('positive', 'negative', 'invalid')),
    symptoms BIGINT NOT NULL,
    reported_by TEXT NOT NULL
);
CREATE INDEX self_test_person ON self_test (person);

-- How far the tubes were read for those of people who are to be sampled.
CREATE TABLE tube_reading (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL
);

-- Tubes of one person, by when they were taken: what was taken from somebody since they were in a positive tube, known before it was. And what came before and after a
-- tube at its desk.
CREATE INDEX tube_single ON tube (outbreak, closed_at) WHERE people = 1;
CREATE INDEX tube_desk ON tube (device, closed_at);

INSERT INTO id_block (noun, next) VALUES ('hold', 1), ('self_test', 1);

-- +goose Down
DROP INDEX tube_desk; DROP INDEX tube_single;
DROP TABLE tube_reading; DROP TABLE self_test; DROP TABLE tube_check; DROP TABLE hold; DROP TABLE tube_member;
DELETE FROM id_block WHERE noun IN ('hold', 'self_test');
