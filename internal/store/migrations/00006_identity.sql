-- One person entered twice: merged with undo (person_merge keeps the way back), or told apart for good. A merged record stays as it was, marked
-- with the one that goes on. Rows of a merge's undo text are columns with their values before and after; names are not among them.

-- +goose Up
ALTER TABLE contact ADD COLUMN merged_into BIGINT NOT NULL DEFAULT 0;
CREATE INDEX contact_merged ON contact (merged_into) WHERE merged_into > 0;
CREATE INDEX cases_merged ON cases (merged_into) WHERE merged_into > 0;
CREATE INDEX person_merged ON person (merged_into) WHERE merged_into > 0;
-- People born on one day are few: where the day is known, look-alikes are found by it.
CREATE INDEX person_born ON person (born, sex) WHERE born <> '';

-- The merge that set a link aside, because it would lie within one case or say twice the same; 0 = it stands.
ALTER TABLE link ADD COLUMN aside BIGINT NOT NULL DEFAULT 0;

CREATE TABLE person_merge (
    id BIGINT PRIMARY KEY,
    kept BIGINT NOT NULL,
    gone BIGINT NOT NULL,
    district BIGINT NOT NULL,
    merged_at BIGINT NOT NULL,
    merged_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    seq BIGINT NOT NULL,
    undone_at BIGINT NOT NULL,
    undone_by TEXT NOT NULL,
    undo TEXT NOT NULL
);
CREATE INDEX person_merge_kept ON person_merge (kept);
CREATE INDEX person_merge_gone ON person_merge (gone);
INSERT INTO id_block (noun, next) VALUES ('person_merge', 1);

-- Pairs of people who look alike and are not the same: they are not proposed again. low < high.
CREATE TABLE told_apart (
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    district BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    told_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (low, high)
);

-- +goose Down
DROP TABLE told_apart; DROP TABLE person_merge;
DELETE FROM id_block WHERE noun = 'person_merge';
ALTER TABLE link DROP COLUMN aside;
DROP INDEX person_born; DROP INDEX person_merged; DROP INDEX cases_merged; DROP INDEX contact_merged;
ALTER TABLE contact DROP COLUMN merged_into;
