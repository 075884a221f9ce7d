-- Who has to be moved, in which vehicle, and who handed whom over to whom. That nobody has two requests at a time is in an index.

-- +goose Up
CREATE TABLE transfer_request (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    party BIGINT NOT NULL,
    person BIGINT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('case', 'contact')),
    case_of BIGINT NOT NULL,
    contact_of BIGINT NOT NULL,
    household BIGINT NOT NULL,
    tier TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('isolation', 'quarantine', 'hospital', 'home')),
    task_kind TEXT NOT NULL,
    task_id BIGINT NOT NULL,
    task_key TEXT NOT NULL,
    task_ordinal BIGINT NOT NULL,
    from_facility BIGINT NOT NULL,
    to_facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    located BIGINT NOT NULL,
    seat TEXT NOT NULL CHECK (seat IN ('seat', 'wheelchair', 'stretcher')),
    care TEXT NOT NULL,
    note TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'planned', 'aboard', 'arrived', 'no-show', 'refused', 'cancelled')),
    state_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    promised BIGINT NOT NULL,
    trip BIGINT NOT NULL,
    stay BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    arrived_at BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK (state <> 'aboard' OR trip > 0),
    CHECK (state <> 'planned' OR trip > 0 AND promised > 0)
);
CREATE UNIQUE INDEX transfer_request_live ON transfer_request (outbreak, person) WHERE state NOT IN ('arrived', 'cancelled');
CREATE INDEX transfer_request_open ON transfer_request (outbreak, deadline, id) WHERE state NOT IN ('arrived', 'cancelled');
CREATE INDEX transfer_request_task ON transfer_request (task_kind, task_id);
CREATE INDEX transfer_request_household ON transfer_request (household) WHERE household <> 0 AND state NOT IN ('arrived', 'cancelled');
CREATE INDEX transfer_request_party ON transfer_request (party) WHERE state NOT IN ('arrived', 'cancelled');
CREATE INDEX transfer_request_person ON transfer_request (person);
CREATE INDEX transfer_request_arrived ON transfer_request (outbreak, arrived_at) WHERE state = 'arrived';
CREATE INDEX transfer_request_trip ON transfer_request (trip) WHERE trip > 0;

CREATE TABLE transfer_vehicle (
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
    last TEXT NOT NULL CHECK (last IN ('', 'case', 'contact')),
    at_lon DOUBLE PRECISION NOT NULL,
    at_lat DOUBLE PRECISION NOT NULL,
    at_time BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX transfer_vehicle_code ON transfer_vehicle (outbreak, code);

CREATE TABLE transfer_shift (
    id BIGINT PRIMARY KEY,
    vehicle BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    crew TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    CHECK (to_at > from_at)
);
CREATE INDEX transfer_shift_vehicle ON transfer_shift (vehicle, from_at);

CREATE TABLE transfer_trip (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    vehicle BIGINT NOT NULL,
    shift BIGINT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('case', 'contact')),
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
CREATE UNIQUE INDEX transfer_trip_started ON transfer_trip (vehicle) WHERE state = 'started';
CREATE INDEX transfer_trip_outbreak ON transfer_trip (outbreak, from_at) WHERE state IN ('planned', 'started');
CREATE INDEX transfer_trip_vehicle ON transfer_trip (vehicle, from_at);

CREATE TABLE transfer_stop (
    id BIGINT PRIMARY KEY,
    trip BIGINT NOT NULL,
    place BIGINT NOT NULL,
    party BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    arrive BIGINT NOT NULL,
    begin_at BIGINT NOT NULL,
    done BIGINT NOT NULL,
    came_at BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('', 'handed-over', 'no-show', 'refused', 'not-needed'))
);
CREATE INDEX transfer_stop_trip ON transfer_stop (trip, place);

CREATE TABLE transfer_handover (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    trip BIGINT NOT NULL,
    stop BIGINT NOT NULL,
    request BIGINT NOT NULL,
    ending TEXT NOT NULL CHECK (ending IN ('in', 'out')),
    gave TEXT NOT NULL,
    took TEXT NOT NULL,
    at BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    told_by TEXT NOT NULL,
    means TEXT NOT NULL CHECK (means IN ('drawn', 'code', 'none')),
    sealed BYTEA NOT NULL
);
CREATE INDEX transfer_handover_request ON transfer_handover (request);

-- Sites that take nobody more for now, as somebody at the transfer desk was told.
CREATE TABLE transfer_full (
    facility BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    since BIGINT NOT NULL,
    told_by TEXT NOT NULL,
    reason TEXT NOT NULL
);

-- question and answer are compressed JSON, as plan/trip reads and writes them; digest is the SHA-256 of the question.
CREATE TABLE transfer_plan (
    outbreak BIGINT NOT NULL,
    version BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    in_time BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    people BIGINT NOT NULL,
    unserved BIGINT NOT NULL,
    late BIGINT NOT NULL,
    travel DOUBLE PRECISION NOT NULL,
    km DOUBLE PRECISION NOT NULL,
    digest TEXT NOT NULL,
    question BYTEA NOT NULL,
    answer BYTEA NOT NULL,
    PRIMARY KEY (outbreak, version)
);

-- A phone in a vehicle, and what it has told: hash is that of its key, digest that of the bytes it sent, so that the same again is answered the same.
CREATE TABLE transfer_phone (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    vehicle BIGINT NOT NULL,
    district BIGINT NOT NULL,
    crew TEXT NOT NULL,
    hash BYTEA NOT NULL,
    enrol_by BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX transfer_phone_hash ON transfer_phone (hash);
CREATE INDEX transfer_phone_vehicle ON transfer_phone (vehicle);

CREATE TABLE transfer_report (
    phone BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    at BIGINT NOT NULL,
    digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (phone, seq)
);

INSERT INTO id_block (noun, next) VALUES ('transfer_request', 1), ('transfer_vehicle', 1), ('transfer_shift', 1), ('transfer_trip', 1), ('transfer_stop', 1), ('transfer_handover', 1), ('transfer_phone', 1);

-- +goose Down
DROP TABLE transfer_report; DROP TABLE transfer_phone; DROP TABLE transfer_plan; DROP TABLE transfer_full; DROP TABLE transfer_handover; DROP TABLE transfer_stop; DROP TABLE transfer_trip;
DROP TABLE transfer_shift; DROP TABLE transfer_vehicle; DROP TABLE transfer_request;
DELETE FROM id_block WHERE noun IN ('transfer_request', 'transfer_vehicle', 'transfer_shift', 'transfer_trip', 'transfer_stop', 'transfer_handover', 'transfer_phone');
