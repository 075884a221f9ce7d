package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
)

func onPhone(id transfer.PhoneID) task.Subject {
	return task.Subject{Kind: store.OnPhone, ID: int64(id)}
}

// PhoneInvitation lets one phone enrol for a vehicle. It is shown as a QR code; whoever scans it first has used it.
type PhoneInvitation struct {
	Phone   transfer.PhoneID
	Secret  string // for the QR code; it is shown once and not kept
	EnrolBy time.Time
}

// InvitePhone makes an invitation for a crew's phone.
func (c *Commands) InvitePhone(ctx context.Context, by By, id transfer.VehicleID, crew string) (out PhoneInvitation, err error) {
	crew = strings.TrimSpace(crew)
	const longest = 60
	if crew == "" || len(crew) > longest {
		return out, &Invalid{"crew", crew, "is needed, of 60 bytes at most: who drives"}
	}
	_, err = c.onTheVehicle(ctx, by, id, func(u *unit, v *transfer.Vehicle) error {
		if v.State == transfer.Retired {
			return &Invalid{"vehicle", v.Code, "is not used any more"}
		}
		p := transfer.Phone{Outbreak: u.o.ID, Vehicle: v.ID, Crew: crew, EnrolBy: u.now.Add(inviteHolds)}
		out.Secret, p.Key = newDeviceKey()
		if err := u.tx.AddPhone(&p, v.District); err != nil {
			return err
		}
		out.Phone, out.EnrolBy = p.ID, p.EnrolBy
		_, err := u.fact(journal.PhoneInvited, onPhone(p.ID), v.Area, u.now, map[string]any{"vehicle": v.Code, "crew": crew})
		return err
	})
	return out, err
}

// EnrolledPhone is a crew's phone from now on, with the key it names itself by.
type EnrolledPhone struct {
	transfer.Phone
	Secret string // kept by the phone alone
}

// EnrolPhone turns an invitation into a crew's phone, as EnrolDevice does for those that register tubes. ErrInvitation where it is none.
func (c *Commands) EnrolPhone(ctx context.Context, secret string) (out EnrolledPhone, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		p, err := tx.PhoneByKey(sha256.Sum256([]byte(secret)))
		if isNotFound(err) || err == nil && (!p.Enrolled.IsZero() || !p.RevokedAt.IsZero() || tx.Now().After(p.EnrolBy)) {
			return ErrInvitation
		}
		if err != nil {
			return err
		}
		v, err := tx.Vehicle(p.Vehicle)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(p.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, Owner("phone"), o, func(u *unit) error {
			out.Secret, p.Key = newDeviceKey()
			p.Enrolled = u.now
			if err := tx.UpdatePhone(&p); err != nil {
				return err
			}
			out.Phone = p
			_, err = u.fact(journal.PhoneEnrolled, onPhone(p.ID), v.Area, u.now, map[string]any{"vehicle": v.Code})
			return err
		})
	})
	return out, err
}

// RevokePhone signs a crew's phone off: it was lost, or the shift is over.
func (c *Commands) RevokePhone(ctx context.Context, by By, id transfer.PhoneID, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return &Invalid{Field: "reason", Reason: "is needed"}
	}
	var p transfer.Phone
	err := c.db.View(ctx, func(r *store.Reader) (err error) { p, err = r.Phone(id); return err })
	if err != nil {
		return err
	}
	_, err = c.onTheVehicle(ctx, by, p.Vehicle, func(u *unit, v *transfer.Vehicle) error {
		p, err := u.tx.Phone(id)
		if err != nil || !p.RevokedAt.IsZero() {
			return err
		}
		p.RevokedAt = u.now
		if err := u.tx.UpdatePhone(&p); err != nil {
			return err
		}
		_, err = u.fact(journal.PhoneRevoked, onPhone(id), v.Area, u.now, map[string]any{"vehicle": v.Code, "reason": reason})
		return err
	})
	return err
}

// PhoneRefused is returned for a phone that is not enrolled, was signed off, or tells something that cannot be.
type PhoneRefused struct {
	Code string // for machines: not_enrolled, other_device, seq_taken, bad_form, or the field of an order that is wrong
	Text string
}

// Error implements error.
func (e *PhoneRefused) Error() string { return e.Code + ": " + e.Text }

// PhoneOf finds the phone of a key. One that was signed off is refused, and that it spoke all the same is in the journal.
func (c *Commands) PhoneOf(ctx context.Context, key string) (p transfer.Phone, err error) {
	err = c.db.View(ctx, func(r *store.Reader) error {
		p, err = r.PhoneByKey(sha256.Sum256([]byte(key)))
		return err
	})
	switch {
	case isNotFound(err) || err == nil && p.Enrolled.IsZero():
		return p, &PhoneRefused{"not_enrolled", "no phone has this key: enrol it again"}
	case err != nil:
		return p, err
	case !p.RevokedAt.IsZero():
		return p, errors.Join(&PhoneRefused{"not_enrolled", "this phone was signed off"}, c.phoneRefused(ctx, p))
	}
	return p, nil
}

func (c *Commands) phoneRefused(ctx context.Context, p transfer.Phone) error {
	return c.inID(ctx, Owner("phone:"+strconv.FormatInt(int64(p.ID), 10)), p.Outbreak, func(u *unit) error {
		v, err := u.tx.Vehicle(p.Vehicle)
		if err != nil {
			return err
		}
		_, err = u.fact(journal.PhoneRefused, onPhone(p.ID), v.Area, u.now, map[string]any{"vehicle": v.Code, "revoked_at": p.RevokedAt})
		return err
	})
}

// ToldAnswer is what a phone is answered. What cannot be is told by its code, once and for all: the phone does not send it again.
type ToldAnswer struct {
	Seq   int64  `json:"seq"`
	Taken bool   `json:"taken"`
	Code  string `json:"code,omitempty"` // why not
	Text  string `json:"text,omitempty"`
}

// TellByPhone takes down what a crew's phone tells. The same number with the same bytes is answered as before; with others it is refused.
func (c *Commands) TellByPhone(ctx context.Context, p transfer.Phone, body []byte) (answer string, err error) {
	in, err := transfer.ReadReport(body)
	if err != nil {
		return "", &PhoneRefused{"bad_form", err.Error()}
	}
	if in.Phone != p.ID {
		return "", &PhoneRefused{"other_device", "the report is another phone's"}
	}
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	told := func(r *store.Reader) (bool, error) {
		x, is, err := r.PhoneReport(p.ID, in.Seq)
		if err == nil && is && x.Digest != digest {
			return true, &PhoneRefused{"seq_taken", "another report has this number"}
		}
		answer = x.Answer
		return is, err
	}
	var why *Invalid
	take := func(refused *Invalid) error {
		return c.inID(ctx, Owner("phone:"+strconv.FormatInt(int64(p.ID), 10)), p.Outbreak, func(u *unit) error {
			if is, err := told(&u.tx.Reader); is || err != nil {
				return err
			}
			out := ToldAnswer{Seq: in.Seq, Taken: refused == nil}
			if refused != nil {
				out.Code, out.Text = refused.Field, refused.Error()
			} else {
				v, err := u.tx.Vehicle(p.Vehicle)
				if err != nil {
					return err
				}
				d := &drive{unit: u, v: &v, phone: p.ID, in: TellTrip{Trip: in.Trip, Party: in.Party, What: in.What, At: in.At, Gave: in.Gave, Took: in.Took, Means: in.Means, Signed: in.Signed, Minutes: in.Minutes, Reason: in.Reason}}
				if err := d.tell(); err != nil {
					return err
				}
			}
			b, err := json.Marshal(out)
			if err != nil {
				return err
			}
			answer = string(b)
			return u.tx.AddPhoneReport(store.PhoneReport{Phone: p.ID, Seq: in.Seq, Outbreak: u.o.ID, At: u.now, Digest: digest, Answer: answer})
		})
	}
	err = take(nil)
	switch {
	case errors.As(err, &why): // kept with its refusal, so that the phone does not ask for ever
		err = take(why)
	case isNotFound(err):
		err = take(&Invalid{"trip", strconv.FormatInt(int64(in.Trip), 10), "is not known"})
	}
	return answer, err
}
