-- One text for both engines; internal/store/dialect.go rewrites the few types that SQLite names otherwise.
-- Instants are BIGINT microseconds UTC, 0 = not yet. Days are ISO text in the outbreak's zone, '' = unknown.
-- Every table that grows with the city carries its district, so that it can be partitioned by it.

-- +goose Up
CREATE TABLE id_block (
    noun TEXT PRIMARY KEY,
    next BIGINT NOT NULL
);
INSERT INTO id_block (noun, next) VALUES
    ('area', 1), ('place', 1), ('person', 1), ('household', 1), ('outbreak', 1), ('cases', 1), ('link', 1), ('contact', 1), ('exposure', 1),
    ('contact_check', 1), ('specimen', 1), ('task', 1), ('zone', 1), ('users', 1), ('api_token', 1), ('import', 1), ('cluster', 1);

CREATE TABLE journal_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

-- The last turn each writer committed: after a connection was lost during COMMIT it tells whether that commit took place.
CREATE TABLE writer_turn (
    writer BIGINT PRIMARY KEY,
    turn BIGINT NOT NULL
);

CREATE TABLE journal (
    seq BIGINT PRIMARY KEY,
    recorded_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    outbreak BIGINT NOT NULL,
    area BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    cause_seq BIGINT NOT NULL,
    cause_row BIGINT NOT NULL,
    rule TEXT NOT NULL,
    clause TEXT NOT NULL,
    pack TEXT NOT NULL,
    payload TEXT NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX journal_subject ON journal (subject_kind, subject_id, seq);
CREATE INDEX journal_outbreak ON journal (outbreak, seq);

CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    seq BIGINT NOT NULL
);

CREATE TABLE area (
    id BIGINT PRIMARY KEY,
    parent BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    level TEXT NOT NULL,
    population BIGINT NOT NULL,
    boundary TEXT NOT NULL
);

CREATE TABLE outbreak (
    id BIGINT PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    title TEXT NOT NULL,
    area BIGINT NOT NULL,
    zone TEXT NOT NULL,
    pack TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('active', 'watch', 'ended')),
    started_at BIGINT NOT NULL,
    settings TEXT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE place (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    located BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX place_area ON place (area);

-- Dense person numbers: each community has runs of numbers; next is the first not handed out.
CREATE TABLE number_run (
    first BIGINT PRIMARY KEY,
    area BIGINT NOT NULL,
    next BIGINT NOT NULL,
    past BIGINT NOT NULL
);
CREATE INDEX number_run_area ON number_run (area, first);

CREATE TABLE person (
    id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    household BIGINT NOT NULL,
    sex TEXT NOT NULL CHECK (sex IN ('', 'female', 'male', 'other')),
    born TEXT NOT NULL,
    age BIGINT NOT NULL,
    age_class TEXT NOT NULL,
    merged_into BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX person_number ON person (number) WHERE number > 0;
CREATE INDEX person_household ON person (household) WHERE household > 0;

-- The identity vault: names and documents live here, sealed, and nowhere else.
CREATE TABLE identity (
    person BIGINT NOT NULL,
    field TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (person, field)
);
CREATE TABLE identity_index (
    field TEXT NOT NULL,
    digest BYTEA NOT NULL,
    person BIGINT NOT NULL,
    PRIMARY KEY (field, digest, person)
);

CREATE TABLE cases (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    person BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('suspected', 'probable', 'asymptomatic', 'confirmed', 'discarded')),
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    onset TEXT COLLATE "C" NOT NULL,
    sampled TEXT NOT NULL,
    exposed_from TEXT NOT NULL,
    exposed_to TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    reported_at BIGINT NOT NULL,
    verified_at BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    isolated_at BIGINT NOT NULL,
    admitted_at BIGINT NOT NULL,
    investigated_at BIGINT NOT NULL,
    listed_at BIGINT NOT NULL,
    found TEXT NOT NULL CHECK (found IN ('', 'isolation', 'community')),
    outcome TEXT NOT NULL CHECK (outcome IN ('', 'recovered', 'died', 'lost')),
    outcome_on TEXT NOT NULL,
    setting TEXT NOT NULL,
    hospital TEXT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    located BIGINT NOT NULL,
    attributes TEXT NOT NULL,
    origin_seq BIGINT NOT NULL,
    origin_row BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    merged_into BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX cases_code ON cases (outbreak, code);
CREATE INDEX cases_person ON cases (person);
CREATE INDEX cases_reported ON cases (outbreak, reported_at, id);
CREATE INDEX cases_onset ON cases (outbreak, onset, id);
CREATE INDEX cases_area ON cases (outbreak, area, id);

CREATE TABLE link (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    from_case BIGINT NOT NULL,
    to_case BIGINT NOT NULL,
    from_code TEXT COLLATE "C" NOT NULL,
    to_code TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('transmission', 'direct', 'cluster', 'event')),
    setting TEXT NOT NULL,
    origin_seq BIGINT NOT NULL,
    origin_row BIGINT NOT NULL
);
CREATE UNIQUE INDEX link_ends ON link (outbreak, from_code, to_code, kind);
CREATE INDEX link_from ON link (from_case) WHERE from_case > 0;
CREATE INDEX link_to ON link (to_case) WHERE to_case > 0;
CREATE INDEX link_unresolved_from ON link (outbreak, from_code) WHERE from_case = 0;
CREATE INDEX link_unresolved_to ON link (outbreak, to_code) WHERE to_case = 0;

-- Rows of a line list that are no person but a number of cases: lump sums, and corrections, which are negative.
CREATE TABLE case_count (
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    cases BIGINT NOT NULL,
    class TEXT NOT NULL,
    outcome TEXT NOT NULL,
    on_day TEXT COLLATE "C" NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    attributes TEXT NOT NULL,
    origin_seq BIGINT NOT NULL,
    origin_row BIGINT NOT NULL,
    PRIMARY KEY (outbreak, code)
);

CREATE TABLE contact (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    person BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    tier TEXT NOT NULL CHECK (tier IN ('close', 'secondary', 'general')),
    state TEXT NOT NULL CHECK (state IN ('listed', 'followed', 'released', 'became_case', 'lost', 'dropped')),
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    parent BIGINT NOT NULL,
    first_exposed TEXT NOT NULL,
    last_exposed TEXT COLLATE "C" NOT NULL,
    listed_at BIGINT NOT NULL,
    reached_at BIGINT NOT NULL,
    tier_at BIGINT NOT NULL,
    quarantine_at BIGINT NOT NULL,
    prophylaxis_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    ended_by TEXT NOT NULL,
    ends_on TEXT COLLATE "C" NOT NULL,
    looked_on TEXT COLLATE "C" NOT NULL,
    symptoms BIGINT NOT NULL,
    symptom_on TEXT NOT NULL,
    became_case BIGINT NOT NULL,
    source_code TEXT COLLATE "C" NOT NULL,
    relation TEXT NOT NULL,
    setting TEXT NOT NULL,
    attributes TEXT NOT NULL,
    origin_seq BIGINT NOT NULL,
    origin_row BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX contact_code ON contact (outbreak, code);
CREATE INDEX contact_person ON contact (person);
CREATE INDEX contact_case ON contact (case_id) WHERE case_id > 0;
CREATE INDEX contact_parent ON contact (parent) WHERE parent > 0;
CREATE INDEX contact_source ON contact (outbreak, source_code) WHERE source_code <> '';
CREATE INDEX contact_over ON contact (outbreak, ends_on) WHERE state IN ('listed', 'followed') AND ends_on <> '';
CREATE INDEX contact_listed ON contact (outbreak, listed_at, id);
CREATE INDEX contact_area ON contact (outbreak, area, id);

CREATE TABLE contact_check (
    id BIGINT PRIMARY KEY,
    contact BIGINT NOT NULL,
    district BIGINT NOT NULL,
    on_day TEXT NOT NULL,
    slot BIGINT NOT NULL,
    at BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    temperature DOUBLE PRECISION NOT NULL,
    symptoms TEXT NOT NULL,
    note TEXT NOT NULL,
    journal_seq BIGINT NOT NULL
);
CREATE UNIQUE INDEX contact_check_slot ON contact_check (contact, on_day, slot);

CREATE TABLE specimen (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    person BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('pcr', 'antigen', 'serology', 'culture')),
    taken_at BIGINT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('', 'negative', 'positive', 'inconclusive', 'invalid')),
    result_at BIGINT NOT NULL,
    ct DOUBLE PRECISION NOT NULL,
    lab TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX specimen_code ON specimen (outbreak, code);
CREATE INDEX specimen_person ON specimen (person, taken_at);

CREATE TABLE zone (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    level TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'in_force', 'declined', 'lifted')),
    case_id BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX zone_case ON zone (case_id);
CREATE INDEX zone_outbreak ON zone (outbreak, state, area);

-- The chain starts from a hash of 32 zero bytes; the store writes the first head when it opens an empty database.

-- +goose Down
DROP TABLE zone; DROP TABLE specimen; DROP TABLE contact_check; DROP TABLE contact; DROP TABLE link; DROP TABLE cases; DROP TABLE identity_index; DROP TABLE identity;
DROP TABLE person; DROP TABLE number_run; DROP TABLE place; DROP TABLE outbreak; DROP TABLE area; DROP TABLE cursor; DROP TABLE journal; DROP TABLE writer_turn; DROP TABLE journal_head; DROP TABLE id_block;
