-- Tubes that a laboratory has, and has read, before the desk's word of them came in; and what became of tubes that were set aside.

-- +goose Up
-- When the tube was first heard of.
ALTER TABLE tube_awaited ADD COLUMN since BIGINT NOT NULL DEFAULT 0;

CREATE INDEX tube_awaited_laboratory ON tube_awaited (laboratory) WHERE laboratory > 0;

-- Results of tubes that are not registered. came is when the tube was, 0 until then: what came is joined to its tube and taken out of here, or says in problem why not.
CREATE TABLE tube_result_awaited (
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    nth BIGINT NOT NULL,
    laboratory BIGINT NOT NULL,
    run TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('negative', 'positive', 'inconclusive', 'invalid', 'lost', 'leaked')),
    at BIGINT NOT NULL,
    ct DOUBLE PRECISION NOT NULL,
    reason TEXT NOT NULL,
    told_at BIGINT NOT NULL,
    told_by TEXT NOT NULL,
    journal_seq BIGINT NOT NULL,
    came BIGINT NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (outbreak, code, nth)
);

CREATE INDEX tube_result_awaited_laboratory ON tube_result_awaited (laboratory);

CREATE INDEX tube_result_awaited_came ON tube_result_awaited (came) WHERE came > 0;

-- The tube that it became when somebody corrected what was wrong with it.
ALTER TABLE tube_aside ADD COLUMN tube BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE tube_aside DROP COLUMN tube;
DROP TABLE tube_result_awaited;
DROP INDEX tube_awaited_laboratory;
ALTER TABLE tube_awaited DROP COLUMN since;
