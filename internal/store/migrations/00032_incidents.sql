-- What goes wrong at a facility. area and district are the facility's; the note and what was done may tell of people.

-- +goose Up
CREATE TABLE incident (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    facility BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('medical', 'without-leave', 'violence', 'self-harm', 'fire', 'food', 'breach', 'outage', 'complaint', 'other')),
    severity TEXT NOT NULL CHECK (severity IN ('minor', 'serious', 'critical')),
    place TEXT NOT NULL,
    stay BIGINT NOT NULL,
    note TEXT NOT NULL,
    done TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    noted_by TEXT NOT NULL,
    opened_at BIGINT NOT NULL, -- last: when it happened, or was found not to be dealt with after all
    opened BIGINT NOT NULL, -- times, after the first
    closed_at BIGINT NOT NULL,
    closed_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK (closed_at = 0 OR (done <> '' AND closed_by <> ''))
);
CREATE INDEX incident_facility ON incident (facility, id);
CREATE INDEX incident_outbreak ON incident (outbreak, district, id);
INSERT INTO id_block (noun, next) VALUES ('incident', 1);

-- +goose Down
DROP TABLE incident;
DELETE FROM id_block WHERE noun = 'incident';
