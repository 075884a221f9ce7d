package store

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
)

// AwaitedResult is a result that was told of a tube which is not registered.
type AwaitedResult struct {
	Code string
	Nth  int // its place among those of the tube: 1, 2, 3 ...
	lab.Report
	Came    time.Time // when the tube was registered; zero until then
	Number  int       // of a positive one: what the task to find its desk goes by; 0 where the tube was told to be positive before, and where it is not
	Problem string    // why it could not be joined to its tube: RejectedTube.Why and With
}

const awaitedResultColumns = `code, nth, laboratory, run, result, at, ct, reason, told_at, told_by, journal_seq, came, problem, number`

func (r *Reader) awaitedResults(text string, args ...any) ([]AwaitedResult, error) {
	rows, err := r.query(`SELECT `+awaitedResultColumns+` FROM tube_result_awaited WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read results of unknown tubes: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []AwaitedResult
	for rows.Next() {
		var a AwaitedResult
		var at, told, came int64
		if err := rows.Scan(&a.Code, &a.Nth, &a.Laboratory, &a.Run, &a.Result, &at, &a.Ct, &a.Reason, &told, &a.ToldBy, &a.Seq, &came, &a.Problem, &a.Number); err != nil {
			return nil, fmt.Errorf("read results of unknown tubes: %w", err)
		}
		a.At, a.ToldAt, a.Came = when(at), when(told), when(came)
		out = append(out, a)
	}
	return out, rows.Err()
}

// AwaitedResults returns what was told of tubes that are not registered, by code, in the order in which it came.
func (r *Reader) AwaitedResults(o outbreak.ID, codes []string) (map[string][]AwaitedResult, error) {
	out := map[string][]AwaitedResult{}
	err := inChunks(codes, func(part []string) error {
		args := []any{int64(o)}
		list, err := r.awaitedResults(`outbreak = $1 AND code IN (`+placeholders(&args, part)+`) ORDER BY code, nth`, args...)
		for _, a := range list {
			out[a.Code] = append(out[a.Code], a)
		}
		return err
	})
	return out, err
}

// ResultsToJoin returns results whose tubes have come in, at most limit of them, each tube's in their order.
func (r *Reader) ResultsToJoin(o outbreak.ID, limit int) ([]AwaitedResult, error) {
	return r.awaitedResults(`came > 0 AND problem = '' AND outbreak = $1 ORDER BY laboratory, code, nth LIMIT $2`, int64(o), limit)
}

// UnknownNumbers returns the first of n numbers for positive tubes that no desk told of.
func (tx *Tx) UnknownNumbers(n int) (int, error) {
	first, err := tx.nextIDs("unknown_positive", int64(n))
	return int(first), err
}

// PositiveUnknown returns what a laboratory told of tubes that it read as positive at some time and that are not registered, by code, in the order in which it came.
func (r *Reader) PositiveUnknown(id lab.LaboratoryID) ([]AwaitedResult, error) {
	return r.awaitedResults(`laboratory = $1 AND EXISTS (SELECT 1 FROM tube_result_awaited p WHERE p.outbreak = tube_result_awaited.outbreak AND p.code = tube_result_awaited.code AND p.number > 0) ORDER BY code, nth`, int64(id))
}

// KeepResults keeps results of tubes that are not registered.
func (tx *Tx) KeepResults(o outbreak.ID, list []AwaitedResult) error {
	rows := make([][]any, len(list))
	for i := range list {
		a := &list[i]
		rows[i] = []any{int64(o), a.Code, int64(a.Nth), int64(a.Laboratory), a.Run, string(a.Result), instant(a.At), a.Ct, a.Reason, instant(a.ToldAt), a.ToldBy, a.Seq, instant(a.Came), a.Problem, int64(a.Number)}
	}
	err := tx.bulk(`INSERT INTO tube_result_awaited (outbreak, `+awaitedResultColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, rows)
	if err != nil {
		return fmt.Errorf("keep results of unknown tubes: %w", err)
	}
	return nil
}

// JoinedResults takes results that were joined to their tubes out of those that wait, and writes of the others why they could not be.
func (tx *Tx) JoinedResults(o outbreak.ID, list []AwaitedResult) error {
	var gone, problems [][]any
	for _, a := range list {
		if a.Problem == "" {
			gone = append(gone, []any{int64(o), a.Code, int64(a.Nth)})
		} else {
			problems = append(problems, []any{a.Problem, int64(o), a.Code, int64(a.Nth)})
		}
	}
	if err := tx.bulk(`DELETE FROM tube_result_awaited WHERE outbreak = $1 AND code = $2 AND nth = $3`, gone); err != nil {
		return fmt.Errorf("join results: %w", err)
	}
	if err := tx.bulk(`UPDATE tube_result_awaited SET problem = $1 WHERE outbreak = $2 AND code = $3 AND nth = $4`, problems); err != nil {
		return fmt.Errorf("join results: %w", err)
	}
	return nil
}

// ForgetUnknown takes a tube that is not registered out of what laboratories have, with the results that were told of it; that it lies in a box stays.
func (tx *Tx) ForgetUnknown(o outbreak.ID, code string) error {
	for _, text := range []string{`DELETE FROM tube_result_awaited WHERE outbreak = $1 AND code = $2`, `DELETE FROM tube_awaited WHERE outbreak = $1 AND code = $2 AND box = 0`,
		`UPDATE tube_awaited SET laboratory = 0, at_lab = 0 WHERE outbreak = $1 AND code = $2`} {
		if _, err := tx.exec(text, int64(o), code); err != nil {
			return fmt.Errorf("forget unknown tube %q: %w", code, err)
		}
	}
	return nil
}

// UnknownTube is a tube that a laboratory has, or has read, and that no desk has registered.
type UnknownTube struct {
	Code       string
	Laboratory lab.LaboratoryID
	Since      time.Time // when it was first heard of
	AtLab      time.Time // zero where it was reported lost
	Result     lab.TubeResult
	ResultAt   time.Time
	Came       time.Time // when it was registered after all, and its result could not be joined
	Problem    string    // why not
}

// mostUnknown is how many unknown tubes of one laboratory are read at most: each is a slip or a phone that is silent, and whoever has more looks for the reason, not for the tubes.
const mostUnknown = 5000

// UnknownTubes returns the unknown tubes of a laboratory: the positive ones first, then those that wait longest. The caller has checked that its area may be read.
func (r *Reader) UnknownTubes(id lab.LaboratoryID) ([]UnknownTube, error) {
	at := map[string]*UnknownTube{}
	rows, err := r.query(`SELECT code, at_lab, since FROM tube_awaited WHERE laboratory = $1 AND laboratory > 0 ORDER BY since LIMIT $2`, int64(id), mostUnknown)
	if err != nil {
		return nil, fmt.Errorf("read unknown tubes: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		t := UnknownTube{Laboratory: id}
		var atLab, since int64
		if err := rows.Scan(&t.Code, &atLab, &since); err != nil {
			return nil, fmt.Errorf("read unknown tubes: %w", err)
		}
		if t.AtLab, t.Since = when(atLab), when(since); t.Since.IsZero() {
			t.Since = t.AtLab
		}
		at[t.Code] = &t
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read unknown tubes: %w", err)
	}
	told, err := r.awaitedResults(`laboratory = $1 ORDER BY told_at, nth LIMIT $2`, int64(id), mostUnknown)
	if err != nil {
		return nil, err
	}
	for _, a := range told {
		t := at[a.Code]
		if t == nil {
			t = &UnknownTube{Code: a.Code, Laboratory: id, Since: a.ToldAt}
			at[a.Code] = t
		}
		if !a.At.Before(t.ResultAt) {
			t.Result, t.ResultAt = a.Result, a.At
		}
		t.Came, t.Problem = a.Came, cmp.Or(a.Problem, t.Problem)
	}
	out := make([]UnknownTube, 0, len(at))
	for _, t := range at {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b UnknownTube) int {
		positive := func(t UnknownTube) int {
			if t.Result == lab.TubePositive {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(positive(a), positive(b)), a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code))
	})
	return out, nil
}

// UnknownCount counts the unknown tubes of a laboratory.
type UnknownCount struct {
	Tubes    int64
	Positive int64 // results that say so, of people whom nobody knows yet
}

// UnknownCounts counts unknown tubes of an outbreak by laboratory. The caller tells only of laboratories whose area may be read.
func (r *Reader) UnknownCounts(o outbreak.ID) (map[lab.LaboratoryID]UnknownCount, error) {
	out := map[lab.LaboratoryID]UnknownCount{}
	for _, q := range []struct {
		text string
		add  func(*UnknownCount, int64)
	}{
		{`SELECT laboratory, COUNT(*) FROM tube_awaited WHERE outbreak = $1 AND laboratory > 0 GROUP BY laboratory`, func(c *UnknownCount, n int64) { c.Tubes += n }},
		// Of lost tubes, and of those whose result could not be joined, only the result is left.
		{`SELECT laboratory, COUNT(DISTINCT code) FROM tube_result_awaited r WHERE outbreak = $1 AND NOT EXISTS (SELECT 1 FROM tube_awaited a WHERE a.outbreak = r.outbreak AND a.code = r.code AND a.laboratory = r.laboratory) GROUP BY laboratory`,
			func(c *UnknownCount, n int64) { c.Tubes += n }},
		{`SELECT laboratory, COUNT(DISTINCT code) FROM tube_result_awaited WHERE outbreak = $1 AND result = 'positive' GROUP BY laboratory`, func(c *UnknownCount, n int64) { c.Positive += n }},
	} {
		found, err := r.pairs(q.text, int64(o))
		if err != nil {
			return nil, fmt.Errorf("count unknown tubes: %w", err)
		}
		for _, p := range found {
			c := out[lab.LaboratoryID(p[0])]
			q.add(&c, p[1])
			out[lab.LaboratoryID(p[0])] = c
		}
	}
	return out, nil
}

// LabHours returns what a laboratory did in each hour after since, over all rounds, oldest first. The caller has checked that its area may be read.
func (r *Reader) LabHours(id lab.LaboratoryID, since time.Time) (out []HourDone, err error) {
	rows, err := r.query(`SELECT hour, SUM(received - sent_on), SUM(resulted) FROM lab_hour WHERE laboratory = $1 AND hour >= $2 GROUP BY hour ORDER BY hour`, int64(id), HourOf(since))
	if err != nil {
		return nil, fmt.Errorf("read the hours of a laboratory: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var h HourDone
		var hour int64
		if err := rows.Scan(&hour, &h.Received, &h.Resulted); err != nil {
			return nil, fmt.Errorf("read the hours of a laboratory: %w", err)
		}
		h.From = time.Unix(hour*int64(time.Hour/time.Second), 0).UTC()
		out = append(out, h)
	}
	return out, rows.Err()
}

// HourDone is what a laboratory did in an hour.
type HourDone struct {
	From     time.Time
	Received int64 // without those it sent on
	Resulted int64
}
