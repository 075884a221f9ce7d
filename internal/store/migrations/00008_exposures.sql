-- Whom each contact met: one row for each case or close contact. What contact holds of it (case_id, parent, source_code, the days, the tier) is what all of them
-- together say. The exposures of contacts listed before are those that they name themselves.

-- +goose Up
CREATE TABLE exposure (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    contact BIGINT NOT NULL,
    district BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    parent BIGINT NOT NULL,
    source_code TEXT COLLATE "C" NOT NULL, -- while no case of that code is known
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    tier TEXT NOT NULL CHECK (tier IN ('close', 'secondary', 'general')),
    certainty TEXT NOT NULL CHECK (certainty IN ('', 'possible', 'probable', 'confirmed')),
    setting TEXT NOT NULL,
    said_by TEXT NOT NULL,
    ended_at BIGINT NOT NULL, -- when it was found to be none; 0 = it stands
    ended_by TEXT NOT NULL,
    end_reason TEXT NOT NULL,
    aside BIGINT NOT NULL, -- the merge that set it aside, because another says the same; 0 = it counts
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX exposure_contact ON exposure (contact, case_id, parent, source_code) WHERE aside = 0;
CREATE INDEX exposure_case ON exposure (case_id, contact) WHERE case_id > 0;
CREATE INDEX exposure_parent ON exposure (parent, contact) WHERE parent > 0;
CREATE INDEX exposure_source ON exposure (outbreak, source_code) WHERE source_code <> '';

INSERT INTO exposure (id, outbreak, contact, district, case_id, parent, source_code, first_day, last_day, tier, certainty, setting, said_by, ended_at, ended_by, end_reason, aside, version)
SELECT id * 2, outbreak, id, district, case_id, 0, CASE WHEN case_id > 0 THEN '' ELSE source_code END, first_exposed, last_exposed, tier, '', setting, '', 0, '', '', 0, 1 FROM contact WHERE case_id > 0 OR source_code <> '';
INSERT INTO exposure (id, outbreak, contact, district, case_id, parent, source_code, first_day, last_day, tier, certainty, setting, said_by, ended_at, ended_by, end_reason, aside, version)
SELECT id * 2 + 1, outbreak, id, district, 0, parent, '', first_exposed, last_exposed, CASE WHEN case_id > 0 THEN 'secondary' ELSE tier END, '', setting, '', 0, '', '', 0, 1 FROM contact WHERE parent > 0;
UPDATE id_block SET next = (SELECT COALESCE(MAX(id), 0) + 2 FROM exposure) WHERE noun = 'exposure' AND next < (SELECT COALESCE(MAX(id), 0) + 2 FROM exposure);

-- +goose Down
DROP TABLE exposure;
