-- An adult who chooses to go along with a child: moved with them, and in their room. case_of and contact_of are then the child's.

-- +goose Up
ALTER TABLE transfer_request ADD COLUMN companion BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stay ADD COLUMN companion BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE stay DROP COLUMN companion;
ALTER TABLE transfer_request DROP COLUMN companion;
