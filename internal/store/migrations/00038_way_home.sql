-- How people go home whose stay is over: by a vehicle of the transfer desk, in which nobody rides who is not released, or by themselves.

-- +goose Up
ALTER TABLE stay ADD COLUMN way_home TEXT NOT NULL DEFAULT '' CHECK (way_home IN ('', 'transport', 'own'));
ALTER TABLE stay ADD COLUMN taken_by TEXT NOT NULL DEFAULT '';
ALTER TABLE transfer_request ADD COLUMN released BIGINT NOT NULL DEFAULT 0;

-- Neither engine changes a CHECK in place in the same words: the tables are written anew. A vehicle and a trip are few beside who is moved.
CREATE TABLE transfer_vehicle_anew (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    seats BIGINT NOT NULL,
    wheelchairs BIGINT NOT NULL,
    stretchers BIGINT NOT NULL,
    takes TEXT NOT NULL CHECK (takes IN ('', 'case', 'contact')),
    disinfect BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'broken', 'retired')),
    state_at BIGINT NOT NULL,
    last TEXT NOT NULL CHECK (last IN ('', 'case', 'contact', 'released')),
    at_lon DOUBLE PRECISION NOT NULL,
    at_lat DOUBLE PRECISION NOT NULL,
    at_time BIGINT NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO transfer_vehicle_anew (id, outbreak, code, name, area, district, lon, lat, seats, wheelchairs, stretchers, takes, disinfect, state, state_at, last, at_lon, at_lat, at_time, version)
SELECT id, outbreak, code, name, area, district, lon, lat, seats, wheelchairs, stretchers, takes, disinfect, state, state_at, last, at_lon, at_lat, at_time, version FROM transfer_vehicle;
DROP TABLE transfer_vehicle;
ALTER TABLE transfer_vehicle_anew RENAME TO transfer_vehicle;
CREATE UNIQUE INDEX transfer_vehicle_code ON transfer_vehicle (outbreak, code);

CREATE TABLE transfer_trip_anew (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    vehicle BIGINT NOT NULL,
    shift BIGINT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('case', 'contact', 'released')),
    facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'started', 'done', 'dropped')),
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    delay BIGINT NOT NULL,
    delay_note TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO transfer_trip_anew (id, outbreak, vehicle, shift, class, facility, area, district, state, from_at, to_at, delay, delay_note, started_at, done_at, version)
SELECT id, outbreak, vehicle, shift, class, facility, area, district, state, from_at, to_at, delay, delay_note, started_at, done_at, version FROM transfer_trip;
DROP TABLE transfer_trip;
ALTER TABLE transfer_trip_anew RENAME TO transfer_trip;
CREATE UNIQUE INDEX transfer_trip_started ON transfer_trip (vehicle) WHERE state = 'started';
CREATE INDEX transfer_trip_outbreak ON transfer_trip (outbreak, from_at) WHERE state IN ('planned', 'started');
CREATE INDEX transfer_trip_vehicle ON transfer_trip (vehicle, from_at);

-- +goose Down
ALTER TABLE transfer_request DROP COLUMN released;
ALTER TABLE stay DROP COLUMN taken_by;
ALTER TABLE stay DROP COLUMN way_home;
