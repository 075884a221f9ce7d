-- How cases are treated: how ill they are, admissions to hospitals and the beds they had, infections in hospitals, reserves that a rule proposes, rooms that are converted,
-- and what hospitals tell of their beds. That a case is in one hospital at most, and that a reserve is proposed once at a time, is in the indexes.

-- +goose Up
CREATE TABLE severity (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('asymptomatic', 'mild', 'moderate', 'severe', 'critical')),
    at_risk BIGINT NOT NULL,
    at BIGINT NOT NULL,
    note TEXT NOT NULL,
    told_by TEXT NOT NULL,
    told_at BIGINT NOT NULL
);
CREATE INDEX severity_case ON severity (case_id, at, id);

-- The first of two who agree on a discharge before its time stands in first_*. area and district are the hospital's.
CREATE TABLE admission (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    person BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    stay BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('ward', 'icu')),
    level_at BIGINT NOT NULL,
    ground TEXT NOT NULL CHECK (ground IN ('severity', 'risk', 'place', 'other')),
    why TEXT NOT NULL,
    from_id BIGINT NOT NULL,
    admitted_at BIGINT NOT NULL,
    admitted_by TEXT NOT NULL,
    ended_at BIGINT NOT NULL,
    ended TEXT NOT NULL CHECK (ended IN ('', 'discharged', 'transferred', 'died', 'error')),
    ended_by TEXT NOT NULL,
    end_reason TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    first_by TEXT NOT NULL,
    first_reason TEXT NOT NULL,
    monitored_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((ended_at = 0) = (ended = '')),
    CHECK (monitored_at = 0 OR ended = 'discharged')
);
CREATE UNIQUE INDEX admission_in ON admission (case_id) WHERE ended_at = 0;
CREATE INDEX admission_case ON admission (case_id, admitted_at, id);
CREATE INDEX admission_facility ON admission (facility, ended_at, id);
CREATE INDEX admission_outbreak ON admission (outbreak, district, id);

CREATE TABLE bed_move (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    admission BIGINT NOT NULL,
    district BIGINT NOT NULL,
    at BIGINT NOT NULL,
    from_room TEXT NOT NULL,
    from_level TEXT NOT NULL,
    room TEXT NOT NULL,
    bed BIGINT NOT NULL,
    level TEXT NOT NULL,
    why TEXT NOT NULL,
    moved_by TEXT NOT NULL
);
CREATE INDEX bed_move_admission ON bed_move (admission, at, id);

CREATE TABLE care_event (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('nosocomial', 'staff', 'breach', 'environment')),
    place TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    exposed_staff BIGINT NOT NULL CHECK (exposed_staff >= 0),
    exposed_patients BIGINT NOT NULL CHECK (exposed_patients >= 0),
    measures TEXT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'contained', 'closed')),
    happened_at BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    noted_by TEXT NOT NULL,
    contained_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((closed_at = 0) = (state <> 'closed'))
);
CREATE INDEX care_event_facility ON care_event (facility, id);
CREATE INDEX care_event_outbreak ON care_event (outbreak, district, id);

CREATE TABLE reserve_proposal (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'accepted', 'declined', 'withdrawn')),
    beds BIGINT NOT NULL,
    occupied BIGINT NOT NULL,
    projected BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((decided_at = 0) = (state = 'proposed'))
);
CREATE UNIQUE INDEX reserve_proposal_open ON reserve_proposal (facility) WHERE decided_at = 0;
CREATE INDEX reserve_proposal_outbreak ON reserve_proposal (outbreak, id);

CREATE TABLE conversion (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    room BIGINT NOT NULL,
    code TEXT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    from_level TEXT NOT NULL,
    to_level TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    started_by TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    done_by TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX conversion_room ON conversion (room) WHERE done_at = 0;
CREATE INDEX conversion_facility ON conversion (facility, id);

-- What a hospital tells of all its beds, those included in which nobody of this outbreak lies.
CREATE TABLE bed_report (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    district BIGINT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('ward', 'icu')),
    at BIGINT NOT NULL,
    beds BIGINT NOT NULL CHECK (beds >= 0),
    occupied BIGINT NOT NULL CHECK (occupied >= 0 AND occupied <= beds),
    convertible BIGINT NOT NULL CHECK (convertible >= 0),
    told_by TEXT NOT NULL
);
CREATE UNIQUE INDEX bed_report_at ON bed_report (facility, level, at);

INSERT INTO id_block (noun, next) VALUES ('severity', 1), ('admission', 1), ('bed_move', 1), ('care_event', 1), ('reserve_proposal', 1), ('conversion', 1), ('bed_report', 1);

-- +goose Down
DROP TABLE bed_report; DROP TABLE conversion; DROP TABLE reserve_proposal; DROP TABLE care_event; DROP TABLE bed_move; DROP TABLE admission; DROP TABLE severity;
DELETE FROM id_block WHERE noun IN ('severity', 'admission', 'bed_move', 'care_event', 'reserve_proposal', 'conversion', 'bed_report');
