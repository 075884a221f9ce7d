-- Tracing: what sort of place a visit was to, what came of proposals, and people who are handed over to another jurisdiction.

-- +goose Up
-- A number of trace.Kind; 0 while it is not known.
ALTER TABLE visit_place ADD COLUMN kind BIGINT NOT NULL DEFAULT 0;

-- When the two were together first and last, and for how long in all, where somebody measured it; 0 where only days are known.
ALTER TABLE exposure ADD COLUMN from_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exposure ADD COLUMN to_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exposure ADD COLUMN seconds BIGINT NOT NULL DEFAULT 0;

-- One row for each person that visits proposed as a contact of a case. visitor is their number in visits, person who the register says it is (0: nobody knows). tier, clause, pack, seconds, dose (seconds
-- weighed by the kind of place), first_at, last_at and places (numbers, parted by commas) are what was found when it was last asked; decided_tier is what a person, or the outbreak's setting, made
-- of it. contact or handover is what came of a confirmed one.
CREATE TABLE proposal (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    visitor BIGINT NOT NULL,
    person BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    tier TEXT NOT NULL CHECK (tier IN ('close', 'secondary', 'general')),
    clause TEXT NOT NULL,
    pack TEXT NOT NULL,
    lives BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    dose BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    places TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'confirmed', 'rejected')),
    proposed_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_tier TEXT NOT NULL CHECK (decided_tier IN ('', 'close', 'secondary', 'general')),
    reason TEXT NOT NULL,
    contact BIGINT NOT NULL,
    handover BIGINT NOT NULL,
    fact BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((decided_at = 0) = (state = 'proposed'))
);
CREATE UNIQUE INDEX proposal_case ON proposal (case_id, visitor);
CREATE INDEX proposal_state ON proposal (outbreak, state, id);

-- One row for each person whom one jurisdiction asks another to find and keep apart. area is the one that is asked; where it is beyond the tree, area is the outbreak's and elsewhere says where.
CREATE TABLE handover (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    code TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    person BIGINT NOT NULL,
    visitor BIGINT NOT NULL,
    contact BIGINT NOT NULL,
    tier TEXT NOT NULL CHECK (tier IN ('close', 'secondary', 'general')),
    from_area BIGINT NOT NULL,
    from_district BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    elsewhere TEXT NOT NULL,
    setting TEXT NOT NULL,
    first_day TEXT COLLATE "C" NOT NULL,
    last_day TEXT COLLATE "C" NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    because TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('sent', 'accepted', 'found', 'held', 'refused', 'returned')),
    sent_at BIGINT NOT NULL,
    sent_by TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    held_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    moved_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((ended_at = 0) = (state IN ('sent', 'accepted', 'found')))
);
CREATE UNIQUE INDEX handover_code ON handover (outbreak, code);
CREATE INDEX handover_in ON handover (outbreak, area, id);
CREATE INDEX handover_out ON handover (outbreak, from_area, id);
CREATE INDEX handover_case ON handover (case_id);

INSERT INTO id_block (noun, next) VALUES ('proposal', 1), ('handover', 1);

-- +goose Down
DELETE FROM id_block WHERE noun IN ('proposal', 'handover');
DROP TABLE handover;
DROP TABLE proposal;
ALTER TABLE exposure DROP COLUMN seconds;
ALTER TABLE exposure DROP COLUMN to_at;
ALTER TABLE exposure DROP COLUMN from_at;
ALTER TABLE visit_place DROP COLUMN kind;
