package command

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// PlanShifts puts shifts on the roster of a facility, all or none. A shift that is there as it is given stays as it is: a list can be given again.
type PlanShifts struct {
	Facility facility.ID
	Shifts   []ShiftOf
}

// ShiftOf is a shift as it is entered.
type ShiftOf struct {
	Worker   string // staff number or login; a name only where there is no number
	Role     string
	Zone     string // clean, contaminated or empty
	From, To string // instants; To may be a time of day, the next one after From
}

// What is taken of a roster.
const (
	longestWorker = 60 // characters
	mostShifts    = 2000
	longestShift  = 72 * time.Hour
	mostShiftAway = 366 * 24 * time.Hour // from now, either way: a year that was mistyped is told
)

// TwoPlaces is returned when somebody would be on duty in two places at once. Nothing was changed. It wraps an *Invalid that says so in words.
type TwoPlaces struct {
	*Invalid
	Facility string // code of the other place; empty where the caller may not read its roster
	From, To time.Time
}

// Unwrap returns the field that cannot be right.
func (e *TwoPlaces) Unwrap() error { return e.Invalid }

// PlanShifts carries out the order, by whoever may plan the staff of the facility. It returns the shifts in their order, and how many of them are new.
func (c *Commands) PlanShifts(ctx context.Context, by By, in PlanShifts) (out []facility.Shift, added int, err error) {
	err = c.atRoster(ctx, by, in.Facility, func(u *unit, f facility.Facility) error {
		list, fresh, err := u.planShifts(f, in.Shifts)
		if err != nil {
			return err
		}
		out, added = list, len(fresh)
		if added == 0 {
			return nil
		}
		if err := u.tx.AddStaffShifts(fresh); err != nil {
			return err
		}
		from, to := fresh[0].From, fresh[0].To
		for _, s := range fresh {
			from, to = slices.MinFunc([]time.Time{from, s.From}, time.Time.Compare), slices.MaxFunc([]time.Time{to, s.To}, time.Time.Compare)
		}
		_, err = u.fact(journal.RosterPlanned, onFacility(f.ID), f.Area, u.now, map[string]any{"facility": f.Code, "first": fresh[0].ID, "last": fresh[added-1].ID, "shifts": added, "from": from, "to": to})
		for i, k := 0, 0; i < len(out); i++ {
			if out[i].ID == 0 {
				out[i], k = *fresh[k], k+1
			}
		}
		return err
	})
	return out, added, err
}

// atRoster runs an order about the roster of a facility.
func (c *Commands) atRoster(ctx context.Context, by By, id facility.ID, fn func(*unit, facility.Facility) error) error {
	return c.db.Update(ctx, func(tx *store.Tx) error {
		f, err := tx.Facility(id)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(f.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.mayAny(f.Area, auth.RosterWrite); err != nil {
				return err
			}
			return fn(u, f)
		})
	})
}

// planShifts reads shifts and finds that nobody is in two places at once: by those on record, wherever they are, and by those that come with them. Of the list, those on record have a number.
func (u *unit) planShifts(f facility.Facility, rows []ShiftOf) (list []facility.Shift, fresh []*facility.Shift, err error) {
	if len(rows) == 0 || len(rows) > mostShifts {
		return nil, nil, &Invalid{"items", fmt.Sprint(len(rows)), "are from 1 to 2,000 shifts"}
	}
	keys := map[string]bool{}
	first := u.now
	for i, row := range rows {
		s, err := u.shift(f, row)
		if err != nil {
			return nil, nil, inRow("items", i, err)
		}
		keys[facility.WorkerKey(s.Worker)] = true
		if s.From.Before(first) {
			first = s.From
		}
		list = append(list, s)
	}
	have, err := u.tx.ShiftsOfWorkers(u.o.ID, slices.Sorted(maps.Keys(keys)), first)
	if err != nil {
		return nil, nil, err
	}
	for i := range list {
		s := &list[i]
		k := facility.WorkerKey(s.Worker)
		clash := s.Clash(have[k])
		if clash == nil {
			have[k] = append(have[k], *s)
			one := *s
			fresh = append(fresh, &one)
			continue
		}
		if clash.Same(*s) && !clash.Cancelled() && clash.ID != 0 {
			*s = *clash
			continue
		}
		if clash.ID == 0 && clash.Same(*s) {
			return nil, nil, inRow("items", i, &Invalid{"worker", s.Worker, "is there twice with the same shift"})
		}
		return nil, nil, u.twoPlaces(f, i, *s, *clash)
	}
	return list, fresh, nil
}

// shift reads one shift.
func (u *unit) shift(f facility.Facility, in ShiftOf) (s facility.Shift, err error) {
	s = facility.Shift{Outbreak: u.o.ID, Facility: f.ID, Area: f.Area, District: f.District, Worker: strings.Join(strings.Fields(in.Worker), " "), PlannedAt: u.now, PlannedBy: u.by.Name()}
	if n := utf8.RuneCountInString(s.Worker); n == 0 || n > longestWorker {
		return s, &Invalid{"worker", s.Worker, "is needed, of 60 characters at most: a staff number or login"}
	}
	if s.Role, err = facility.ParseRole(strings.ToLower(strings.TrimSpace(in.Role))); err != nil {
		return s, &Invalid{"role", in.Role, facility.ErrRole.Error()}
	}
	if s.Zone, err = facility.ParseStaffZone(strings.ToLower(strings.TrimSpace(in.Zone))); err != nil {
		return s, &Invalid{"zone", in.Zone, facility.ErrStaffZone.Error()}
	}
	if s.From, err = ParseInstant(strings.TrimSpace(in.From), u.loc); err != nil || s.From.IsZero() {
		return s, &Invalid{"from", in.From, "is no instant such as 2022-03-12T08:00"}
	}
	if s.To, err = shiftEnd(s.From, strings.TrimSpace(in.To), u.loc); err != nil || s.To.IsZero() {
		return s, &Invalid{"to", in.To, "is no instant such as 2022-03-12T20:00, nor a time of day such as 20:00"}
	}
	switch length := s.To.Sub(s.From); {
	case length <= 0:
		return s, &Invalid{"to", in.To, "is not after from"}
	case length > longestShift:
		return s, &Invalid{"to", in.To, "is more than 72 hours after from"}
	case s.From.Before(u.now.Add(-mostShiftAway)) || s.From.After(u.now.Add(mostShiftAway)):
		return s, &Invalid{"from", in.From, "is more than a year away"}
	}
	return s, nil
}

// shiftEnd reads when a shift ends: an instant, or a time of day, the next one after it begins.
func shiftEnd(from time.Time, text string, loc *time.Location) (time.Time, error) {
	clock, err := time.Parse("15:04", text)
	if err != nil {
		return ParseInstant(text, loc)
	}
	y, m, d := from.In(loc).Date()
	end := time.Date(y, m, d, clock.Hour(), clock.Minute(), 0, 0, loc)
	if !end.After(from) {
		end = time.Date(y, m, d+1, clock.Hour(), clock.Minute(), 0, 0, loc)
	}
	return end.UTC(), nil
}

// twoPlaces says at which other place somebody would be at the same time. A caller who may not read the roster of that place is not told which it is.
func (u *unit) twoPlaces(f facility.Facility, row int, s, other facility.Shift) error {
	out := &TwoPlaces{From: other.From, To: other.Until()}
	where := "another facility"
	if u.by.may(&u.tx.Reader, u.o, auth.RosterRead, other.Area, u.now) == nil {
		at := f
		if other.Facility != f.ID {
			var err error
			if at, err = u.tx.Facility(other.Facility); err != nil {
				return err
			}
		}
		out.Facility, where = at.Code, at.Code
	}
	say := func(t time.Time) string { return t.In(u.loc).Format("2006-01-02 15:04") }
	out.Invalid = &Invalid{fmt.Sprintf("items[%d].worker", row), s.Worker, fmt.Sprintf("is on duty at %s from %s to %s: nobody is in two places at once", where, say(out.From), say(out.To))}
	return out
}

// CancelShift takes a shift off the roster, or ends one that is under way.
type CancelShift struct {
	Shift   facility.ShiftID
	Version int64 // that the caller has seen; 0 is whatever stands
	Reason  string
}

// CancelShift carries out the order. One that is over was worked, and stays.
func (c *Commands) CancelShift(ctx context.Context, by By, in CancelShift) (out facility.Shift, err error) {
	var at facility.ID
	if err := c.db.View(ctx, func(r *store.Reader) error {
		s, err := r.StaffShift(in.Shift)
		at = s.Facility
		return err
	}); err != nil {
		return out, err
	}
	err = c.atRoster(ctx, by, at, func(u *unit, f facility.Facility) error {
		s, err := u.tx.StaffShift(in.Shift)
		if err != nil {
			return err
		}
		reason := strings.TrimSpace(in.Reason)
		switch {
		case in.Version != 0 && in.Version != s.Version:
			return &store.Conflict{Noun: "staff shift", ID: int64(s.ID), Have: s.Version, Want: in.Version}
		case s.Cancelled():
			return &Invalid{"shift", fmt.Sprint(s.ID), "was cancelled before"}
		case !u.now.Before(s.To):
			return &Invalid{"shift", fmt.Sprint(s.ID), "is over"}
		case reason == "" || len(reason) > longestReason:
			return &Invalid{"reason", reason, "is needed, of 2,000 bytes at most"}
		}
		s.CancelledAt, s.CancelledBy, s.Reason = u.now, u.by.Name(), reason
		if err := u.tx.CancelStaffShift(&s); err != nil {
			return err
		}
		out = s
		_, err = u.fact(journal.ShiftCancelled, onFacility(f.ID), f.Area, u.now, map[string]any{"facility": f.Code, "shift": s.ID, "role": s.Role, "zone": s.Zone, "from": s.From, "to": s.To, "begun": u.now.After(s.From)})
		return err
	})
	return out, err
}
