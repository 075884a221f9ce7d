package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Who stays where. Each order below checks who gives it and then goes through the functions in stay_unit.go, stay_rooms.go and stay_end.go, which transfer and treatment use inside their own orders:
//
//	u.bookOfCode(code)               the facility, locked, with its rooms and who is in them
//	u.party(guests, together)        who is to be given beds, as the rules see them
//	u.bookStays(b, party)            beds are kept for them
//	u.checkIn(stay, at)              they are there: quarantine or isolation begins, the rulebook answers
//	u.moveRoom(stays, room, reason)  to another room of the same facility
//	u.checkOut(leave, stays...)      they have left; the room is to be cleaned
//	u.dropBooking(stay, reason)      the bed is not kept any longer
//	u.startHome(guest, at)           they stay at home
//
// None of these checks rights. All of them write at once, so that an order sees what it did before.

func onStay(id facility.StayID) task.Subject { return task.Subject{Kind: store.OnStay, ID: int64(id)} }

// Guest is somebody who is given a bed, or stays at home: a case or a contact of the outbreak.
type Guest struct {
	Case    cases.ID
	Contact contact.ID
	Room    string // code of the room asked for; empty: one is found
}

// BookStays keeps beds of a facility for a party, for all of it or nobody.
type BookStays struct {
	Outbreak string
	Facility string // code
	Guests   []Guest
	// Together says that they live together, of those whose household no register tells.
	Together bool
}

// keepers are the actions of which one lets somebody check people in and out of a facility, and bookers those that let them give beds there.
func keepers(k facility.Kind) []auth.Action {
	if k == facility.Hospital {
		return []auth.Action{auth.CareWrite}
	}
	return []auth.Action{auth.IsolationWrite}
}

func bookers(k facility.Kind) []auth.Action { return append(keepers(k), auth.TransferWrite) }

// BookStays carries out the order and returns the stays, in the order of the guests.
func (c *Commands) BookStays(ctx context.Context, by By, in BookStays) (out []facility.Stay, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		b, err := u.bookOfCode(in.Facility)
		if err != nil {
			return err
		}
		if err := u.mayAny(b.Area, bookers(b.Kind)...); err != nil {
			return err
		}
		party, err := u.party(in.Guests, in.Together)
		if err != nil {
			return err
		}
		list, err := u.bookStays(b, party)
		out = staysNow(list)
		return err
	})
	return out, err
}

// WalkIn takes in a party for whom no bed is kept, for all of it or nobody.
type WalkIn struct {
	BookStays
	At string // instant; now when empty
	Welcome
}

// WalkIn carries out the order and returns the stays, in the order of the guests.
func (c *Commands) WalkIn(ctx context.Context, by By, in WalkIn) (out []facility.Stay, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		b, err := u.bookOfCode(in.Facility)
		if err != nil {
			return err
		}
		if err := u.mayAny(b.Area, keepers(b.Kind)...); err != nil {
			return err
		}
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		party, err := u.party(in.Guests, in.Together)
		if err != nil {
			return err
		}
		list, err := u.bookStays(b, party)
		if err != nil {
			return err
		}
		for _, s := range list {
			if err := u.checkIn(s, at); err != nil {
				return err
			}
			if err := u.welcome(s, in.Welcome); err != nil {
				return err
			}
		}
		out = staysNow(list)
		return nil
	})
	return out, err
}

// CheckIn says that people for whom beds are kept have come, for all of them or nobody.
type CheckIn struct {
	Stays []facility.StayID
	At    string // instant; now when empty
	Room  string // another room of the facility than the one kept; empty: that one
	Welcome
}

// Welcome is what is done for people as they come.
type Welcome struct {
	Explained bool     // the rules of the place and their restriction were explained to them in person, and they have signed
	Needs     []string // what each of them needs there: words of restriction.NeedKinds
}

// welcome puts on record what was explained and asked for, on the restriction that brings somebody here.
func (u *unit) welcome(s *facility.Stay, in Welcome) error {
	if !in.Explained && len(in.Needs) == 0 {
		return nil
	}
	if s.Companion {
		return nil // nothing restricts them
	}
	cause := restriction.OfCase(s.CaseOf)
	if s.Class == facility.Contact {
		cause = restriction.OfContact(s.ContactOf)
	}
	rec, err := u.restrictionRecord(cause, false)
	if err != nil {
		return err
	}
	if rec == nil || !rec.Stands() {
		return &Invalid{Field: "needs", Reason: "and what was explained belong to a restriction: nothing restricts them"}
	}
	if in.Explained && rec.ToTell() > 0 {
		if err := u.by.may(&u.tx.Reader, u.o, auth.RestrictionTell, s.Area, u.now); err != nil {
			return err
		}
		if err := u.changeRestriction(rec, journal.RestrictionTold, func(u *unit, r *restriction.Restriction) (map[string]any, error) {
			return u.tellRestriction(r, restriction.InPerson, u.now, "", "")
		}); err != nil {
			return err
		}
	}
	for i, word := range in.Needs {
		kind, err := restriction.ParseNeed(word)
		if err != nil {
			return &Invalid{fmt.Sprintf("needs[%d]", i), word, restriction.ErrNeed.Error()}
		}
		if err := u.by.may(&u.tx.Reader, u.o, auth.NeedWrite, s.Area, u.now); err != nil {
			return err
		}
		if err := u.changeRestriction(rec, journal.NeedAsked, func(u *unit, r *restriction.Restriction) (map[string]any, error) {
			_, payload, err := u.askNeed(r, kind)
			return payload, err
		}); err != nil {
			return err
		}
	}
	return nil
}

// CheckIn carries out the order and returns the stays.
func (c *Commands) CheckIn(ctx context.Context, by By, in CheckIn) ([]facility.Stay, error) {
	return c.withStays(ctx, by, in.Stays, keepers, func(u *unit, list []*facility.Stay) error {
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		if in.Room != "" {
			if err := u.moveRoom(list, in.Room, ""); err != nil {
				return err
			}
		}
		for _, s := range list {
			if err := u.checkIn(s, at); err != nil {
				return err
			}
			if err := u.welcome(s, in.Welcome); err != nil {
				return err
			}
		}
		return nil
	})
}

// DropBookings gives up beds that are kept.
type DropBookings struct {
	Stays  []facility.StayID
	Reason string
}

// DropBookings carries out the order and returns the stays.
func (c *Commands) DropBookings(ctx context.Context, by By, in DropBookings) ([]facility.Stay, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if in.Reason == "" || len(in.Reason) > longestReason {
		return nil, &Invalid{Field: "reason", Reason: "is needed, of 2,000 bytes at most"}
	}
	return c.withStays(ctx, by, in.Stays, bookers, func(u *unit, list []*facility.Stay) error {
		for _, s := range list {
			if err := u.dropBooking(s, in.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

// MoveRoom moves people who are there or booked to another room of their facility, together. Whoever is in their room for the sake of a child goes along where there is a bed for them too.
type MoveRoom struct {
	Stays  []facility.StayID
	Room   string // code
	Reason string
}

// MoveRoom carries out the order and returns the stays.
func (c *Commands) MoveRoom(ctx context.Context, by By, in MoveRoom) ([]facility.Stay, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if len(in.Reason) > longestReason {
		return nil, &Invalid{Field: "reason", Reason: "is longer than 2,000 bytes"}
	}
	return c.withStays(ctx, by, in.Stays, keepers, func(u *unit, list []*facility.Stay) error { return u.moveTogether(list, in.Room, in.Reason) })
}

// CheckOut says that people have left a facility, or that their stay at home is over.
type CheckOut struct {
	Stays   []facility.StayID
	Leaving facility.Leaving
	At      string // instant; now when empty
	Home    bool   // they go on at home: with leaving "moved" only
	Reason  string // needed where they left without leave, or were never there
	CaredBy string // needed where who is released, or goes on at home, leaves a child behind: who looks after it
	Going          // of those who are released
}

// CheckOut carries out the order and returns the stays. Somebody is released only whom a rule or a person has released.
func (c *Commands) CheckOut(ctx context.Context, by By, in CheckOut) ([]facility.Stay, error) {
	in.Reason, in.CaredBy = strings.TrimSpace(in.Reason), strings.TrimSpace(in.CaredBy)
	why, err := facility.ParseLeaving(string(in.Leaving))
	switch {
	case err != nil || why == facility.NotLeft:
		return nil, &Invalid{"leaving", string(in.Leaving), "is released, moved, died, without-leave or error"}
	case in.Home && why != facility.LeftMoved:
		return nil, &Invalid{"home", string(in.Leaving), "goes with leaving moved: the stay goes on at home"}
	case len(in.Reason) > longestReason:
		return nil, &Invalid{Field: "reason", Reason: "is longer than 2,000 bytes"}
	case len(in.CaredBy) > longestReason:
		return nil, &Invalid{Field: "cared_by", Reason: "is longer than 2,000 bytes"}
	case in.CaredBy != "" && why != facility.LeftRelease && !in.Home:
		return nil, &Invalid{"cared_by", in.CaredBy, "goes with leaving released, or moved home"}
	case in.Reason == "" && (why == facility.LeftWithout || why == facility.LeftError):
		return nil, &Invalid{Field: "reason", Reason: "is needed"}
	}
	how, err := in.parse()
	if err == nil && how.way != facility.WayUnsaid && why != facility.LeftRelease {
		err = &Invalid{"way_home", in.WayHome, "goes with leaving released"}
	}
	if err != nil {
		return nil, err
	}
	return c.withStays(ctx, by, in.Stays, keepers, func(u *unit, list []*facility.Stay) error {
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		for _, s := range list {
			if a, err := u.admissionOf(s); err != nil {
				return err
			} else if a != nil && why == facility.LeftDied {
				return &Invalid{"leaving", string(why), "is told of a patient by the hospital, with the case: not as the end of a stay"}
			}
		}
		if err := u.checkOut(leave{Why: why, At: at, Reason: in.Reason, Going: how, Home: in.Home, CaredBy: in.CaredBy}, list...); err != nil {
			return err
		}
		if !in.Home {
			return nil
		}
		for _, s := range list {
			if s.Companion {
				continue
			}
			g, err := u.guest(Guest{Case: s.CaseOf, Contact: s.ContactOf})
			if err != nil {
				return err
			}
			if _, err := u.startHome(g, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// StartHomeStay says that people stay at home from now on: home quarantine, home isolation, or home monitoring after a stay elsewhere.
type StartHomeStay struct {
	Outbreak string
	Guests   []Guest
	At       string // instant; now when empty
}

// StartHomeStay carries out the order and returns the stays. It ends as any other: by CheckOut, or with the follow-up.
func (c *Commands) StartHomeStay(ctx context.Context, by By, in StartHomeStay) (out []facility.Stay, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		party, err := u.party(in.Guests, false)
		if err != nil {
			return err
		}
		var list []*facility.Stay
		for _, g := range party {
			if err := u.by.may(&u.tx.Reader, u.o, auth.FollowUpWrite, g.area, u.now); err != nil {
				return err
			}
			s, err := u.startHome(g, at)
			if err != nil {
				return err
			}
			list = append(list, s)
		}
		out = staysNow(list)
		return nil
	})
	return out, err
}

// withStays runs an order about stays of one outbreak. In facilities one of the actions is needed, at home the right to follow people up.
func (c *Commands) withStays(ctx context.Context, by By, ids []facility.StayID, actions func(facility.Kind) []auth.Action, fn func(*unit, []*facility.Stay) error) (out []facility.Stay, err error) {
	if n := len(ids); n == 0 || n > mostInParty {
		return nil, &Invalid{"stays", strconv.Itoa(n), fmt.Sprintf("are from 1 to %d at once", mostInParty)}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		first, err := tx.Stay(ids[0])
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(first.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			var list []*facility.Stay
			for _, id := range ids {
				s, err := u.stay(id)
				if err != nil {
					return err
				}
				if s.AtHome() {
					err = u.by.may(&u.tx.Reader, u.o, auth.FollowUpWrite, s.Area, u.now)
				} else {
					b, lockErr := u.bookOf(s.Facility)
					if lockErr != nil {
						return lockErr
					}
					err = u.mayAny(b.Area, actions(b.Kind)...)
				}
				if err != nil {
					return err
				}
				list = append(list, s)
			}
			if err := fn(u, list); err != nil {
				return err
			}
			out = staysNow(list)
			return nil
		})
	})
	return out, err
}

func staysNow(list []*facility.Stay) []facility.Stay {
	out := make([]facility.Stay, len(list))
	for i, s := range list {
		out[i] = *s
	}
	return out
}

// happened reads when something happened; now when empty.
func (u *unit) happened(text string) (time.Time, error) {
	at, err := ParseInstant(strings.TrimSpace(text), u.loc)
	switch {
	case err != nil:
		return at, &Invalid{"at", text, err.Error()}
	case at.IsZero():
		return u.now, nil
	case at.After(u.now.Add(5 * time.Minute)): // another clock may run a little ahead
		return at, &Invalid{"at", text, "lies in the future"}
	}
	return at, nil
}

// misfit says in an order's words why a bed may not be given. The cause stays a *facility.Misfit.
func misfit(field, value string, err error) error {
	var m *facility.Misfit
	if !errors.As(err, &m) {
		return err
	}
	return &NoBed{Field: field, Value: value, Misfit: m}
}

// NoBed is returned when a bed may not be given to somebody, and says by which rule. Nothing was changed.
type NoBed struct {
	Field  string
	Value  string // code of the case or contact
	Misfit *facility.Misfit
}

// Error implements error.
func (e *NoBed) Error() string { return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Misfit) }

// Unwrap returns the rule that was broken.
func (e *NoBed) Unwrap() error { return e.Misfit }
