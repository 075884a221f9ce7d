-- Who may come in: users with their grants, sessions, API tokens; and the vault's keyring. Secrets stand here only as hashes, the keyring
-- only wrapped by the master key.

-- +goose Up
CREATE TABLE users (
    id BIGINT PRIMARY KEY,
    login TEXT COLLATE "C" NOT NULL UNIQUE,
    title TEXT NOT NULL,
    area BIGINT NOT NULL,
    password TEXT NOT NULL,
    password_at BIGINT NOT NULL,
    lang TEXT NOT NULL,
    theme TEXT NOT NULL CHECK (theme IN ('', 'light', 'dark')),
    disabled BIGINT NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_subject ON users (issuer, subject) WHERE subject <> '';
CREATE INDEX users_area ON users (area, id);

-- A proposed grant gives nothing until a second administrator confirms it. source: 'local', or 'claims' of a sign-on provider.
CREATE TABLE user_grant (
    user_id BIGINT NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    area BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL CHECK (source IN ('local', 'claims')),
    state TEXT NOT NULL CHECK (state IN ('proposed', 'in_force')),
    until BIGINT NOT NULL,
    given_by BIGINT NOT NULL,
    given_at BIGINT NOT NULL,
    confirmed_by BIGINT NOT NULL,
    PRIMARY KEY (user_id, role, area, source)
);

CREATE TABLE session (
    hash BYTEA PRIMARY KEY,
    user_id BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_started ON session (started_at);

CREATE TABLE api_token (
    id BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    user_id BIGINT NOT NULL,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);
CREATE INDEX api_token_user ON api_token (user_id, id);

-- One row. rewrap_after: values of people after this number may still be under an older key; -1 = none are.
CREATE TABLE vault_keyring (
    id BIGINT PRIMARY KEY,
    wrapped TEXT NOT NULL,
    rewrap_after BIGINT NOT NULL
);
CREATE INDEX identity_index_person ON identity_index (person);

-- +goose Down
DROP INDEX identity_index_person;
DROP TABLE vault_keyring; DROP TABLE api_token; DROP TABLE session; DROP TABLE user_grant; DROP TABLE users;
