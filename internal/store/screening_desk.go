package store

import (
	"database/sql"
	"fmt"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
)

// SiteReport is what somebody at a site said of it last.
type SiteReport struct {
	Site       screening.SiteID
	Outbreak   outbreak.ID
	District   place.AreaID
	Paused     bool  // nobody is sampled there for now
	Queue      int64 // people who wait; -1 where that was not said
	ReportedAt time.Time
	ReportedBy string
}

// SiteReports returns what was said last of each site of an outbreak. The caller leaves out sites that may not be read.
func (r *Reader) SiteReports(o outbreak.ID) (map[screening.SiteID]SiteReport, error) {
	rows, err := r.query(`SELECT site, outbreak, district, paused, queue, reported_at, reported_by FROM site_report WHERE outbreak = $1`, int64(o))
	if err != nil {
		return nil, fmt.Errorf("read reports of sites: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := map[screening.SiteID]SiteReport{}
	for rows.Next() {
		var s SiteReport
		var paused, at int64
		if err := rows.Scan(&s.Site, &s.Outbreak, &s.District, &paused, &s.Queue, &at, &s.ReportedBy); err != nil {
			return nil, fmt.Errorf("read reports of sites: %w", err)
		}
		s.Paused, s.ReportedAt = paused != 0, when(at)
		out[s.Site] = s
	}
	return out, rows.Err()
}

// SetSiteReport replaces what was said of a site.
func (tx *Tx) SetSiteReport(s SiteReport) error {
	_, err := tx.exec(`INSERT INTO site_report (site, outbreak, district, paused, queue, reported_at, reported_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (site) DO UPDATE SET paused = excluded.paused, queue = excluded.queue, reported_at = excluded.reported_at, reported_by = excluded.reported_by`,
		int64(s.Site), int64(s.Outbreak), int64(s.District), flag(s.Paused), s.Queue, instant(s.ReportedAt), s.ReportedBy)
	if err != nil {
		return fmt.Errorf("write the report of site %d: %w", s.Site, err)
	}
	return nil
}

// Signature is the account of a round as somebody signed it.
type Signature struct {
	Round    screening.RoundID
	Outbreak outbreak.ID
	SignedAt time.Time
	SignedBy string // login
	Signer   string // name and post, as written
	Counts   string // JSON, as it was signed
	Digest   string // SHA-256 of Counts, in hex
	Note     string // on what does not add up
}

// Signature returns the signature of a round; ok is false where nobody has signed it. The caller has checked that the round may be read.
func (r *Reader) Signature(round screening.RoundID) (s Signature, ok bool, err error) {
	rows, err := r.query(`SELECT round, outbreak, signed_at, signed_by, signer, counts, digest, note FROM screening_signature WHERE round = $1`, int64(round))
	if err != nil {
		return s, false, fmt.Errorf("read the signature of a round: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	if rows.Next() {
		var at int64
		if err := rows.Scan(&s.Round, &s.Outbreak, &at, &s.SignedBy, &s.Signer, &s.Counts, &s.Digest, &s.Note); err != nil {
			return s, false, fmt.Errorf("read the signature of a round: %w", err)
		}
		s.SignedAt, ok = when(at), true
	}
	return s, ok, rows.Err()
}

// AddSignature keeps a signature. A round has one.
func (tx *Tx) AddSignature(s Signature) error {
	_, err := tx.exec(`INSERT INTO screening_signature (round, outbreak, signed_at, signed_by, signer, counts, digest, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		int64(s.Round), int64(s.Outbreak), instant(s.SignedAt), s.SignedBy, s.Signer, s.Counts, s.Digest, s.Note)
	if err != nil {
		return fmt.Errorf("sign round %d: %w", s.Round, err)
	}
	return nil
}

// TubeTally counts the tubes of a round and says where each is. The caller has checked that the round may be read.
//
// It reads every tube of the round: a page of a round that has ended can wait for it, one that refreshes itself cannot.
func (r *Reader) TubeTally(round screening.RoundID) (t screening.Tally, err error) {
	rows, err := r.query(`SELECT CASE WHEN box > 0 THEN 1 ELSE 0 END, CASE WHEN at_lab > 0 THEN 1 ELSE 0 END, result, COUNT(*), SUM(people)
FROM tube WHERE round = $1 GROUP BY CASE WHEN box > 0 THEN 1 ELSE 0 END, CASE WHEN at_lab > 0 THEN 1 ELSE 0 END, result`, int64(round))
	if err != nil {
		return t, fmt.Errorf("count tubes: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var packed, received, n, people int64
		var result lab.TubeResult
		if err := rows.Scan(&packed, &received, &result, &n, &people); err != nil {
			return t, fmt.Errorf("count tubes: %w", err)
		}
		t.Registered, t.Samples = t.Registered+n, t.Samples+people
		t.Packed += packed * n
		t.Received += received * n
		switch {
		case result == lab.TubeAwaited && received == 1:
			t.Waiting += n
		case result == lab.TubeAwaited && packed == 1:
			t.Moving += n
		case result == lab.TubeAwaited:
			t.Loose += n
		case received == 0:
			t.NeverCame += n
		case result.Again():
			t.Failed += n
		case result == lab.TubePositive:
			t.Positive += n
		default:
			t.Negative += n
		}
	}
	if err := rows.Err(); err != nil {
		return t, fmt.Errorf("count tubes: %w", err)
	}
	t.Aside, t.AsideOpen, err = r.AsideCount(round)
	return t, err
}

// TubeState says where tubes of a round are, for a list of them.
type TubeState string

// The states that a list of tubes can be narrowed to.
const (
	TubesLoose    TubeState = "loose"    // in no box yet
	TubesMoving   TubeState = "moving"   // packed, and not at a laboratory
	TubesWaiting  TubeState = "waiting"  // at a laboratory, without a result
	TubesResulted TubeState = "resulted" // negative or positive
	TubesPositive TubeState = "positive"
	TubesFailed   TubeState = "failed" // with a result that tells nothing
)

// ErrTubeState is returned for a word that is no TubeState.
var ErrTubeState = fmt.Errorf("is %s, %s, %s, %s, %s or %s", TubesLoose, TubesMoving, TubesWaiting, TubesResulted, TubesPositive, TubesFailed)

// TubesIn returns tubes of a round in a state, by ID from after on. The caller has checked that the round may be read, and leaves out what lies where it may not.
func (r *Reader) TubesIn(round screening.RoundID, state TubeState, after screening.TubeID, limit int) ([]Tube, error) {
	where := map[TubeState]string{
		"": "", TubesLoose: ` AND box = 0 AND at_lab = 0 AND result = ''`, TubesMoving: ` AND box > 0 AND at_lab = 0 AND result = ''`, TubesWaiting: ` AND at_lab > 0 AND result = ''`,
		TubesResulted: ` AND result IN ('negative', 'positive')`, TubesPositive: ` AND result = 'positive'`, TubesFailed: ` AND result IN ('inconclusive', 'invalid', 'lost', 'leaked')`,
	}
	text, ok := where[state]
	if !ok {
		return nil, ErrTubeState
	}
	return r.tubes(`round = $1 AND id > $2`+text+` ORDER BY id LIMIT $3`, int64(round), int64(after), int64(limit))
}

// PeopleByNumber returns the people of dense numbers; numbers that are nobody's are left out.
func (r *Reader) PeopleByNumber(list []person.Number) (map[person.Number]person.Person, error) {
	out := make(map[person.Number]person.Person, len(list))
	err := inChunks(list, func(part []person.Number) error {
		rows, err := r.query(`SELECT ` + personColumns + ` FROM person WHERE number > 0 AND number IN (` + numbers(part) + `)`)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			p, err := scanPerson(rows)
			if err != nil {
				return err
			}
			out[p.Number] = p
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read people by number: %w", err)
	}
	return out, nil
}

// AsideTube returns one tube that was set aside. The caller has checked, or checks, that its round may be read.
func (r *Reader) AsideTube(id int64) (AsideTube, error) {
	list, err := r.asideTubes(`id = $1`, id)
	return one(list, err, "tube set aside", id)
}

// SettleAside writes that a person has dealt with a tube that was set aside.
func (tx *Tx) SettleAside(t AsideTube) error {
	n, err := tx.exec(`UPDATE tube_aside SET settled_at = $1, settled_by = $2, note = $3, tube = $4 WHERE id = $5 AND settled_at = 0`, instant(t.SettledAt), t.SettledBy, t.Note, int64(t.Tube), t.ID)
	if err != nil {
		return fmt.Errorf("settle tube %q: %w", t.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "tube set aside", ID: t.ID}
	}
	return nil
}

// AsideCount counts the tubes of a round that were set aside, and how many of them nobody has settled yet. The caller has checked that the round may be read.
func (r *Reader) AsideCount(round screening.RoundID) (all, open int64, err error) {
	var o sql.NullInt64
	err = r.row(`SELECT COUNT(*), SUM(CASE WHEN settled_at = 0 THEN 1 ELSE 0 END) FROM tube_aside WHERE round = $1`, int64(round)).Scan(&all, &o)
	if err != nil {
		return 0, 0, fmt.Errorf("count tubes set aside: %w", err)
	}
	return all, o.Int64, nil
}

// DeviceHeard returns when the last batch of each of some devices came in; those that never sent one are left out.
func (r *Reader) DeviceHeard(list []screening.DeviceID) (map[screening.DeviceID]time.Time, error) {
	out := make(map[screening.DeviceID]time.Time, len(list))
	for _, d := range list {
		var at sql.NullInt64
		// By number rather than by time: the last one is at the end of the key.
		err := r.row(`SELECT MAX(received_at) FROM (SELECT received_at FROM capture_batch WHERE device = $1 ORDER BY seq DESC LIMIT 1) AS latest`, int64(d)).Scan(&at)
		if err != nil {
			return nil, fmt.Errorf("read when device %d was heard: %w", d, err)
		}
		if at.Valid {
			out[d] = when(at.Int64)
		}
	}
	return out, nil
}
