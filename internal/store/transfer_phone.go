package store

import (
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/transfer"
)

// AddPhone inserts an invitation for a crew's phone and gives it its ID.
func (tx *Tx) AddPhone(p *transfer.Phone, district place.AreaID) error {
	id, err := tx.nextIDs("transfer_phone", 1)
	if err != nil {
		return err
	}
	p.ID, p.Version = transfer.PhoneID(id), 1
	_, err = tx.exec(`INSERT INTO transfer_phone (id, outbreak, vehicle, district, crew, hash, enrol_by, enrolled_at, revoked_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id, int64(p.Outbreak), int64(p.Vehicle), int64(district), p.Crew, p.Key[:], instant(p.EnrolBy), instant(p.Enrolled), instant(p.RevokedAt), p.Version)
	return wrap(err, "insert phone", id)
}

// UpdatePhone writes how a phone stands. The version must be the one stored.
func (tx *Tx) UpdatePhone(p *transfer.Phone) error {
	n, err := tx.exec(`UPDATE transfer_phone SET hash = $1, enrolled_at = $2, revoked_at = $3, version = version + 1 WHERE id = $4 AND version = $5`, p.Key[:], instant(p.Enrolled), instant(p.RevokedAt), int64(p.ID), p.Version)
	if err != nil {
		return fmt.Errorf("update phone %d: %w", p.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "phone", ID: int64(p.ID), Want: p.Version}
	}
	p.Version++
	return nil
}

func (r *Reader) phones(where string, args ...any) ([]transfer.Phone, error) {
	return scanned(r, "read phones", `SELECT id, outbreak, vehicle, crew, hash, enrol_by, enrolled_at, revoked_at, version FROM transfer_phone WHERE `+where, args, func(scan func(...any) error) (p transfer.Phone, err error) {
		var by, enrolled, revoked int64
		var hash []byte
		err = scan(&p.ID, &p.Outbreak, &p.Vehicle, &p.Crew, &hash, &by, &enrolled, &revoked, &p.Version)
		copy(p.Key[:], hash)
		p.EnrolBy, p.Enrolled, p.RevokedAt = when(by), when(enrolled), when(revoked)
		return p, err
	})
}

// Phone returns one phone.
func (r *Reader) Phone(id transfer.PhoneID) (transfer.Phone, error) {
	list, err := r.phones(`id = $1`, int64(id))
	return one(list, err, "phone", id)
}

// PhoneByKey returns the phone whose key, or whose invitation, has this hash.
func (r *Reader) PhoneByKey(hash [32]byte) (transfer.Phone, error) {
	list, err := r.phones(`hash = $1`, hash[:])
	return one(list, err, "phone", "by key")
}

// PhonesOf returns the phones of a vehicle, the newest first.
func (r *Reader) PhonesOf(v transfer.VehicleID) ([]transfer.Phone, error) {
	return r.phones(`vehicle = $1 ORDER BY id DESC`, int64(v))
}

// PhoneReport is what was answered to something a phone told.
type PhoneReport struct {
	Phone    transfer.PhoneID
	Seq      int64
	Outbreak outbreak.ID
	At       time.Time
	Digest   string // SHA-256 of what was told, in hex
	Answer   string // JSON
}

// PhoneReport returns what was answered to a phone's report; false where it has not told it.
func (r *Reader) PhoneReport(p transfer.PhoneID, seq int64) (PhoneReport, bool, error) {
	list, err := scanned(r, "read a phone's report", `SELECT phone, seq, outbreak, at, digest, answer FROM transfer_report WHERE phone = $1 AND seq = $2`, []any{int64(p), seq}, func(scan func(...any) error) (x PhoneReport, err error) {
		var at int64
		err = scan(&x.Phone, &x.Seq, &x.Outbreak, &at, &x.Digest, &x.Answer)
		x.At = when(at)
		return x, err
	})
	if err != nil || len(list) == 0 {
		return PhoneReport{}, false, err
	}
	return list[0], true, nil
}

// AddPhoneReport keeps what was answered to a phone's report.
func (tx *Tx) AddPhoneReport(x PhoneReport) error {
	_, err := tx.exec(`INSERT INTO transfer_report (phone, seq, outbreak, at, digest, answer) VALUES ($1, $2, $3, $4, $5, $6)`, int64(x.Phone), x.Seq, int64(x.Outbreak), instant(x.At), x.Digest, x.Answer)
	if err != nil {
		return fmt.Errorf("keep report %d of phone %d: %w", x.Seq, x.Phone, err)
	}
	return nil
}
