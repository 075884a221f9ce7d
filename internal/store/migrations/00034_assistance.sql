-- Requests for assistance: somebody who met a case lives where another office answers for them.

-- +goose Up
-- from_area is the case's, area where they live: the office that is asked. What they were together is told to that office as it was known when it was asked: days, or instants and seconds where visits show
-- them (0 otherwise). contact is that of the office that accepted; outcome is what its follow-up came to where that was over before.
CREATE TABLE assistance (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    proposal BIGINT NOT NULL,
    person BIGINT NOT NULL,
    from_area BIGINT NOT NULL,
    from_district BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    tier TEXT NOT NULL CHECK (tier IN ('close', 'secondary', 'general')),
    clause TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    setting TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('asked', 'accepted', 'found', 'quarantined', 'sent_back', 'withdrawn', 'ended')),
    asked_at BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    note TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    answered_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    contact BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    quarantined_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((answered_at = 0) = (state = 'asked')),
    CHECK ((contact > 0) = (state IN ('accepted', 'found', 'quarantined', 'ended')))
);
CREATE INDEX assistance_case ON assistance (case_id);
CREATE INDEX assistance_contact ON assistance (contact) WHERE contact > 0;
CREATE INDEX assistance_area ON assistance (outbreak, area, id);
CREATE INDEX assistance_from ON assistance (outbreak, from_area, id);

INSERT INTO id_block (noun, next) VALUES ('assistance', 1);

-- +goose Down
DELETE FROM id_block WHERE noun = 'assistance';
DROP TABLE assistance;
