-- Who went through the standards of a site, what they found, and what is still to be put right. area and district are the facility's; notes may tell of people.

-- +goose Up
CREATE TABLE inspection (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    pack TEXT NOT NULL,
    whole BIGINT NOT NULL CHECK (whole IN (0, 1)),
    inspector TEXT NOT NULL CHECK (inspector <> ''),
    note TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    noted_by TEXT NOT NULL,
    UNIQUE (facility, made_at, inspector)
);
CREATE INDEX inspection_outbreak ON inspection (outbreak, district, id);
CREATE TABLE inspection_item (
    inspection BIGINT NOT NULL,
    n BIGINT NOT NULL,
    standard TEXT NOT NULL,
    finding TEXT NOT NULL CHECK (finding IN ('met', 'unmet', 'not-applicable')),
    note TEXT NOT NULL,
    PRIMARY KEY (inspection, standard)
);
CREATE TABLE deficiency (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    standard TEXT NOT NULL,
    critical BIGINT NOT NULL CHECK (critical IN (0, 1)),
    note TEXT NOT NULL,
    found_at BIGINT NOT NULL,
    found_in BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    ended_in BIGINT NOT NULL,
    ended_as TEXT NOT NULL CHECK (ended_as IN ('', 'met', 'not-applicable')),
    version BIGINT NOT NULL,
    CHECK ((ended_at = 0) = (ended_as = ''))
);
-- A standard is lacking once at a time.
CREATE UNIQUE INDEX deficiency_open ON deficiency (facility, standard) WHERE ended_at = 0;
CREATE INDEX deficiency_outbreak ON deficiency (outbreak, district, id);
INSERT INTO id_block (noun, next) VALUES ('inspection', 1), ('deficiency', 1);

-- +goose Down
DROP TABLE deficiency;
DROP TABLE inspection_item;
DROP TABLE inspection;
DELETE FROM id_block WHERE noun IN ('inspection', 'deficiency');
