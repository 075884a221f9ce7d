-- Where people are kept apart, the rooms there, and who stays in which bed or at home. That nobody has two beds, and no bed two people, is in the indexes.

-- +goose Up
CREATE TABLE facility (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('quarantine-site', 'isolation-site', 'hospital')),
    state TEXT NOT NULL CHECK (state IN ('reserve', 'opening', 'open', 'closing')),
    state_at BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    located BIGINT NOT NULL,
    ready_in BIGINT NOT NULL,
    unload BIGINT NOT NULL,
    bays BIGINT NOT NULL,
    opens BIGINT NOT NULL,
    closes BIGINT NOT NULL,
    tier TEXT NOT NULL,
    phone TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX facility_code ON facility (outbreak, code);

-- lift is the lift or corridor that rooms share.
CREATE TABLE room (
    id BIGINT PRIMARY KEY,
    facility BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    district BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    lift TEXT COLLATE "C" NOT NULL,
    beds BIGINT NOT NULL CHECK (beds > 0),
    used TEXT NOT NULL CHECK (used IN ('private', 'shared', 'ward')),
    level TEXT NOT NULL CHECK (level IN ('', 'ward', 'icu')),
    convertible BIGINT NOT NULL,
    care TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'cleaning', 'broken')),
    state_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX room_code ON room (facility, code);

CREATE TABLE stay (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    person BIGINT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('case', 'contact')),
    case_of BIGINT NOT NULL,
    contact_of BIGINT NOT NULL,
    household BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    room BIGINT NOT NULL,
    bed BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('booked', 'in', 'left', 'dropped')),
    booked_at BIGINT NOT NULL,
    in_at BIGINT NOT NULL,
    left_at BIGINT NOT NULL,
    leaving TEXT NOT NULL CHECK (leaving IN ('', 'released', 'moved', 'died', 'without-leave', 'error')),
    booked_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((state = 'left') = (leaving <> '')),
    CHECK (facility > 0 OR room = 0 AND bed = 0)
);
CREATE UNIQUE INDEX stay_in ON stay (person) WHERE state = 'in';
CREATE UNIQUE INDEX stay_booked ON stay (person) WHERE state = 'booked';
CREATE UNIQUE INDEX stay_bed ON stay (room, bed) WHERE room > 0 AND state IN ('booked', 'in');
CREATE INDEX stay_person ON stay (person);
CREATE INDEX stay_facility ON stay (facility, state) WHERE state IN ('booked', 'in');
CREATE INDEX stay_outbreak ON stay (outbreak, district, id);

INSERT INTO id_block (noun, next) VALUES ('facility', 1), ('room', 1), ('stay', 1);

-- +goose Down
DROP TABLE stay; DROP TABLE room; DROP TABLE facility;
DELETE FROM id_block WHERE noun IN ('facility', 'room', 'stay');
