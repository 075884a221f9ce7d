-- Tracing: what sort of place a visit was to, and what came of proposals.

-- +goose Up
-- A number of trace.Kind; 0 while it is not known.
ALTER TABLE visit_place ADD COLUMN kind BIGINT NOT NULL DEFAULT 0;

-- When the two were together first and last, and for how long in all, where somebody measured it; 0 where only days are known.
ALTER TABLE exposure ADD COLUMN from_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exposure ADD COLUMN to_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exposure ADD COLUMN seconds BIGINT NOT NULL DEFAULT 0;

-- One row for each person that visits proposed as a contact of a case. visitor is their number in visits, person who the register says it is (0: nobody knows). tier, clause, pack, seconds, dose (seconds
-- weighed by the kind of place), first_at, last_at and places (numbers, parted by commas) are what was found when it was last asked; decided_tier is what a person made of it. contact is what came of a confirmed one.
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
    fact BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((decided_at = 0) = (state = 'proposed'))
);
CREATE UNIQUE INDEX proposal_case ON proposal (case_id, visitor);
CREATE INDEX proposal_state ON proposal (outbreak, state, id);

INSERT INTO id_block (noun, next) VALUES ('proposal', 1);

-- +goose Down
DELETE FROM id_block WHERE noun = 'proposal';
DROP TABLE proposal;
ALTER TABLE exposure DROP COLUMN seconds;
ALTER TABLE exposure DROP COLUMN to_at;
ALTER TABLE exposure DROP COLUMN from_at;
ALTER TABLE visit_place DROP COLUMN kind;
