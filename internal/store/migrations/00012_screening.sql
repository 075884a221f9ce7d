-- Testing rounds: who is due where, the sites and devices, and the tubes that devices register. The tube is the row: its members are packed in it (ADR 0011).

-- +goose Up
CREATE TABLE screening_round (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    area BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'open', 'closed', 'cancelled')),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    pool BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX screening_round_number ON screening_round (outbreak, number);

CREATE TABLE screening_round_area (
    round BIGINT NOT NULL,
    area BIGINT NOT NULL,
    PRIMARY KEY (round, area)
);

-- Who is due and yet need not, or would not, be sampled, each with the reason.
CREATE TABLE screening_standing (
    round BIGINT NOT NULL,
    person BIGINT NOT NULL,
    district BIGINT NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('exempt', 'refused')),
    reason TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    said_by TEXT NOT NULL,
    PRIMARY KEY (round, person)
);

CREATE TABLE site (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    located BIGINT NOT NULL,
    lanes BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX site_code ON site (outbreak, code);

-- key is the hash of what the device names itself with; before it was enrolled, of the invitation that it is enrolled by.
CREATE TABLE device (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    site BIGINT NOT NULL,
    laboratory BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('desk', 'courier', 'laboratory')),
    district BIGINT NOT NULL,
    desk TEXT NOT NULL,
    hash BYTEA NOT NULL,
    enrol_by BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX device_hash ON device (hash);
CREATE INDEX device_site ON device (site);

-- Batches that were acknowledged and wait to be projected into the tables below, sealed as they came. On SQLite they wait in a file of their own (intake.db), so
-- that no other change keeps a device waiting; here are those that a backup brought along.
CREATE TABLE intake (
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    answer TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (device, seq)
);
CREATE INDEX intake_received ON intake (received_at);

-- The key that seals what waits in the intake, wrapped by the master key.
CREATE TABLE intake_key (
    id BIGINT PRIMARY KEY,
    wrapped BYTEA NOT NULL
);

-- What became of each batch, for good: the same (device, seq) again is answered from here.
CREATE TABLE capture_batch (
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    answer TEXT NOT NULL,
    journal_seq BIGINT NOT NULL,
    PRIMARY KEY (device, seq)
);

-- changed_seq is the journal entry that last changed the row: whoever keeps an index beside the tables reads on from there.
CREATE TABLE tube (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    round BIGINT NOT NULL,
    site BIGINT NOT NULL,
    district BIGINT NOT NULL,
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('pool', 'household', 'single')),
    people BIGINT NOT NULL,
    members BYTEA NOT NULL,
    closed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    box BIGINT NOT NULL,
    laboratory BIGINT NOT NULL,
    at_lab BIGINT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('', 'negative', 'positive', 'inconclusive', 'invalid', 'lost', 'leaked')),
    result_at BIGINT NOT NULL,
    changed_seq BIGINT NOT NULL
);
CREATE UNIQUE INDEX tube_code ON tube (outbreak, code);
CREATE INDEX tube_changed ON tube (changed_seq);

-- Tubes that were not taken, sealed as they came, until somebody settles them.
CREATE TABLE tube_aside (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    round BIGINT NOT NULL,
    site BIGINT NOT NULL,
    district BIGINT NOT NULL,
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    place BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL,
    people BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    aside_at BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    settled_by TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX tube_aside_round ON tube_aside (round, id);
CREATE INDEX tube_aside_device ON tube_aside (device, id) WHERE settled_at = 0;

-- What just happened is shown without the flood of batches: the index that serves it leaves them out.
DROP INDEX journal_outbreak;
CREATE INDEX journal_outbreak ON journal (outbreak, seq) WHERE kind <> 'tubes.registered';

INSERT INTO id_block (noun, next) VALUES ('screening_round', 1), ('site', 1), ('device', 1), ('tube', 1), ('tube_aside', 1);

-- +goose Down
DROP INDEX journal_outbreak;
CREATE INDEX journal_outbreak ON journal (outbreak, seq);
DROP TABLE tube_aside; DROP TABLE tube; DROP TABLE capture_batch; DROP TABLE intake_key; DROP TABLE intake; DROP TABLE device; DROP TABLE site; DROP TABLE screening_standing;
DROP TABLE screening_round_area; DROP TABLE screening_round;
DELETE FROM id_block WHERE noun IN ('screening_round', 'site', 'device', 'tube', 'tube_aside');
