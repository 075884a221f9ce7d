-- Indexes that lists of cases and contacts walk, and gather by when a filter finds few rows (internal/store/list_query.go). Those that lists walk hold
-- every column that lists filter by behind their order: a walk that must read 50,000 entries to fill a page then never reads a row, which costs
-- four times as much as an entry.

-- +goose Up
DROP INDEX cases_reported;
CREATE INDEX cases_reported ON cases (outbreak, reported_at, id, area, class, found, outcome, merged_into);
DROP INDEX cases_onset;
CREATE INDEX cases_onset ON cases (outbreak, onset, id, area, class, found, outcome, merged_into);
CREATE INDEX cases_class ON cases (outbreak, class, onset, reported_at, area, found, outcome, merged_into);
CREATE INDEX cases_outcome ON cases (outbreak, outcome, class, onset, reported_at, area, found, merged_into) WHERE outcome <> '';
CREATE INDEX cases_found ON cases (outbreak, found) WHERE found <> '';
-- With the onset behind the area, possible duplicates are looked for in one short run (internal/store/duplicate.go).
DROP INDEX cases_area;
CREATE INDEX cases_area ON cases (outbreak, area, onset, reported_at, class, found, outcome, merged_into);
DROP INDEX contact_listed;
CREATE INDEX contact_listed ON contact (outbreak, listed_at, id, area, state, tier);
CREATE INDEX contact_state ON contact (outbreak, state, tier, area, listed_at, ends_on);
CREATE INDEX contact_ends ON contact (outbreak, ends_on, id, area, state, tier);
DROP INDEX contact_area;
CREATE INDEX contact_area ON contact (outbreak, area, state, tier, listed_at, ends_on);
-- The cells of coverage with work still to do: few of many, and what tells who holds late work.
CREATE INDEX coverage_open ON coverage (outbreak, area, hour, duty, owner, n_open) WHERE n_open > 0;

-- +goose Down
DROP INDEX coverage_open; DROP INDEX contact_ends; DROP INDEX contact_state; DROP INDEX contact_area; DROP INDEX contact_listed;
DROP INDEX cases_area; DROP INDEX cases_found; DROP INDEX cases_outcome; DROP INDEX cases_class; DROP INDEX cases_onset; DROP INDEX cases_reported;
CREATE INDEX contact_listed ON contact (outbreak, listed_at, id);
CREATE INDEX contact_area ON contact (outbreak, area, id);
CREATE INDEX cases_area ON cases (outbreak, area, id);
CREATE INDEX cases_onset ON cases (outbreak, onset, id);
CREATE INDEX cases_reported ON cases (outbreak, reported_at, id);
