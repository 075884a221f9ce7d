-- Visits: who was where and when, kept as the blocks they came in, by day. Each day has a key of its own: when the day is purged its key goes first, and no copy of its
-- blocks can be read again, those in backups included. Who and where are numbers; what the sender called them is sealed.

-- +goose Up
CREATE TABLE visit_day (
    outbreak BIGINT NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (outbreak, day)
);

-- (source, seq) says which block of which sender it is: the same again is taken once. digest is of its content as it came. A block with visits of several days has a row for each.
CREATE TABLE visit_block (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    district BIGINT NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    visits BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    content BYTEA NOT NULL
);
CREATE UNIQUE INDEX visit_block_sent ON visit_block (outbreak, source, seq, day);
CREATE INDEX visit_block_day ON visit_block (outbreak, day, id);

-- The key of what people and places are called by those who send visits.
CREATE TABLE visit_key (
    outbreak BIGINT PRIMARY KEY,
    wrapped BYTEA NOT NULL
);

-- digest finds a person or place again, and tells nothing without the key. person is the register's, 0 while it is not known who this is. last_day is the last day on which visits
-- began: when that is purged, the name goes too.
CREATE TABLE visitor (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    district BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    person BIGINT NOT NULL,
    last_day TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX visitor_digest ON visitor (outbreak, digest);
CREATE INDEX visitor_person ON visitor (person) WHERE person > 0;

CREATE TABLE visit_place (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    district BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    last_day TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX visit_place_digest ON visit_place (outbreak, digest);

INSERT INTO id_block (noun, next) VALUES ('visit_block', 1), ('visitor', 1), ('visit_place', 1);

-- +goose Down
DROP TABLE visit_place; DROP TABLE visitor; DROP TABLE visit_key; DROP TABLE visit_block; DROP TABLE visit_day;
DELETE FROM id_block WHERE noun IN ('visit_block', 'visitor', 'visit_place');
