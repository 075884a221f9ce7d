package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
)

// loadWindow is over how long a laboratory's rate is measured: whole hours before the present one, with it.
const loadWindow = 3

// LabLoad is a laboratory with what it has to do.
type LabLoad struct {
	lab.Laboratory
	lab.Load
}

// LabLoads returns what the laboratories within a bound have to do, by code. Tubes that were closed before late are beyond the clock; zero counts none.
func (r *Reader) LabLoads(o outbreak.ID, w Within, now, late time.Time) ([]LabLoad, error) {
	list, err := r.Laboratories(o, w)
	if err != nil {
		return nil, err
	}
	out := make([]LabLoad, len(list))
	for i, l := range list {
		out[i].Laboratory = l
		if out[i].Load, err = r.LabLoad(l.ID, now, late); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// LabLoad returns what one laboratory has to do. It reads counters and the front of one index, no tubes.
func (r *Reader) LabLoad(id lab.LaboratoryID, now, late time.Time) (l lab.Load, err error) {
	since := HourOf(now) - loadWindow + 1
	var first, sentOn, sentLately int64
	err = r.row(`SELECT COALESCE(SUM(received), 0), COALESCE(SUM(sent_on), 0), COALESCE(SUM(resulted), 0),
COALESCE(SUM(CASE WHEN hour >= $1 THEN received ELSE 0 END), 0), COALESCE(SUM(CASE WHEN hour >= $2 THEN sent_on ELSE 0 END), 0), COALESCE(SUM(CASE WHEN hour >= $3 THEN resulted ELSE 0 END), 0), COALESCE(MIN(hour), 0)
FROM lab_hour WHERE laboratory = $4`, since, since, since, int64(id)).Scan(&l.Received, &sentOn, &l.Resulted, &l.ReceivedLately, &sentLately, &l.ResultedLately, &first)
	if err != nil {
		return l, fmt.Errorf("read the load of laboratory %d: %w", id, err)
	}
	l.Received -= sentOn
	l.InHand = l.Received - l.Resulted
	// From the start of the first hour that counts, so that the present hour is as long as it has lasted.
	if start := time.Unix(max(since, first)*int64(time.Hour/time.Second), 0); first != 0 && start.Before(now) {
		l.Window = now.Sub(start)
	}
	var oldest int64
	err = r.row(`SELECT closed_at, code FROM tube WHERE laboratory = $1 AND result_at = 0 ORDER BY closed_at LIMIT 1`, int64(id)).Scan(&oldest, &l.OldestTube)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return l, fmt.Errorf("read what waits at laboratory %d: %w", id, err)
	}
	if l.Oldest = when(oldest); late.IsZero() {
		return l, nil
	}
	if err := r.row(`SELECT COUNT(*) FROM tube WHERE laboratory = $1 AND result_at = 0 AND closed_at < $2`, int64(id), instant(late)).Scan(&l.Late); err != nil {
		return l, fmt.Errorf("count what is late at laboratory %d: %w", id, err)
	}
	return l, nil
}

// LateTubes returns tubes without a result that were closed before an instant, the oldest first. Laboratory 0 are those that none has yet; they may be of any of the
// outbreak's sites within the bound.
func (r *Reader) LateTubes(o outbreak.ID, w Within, id lab.LaboratoryID, late time.Time, limit int) ([]Tube, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	return r.tubes(`laboratory = $1 AND result_at = 0 AND closed_at < $2 AND outbreak = $3`+s.walked("district")+` ORDER BY closed_at LIMIT $4`, int64(id), instant(late), int64(o), limit)
}

// CountLate counts tubes of an outbreak within a bound that no laboratory has and that were closed before an instant.
func (r *Reader) CountLate(o outbreak.ID, w Within, late time.Time) (n int64, err error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return 0, err
	}
	err = r.row(`SELECT COUNT(*) FROM tube WHERE laboratory = 0 AND result_at = 0 AND closed_at < $1 AND outbreak = $2`+s.walked("district"), instant(late), int64(o)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count late tubes: %w", err)
	}
	return n, nil
}

// RoundTubes is what became of a round's tubes on their way. What was registered is in the turnout.
type RoundTubes struct {
	Boxes    map[lab.Step]int64 // boxes by how far they have come
	Packed   int64              // tubes in boxes
	Received int64              // that laboratories took in
	Results  map[lab.TubeResult]int64
}

// Resulted are the tubes that told something or nothing, without those that were lost.
func (t RoundTubes) Resulted() int64 {
	var n int64
	for r, k := range t.Results {
		if r != lab.TubeLost {
			n += k
		}
	}
	return n
}

// Lost are the tubes that were never found.
func (t RoundTubes) Lost() int64 { return t.Results[lab.TubeLost] }

// RoundTubes returns what became of a round's tubes, from boxes and counters. The caller has checked that the round may be read.
func (r *Reader) RoundTubes(id screening.RoundID) (out RoundTubes, err error) {
	out.Boxes = map[lab.Step]int64{}
	rows, err := r.query(`SELECT state, COUNT(*), SUM(tubes) FROM box WHERE round = $1 GROUP BY state`, int64(id))
	if err != nil {
		return out, fmt.Errorf("count the boxes of a round: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var s lab.Step
		var n, tubes int64
		if err := rows.Scan(&s, &n, &tubes); err != nil {
			return out, fmt.Errorf("count the boxes of a round: %w", err)
		}
		out.Boxes[s] = n
		out.Packed += tubes
	}
	if err := rows.Err(); err != nil {
		return out, fmt.Errorf("count the boxes of a round: %w", err)
	}
	if err := r.row(`SELECT COALESCE(SUM(received - sent_on), 0) FROM lab_hour WHERE round = $1`, int64(id)).Scan(&out.Received); err != nil {
		return out, fmt.Errorf("count what came in of a round: %w", err)
	}
	out.Results, err = r.RoundResults(id)
	return out, err
}

// ReceivedOf returns how many tubes of each box laboratories took in.
func (r *Reader) ReceivedOf(ids []lab.BoxID) (map[lab.BoxID]int64, error) {
	out := map[lab.BoxID]int64{}
	for _, from := range []string{"tube", "tube_awaited"} {
		found, err := gather(plainIDs(ids), func(in string) ([][2]int64, error) {
			return r.pairs(`SELECT box, COUNT(*) FROM ` + from + ` WHERE box IN (` + in + `) AND box > 0 AND at_lab > 0 GROUP BY box`)
		}, func(p [2]int64) lab.BoxID { return lab.BoxID(p[0]) })
		if err != nil {
			return nil, fmt.Errorf("count what came in of boxes: %w", err)
		}
		for id, p := range found {
			out[id] += p[0][1]
		}
	}
	return out, nil
}

// PositiveTubes returns the newest positive tubes of a laboratory. The caller has checked that its area may be read.
func (r *Reader) PositiveTubes(id lab.LaboratoryID, limit int) ([]Tube, error) {
	return r.tubes(`laboratory = $1 AND result = 'positive' ORDER BY result_at DESC, id DESC LIMIT $2`, int64(id), limit)
}
