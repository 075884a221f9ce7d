package store

import (
	"errors"
	"fmt"
	"strconv"

	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/outbreak"
)

const clusterColumns = `k.id, k.outbreak, k.code, k.name, k.kind, k.setting, k.area, k.district, k.first_day, k.last_day, k.exposed, k.note, k.state, k.opened_at, k.closed_at, k.reason, k.version`

// members counts the cases of a cluster: all that belong to it, and those that count in its attack rate. A merged case counts as the one that goes on.
const members = `(SELECT COUNT(DISTINCT CASE WHEN c.merged_into > 0 THEN c.merged_into ELSE c.id END) FROM cluster_member m JOIN cases c ON c.id = m.case_id WHERE m.cluster = k.id AND m.ended_at = 0),
(SELECT COUNT(DISTINCT g.id) FROM cluster_member m JOIN cases c ON c.id = m.case_id JOIN cases g ON g.id = CASE WHEN c.merged_into > 0 THEN c.merged_into ELSE c.id END
WHERE m.cluster = k.id AND m.ended_at = 0 AND g.class IN ('confirmed', 'asymptomatic', 'probable'))`

// ClusterCount is a cluster with how many cases it has.
type ClusterCount struct {
	cluster.Cluster
	Members int64 // cases that belong to it, whatever their class
	Counted int64 // of these, those that count in the attack rate (cluster.Counts)
}

func (r *Reader) clusters(text string, args ...any) ([]ClusterCount, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read clusters: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []ClusterCount
	for rows.Next() {
		var k ClusterCount
		var opened, closed int64
		if err := rows.Scan(&k.ID, &k.Outbreak, &k.Code, &k.Name, &k.Kind, &k.Setting, &k.Area, &k.District, &k.First, &k.Last, &k.Exposed, &k.Note, &k.State, &opened, &closed, &k.Reason, &k.Version,
			&k.Members, &k.Counted); err != nil {
			return nil, fmt.Errorf("read clusters: %w", err)
		}
		k.OpenedAt, k.ClosedAt = when(opened), when(closed)
		out = append(out, k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read clusters: %w", err)
	}
	return out, nil
}

func (r *Reader) oneCluster(what, text string, args ...any) (ClusterCount, error) {
	list, err := r.clusters(`SELECT `+clusterColumns+`, `+members+` FROM cluster k WHERE `+text, args...)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("cluster %s: %w", what, ErrNotFound)
	}
	if err != nil {
		return ClusterCount{}, err
	}
	return list[0], nil
}

// Cluster returns one cluster. The caller has checked, or checks, that its area may be read.
func (r *Reader) Cluster(id cluster.ID) (ClusterCount, error) {
	return r.oneCluster(strconv.FormatInt(int64(id), 10), `k.id = $1`, int64(id))
}

// ClusterByCode returns the cluster that people call by a code. The caller has checked, or checks, that its area may be read.
func (r *Reader) ClusterByCode(o outbreak.ID, code string) (ClusterCount, error) {
	return r.oneCluster(strconv.Quote(code), `k.outbreak = $1 AND k.code = $2`, int64(o), code)
}

// ClusterByName returns the oldest cluster of a name; nil where there is none.
func (r *Reader) ClusterByName(o outbreak.ID, name string) (*ClusterCount, error) {
	list, err := r.clusters(`SELECT `+clusterColumns+`, `+members+` FROM cluster k WHERE k.outbreak = $1 AND k.name = $2 ORDER BY k.id LIMIT 1`, int64(o), name)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// ClusterFilter says which clusters a list has.
type ClusterFilter struct {
	Outbreak outbreak.ID
	Within   Within
	State    cluster.State // empty: all
	Kind     cluster.Kind  // empty: all
	Before   cluster.ID    // only those opened before this one; 0: from the newest on
}

// ClusterList returns up to limit clusters, the newest first.
func (r *Reader) ClusterList(f ClusterFilter, limit int) ([]ClusterCount, error) {
	s, err := r.reach(f.Within)
	if err != nil || s.empty() {
		return nil, err
	}
	text := `SELECT ` + clusterColumns + `, ` + members + ` FROM cluster k WHERE k.outbreak = $1` + s.gathered("k.area")
	args := []any{int64(f.Outbreak)}
	and := func(condition string, value any) {
		args = append(args, value)
		text += " AND " + condition + " $" + strconv.Itoa(len(args))
	}
	if f.State != "" {
		and("k.state =", string(f.State))
	}
	if f.Kind != "" {
		and("k.kind =", string(f.Kind))
	}
	if f.Before != 0 {
		and("k.id <", int64(f.Before))
	}
	args = append(args, limit)
	return r.clusters(text+" ORDER BY k.id DESC LIMIT $"+strconv.Itoa(len(args)), args...)
}

// ClustersOf returns the clusters that a case belongs to, itself or through a case that was merged into it.
func (r *Reader) ClustersOf(c cases.ID) ([]ClusterCount, error) {
	return r.clusters(`SELECT `+clusterColumns+`, `+members+` FROM cluster k WHERE k.id IN
(SELECT m.cluster FROM cluster_member m WHERE m.ended_at = 0 AND m.case_id IN (SELECT id FROM cases WHERE id = $1 OR merged_into = $2 AND merged_into > 0)) ORDER BY k.id`, int64(c), int64(c))
}

// ClusterMembers returns the cases of a cluster in the order in which they were added, those taken out included. A merged case stands as the one that goes on.
func (r *Reader) ClusterMembers(id cluster.ID) ([]cluster.Member, error) {
	rows, err := r.query(`SELECT CASE WHEN c.merged_into > 0 THEN c.merged_into ELSE c.id END, m.added_at, m.added_by, m.ended_at, m.ended_by, m.end_reason
FROM cluster_member m JOIN cases c ON c.id = m.case_id WHERE m.cluster = $1 ORDER BY m.id`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("read members of cluster %d: %w", id, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []cluster.Member
	for rows.Next() {
		var m cluster.Member
		var added, ended int64
		if err := rows.Scan(&m.Case, &added, &m.AddedBy, &ended, &m.EndedBy, &m.EndReason); err != nil {
			return nil, fmt.Errorf("read members of cluster %d: %w", id, err)
		}
		m.AddedAt, m.EndedAt = when(added), when(ended)
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read members of cluster %d: %w", id, err)
	}
	return out, nil
}

// AddCluster inserts a cluster and gives it its ID, and a code where it has none. The code must be new in the outbreak.
func (tx *Tx) AddCluster(k *cluster.Cluster) error {
	id, err := tx.nextIDs("cluster", 1)
	if err != nil {
		return err
	}
	k.ID, k.Version = cluster.ID(id), 1
	if k.Code == "" {
		if k.Code, err = tx.nextClusterCode(k.Outbreak); err != nil {
			return err
		}
	}
	_, err = tx.exec(`INSERT INTO cluster (id, outbreak, code, name, kind, setting, area, district, first_day, last_day, exposed, note, state, opened_at, closed_at, reason, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		id, int64(k.Outbreak), k.Code, k.Name, string(k.Kind), k.Setting, int64(k.Area), int64(k.District), k.First.String(), k.Last.String(), k.Exposed, k.Note, string(k.State), instant(k.OpenedAt), instant(k.ClosedAt), k.Reason, k.Version)
	if err != nil {
		return fmt.Errorf("insert cluster %q: %w", k.Code, err)
	}
	return nil
}

// nextClusterCode counts on from the clusters that are there, over codes that people gave.
func (tx *Tx) nextClusterCode(o outbreak.ID) (string, error) {
	var n int64
	if err := tx.row(`SELECT COUNT(*) FROM cluster WHERE outbreak = $1`, int64(o)).Scan(&n); err != nil {
		return "", fmt.Errorf("number a cluster: %w", err)
	}
	for {
		n++
		code := "CL-" + strconv.FormatInt(n, 10)
		if _, err := tx.ClusterByCode(o, code); errors.Is(err, ErrNotFound) {
			return code, nil
		} else if err != nil {
			return "", err
		}
	}
}

// UpdateCluster writes what is known of a cluster now. The version must be the one stored; it is counted up.
func (tx *Tx) UpdateCluster(k *cluster.Cluster) error {
	n, err := tx.exec(`UPDATE cluster SET name = $1, kind = $2, setting = $3, area = $4, district = $5, first_day = $6, last_day = $7, exposed = $8, note = $9, state = $10, closed_at = $11, reason = $12,
version = version + 1 WHERE id = $13 AND version = $14`,
		k.Name, string(k.Kind), k.Setting, int64(k.Area), int64(k.District), k.First.String(), k.Last.String(), k.Exposed, k.Note, string(k.State), instant(k.ClosedAt), k.Reason, int64(k.ID), k.Version)
	if err != nil {
		return fmt.Errorf("update cluster %q: %w", k.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "cluster", ID: int64(k.ID), Want: k.Version}
	}
	k.Version++
	return nil
}

// JoinCluster adds cases to a cluster, each of which is no member yet.
func (tx *Tx) JoinCluster(id cluster.ID, list []cases.ID, by string) error {
	first, err := tx.nextIDs("cluster_member", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, c := range list {
		rows[i] = []any{first + int64(i), int64(id), int64(c), instant(tx.now), by}
	}
	if err := tx.bulk(`INSERT INTO cluster_member (id, cluster, case_id, added_at, added_by, ended_at, ended_by, end_reason) VALUES ($1, $2, $3, $4, $5, 0, '', '')`, rows); err != nil {
		return fmt.Errorf("add cases to cluster %d: %w", id, err)
	}
	return nil
}

// LeaveCluster ends the membership of a case, and of those that were merged into it. It says whether there was one.
func (tx *Tx) LeaveCluster(id cluster.ID, c cases.ID, by, reason string) (bool, error) {
	n, err := tx.exec(`UPDATE cluster_member SET ended_at = $1, ended_by = $2, end_reason = $3 WHERE cluster = $4 AND ended_at = 0 AND case_id IN (SELECT id FROM cases WHERE id = $5 OR merged_into = $6 AND merged_into > 0)`,
		instant(tx.now), by, reason, int64(id), int64(c), int64(c))
	if err != nil {
		return false, fmt.Errorf("take case %d out of cluster %d: %w", c, id, err)
	}
	return n > 0, nil
}
