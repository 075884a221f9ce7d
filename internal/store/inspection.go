package store

import (
	"fmt"
	"time"

	"firebreak/internal/facility"
)

const (
	inspectionColumns = `id, outbreak, facility, area, district, pack, whole, inspector, note, made_at, noted_at, noted_by`
	deficiencyColumns = `id, outbreak, facility, area, district, standard, critical, note, found_at, found_in, ended_at, ended_in, ended_as, version`
)

// AddInspection inserts an inspection with what it looked at, and gives it its ID. The engine refuses a second one of the same site, instant and inspector.
func (tx *Tx) AddInspection(x *facility.Inspection) error {
	id, err := tx.nextIDs("inspection", 1)
	if err != nil {
		return err
	}
	x.ID = facility.InspectionID(id)
	if _, err := tx.exec(`INSERT INTO inspection (`+inspectionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		id, int64(x.Outbreak), int64(x.Facility), int64(x.Area), int64(x.District), x.Pack, flag(x.Whole), x.Inspector, x.Note, instant(x.MadeAt), instant(x.NotedAt), x.NotedBy); err != nil {
		return wrap(err, "insert inspection", id)
	}
	rows := make([][]any, len(x.Checked))
	for n, c := range x.Checked {
		rows[n] = []any{id, int64(n), c.Standard, string(c.Finding), c.Note}
	}
	return wrap(tx.bulk(`INSERT INTO inspection_item (inspection, n, standard, finding, note) VALUES ($1, $2, $3, $4, $5)`, rows), "insert what inspection looked at", id)
}

func (r *Reader) inspections(where string, args ...any) ([]facility.Inspection, error) {
	list, err := scanned(r, "read inspections", `SELECT `+inspectionColumns+` FROM inspection WHERE `+where, args, func(scan func(...any) error) (x facility.Inspection, err error) {
		var whole, made, noted int64
		err = scan(&x.ID, &x.Outbreak, &x.Facility, &x.Area, &x.District, &x.Pack, &whole, &x.Inspector, &x.Note, &made, &noted, &x.NotedBy)
		x.Whole, x.MadeAt, x.NotedAt = whole != 0, when(made), when(noted)
		return x, err
	})
	if err != nil || len(list) == 0 {
		return list, err
	}
	ids := make([]facility.InspectionID, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	type item struct {
		facility.Checked
		of facility.InspectionID
	}
	items, err := gatherIDs(ids, func(in string) ([]item, error) {
		return scanned(r, "read what inspections looked at", `SELECT inspection, standard, finding, note FROM inspection_item WHERE inspection IN (`+in+`) ORDER BY inspection, n`, nil, func(scan func(...any) error) (c item, err error) {
			err = scan(&c.of, &c.Standard, &c.Finding, &c.Note)
			return c, err
		})
	}, func(c item) facility.InspectionID { return c.of })
	for i := range list {
		for _, c := range items[list[i].ID] {
			list[i].Checked = append(list[i].Checked, c.Checked)
		}
	}
	return list, err
}

// InspectionsAt returns up to limit inspections of a facility, the newest first, by when they were made.
func (r *Reader) InspectionsAt(id facility.ID, limit int) ([]facility.Inspection, error) {
	return r.inspections(`facility = $1 ORDER BY made_at DESC, id DESC LIMIT $2`, int64(id), limit)
}

// InspectionAgain says whether an inspection of the same site, instant and inspector is on record.
func (r *Reader) InspectionAgain(x facility.Inspection) (bool, error) {
	list, err := r.inspections(`facility = $1 AND made_at = $2 AND inspector = $3`, int64(x.Facility), instant(x.MadeAt), x.Inspector)
	return len(list) > 0, err
}

// LookedAt is how one standard of a facility was found when it was last looked at.
type LookedAt struct {
	facility.Checked
	Facility facility.ID
	In       facility.InspectionID
	At       time.Time
}

// LookedAt returns how each standard of a facility that was ever looked at was found the last time.
func (r *Reader) LookedAt(id facility.ID) (map[string]LookedAt, error) {
	list, err := scanned(r, "read what was looked at", `SELECT i.facility, c.inspection, i.made_at, c.standard, c.finding, c.note FROM inspection i JOIN inspection_item c ON c.inspection = i.id
WHERE i.facility = $1 ORDER BY i.made_at, i.id`, []any{int64(id)}, func(scan func(...any) error) (l LookedAt, err error) {
		var at int64
		err = scan(&l.Facility, &l.In, &at, &l.Standard, &l.Finding, &l.Note)
		l.At = when(at)
		return l, err
	})
	out := map[string]LookedAt{}
	for _, l := range list {
		out[l.Standard] = l
	}
	return out, err
}

// LastInspected returns when each of the facilities was last inspected against every standard; those that never were are not in it.
func (r *Reader) LastInspected(ids []facility.ID) (map[facility.ID]time.Time, error) {
	type last struct {
		id facility.ID
		at time.Time
	}
	found, err := gatherIDs(ids, func(in string) ([]last, error) {
		return scanned(r, "read last inspections", `SELECT facility, MAX(made_at) FROM inspection WHERE whole = 1 AND facility IN (`+in+`) GROUP BY facility`, nil, func(scan func(...any) error) (l last, err error) {
			var at int64
			err = scan(&l.id, &at)
			l.at = when(at)
			return l, err
		})
	}, func(l last) facility.ID { return l.id })
	out := make(map[facility.ID]time.Time, len(found))
	for id, list := range found {
		out[id] = list[0].at
	}
	return out, err
}

// AddDeficiency inserts a deficiency and gives it its ID. The engine refuses a second one of a standard that is open.
func (tx *Tx) AddDeficiency(d *facility.Deficiency) error {
	id, err := tx.nextIDs("deficiency", 1)
	if err != nil {
		return err
	}
	d.ID, d.Version = facility.DeficiencyID(id), 1
	_, err = tx.exec(`INSERT INTO deficiency (`+deficiencyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id, int64(d.Outbreak), int64(d.Facility), int64(d.Area), int64(d.District), d.Standard, flag(d.Critical), d.Note, instant(d.FoundAt), int64(d.FoundIn), instant(d.EndedAt), int64(d.EndedIn), string(d.End), d.Version)
	return wrap(err, "insert deficiency", id)
}

// UpdateDeficiency writes what is known of a deficiency now. The version must be the one stored.
func (tx *Tx) UpdateDeficiency(d *facility.Deficiency) error {
	n, err := tx.exec(`UPDATE deficiency SET note = $1, ended_at = $2, ended_in = $3, ended_as = $4, version = version + 1 WHERE id = $5 AND version = $6`,
		d.Note, instant(d.EndedAt), int64(d.EndedIn), string(d.End), int64(d.ID), d.Version)
	if err != nil {
		return fmt.Errorf("update deficiency %d: %w", d.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "deficiency", ID: int64(d.ID), Want: d.Version}
	}
	d.Version++
	return nil
}

func (r *Reader) deficiencies(where string, args ...any) ([]facility.Deficiency, error) {
	return scanned(r, "read deficiencies", `SELECT `+deficiencyColumns+` FROM deficiency WHERE `+where, args, func(scan func(...any) error) (d facility.Deficiency, err error) {
		var critical, found, ended int64
		err = scan(&d.ID, &d.Outbreak, &d.Facility, &d.Area, &d.District, &d.Standard, &critical, &d.Note, &found, &d.FoundIn, &ended, &d.EndedIn, &d.End, &d.Version)
		d.Critical, d.FoundAt, d.EndedAt = critical != 0, when(found), when(ended)
		return d, err
	})
}

// Deficiency returns one deficiency. The caller has checked, or checks, that its area may be read.
func (r *Reader) Deficiency(id facility.DeficiencyID) (facility.Deficiency, error) {
	list, err := r.deficiencies(`id = $1`, int64(id))
	return one(list, err, "deficiency", id)
}

// OpenDeficiencies returns what is still to be put right at each of the facilities: what is critical first, then what was found first.
func (r *Reader) OpenDeficiencies(ids []facility.ID) (map[facility.ID][]facility.Deficiency, error) {
	return gatherIDs(ids, func(in string) ([]facility.Deficiency, error) {
		return r.deficiencies(`ended_at = 0 AND facility IN (` + in + `) ORDER BY facility, critical DESC, found_at, id`)
	}, func(d facility.Deficiency) facility.ID { return d.Facility })
}
