package store

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/screening"
)

// Box is a box of tubes on its way from a site to a laboratory.
type Box struct {
	ID         lab.BoxID
	Outbreak   outbreak.ID
	Code       string
	Round      screening.RoundID
	Site       screening.SiteID
	District   place.AreaID // of the site
	Device     screening.DeviceID
	State      lab.Step
	Tubes      int64 // in Codes
	Counted    int64 // on the table
	Codes      []string
	Note       string
	Digest     [sha256.Size]byte // of all that the desk said
	Answer     string            // what it was told
	PackedAt   time.Time
	MovedAt    time.Time        // its last step
	Laboratory lab.LaboratoryID // that has it; 0 until it was delivered or received
	Version    int64
}

const boxColumns = `id, outbreak, code, round, site, district, device, state, tubes, counted, codes, note, digest, answer, packed_at, moved_at, laboratory, version`

// AddBox inserts a box and gives it its ID. Its code must be new in the outbreak.
func (tx *Tx) AddBox(b *Box) error {
	id, err := tx.nextIDs("box", 1)
	if err != nil {
		return err
	}
	b.ID, b.Version = lab.BoxID(id), 1
	_, err = tx.exec(`INSERT INTO box (`+boxColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		id, int64(b.Outbreak), b.Code, int64(b.Round), int64(b.Site), int64(b.District), int64(b.Device), string(b.State), b.Tubes, b.Counted, strings.Join(b.Codes, "\n"), b.Note, b.Digest[:], b.Answer,
		instant(b.PackedAt), instant(b.MovedAt), int64(b.Laboratory), b.Version)
	if err != nil {
		return fmt.Errorf("insert box %q: %w", b.Code, err)
	}
	return nil
}

// UpdateBox writes where a box is. The version must be the one stored.
func (tx *Tx) UpdateBox(b *Box) error {
	n, err := tx.exec(`UPDATE box SET state = $1, moved_at = $2, laboratory = $3, version = version + 1 WHERE id = $4 AND version = $5`,
		string(b.State), instant(b.MovedAt), int64(b.Laboratory), int64(b.ID), b.Version)
	if err != nil {
		return fmt.Errorf("update box %q: %w", b.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "box", ID: int64(b.ID), Want: b.Version}
	}
	b.Version++
	return nil
}

func (r *Reader) boxes(text string, args ...any) ([]Box, error) {
	rows, err := r.query(`SELECT `+boxColumns+` FROM box WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read boxes: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Box
	for rows.Next() {
		var b Box
		var packed, moved int64
		var codes string
		if err := rows.Scan(&b.ID, &b.Outbreak, &b.Code, &b.Round, &b.Site, &b.District, &b.Device, &b.State, &b.Tubes, &b.Counted, &codes, &b.Note, (*hashBytes)(&b.Digest), &b.Answer,
			&packed, &moved, &b.Laboratory, &b.Version); err != nil {
			return nil, fmt.Errorf("read boxes: %w", err)
		}
		b.PackedAt, b.MovedAt = when(packed), when(moved)
		if codes != "" {
			b.Codes = strings.Split(codes, "\n")
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// Box returns one box. The caller has checked, or checks, that its round may be read.
func (r *Reader) Box(id lab.BoxID) (Box, error) {
	list, err := r.boxes(`id = $1`, int64(id))
	return one(list, err, "box", id)
}

// BoxByCode returns the box of a label. The caller has checked, or checks, that its round may be read.
func (r *Reader) BoxByCode(o outbreak.ID, code string) (Box, error) {
	list, err := r.boxes(`outbreak = $1 AND code = $2`, int64(o), code)
	return one(list, err, "box", code)
}

// BoxFilter says which boxes are listed. Zero fields are any.
type BoxFilter struct {
	Round      screening.RoundID
	Laboratory lab.LaboratoryID
	State      lab.Step
	After      lab.BoxID // those with a higher ID
	Limit      int       // 100 when 0, at most 1000
}

// mostBoxes is how many boxes one list holds at most.
const mostBoxes = 1000

// Boxes returns boxes of an outbreak within a bound, by ID. It wants a round or a laboratory, so that it reads no more than it may return.
func (r *Reader) Boxes(o outbreak.ID, w Within, f BoxFilter) ([]Box, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	text, args := `outbreak = $1 AND id > $2`, []any{int64(o), int64(f.After)}
	add := func(condition string, v any) {
		args = append(args, v)
		text += fmt.Sprintf(" AND %s = $%d", condition, len(args))
	}
	if f.Round != 0 {
		add("round", int64(f.Round))
	}
	if f.Laboratory != 0 {
		add("laboratory", int64(f.Laboratory))
	}
	if f.State != "" {
		add("state", string(f.State))
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	args = append(args, min(f.Limit, mostBoxes))
	return r.boxes(text+s.walked("district")+fmt.Sprintf(" ORDER BY id LIMIT $%d", len(args)), args...)
}

// BoxesOnTheWay returns boxes that were packed since an instant and that no laboratory has received, the newest first.
func (r *Reader) BoxesOnTheWay(o outbreak.ID, since time.Time, most int) ([]Box, error) {
	return r.boxes(`outbreak = $1 AND packed_at >= $2 AND state <> 'received' ORDER BY id DESC LIMIT $3`, int64(o), instant(since), most)
}

// BoxStep is one hand through which a box went.
type BoxStep struct {
	Box        lab.BoxID
	Nth        int64 // 1, 2, 3 ... in the order in which they were told
	Step       lab.Step
	Device     screening.DeviceID // 0 where a person told it on a screen
	Who        string             // login, or device:N
	At         time.Time
	ToldAt     time.Time
	Counted    int64
	Laboratory lab.LaboratoryID
	Note       string
}

// AddBoxStep adds a hand through which a box went, and numbers it.
func (tx *Tx) AddBoxStep(b Box, s *BoxStep) error {
	s.Box = b.ID
	if err := tx.row(`SELECT COALESCE(MAX(nth), 0) + 1 FROM box_step WHERE box = $1`, int64(b.ID)).Scan(&s.Nth); err != nil {
		return fmt.Errorf("number a step of box %q: %w", b.Code, err)
	}
	_, err := tx.exec(`INSERT INTO box_step (box, nth, district, step, device, who, at, told_at, counted, laboratory, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		int64(s.Box), s.Nth, int64(b.District), string(s.Step), int64(s.Device), s.Who, instant(s.At), instant(s.ToldAt), s.Counted, int64(s.Laboratory), s.Note)
	if err != nil {
		return fmt.Errorf("insert a step of box %q: %w", b.Code, err)
	}
	return nil
}

// BoxSteps returns through whose hands a box went, in the order in which it was told.
func (r *Reader) BoxSteps(id lab.BoxID) ([]BoxStep, error) {
	rows, err := r.query(`SELECT box, nth, step, device, who, at, told_at, counted, laboratory, note FROM box_step WHERE box = $1 ORDER BY nth`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("read the steps of a box: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []BoxStep
	for rows.Next() {
		var s BoxStep
		var at, told int64
		if err := rows.Scan(&s.Box, &s.Nth, &s.Step, &s.Device, &s.Who, &at, &told, &s.Counted, &s.Laboratory, &s.Note); err != nil {
			return nil, fmt.Errorf("read the steps of a box: %w", err)
		}
		s.At, s.ToldAt = when(at), when(told)
		out = append(out, s)
	}
	return out, rows.Err()
}

// AwaitedTube is a tube that was packed, or came to a laboratory, before its registration came in.
type AwaitedTube struct {
	Code       string
	Box        lab.BoxID
	Laboratory lab.LaboratoryID
	AtLab      time.Time
	Since      time.Time // when it was first heard of
}

// AwaitedTubes returns those of the codes that are awaited, by code.
func (r *Reader) AwaitedTubes(o outbreak.ID, codes []string) (map[string]AwaitedTube, error) {
	out := map[string]AwaitedTube{}
	err := inChunks(codes, func(part []string) error {
		args := []any{int64(o)}
		rows, err := r.query(`SELECT code, box, laboratory, at_lab, since FROM tube_awaited WHERE outbreak = $1 AND code IN (`+placeholders(&args, part)+`)`, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var a AwaitedTube
			var at, since int64
			if err := rows.Scan(&a.Code, &a.Box, &a.Laboratory, &at, &since); err != nil {
				return err
			}
			a.AtLab, a.Since = when(at), when(since)
			out[a.Code] = a
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for awaited tubes: %w", err)
	}
	return out, nil
}

// AwaitTubes writes what is known of tubes whose registration has not come in. When they were first heard of stays.
func (tx *Tx) AwaitTubes(o outbreak.ID, list []AwaitedTube) error {
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{int64(o), a.Code, int64(a.Box), int64(a.Laboratory), instant(a.AtLab), instant(a.Since)}
	}
	err := tx.bulk(`INSERT INTO tube_awaited (outbreak, code, box, laboratory, at_lab, since) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (outbreak, code) DO UPDATE SET box = excluded.box, laboratory = excluded.laboratory, at_lab = excluded.at_lab`, rows)
	if err != nil {
		return fmt.Errorf("await tubes: %w", err)
	}
	return nil
}

// PlaceAwaited puts tubes that are about to be registered in the boxes and laboratories where they were seen before, and says of results that were told of them before
// that they can be joined.
func (tx *Tx) PlaceAwaited(list []Tube) error {
	var some int64
	err := tx.row(`SELECT 1 FROM tube_awaited LIMIT 1`).Scan(&some)
	if errors.Is(err, sql.ErrNoRows) || len(list) == 0 {
		return nil // mostly none is
	}
	if err != nil {
		return fmt.Errorf("look for awaited tubes: %w", err)
	}
	codes := map[outbreak.ID][]string{}
	for i := range list {
		codes[list[i].Outbreak] = append(codes[list[i].Outbreak], list[i].Code)
	}
	var tally LabTally
	var gone [][]any
	for o, part := range codes {
		found, err := tx.AwaitedTubes(o, part)
		if err != nil {
			return err
		}
		for i := range list {
			a, ok := found[list[i].Code]
			if !ok || list[i].Outbreak != o {
				continue
			}
			list[i].Box, list[i].Laboratory, list[i].AtLab = a.Box, a.Laboratory, a.AtLab
			if a.Laboratory != 0 {
				tally.Hour(a.Laboratory, list[i].Round, a.AtLab, LabDone{Received: 1})
			}
			gone = append(gone, []any{int64(o), a.Code})
		}
	}
	if err := tx.bulk(`DELETE FROM tube_awaited WHERE outbreak = $1 AND code = $2`, gone); err != nil {
		return fmt.Errorf("place awaited tubes: %w", err)
	}
	came := make([][]any, len(gone))
	for i, key := range gone {
		came[i] = append([]any{instant(tx.now)}, key...)
	}
	if err := tx.bulk(`UPDATE tube_result_awaited SET came = $1 WHERE outbreak = $2 AND code = $3`, came); err != nil {
		return fmt.Errorf("join results of awaited tubes: %w", err)
	}
	return tx.Tally(tally)
}

// TubesOfBox returns the tubes of a box that are registered, by label. The caller has checked that its round may be read.
func (r *Reader) TubesOfBox(id lab.BoxID) ([]Tube, error) {
	return r.tubes(`box = $1 AND box > 0 ORDER BY code`, int64(id))
}

// MissingOfBox returns the tubes of a box that no laboratory took in, by label: those that are registered, and those that are awaited.
func (r *Reader) MissingOfBox(id lab.BoxID) ([]string, error) {
	rows, err := r.query(`SELECT code FROM tube WHERE box = $1 AND box > 0 AND at_lab = 0 UNION ALL SELECT code FROM tube_awaited WHERE box = $2 AND box > 0 AND at_lab = 0`, int64(id), int64(id))
	if err != nil {
		return nil, fmt.Errorf("read what is missing of a box: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := []string{}
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, fmt.Errorf("read what is missing of a box: %w", err)
		}
		out = append(out, c)
	}
	slices.Sort(out)
	return out, rows.Err()
}
