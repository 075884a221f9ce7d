-- Laboratories, the boxes in which tubes travel to them, and every result they reported.

-- +goose Up
CREATE TABLE laboratory (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    per_hour BIGINT NOT NULL,
    turnaround BIGINT NOT NULL,
    opens BIGINT NOT NULL,
    closes BIGINT NOT NULL,
    mobile BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX laboratory_code ON laboratory (outbreak, code);

-- codes are the labels of the tubes that were packed, one a line, as the desk gave them: some may not be registered yet. digest is of all that the desk said, answer
-- what it was told.
CREATE TABLE box (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    round BIGINT NOT NULL,
    site BIGINT NOT NULL,
    district BIGINT NOT NULL,
    device BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('packed', 'collected', 'delivered', 'received')),
    tubes BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    codes TEXT NOT NULL,
    note TEXT NOT NULL,
    digest BYTEA NOT NULL,
    answer TEXT NOT NULL,
    packed_at BIGINT NOT NULL,
    moved_at BIGINT NOT NULL,
    laboratory BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX box_code ON box (outbreak, code);
CREATE INDEX box_round ON box (round, state);
CREATE INDEX box_laboratory ON box (laboratory, state);

-- Through whose hands a box went.
CREATE TABLE box_step (
    box BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    district BIGINT NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('packed', 'collected', 'delivered', 'received')),
    device BIGINT NOT NULL,
    who TEXT NOT NULL,
    at BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    laboratory BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (box, nth)
);

-- Tubes that were packed, or came to a laboratory, before their registration came in: it puts them where they are.
CREATE TABLE tube_awaited (
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    box BIGINT NOT NULL,
    laboratory BIGINT NOT NULL,
    at_lab BIGINT NOT NULL,
    PRIMARY KEY (outbreak, code)
);

-- Every result that was reported of a tube, the first one and what corrected it or said it again later. It is only added to. The latest stands in tube.
CREATE TABLE tube_result (
    tube BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    outbreak BIGINT NOT NULL,
    district BIGINT NOT NULL,
    laboratory BIGINT NOT NULL,
    run TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('negative', 'positive', 'inconclusive', 'invalid', 'lost', 'leaked')),
    at BIGINT NOT NULL,
    ct DOUBLE PRECISION NOT NULL,
    reason TEXT NOT NULL,
    told_at BIGINT NOT NULL,
    told_by TEXT NOT NULL,
    journal_seq BIGINT NOT NULL,
    PRIMARY KEY (tube, nth)
);

-- What a laboratory took in, sent on and read in an hour (hours since 1970, UTC), by round: its backlog without counting tubes.
CREATE TABLE lab_hour (
    laboratory BIGINT NOT NULL,
    round BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    received BIGINT NOT NULL,
    sent_on BIGINT NOT NULL,
    resulted BIGINT NOT NULL,
    PRIMARY KEY (laboratory, round, hour)
);

CREATE INDEX lab_hour_round ON lab_hour (round);

-- How many tubes of a round stand at each result.
CREATE TABLE round_result (
    round BIGINT NOT NULL,
    result TEXT NOT NULL,
    tubes BIGINT NOT NULL,
    PRIMARY KEY (round, result)
);

-- Tubes without a result, the oldest first, by who has them (0: not at a laboratory yet).
CREATE INDEX tube_waiting ON tube (laboratory, closed_at) WHERE result_at = 0;
CREATE INDEX tube_positive ON tube (laboratory, result_at) WHERE result = 'positive';
CREATE INDEX tube_box ON tube (box) WHERE box > 0;
CREATE INDEX tube_awaited_box ON tube_awaited (box) WHERE box > 0;

INSERT INTO id_block (noun, next) VALUES ('laboratory', 1), ('box', 1);

-- +goose Down
DROP INDEX tube_box; DROP INDEX tube_positive; DROP INDEX tube_waiting;
DROP TABLE round_result; DROP TABLE lab_hour; DROP TABLE tube_result; DROP TABLE tube_awaited; DROP TABLE box_step; DROP TABLE box; DROP TABLE laboratory;
DELETE FROM id_block WHERE noun IN ('laboratory', 'box');
