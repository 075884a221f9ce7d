package store

import (
	"fmt"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/task"
)

// What journal entries about laboratories and tubes are about.
const (
	OnLaboratory                  = task.OnLab
	OnTube                        = task.OnTube
	OnBox        task.SubjectKind = "box"
)

const laboratoryColumns = `id, outbreak, code, name, area, district, per_hour, turnaround, opens, closes, mobile, closed, version, rates`

// AddLaboratory inserts a laboratory and gives it its ID. Its code must be new in the outbreak.
func (tx *Tx) AddLaboratory(l *lab.Laboratory) error {
	id, err := tx.nextIDs("laboratory", 1)
	if err != nil {
		return err
	}
	l.ID, l.Version = lab.LaboratoryID(id), 1
	_, err = tx.exec(`INSERT INTO laboratory (`+laboratoryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id, int64(l.Outbreak), l.Code, l.Name, int64(l.Area), int64(l.District), l.PerHour, minutes(l.Turnaround), minutes(l.Opens), minutes(l.Closes), flag(l.Mobile), flag(l.Closed), l.Version, lab.WriteRates(l.Rates))
	if err != nil {
		return fmt.Errorf("insert laboratory %q: %w", l.Code, err)
	}
	return nil
}

// minutes is how spans of a laboratory's day are kept.
func minutes(d time.Duration) int64 { return int64(d / time.Minute) }

// UpdateLaboratory writes what is known of a laboratory now. The version must be the one stored.
func (tx *Tx) UpdateLaboratory(l *lab.Laboratory) error {
	n, err := tx.exec(`UPDATE laboratory SET name = $1, area = $2, district = $3, per_hour = $4, turnaround = $5, opens = $6, closes = $7, mobile = $8, closed = $9, rates = $10, version = version + 1 WHERE id = $11 AND version = $12`,
		l.Name, int64(l.Area), int64(l.District), l.PerHour, minutes(l.Turnaround), minutes(l.Opens), minutes(l.Closes), flag(l.Mobile), flag(l.Closed), lab.WriteRates(l.Rates), int64(l.ID), l.Version)
	if err != nil {
		return fmt.Errorf("update laboratory %q: %w", l.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "laboratory", ID: int64(l.ID), Want: l.Version}
	}
	l.Version++
	return nil
}

func (r *Reader) laboratories(text string, args ...any) ([]lab.Laboratory, error) {
	return scanned(r, "read laboratories", `SELECT `+laboratoryColumns+` FROM laboratory WHERE `+text, args, func(scan func(...any) error) (l lab.Laboratory, err error) {
		var turnaround, opens, closes, mobile, closed int64
		var rates string
		if err := scan(&l.ID, &l.Outbreak, &l.Code, &l.Name, &l.Area, &l.District, &l.PerHour, &turnaround, &opens, &closes, &mobile, &closed, &l.Version, &rates); err != nil {
			return l, err
		}
		l.Turnaround, l.Opens, l.Closes = time.Duration(turnaround)*time.Minute, time.Duration(opens)*time.Minute, time.Duration(closes)*time.Minute
		l.Mobile, l.Closed = mobile != 0, closed != 0
		if l.Rates, err = lab.ParseRates(rates); err != nil {
			return l, fmt.Errorf("rates of laboratory %q: %w", l.Code, err)
		}
		return l, nil
	})
}

// Laboratory returns one laboratory. The caller has checked, or checks, that its area may be read.
func (r *Reader) Laboratory(id lab.LaboratoryID) (lab.Laboratory, error) {
	list, err := r.laboratories(`id = $1`, int64(id))
	return one(list, err, "laboratory", id)
}

// LaboratoryByCode returns the laboratory of a code. The caller has checked, or checks, that its area may be read.
func (r *Reader) LaboratoryByCode(o outbreak.ID, code string) (lab.Laboratory, error) {
	list, err := r.laboratories(`outbreak = $1 AND code = $2`, int64(o), code)
	return one(list, err, "laboratory", code)
}

// Laboratories returns the laboratories of an outbreak within a bound, by code.
func (r *Reader) Laboratories(o outbreak.ID, w Within) ([]lab.Laboratory, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	return r.laboratories(`outbreak = $1`+s.gathered("area")+` ORDER BY code`, int64(o))
}
