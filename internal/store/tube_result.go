package store

import (
	"fmt"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
)

// TubesByCode returns those of the tubes that are registered, by code.
func (r *Reader) TubesByCode(o outbreak.ID, codes []string) (map[string]Tube, error) {
	out := make(map[string]Tube, len(codes))
	err := inChunks(codes, func(part []string) error {
		args := []any{int64(o)}
		list, err := r.tubes(`outbreak = $1 AND code IN (`+placeholders(&args, part)+`)`, args...)
		for _, t := range list {
			out[t.Code] = t
		}
		return err
	})
	return out, err
}

// TubesOfOthers returns which of the codes are registered in some other outbreak.
func (r *Reader) TubesOfOthers(o outbreak.ID, codes []string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(codes) == 0 {
		return out, nil
	}
	all, err := r.Outbreaks()
	if err != nil {
		return nil, err
	}
	for _, other := range all {
		if other.ID == o {
			continue
		}
		found, err := r.TubeCodes(other.ID, codes)
		if err != nil {
			return nil, err
		}
		for c := range found {
			out[c] = true
		}
	}
	return out, nil
}

// TubeReports returns every result that was told of tubes, each tube's in the order in which they came.
func (r *Reader) TubeReports(ids []screening.TubeID) (map[screening.TubeID][]lab.Report, error) {
	type told struct {
		tube screening.TubeID
		lab.Report
	}
	all, err := gather(plainIDs(ids), func(in string) (out []told, err error) {
		rows, err := r.query(`SELECT tube, laboratory, run, result, at, ct, reason, told_at, told_by, journal_seq FROM tube_result WHERE tube IN (` + in + `) ORDER BY tube, nth`)
		if err != nil {
			return nil, err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var t told
			var at, toldAt int64
			if err := rows.Scan(&t.tube, &t.Laboratory, &t.Run, &t.Result, &at, &t.Ct, &t.Reason, &toldAt, &t.ToldBy, &t.Seq); err != nil {
				return nil, err
			}
			t.At, t.ToldAt = when(at), when(toldAt)
			out = append(out, t)
		}
		return out, rows.Err()
	}, func(t told) screening.TubeID { return t.tube })
	if err != nil {
		return nil, fmt.Errorf("read results of tubes: %w", err)
	}
	out := make(map[screening.TubeID][]lab.Report, len(all))
	for id, list := range all {
		for _, t := range list {
			out[id] = append(out[id], t.Report)
		}
	}
	return out, nil
}

// NewTubeReport is a result of a tube to be kept. Nth is its place among those of the tube: 1, 2, 3 ...
type NewTubeReport struct {
	*Tube
	Nth int
	lab.Report
}

// AddTubeReports keeps results of tubes.
func (tx *Tx) AddTubeReports(list []NewTubeReport) error {
	rows := make([][]any, len(list))
	for i := range list {
		x := &list[i]
		rows[i] = []any{int64(x.ID), int64(x.Nth), int64(x.Outbreak), int64(x.District), int64(x.Report.Laboratory), x.Run, string(x.Report.Result), instant(x.At), x.Ct, x.Reason, instant(x.ToldAt), x.ToldBy, x.Report.Seq}
	}
	err := tx.bulk(`INSERT INTO tube_result (tube, nth, outbreak, district, laboratory, run, result, at, ct, reason, told_at, told_by, journal_seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, rows)
	if err != nil {
		return fmt.Errorf("keep results of tubes: %w", err)
	}
	return nil
}

// SetTubes writes where tubes are, what became of them, and the journal entry that tells of it.
func (tx *Tx) SetTubes(list []*Tube) error {
	rows := make([][]any, len(list))
	for i, t := range list {
		rows[i] = []any{int64(t.Box), int64(t.Laboratory), instant(t.AtLab), string(t.Result), instant(t.ResultAt), t.Changed, int64(t.ID)}
	}
	if err := tx.bulk(`UPDATE tube SET box = $1, laboratory = $2, at_lab = $3, result = $4, result_at = $5, changed_seq = $6 WHERE id = $7`, rows); err != nil {
		return fmt.Errorf("change tubes: %w", err)
	}
	return nil
}

// LabHour is one laboratory, round and hour.
type LabHour struct {
	Laboratory lab.LaboratoryID
	Round      screening.RoundID
	Hour       int64 // hours since 1970, UTC
}

// HourOf returns the hour of an instant.
func HourOf(t time.Time) int64 { return t.Unix() / int64(time.Hour/time.Second) }

// LabDone is what a laboratory did in an hour.
type LabDone struct {
	Received int64 // tubes that it took in
	SentOn   int64 // of those, given to another laboratory without a result
	Resulted int64 // tubes whose first result it told
}

// RoundResult is a round and a result.
type RoundResult struct {
	Round  screening.RoundID
	Result lab.TubeResult
}

// LabTally is what an order changed in what laboratories have done and in how tubes of rounds stand.
type LabTally struct {
	Hours   map[LabHour]LabDone
	Results map[RoundResult]int64
}

// Hour adds to what a laboratory did in the hour of an instant.
func (t *LabTally) Hour(l lab.LaboratoryID, round screening.RoundID, at time.Time, d LabDone) {
	if t.Hours == nil {
		t.Hours = map[LabHour]LabDone{}
	}
	key := LabHour{l, round, HourOf(at)}
	was := t.Hours[key]
	t.Hours[key] = LabDone{was.Received + d.Received, was.SentOn + d.SentOn, was.Resulted + d.Resulted}
}

// Result moves a tube of a round from one result to another.
func (t *LabTally) Result(round screening.RoundID, from, to lab.TubeResult) {
	if t.Results == nil {
		t.Results = map[RoundResult]int64{}
	}
	if from != lab.TubeAwaited {
		t.Results[RoundResult{round, from}]--
	}
	t.Results[RoundResult{round, to}]++
}

// Tally adds up what laboratories have done.
func (tx *Tx) Tally(t LabTally) error {
	var hours, results [][]any
	for k, d := range t.Hours {
		hours = append(hours, []any{int64(k.Laboratory), int64(k.Round), k.Hour, d.Received, d.SentOn, d.Resulted})
	}
	for k, n := range t.Results {
		results = append(results, []any{int64(k.Round), string(k.Result), n})
	}
	// One row each, so that each is added to what the one before it left.
	for _, row := range hours {
		_, err := tx.exec(`INSERT INTO lab_hour (laboratory, round, hour, received, sent_on, resulted) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (laboratory, round, hour) DO UPDATE SET received = lab_hour.received + excluded.received, sent_on = lab_hour.sent_on + excluded.sent_on, resulted = lab_hour.resulted + excluded.resulted`, row...)
		if err != nil {
			return fmt.Errorf("count what laboratories did: %w", err)
		}
	}
	for _, row := range results {
		_, err := tx.exec(`INSERT INTO round_result (round, result, tubes) VALUES ($1, $2, $3) ON CONFLICT (round, result) DO UPDATE SET tubes = round_result.tubes + excluded.tubes`, row...)
		if err != nil {
			return fmt.Errorf("count the results of rounds: %w", err)
		}
	}
	return nil
}

// RoundResults returns how many tubes of a round stand at each result; those that are awaited are not among them. The caller has checked that the round may be read.
func (r *Reader) RoundResults(id screening.RoundID) (map[lab.TubeResult]int64, error) {
	rows, err := r.query(`SELECT result, tubes FROM round_result WHERE round = $1 AND tubes <> 0`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("read the results of a round: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := map[lab.TubeResult]int64{}
	for rows.Next() {
		var result lab.TubeResult
		var n int64
		if err := rows.Scan(&result, &n); err != nil {
			return nil, fmt.Errorf("read the results of a round: %w", err)
		}
		out[result] = n
	}
	return out, rows.Err()
}
