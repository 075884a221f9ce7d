-- Doctors and nurses are on the roster apart from each other; medical stays for whoever is one of them, and for sites where it makes no difference. The constraint of role is an engine's own to
-- change, so that the table is made anew.

-- +goose Up
DROP INDEX staff_shift_facility;
DROP INDEX staff_shift_worker;
ALTER TABLE staff_shift RENAME TO staff_shift_before;
CREATE TABLE staff_shift (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    worker TEXT NOT NULL CHECK (worker <> ''),
    worker_key TEXT COLLATE "C" NOT NULL CHECK (worker_key <> ''),
    role TEXT NOT NULL CHECK (role IN ('manager', 'doctor', 'nurse', 'medical', 'liaison', 'disinfection', 'security', 'logistics', 'psychological')),
    zone TEXT NOT NULL CHECK (zone IN ('', 'clean', 'contaminated')),
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    planned_at BIGINT NOT NULL,
    planned_by TEXT NOT NULL,
    cancelled_at BIGINT NOT NULL,
    cancelled_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK (to_at > from_at),
    CHECK ((cancelled_at = 0) = (reason = ''))
);
INSERT INTO staff_shift SELECT * FROM staff_shift_before;
DROP TABLE staff_shift_before;
CREATE INDEX staff_shift_facility ON staff_shift (facility, from_at);
CREATE INDEX staff_shift_worker ON staff_shift (outbreak, worker_key, from_at);

-- +goose Down
DROP INDEX staff_shift_facility;
DROP INDEX staff_shift_worker;
ALTER TABLE staff_shift RENAME TO staff_shift_after;
CREATE TABLE staff_shift (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    worker TEXT NOT NULL CHECK (worker <> ''),
    worker_key TEXT COLLATE "C" NOT NULL CHECK (worker_key <> ''),
    role TEXT NOT NULL CHECK (role IN ('manager', 'medical', 'liaison', 'disinfection', 'security', 'logistics', 'psychological')),
    zone TEXT NOT NULL CHECK (zone IN ('', 'clean', 'contaminated')),
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    planned_at BIGINT NOT NULL,
    planned_by TEXT NOT NULL,
    cancelled_at BIGINT NOT NULL,
    cancelled_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK (to_at > from_at),
    CHECK ((cancelled_at = 0) = (reason = ''))
);
INSERT INTO staff_shift (id, outbreak, facility, area, district, worker, worker_key, role, zone, from_at, to_at, planned_at, planned_by, cancelled_at, cancelled_by, reason, version)
SELECT id, outbreak, facility, area, district, worker, worker_key, CASE WHEN role IN ('doctor', 'nurse') THEN 'medical' ELSE role END, zone, from_at, to_at, planned_at, planned_by, cancelled_at, cancelled_by, reason, version FROM staff_shift_after;
DROP TABLE staff_shift_after;
CREATE INDEX staff_shift_facility ON staff_shift (facility, from_at);
CREATE INDEX staff_shift_worker ON staff_shift (outbreak, worker_key, from_at);
