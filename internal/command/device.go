package command

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// inviteHolds is for how long a device can be enrolled by an invitation: it is shown at the site, shortly before the shift.
const inviteHolds = 24 * time.Hour

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

func onDevice(id screening.DeviceID) task.Subject {
	return task.Subject{Kind: store.OnDevice, ID: int64(id)}
}

// newDeviceKey draws a key and its hash; only the hash is kept.
func newDeviceKey() (key string, hash [sha256.Size]byte) {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	key = base64.RawURLEncoding.EncodeToString(b[:])
	return key, sha256.Sum256([]byte(key))
}

// Invitation lets one device enrol at a desk. It is shown as a QR code; whoever scans it first has used it.
type Invitation struct {
	Device  screening.DeviceID
	Secret  string // for the QR code; it is shown once and not kept
	EnrolBy time.Time
}

// Invite makes an invitation for a device: a desk's or a courier's of a site, or a laboratory's.
type Invite struct {
	Role       screening.Role
	Site       screening.SiteID // 0 for a laboratory's
	Laboratory lab.LaboratoryID // of a laboratory's; 0 else
	Desk       string           // which desk, courier or bench
}

// InviteDevice makes an invitation for a desk of a site.
func (c *Commands) InviteDevice(ctx context.Context, by By, site screening.SiteID, desk string) (Invitation, error) {
	return c.Invite(ctx, by, Invite{Role: screening.Desk, Site: site, Desk: desk})
}

// Invite carries out the order.
func (c *Commands) Invite(ctx context.Context, by By, in Invite) (out Invitation, err error) {
	desk := strings.TrimSpace(in.Desk)
	const longest = 20
	if desk == "" || len(desk) > longest {
		return out, &Invalid{"desk", desk, "is needed, of 20 bytes at most: which desk, courier or bench"}
	}
	if _, err := screening.ParseRole(string(in.Role)); err != nil {
		return out, &Invalid{"role", string(in.Role), err.Error()}
	}
	if ofLab := in.Role == screening.Laboratory; ofLab != (in.Laboratory != 0) || ofLab == (in.Site != 0) {
		return out, &Invalid{Field: "site", Reason: "a laboratory's device belongs to a laboratory, every other to a site"}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		d := screening.Device{Role: in.Role, Site: in.Site, Laboratory: in.Laboratory, Desk: desk}
		at, err := deviceAt(&tx.Reader, d)
		if err != nil {
			return err
		}
		if at.closed {
			return &Invalid{"site", at.code, "is not used any more"}
		}
		o, err := tx.Outbreak(at.outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.by.may(&tx.Reader, o, auth.ScreeningWrite, at.area, u.now); err != nil {
				return err
			}
			d.Outbreak, d.EnrolBy = o.ID, u.now.Add(inviteHolds)
			out.Secret, d.Key = newDeviceKey()
			if err := tx.AddDevice(&d, at.district); err != nil {
				return err
			}
			out.Device, out.EnrolBy = d.ID, d.EnrolBy
			payload := map[string]any{"role": d.Role, "desk": desk}
			if d.Role == screening.Laboratory {
				payload["laboratory"] = at.code
			} else {
				payload["site"] = at.code
			}
			_, err := u.fact(journal.DeviceInvited, onDevice(d.ID), at.area, u.now, payload)
			return err
		})
	})
	return out, err
}

// devicePlace is where a device is used.
type devicePlace struct {
	code     string
	outbreak outbreak.ID
	area     place.AreaID
	district place.AreaID
	closed   bool
}

// deviceAt reads where a device is used: its site or its laboratory.
func deviceAt(r *store.Reader, d screening.Device) (devicePlace, error) {
	if d.Role == screening.Laboratory {
		l, err := r.Laboratory(d.Laboratory)
		return devicePlace{l.Code, l.Outbreak, l.Area, l.District, l.Closed}, err
	}
	s, err := r.Site(d.Site)
	return devicePlace{s.Code, s.Outbreak, s.Area, s.District, s.Closed}, err
}

// ErrInvitation is returned by EnrolDevice for an invitation that is unknown, used or too old.
var ErrInvitation = errors.New("this invitation was used, is too old or is none: ask for a new one")

// Enrolled is a device from now on, with the key it names itself by.
type Enrolled struct {
	screening.Device
	Secret string // kept by the device alone
}

// EnrolDevice turns an invitation into a device. Whoever has scanned the QR code may give the order: nobody logs in at a street desk. The invitation is used up by it.
func (c *Commands) EnrolDevice(ctx context.Context, secret string) (out Enrolled, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		d, err := tx.DeviceByKey(sha256.Sum256([]byte(secret)))
		if isNotFound(err) || err == nil && (!d.Enrolled.IsZero() || !d.RevokedAt.IsZero() || tx.Now().After(d.EnrolBy)) {
			return ErrInvitation
		}
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(d.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, Owner("device"), o, func(u *unit) error {
			out.Secret, d.Key = newDeviceKey()
			d.Enrolled = u.now
			if err := tx.UpdateDevice(&d); err != nil {
				return err
			}
			at, err := deviceAt(&tx.Reader, d)
			if err != nil {
				return err
			}
			out.Device = d
			_, err = u.fact(journal.DeviceEnrolled, onDevice(d.ID), at.area, u.now, nil)
			return err
		})
	})
	return out, err
}

// RevokeDevice signs a device off: it was lost, or its shift is over. What it has sent stays; what it has not sent is taken when it enrols again.
func (c *Commands) RevokeDevice(ctx context.Context, by By, id screening.DeviceID, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return &Invalid{Field: "reason", Reason: "is needed"}
	}
	return c.db.Update(ctx, func(tx *store.Tx) error {
		d, err := tx.Device(id)
		if err != nil {
			return err
		}
		at, err := deviceAt(&tx.Reader, d)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(d.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.by.may(&tx.Reader, o, auth.ScreeningWrite, at.area, u.now); err != nil {
				return err
			}
			if !d.RevokedAt.IsZero() {
				return nil
			}
			d.RevokedAt = u.now
			if err := tx.UpdateDevice(&d); err != nil {
				return err
			}
			_, err := u.fact(journal.DeviceRevoked, onDevice(id), at.area, u.now, map[string]string{"reason": reason})
			return err
		})
	})
}
