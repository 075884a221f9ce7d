package store

import (
	"fmt"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
)

// RoundPlan is a plan that was made for a round.
type RoundPlan struct {
	Round      screening.RoundID
	Version    int64 // 1, 2, 3 ... of the round
	Outbreak   outbreak.ID
	AsOf       time.Time // what came in before it has happened
	MadeAt     time.Time
	MadeBy     string
	SamplingAt time.Time // when the last person is sampled by it
	ResultsAt  time.Time // when the last result is there by it
	InTime     bool      // everybody is planned for, and all results are there when they were promised
	Digest     string    // SHA-256 of the city that was planned, as JSON, in hex
	City, Plan []byte    // compressed; left out by RoundPlans
}

// AddRoundPlan keeps a plan as the next version of its round.
func (tx *Tx) AddRoundPlan(p *RoundPlan) error {
	if err := tx.row(`SELECT COALESCE(MAX(version), 0) + 1 FROM round_plan WHERE round = $1`, int64(p.Round)).Scan(&p.Version); err != nil {
		return fmt.Errorf("number the plan of a round: %w", err)
	}
	_, err := tx.exec(`INSERT INTO round_plan (round, version, outbreak, asof, made_at, made_by, sampling_at, results_at, in_time, digest, city, plan) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		int64(p.Round), p.Version, int64(p.Outbreak), instant(p.AsOf), instant(p.MadeAt), p.MadeBy, instant(p.SamplingAt), instant(p.ResultsAt), flag(p.InTime), p.Digest, p.City, p.Plan)
	if err != nil {
		return fmt.Errorf("keep plan %d of round %d: %w", p.Version, p.Round, err)
	}
	return nil
}

func (r *Reader) roundPlans(columns, text string, args ...any) ([]RoundPlan, error) {
	rows, err := r.query(`SELECT round, version, outbreak, asof, made_at, made_by, sampling_at, results_at, in_time, digest`+columns+` FROM round_plan WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read plans of a round: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []RoundPlan
	for rows.Next() {
		var p RoundPlan
		var asOf, made, sampling, results, inTime int64
		into := []any{&p.Round, &p.Version, &p.Outbreak, &asOf, &made, &p.MadeBy, &sampling, &results, &inTime, &p.Digest}
		if columns != "" {
			into = append(into, &p.City, &p.Plan)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("read plans of a round: %w", err)
		}
		p.AsOf, p.MadeAt, p.SamplingAt, p.ResultsAt, p.InTime = when(asOf), when(made), when(sampling), when(results), inTime != 0
		out = append(out, p)
	}
	return out, rows.Err()
}

// RoundPlans returns the plans of a round without what they say, the newest first. The caller has checked that the round may be read.
func (r *Reader) RoundPlans(id screening.RoundID) ([]RoundPlan, error) {
	return r.roundPlans("", `round = $1 ORDER BY version DESC`, int64(id))
}

// RoundPlan returns a version of a round's plan whole. The caller has checked that the round may be read.
func (r *Reader) RoundPlan(id screening.RoundID, version int64) (RoundPlan, error) {
	list, err := r.roundPlans(`, city, plan`, `round = $1 AND version = $2`, int64(id), version)
	return one(list, err, "plan", version)
}

// RoundPlanned returns the version of a round's newest plan; 0 where there is none. The caller has checked that the round may be read.
func (r *Reader) RoundPlanned(id screening.RoundID) (version int64, err error) {
	if err := r.row(`SELECT COALESCE(MAX(version), 0) FROM round_plan WHERE round = $1`, int64(id)).Scan(&version); err != nil {
		return 0, fmt.Errorf("read plans of a round: %w", err)
	}
	return version, nil
}

// Progress is what has come in of a round, as planning the rest of it needs to know.
type Progress struct {
	Tubes, Swabs int64
	LastClosed   time.Time
	LastResult   time.Time
	Waiting      map[screening.SiteID]int64 // tubes without a result that no laboratory has
	InHand       map[lab.LaboratoryID]int64 // tubes without a result that one has, of any round of the outbreak
}

// RoundProgress counts what has come in of a round. It reads the tubes of the round: once for a plan, not for a page that refreshes itself. The caller has checked that the round may be read.
func (r *Reader) RoundProgress(o outbreak.ID, id screening.RoundID) (p Progress, err error) {
	p.Waiting, p.InHand = map[screening.SiteID]int64{}, map[lab.LaboratoryID]int64{}
	var closed, result int64
	err = r.row(`SELECT COUNT(*), COALESCE(SUM(people), 0), COALESCE(MAX(closed_at), 0), COALESCE(MAX(result_at), 0) FROM tube WHERE round = $1`, int64(id)).Scan(&p.Tubes, &p.Swabs, &closed, &result)
	if err != nil {
		return p, fmt.Errorf("count what has come in: %w", err)
	}
	p.LastClosed, p.LastResult = when(closed), when(result)
	read := func(text string, arg int64, put func(id, n int64)) error {
		rows, err := r.query(text, arg)
		if err != nil {
			return fmt.Errorf("count tubes that wait: %w", err)
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var id, n int64
			if err := rows.Scan(&id, &n); err != nil {
				return fmt.Errorf("count tubes that wait: %w", err)
			}
			put(id, n)
		}
		return rows.Err()
	}
	if err := read(`SELECT site, COUNT(*) FROM tube WHERE result_at = 0 AND at_lab = 0 AND round = $1 GROUP BY site`, int64(id), func(id, n int64) { p.Waiting[screening.SiteID(id)] = n }); err != nil {
		return p, err
	}
	return p, read(`SELECT laboratory, COUNT(*) FROM tube WHERE result_at = 0 AND at_lab > 0 AND outbreak = $1 GROUP BY laboratory`, int64(o), func(id, n int64) { p.InHand[lab.LaboratoryID(id)] = n })
}
