-- Cases that are believed to share one exposure. A case that was merged keeps its membership; it counts for the one that goes on.

-- +goose Up
CREATE TABLE cluster (
    id BIGINT PRIMARY KEY,
    outbreak BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('household', 'school', 'workplace', 'care_home', 'hospital', 'transport', 'event', 'shop', 'other')),
    setting TEXT NOT NULL,
    area BIGINT NOT NULL,
    district BIGINT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    exposed BIGINT NOT NULL CHECK (exposed >= 0), -- 0 = unknown
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL, -- 0 = open
    reason TEXT NOT NULL, -- of the last closing or reopening
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX cluster_code ON cluster (outbreak, code);

CREATE TABLE cluster_member (
    id BIGINT PRIMARY KEY,
    cluster BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    ended_at BIGINT NOT NULL, -- when it was found not to belong; 0 = it does
    ended_by TEXT NOT NULL,
    end_reason TEXT NOT NULL
);
CREATE UNIQUE INDEX cluster_member_case ON cluster_member (case_id, cluster) WHERE ended_at = 0;
CREATE INDEX cluster_member_cluster ON cluster_member (cluster, id);

INSERT INTO id_block (noun, next) VALUES ('cluster_member', 1);

-- +goose Down
DELETE FROM id_block WHERE noun = 'cluster_member';
DROP TABLE cluster_member;
DROP TABLE cluster;
