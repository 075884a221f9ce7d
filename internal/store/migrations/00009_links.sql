-- How sure a link is, and why a person drew it where the days speak against it. A link that was removed is set aside (aside, since 00006), so that no rule
-- and no file draws it again.

-- +goose Up
ALTER TABLE link ADD COLUMN certainty TEXT NOT NULL DEFAULT '' CHECK (certainty IN ('', 'possible', 'probable', 'confirmed'));
ALTER TABLE link ADD COLUMN reason TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE link DROP COLUMN reason;
ALTER TABLE link DROP COLUMN certainty;
