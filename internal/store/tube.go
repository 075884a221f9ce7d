package store

import (
	"database/sql"
	"fmt"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/screening"
)

// Tube is a tube that was registered.
type Tube struct {
	ID         screening.TubeID
	Outbreak   outbreak.ID
	Round      screening.RoundID
	Site       screening.SiteID
	District   place.AreaID // of the site
	Device     screening.DeviceID
	Seq        int64 // of the batch that brought it
	Code       string
	Kind       screening.Kind
	People     int
	Members    []byte // screening.UnpackMembers reads it
	ClosedAt   time.Time
	ReceivedAt time.Time        // by this server
	Box        lab.BoxID        // 0 until it is packed
	Laboratory lab.LaboratoryID // 0 until one has it
	AtLab      time.Time        // when the laboratory took it in
	Result     lab.TubeResult   // the latest
	ResultAt   time.Time
	Changed    int64 // journal entry that last changed it
}

const tubeColumns = `id, outbreak, round, site, district, device, seq, code, kind, people, members, closed_at, received_at, box, laboratory, at_lab, result, result_at, changed_seq`

const tubeValues = `($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`

// AddTubes inserts tubes and gives them their IDs. Their codes must be new in the outbreak.
func (tx *Tx) AddTubes(list []Tube) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("tube", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i := range list {
		t := &list[i]
		t.ID = screening.TubeID(first + int64(i))
		rows[i] = t.row()
	}
	if err := tx.bulk(`INSERT INTO tube (`+tubeColumns+`) VALUES `+tubeValues, rows); err != nil {
		return fmt.Errorf("insert tubes: %w", err)
	}
	return nil
}

// row is a tube as tubeColumns has it.
func (t *Tube) row() []any {
	return []any{int64(t.ID), int64(t.Outbreak), int64(t.Round), int64(t.Site), int64(t.District), int64(t.Device), t.Seq, t.Code, string(t.Kind), int64(t.People), t.Members,
		instant(t.ClosedAt), instant(t.ReceivedAt), int64(t.Box), int64(t.Laboratory), instant(t.AtLab), string(t.Result), instant(t.ResultAt), t.Changed}
}

func (r *Reader) tubes(text string, args ...any) ([]Tube, error) {
	rows, err := r.query(`SELECT `+tubeColumns+` FROM tube WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read tubes: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Tube
	for rows.Next() {
		var t Tube
		var closed, received, atLab, resulted int64
		if err := rows.Scan(&t.ID, &t.Outbreak, &t.Round, &t.Site, &t.District, &t.Device, &t.Seq, &t.Code, &t.Kind, &t.People, &t.Members, &closed, &received,
			&t.Box, &t.Laboratory, &atLab, &t.Result, &resulted, &t.Changed); err != nil {
			return nil, fmt.Errorf("read tubes: %w", err)
		}
		t.ClosedAt, t.ReceivedAt, t.AtLab, t.ResultAt = when(closed), when(received), when(atLab), when(resulted)
		out = append(out, t)
	}
	return out, rows.Err()
}

// TubeByCode returns the tube of a label. The caller has checked, or checks, that its round may be read.
func (r *Reader) TubeByCode(o outbreak.ID, code string) (Tube, error) {
	list, err := r.tubes(`outbreak = $1 AND code = $2`, int64(o), code)
	return one(list, err, "tube", code)
}

// TubesChanged returns tubes that journal entries after seq changed, in their order, about limit of them; all those that one entry changed come together.
func (r *Reader) TubesChanged(seq int64, limit int) ([]Tube, error) {
	var last sql.NullInt64
	err := r.row(`SELECT MAX(changed_seq) FROM (SELECT changed_seq FROM tube WHERE changed_seq > $1 ORDER BY changed_seq LIMIT $2) AS next`, seq, limit).Scan(&last)
	if err != nil || !last.Valid {
		return nil, err
	}
	return r.tubes(`changed_seq > $1 AND changed_seq <= $2 ORDER BY changed_seq, id`, seq, last.Int64)
}

// TubesChangedTo returns the tubes that journal entries after seq, up to last, changed, in their order.
func (r *Reader) TubesChangedTo(seq, last int64) ([]Tube, error) {
	return r.tubes(`changed_seq > $1 AND changed_seq <= $2 ORDER BY changed_seq, id`, seq, last)
}

// TubesEnd returns the journal entry, last at the latest, up to which entries after seq changed about most tubes: all those that one entry changed belong together.
func (r *Reader) TubesEnd(seq, last int64, most int) (int64, error) {
	var end sql.NullInt64
	var n int
	err := r.row(`SELECT MAX(changed_seq), COUNT(*) FROM (SELECT changed_seq FROM tube WHERE changed_seq > $1 AND changed_seq <= $2 ORDER BY changed_seq LIMIT $3) AS next`, seq, last, most).Scan(&end, &n)
	if err != nil {
		return 0, fmt.Errorf("count changed tubes: %w", err)
	}
	if n < most {
		return last, nil
	}
	return end.Int64, nil
}

// TubeCodes returns which of the codes are registered.
func (r *Reader) TubeCodes(o outbreak.ID, codes []string) (map[string]bool, error) {
	out := map[string]bool{}
	err := inChunks(codes, func(part []string) error {
		args := []any{int64(o)}
		rows, err := r.query(`SELECT code FROM tube WHERE outbreak = $1 AND code IN (`+placeholders(&args, part)+`)`, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var c string
			if err := rows.Scan(&c); err != nil {
				return err
			}
			out[c] = true
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for tubes: %w", err)
	}
	return out, nil
}

// AsideTube is a tube that was not taken.
type AsideTube struct {
	ID        int64
	Outbreak  outbreak.ID
	Round     screening.RoundID
	Site      screening.SiteID
	District  place.AreaID
	Device    screening.DeviceID
	Seq       int64
	Place     int // in its batch
	Code      string
	Reason    screening.Reason
	People    int
	Sealed    []byte // the tube as it came
	AsideAt   time.Time
	SettledAt time.Time
	SettledBy string
	Note      string
	Tube      screening.TubeID // that it became once it was corrected; 0: it was not taken
}

// SealedName is what a tube that was set aside is sealed under, with the batch that it came in.
func (t AsideTube) SealedName() string {
	return fmt.Sprintf("aside batch %d/%d/%d", t.Device, t.Seq, t.Place)
}

// AddAside inserts tubes that were not taken.
func (tx *Tx) AddAside(list []AsideTube) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("tube_aside", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i := range list {
		t := &list[i]
		t.ID = first + int64(i)
		rows[i] = []any{t.ID, int64(t.Outbreak), int64(t.Round), int64(t.Site), int64(t.District), int64(t.Device), t.Seq, int64(t.Place), t.Code, string(t.Reason), int64(t.People), t.Sealed, instant(t.AsideAt), int64(0), "", ""}
	}
	err = tx.bulk(`INSERT INTO tube_aside (id, outbreak, round, site, district, device, seq, place, code, reason, people, sealed, aside_at, settled_at, settled_by, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`, rows)
	if err != nil {
		return fmt.Errorf("set tubes aside: %w", err)
	}
	return nil
}

// AsideTubes returns the tubes of a round that were not taken, the oldest first. The caller has checked that the round may be read.
func (r *Reader) AsideTubes(round screening.RoundID) ([]AsideTube, error) {
	return r.asideTubes(`round = $1 ORDER BY id`, int64(round))
}

// AsideTubesOf returns the tubes of a device that were not taken and that nobody has settled yet.
func (r *Reader) AsideTubesOf(d screening.DeviceID) ([]AsideTube, error) {
	return r.asideTubes(`device = $1 AND settled_at = 0 ORDER BY id`, int64(d))
}

func (r *Reader) asideTubes(text string, args ...any) ([]AsideTube, error) {
	rows, err := r.query(`SELECT id, outbreak, round, site, district, device, seq, place, code, reason, people, sealed, aside_at, settled_at, settled_by, note, tube FROM tube_aside WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read tubes set aside: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []AsideTube
	for rows.Next() {
		var t AsideTube
		var aside, settled int64
		if err := rows.Scan(&t.ID, &t.Outbreak, &t.Round, &t.Site, &t.District, &t.Device, &t.Seq, &t.Place, &t.Code, &t.Reason, &t.People, &t.Sealed, &aside, &settled, &t.SettledBy, &t.Note, &t.Tube); err != nil {
			return nil, fmt.Errorf("read tubes set aside: %w", err)
		}
		t.AsideAt, t.SettledAt = when(aside), when(settled)
		out = append(out, t)
	}
	return out, rows.Err()
}
