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

// InviteDevice makes an invitation for a desk of a site.
func (c *Commands) InviteDevice(ctx context.Context, by By, site screening.SiteID, desk string) (out Invitation, err error) {
	desk = strings.TrimSpace(desk)
	const longest = 20
	if desk == "" || len(desk) > longest {
		return out, &Invalid{"desk", desk, "is needed, of 20 bytes at most: which desk of the site"}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Site(site)
		if err != nil {
			return err
		}
		if s.Closed {
			return &Invalid{"site", s.Code, "is not used any more"}
		}
		o, err := tx.Outbreak(s.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.by.may(&tx.Reader, o, auth.ScreeningWrite, s.Area, u.now); err != nil {
				return err
			}
			d := screening.Device{Outbreak: o.ID, Site: s.ID, Desk: desk, EnrolBy: u.now.Add(inviteHolds)}
			out.Secret, d.Key = newDeviceKey()
			if err := tx.AddDevice(&d, s.District); err != nil {
				return err
			}
			out.Device, out.EnrolBy = d.ID, d.EnrolBy
			_, err := u.fact(journal.DeviceInvited, onDevice(d.ID), s.Area, u.now, map[string]any{"site": s.Code, "desk": desk})
			return err
		})
	})
	return out, err
}

// ErrInvitation is returned by EnrolDevice for an invitation that is unknown, used or too old.
var ErrInvitation = errors.New("this invitation was used, is too old or is none: ask for a new one")

// Enrolled is a device from now on, with the key it names itself by.
type Enrolled struct {
	screening.Device
	Secret string // kept by the device alone
	Where  screening.Site
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
			if out.Where, err = tx.Site(d.Site); err != nil {
				return err
			}
			out.Device = d
			_, err = u.fact(journal.DeviceEnrolled, onDevice(d.ID), out.Where.Area, u.now, nil)
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
		s, err := tx.Site(d.Site)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(d.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.by.may(&tx.Reader, o, auth.ScreeningWrite, s.Area, u.now); err != nil {
				return err
			}
			if !d.RevokedAt.IsZero() {
				return nil
			}
			d.RevokedAt = u.now
			if err := tx.UpdateDevice(&d); err != nil {
				return err
			}
			_, err := u.fact(journal.DeviceRevoked, onDevice(id), s.Area, u.now, map[string]string{"reason": reason})
			return err
		})
	})
}
