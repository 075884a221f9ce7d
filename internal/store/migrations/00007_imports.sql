-- Imports as people give them on screen and through the API: the uploaded file on its way, and the column maps that are kept. The files
-- themselves lie sealed in the data folder; sealed_key opens one of them, and is emptied when it is deleted.

-- +goose Up
INSERT INTO id_block (noun, next) VALUES ('column_map', 1);

CREATE TABLE column_map (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL, -- 0 = for every outbreak
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('cases', 'contacts', 'links')),
    mapping TEXT NOT NULL,
    by_user BIGINT NOT NULL,
    by_login TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX column_map_name ON column_map (outbreak, name);

CREATE TABLE import_job (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    by_user BIGINT NOT NULL,
    by_login TEXT NOT NULL,
    purpose TEXT NOT NULL,
    file TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    sealed_key BYTEA NOT NULL,
    kind TEXT NOT NULL,
    mapping TEXT NOT NULL,
    map_name TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('uploaded', 'previewed', 'trying', 'tried', 'running', 'paused', 'failed', 'done', 'cancelled')),
    failure TEXT NOT NULL, -- a word for what went wrong
    detail TEXT NOT NULL,  -- a sentence for people
    runner BIGINT NOT NULL, -- which server process works on it; 0 = none
    rows_done BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    unresolved BIGINT NOT NULL,
    links BIGINT NOT NULL,
    counts BIGINT NOT NULL,
    warnings BIGINT NOT NULL,
    rows_total BIGINT NOT NULL, -- 0 = not yet counted
    uploaded_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    checkpoint_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    delete_at BIGINT NOT NULL, -- when the files are deleted
    deleted_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX import_job_outbreak ON import_job (outbreak, id);
CREATE INDEX import_job_work ON import_job (state, id);
CREATE INDEX import_job_delete ON import_job (delete_at) WHERE deleted_at = 0;

-- +goose Down
DROP TABLE import_job; DROP TABLE column_map; DELETE FROM id_block WHERE noun = 'column_map';
