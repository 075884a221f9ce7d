-- Who of the staff is on duty at a facility, as what, in which zone, from when until when. area and district are the facility's. worker_key is by what a worker is known, whatever the case.
-- Worker and reason are about people. That nobody is in two places at once is held by the one writer, which reads a worker's shifts before it adds one.

-- +goose Up
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
CREATE INDEX staff_shift_facility ON staff_shift (facility, from_at);
CREATE INDEX staff_shift_worker ON staff_shift (outbreak, worker_key, from_at);
INSERT INTO id_block (noun, next) VALUES ('staff_shift', 1);

-- +goose Down
DROP TABLE staff_shift;
DELETE FROM id_block WHERE noun = 'staff_shift';
