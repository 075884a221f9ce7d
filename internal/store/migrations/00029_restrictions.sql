-- What cases and contacts are asked, in versions, and what is owed to them. A hold is a restriction too, and stays in its own table. The person is the cause's, so that nothing here has to move when
-- two records are found to be one person.

-- +goose Up
CREATE TABLE restriction (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    case_of BIGINT NOT NULL,
    contact_of BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('isolation', 'quarantine-site', 'quarantine-home', 'home-monitoring')),
    moving BIGINT NOT NULL,
    newest BIGINT NOT NULL CHECK (newest > 0),
    until_at BIGINT NOT NULL CHECK (until_at > 0),
    then_kind TEXT NOT NULL CHECK (then_kind IN ('', 'quarantine-home', 'home-monitoring')),
    then_at BIGINT NOT NULL,
    review_at BIGINT NOT NULL CHECK (review_at > 0),
    ended_at BIGINT NOT NULL,
    ended TEXT NOT NULL CHECK (ended IN ('', 'released', 'recovered', 'died', 'lost', 'became-case', 'corrected', 'merged', 'pack', 'over', 'agreed', 'appeal')),
    told_at BIGINT NOT NULL,
    told_of BIGINT NOT NULL,
    told_by TEXT NOT NULL,
    told_how TEXT NOT NULL CHECK (told_how IN ('', 'in-person', 'phone', 'posted')),
    to_tell BIGINT NOT NULL,
    reviewed_at BIGINT NOT NULL,
    reviewed_by TEXT NOT NULL,
    reviewed_due BIGINT NOT NULL,
    offer_kind TEXT NOT NULL,
    offered BIGINT NOT NULL,
    offer_why TEXT NOT NULL,
    prop_change TEXT NOT NULL CHECK (prop_change IN ('', 'milder', 'shorter', 'longer', 'ended')),
    prop_kind TEXT NOT NULL,
    prop_until BIGINT NOT NULL,
    prop_ground TEXT NOT NULL,
    prop_words TEXT NOT NULL,
    prop_by TEXT NOT NULL,
    prop_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CHECK (review_at <= until_at),
    CHECK ((ended_at = 0) = (ended = '')),
    CHECK (case_of > 0 AND contact_of = 0 OR case_of = 0 AND contact_of > 0)
);
CREATE UNIQUE INDEX restriction_case ON restriction (case_of) WHERE case_of > 0;
CREATE UNIQUE INDEX restriction_contact ON restriction (contact_of) WHERE contact_of > 0;
CREATE INDEX restriction_until ON restriction (outbreak, until_at, id) WHERE ended_at = 0;
CREATE INDEX restriction_ended ON restriction (outbreak, ended_at) WHERE ended_at > 0;

-- Versions after the newest of their restriction are of a merge of two people that was taken back. change_by and second are the two who agreed; empty for a change by rule.
CREATE TABLE restriction_version (
    restriction BIGINT NOT NULL,
    n BIGINT NOT NULL,
    district BIGINT NOT NULL,
    at BIGINT NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('made', 'arrived', 'milder', 'stricter', 'longer', 'shorter', 'again', 'ended')),
    kind TEXT NOT NULL,
    moving BIGINT NOT NULL,
    until_at BIGINT NOT NULL CHECK (until_at > 0),
    then_kind TEXT NOT NULL,
    then_at BIGINT NOT NULL,
    review_at BIGINT NOT NULL,
    fact BIGINT NOT NULL CHECK (fact > 0),
    fact_row BIGINT NOT NULL,
    rule TEXT NOT NULL CHECK (rule <> ''),
    clause TEXT NOT NULL CHECK (clause <> ''),
    pack TEXT NOT NULL CHECK (pack <> ''),
    change_by TEXT NOT NULL,
    second TEXT NOT NULL,
    ground TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (restriction, n),
    CHECK (change_by = '' OR second <> '' AND second <> change_by AND ground <> '')
);

CREATE TABLE restriction_need (
    id BIGINT PRIMARY KEY,
    restriction BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    district BIGINT NOT NULL,
    kind TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    met_at BIGINT NOT NULL,
    met_by TEXT NOT NULL
);
CREATE INDEX restriction_need_of ON restriction_need (restriction);

-- The law of its own country that an outbreak names in place of the pack's text, by kind.
CREATE TABLE legal_basis (
    outbreak BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text_en TEXT NOT NULL,
    text_zh TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (outbreak, kind)
);

INSERT INTO id_block (noun, next) VALUES ('restriction', 1), ('restriction_need', 1);

-- +goose Down
DELETE FROM id_block WHERE noun IN ('restriction', 'restriction_need');
DROP TABLE legal_basis; DROP TABLE restriction_need; DROP TABLE restriction_version; DROP TABLE restriction;
