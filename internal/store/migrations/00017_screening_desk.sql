-- What people at a site say of their queue, and who signed the account of a round.

-- +goose Up
CREATE TABLE site_report (
    site BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    district BIGINT NOT NULL,
    paused BIGINT NOT NULL,
    queue BIGINT NOT NULL,
    reported_at BIGINT NOT NULL,
    reported_by TEXT NOT NULL
);

-- counts is the account as it was signed, word for word; digest is its SHA-256, which the journal has too.
CREATE TABLE screening_signature (
    round BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    signed_at BIGINT NOT NULL,
    signed_by TEXT NOT NULL,
    signer TEXT NOT NULL,
    counts TEXT NOT NULL,
    digest TEXT NOT NULL,
    note TEXT NOT NULL
);

-- +goose Down
DROP TABLE screening_signature; DROP TABLE site_report;
