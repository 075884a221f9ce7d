-- The population register: buildings, doors (sealed in the vault with the names), the groups that people belong to; the pools that a round has by area, and rounds that open again and again.

-- +goose Up
CREATE TABLE building (
    id BIGINT PRIMARY KEY,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX building_name ON building (area, name);

-- register is a keyed digest of what the register's file last said of the person, 0 where it never did.
ALTER TABLE person ADD COLUMN building BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN register BIGINT NOT NULL DEFAULT 0;

-- changed_seq is the journal entry that put somebody in or took them out (member = 0): whoever keeps the groups in memory reads on from there.
CREATE TABLE person_group (
    people_group TEXT COLLATE "C" NOT NULL,
    person BIGINT NOT NULL,
    district BIGINT NOT NULL,
    member BIGINT NOT NULL,
    changed_seq BIGINT NOT NULL,
    PRIMARY KEY (people_group, person)
);
CREATE INDEX person_group_person ON person_group (person);
CREATE INDEX person_group_changed ON person_group (changed_seq);

-- by_pack: the pools follow the pack. people_group: whose members are due, empty for all residents. series: the standing round that opened it, 0 for none.
ALTER TABLE screening_round ADD COLUMN by_pack BIGINT NOT NULL DEFAULT 0;
ALTER TABLE screening_round ADD COLUMN people_group TEXT NOT NULL DEFAULT '';
ALTER TABLE screening_round ADD COLUMN series BIGINT NOT NULL DEFAULT 0;

-- Where the tubes of a round hold fewer people than its own pool.
CREATE TABLE screening_round_pool (
    round BIGINT NOT NULL,
    area BIGINT NOT NULL,
    pool BIGINT NOT NULL,
    PRIMARY KEY (round, area)
);

-- A standing round: it opens a round by itself on the days of its rhythm. turn counts those it has opened or passed over. Days are ISO text in the outbreak's zone.
CREATE TABLE screening_series (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    name TEXT NOT NULL,
    area BIGINT NOT NULL,
    people_group TEXT NOT NULL,
    pool BIGINT NOT NULL,
    every_days BIGINT NOT NULL,
    times_a_week BIGINT NOT NULL,
    apart BIGINT NOT NULL,
    at_minute BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    since TEXT COLLATE "C" NOT NULL,
    until TEXT COLLATE "C" NOT NULL,
    turn BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX screening_series_outbreak ON screening_series (outbreak, id);

CREATE TABLE screening_series_area (
    series BIGINT NOT NULL,
    area BIGINT NOT NULL,
    PRIMARY KEY (series, area)
);

INSERT INTO id_block (noun, next) VALUES ('building', 1), ('screening_series', 1);

-- +goose Down
DELETE FROM id_block WHERE noun IN ('building', 'screening_series');
DROP TABLE screening_series_area; DROP TABLE screening_series; DROP TABLE screening_round_pool;
ALTER TABLE screening_round DROP COLUMN series;
ALTER TABLE screening_round DROP COLUMN people_group;
ALTER TABLE screening_round DROP COLUMN by_pack;
DROP TABLE person_group;
ALTER TABLE person DROP COLUMN register;
ALTER TABLE person DROP COLUMN building;
DROP TABLE building;
