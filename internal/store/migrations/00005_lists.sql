-- Indexes that lists of cases and contacts gather by (internal/store/list_query.go) when a filter finds few rows. A filter without an index
-- of its own would make a list of a million rows read all of them whenever few match.

-- +goose Up
CREATE INDEX cases_class ON cases (outbreak, class);
CREATE INDEX cases_outcome ON cases (outbreak, outcome) WHERE outcome <> '';
CREATE INDEX cases_found ON cases (outbreak, found) WHERE found <> '';
-- With the onset behind the area, possible duplicates are looked for in one short run (internal/store/duplicate.go).
DROP INDEX cases_area;
CREATE INDEX cases_area ON cases (outbreak, area, onset);
CREATE INDEX contact_state ON contact (outbreak, state, tier);
CREATE INDEX contact_ends ON contact (outbreak, ends_on, id);

-- +goose Down
DROP INDEX contact_ends; DROP INDEX contact_state; DROP INDEX cases_area; DROP INDEX cases_found; DROP INDEX cases_outcome; DROP INDEX cases_class;
CREATE INDEX cases_area ON cases (outbreak, area, id);
