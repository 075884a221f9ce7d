package facility

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// ShiftID names a shift of staff.
type ShiftID int64

// Role is what somebody of the staff of a facility does.
type Role string

// The roles.
const (
	Manager      Role = "manager" // answers for the site
	Doctor       Role = "doctor"
	Nurse        Role = "nurse"
	MedicalStaff Role = "medical"      // a doctor or a nurse, whichever: checks, swabs, care
	Liaison      Role = "liaison"      // keeps the lists, and speaks with other offices
	Disinfection Role = "disinfection" // cleans, disinfects, handles refuse
	Security     Role = "security"
	Logistics    Role = "logistics"     // meals, goods, repairs
	Counselling  Role = "psychological" // somebody to talk to
)

// ErrRole is wrapped by ParseRole.
var ErrRole = errors.New("is manager, doctor, nurse, medical, liaison, disinfection, security, logistics or psychological")

// Roles returns every role, in the order in which screens show them.
func Roles() []Role {
	return []Role{Manager, Doctor, Nurse, MedicalStaff, Liaison, Disinfection, Security, Logistics, Counselling}
}

// Does says whether somebody of a role does what is asked of another: doctors and nurses are medical staff, but who is entered as medical staff is not known to be either.
func (r Role) Does(asked Role) bool {
	return r == asked || asked == MedicalStaff && (r == Doctor || r == Nurse)
}

// ParseRole reads the stored word.
func ParseRole(s string) (Role, error) {
	for _, r := range Roles() {
		if string(r) == s {
			return r, nil
		}
	}
	return "", fmt.Errorf("role %q: %w", s, ErrRole)
}

// StaffZone is the part of a facility in which somebody works.
type StaffZone string

// The zones. Where it makes no difference none is said.
const (
	AnyZone          StaffZone = ""
	CleanZone        StaffZone = "clean"        // where staff live and work
	ContaminatedZone StaffZone = "contaminated" // where people stay
)

// ErrStaffZone is wrapped by ParseStaffZone.
var ErrStaffZone = errors.New("is clean, contaminated or empty")

// ParseStaffZone reads the stored word.
func ParseStaffZone(s string) (StaffZone, error) {
	switch z := StaffZone(s); z {
	case AnyZone, CleanZone, ContaminatedZone:
		return z, nil
	}
	return "", fmt.Errorf("zone %q: %w", s, ErrStaffZone)
}

// Shift is somebody on duty at a facility, from an instant until before another. Nobody is on duty in two places at once.
type Shift struct {
	ID          ShiftID
	Outbreak    outbreak.ID
	Facility    ID
	Area        place.AreaID
	District    place.AreaID
	Worker      string // staff number or login; a name only where there is no number. It stays out of the journal
	Role        Role
	Zone        StaffZone
	From, To    time.Time // as planned
	PlannedAt   time.Time
	PlannedBy   string
	CancelledAt time.Time // zero where it stands
	CancelledBy string
	Reason      string // of the cancelling; it may tell of people and stays out of the journal
	Version     int64
}

// WorkerKey is by what a worker is known: the same for those that differ in case or blanks only.
func WorkerKey(worker string) string {
	return strings.ToLower(strings.Join(strings.Fields(worker), " "))
}

// Cancelled says whether it was cancelled, before it began or on the way.
func (s Shift) Cancelled() bool { return !s.CancelledAt.IsZero() }

// Until is when it ends: as planned, or when it was cancelled. One that was cancelled before it began ends as it begins, and nobody is on duty.
func (s Shift) Until() time.Time {
	if !s.Cancelled() || s.CancelledAt.After(s.To) {
		return s.To
	}
	return later(s.CancelledAt, s.From)
}

// On says whether its worker is on duty at an instant.
func (s Shift) On(at time.Time) bool { return !at.Before(s.From) && at.Before(s.Until()) }

// Meets says whether there is an instant at which both are on duty.
func (s Shift) Meets(o Shift) bool {
	return s.From.Before(s.Until()) && o.From.Before(o.Until()) && s.From.Before(o.Until()) && o.From.Before(s.Until())
}

// Same says whether both plan the same: the same worker, place, work and time.
func (s Shift) Same(o Shift) bool {
	return s.Facility == o.Facility && WorkerKey(s.Worker) == WorkerKey(o.Worker) && s.Role == o.Role && s.Zone == o.Zone && s.From.Equal(o.From) && s.To.Equal(o.To)
}

// Clash finds among the shifts of a worker one by which they would be on duty in two places at once; nil where there is none.
func (s Shift) Clash(others []Shift) *Shift {
	for i := range others {
		if s.Meets(others[i]) {
			return &others[i]
		}
	}
	return nil
}

// Norm is how many of a role are on duty at once at a facility, by day and by night, for those who stay in beds of a level. A role has a norm for each level, or one for all beds; what the norms of a role ask is added up.
type Norm struct {
	Role       Role
	Level      Level // NoLevel: all beds
	Day, Night Share
}

// Share is how many are on duty: at least so many as soon as anybody stays there, and one for each so many people begun; where Each is 0 it does not grow with them.
type Share struct{ Least, Each int64 }

// Of is how many that is for so many people. Where nobody stays, nobody is asked for.
func (s Share) Of(people int64) int64 {
	switch {
	case people <= 0:
		return 0
	case s.Each <= 0:
		return s.Least
	}
	return max(s.Least, (people+s.Each-1)/s.Each)
}

// Staffing is how many staff a facility is to have on duty. Day and night begin at a time of day, since midnight in the outbreak's zone; by night is the rest.
type Staffing struct {
	DayFrom, NightFrom time.Duration
	Norms              []Norm
}

// day says whether an instant is of the day.
func (s Staffing) day(at time.Time, loc *time.Location) bool {
	h, m, sec := at.In(loc).Clock()
	clock := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second
	if s.DayFrom <= s.NightFrom {
		return clock >= s.DayFrom && clock < s.NightFrom
	}
	return clock >= s.DayFrom || clock < s.NightFrom
}

// Roles are those that are asked for, in the order of the norms.
func (s Staffing) Roles() (out []Role) {
	for _, n := range s.Norms {
		if !slices.Contains(out, n.Role) {
			out = append(out, n.Role)
		}
	}
	return out
}

// Wants is how many of a role are to be on duty at an instant, for those who stay there then.
func (s Staffing) Wants(r Role, there Point, at time.Time, loc *time.Location) (n int64) {
	for _, l := range []Level{NoLevel, WardLevel, ICU} {
		n += s.WantsFor(r, l, there, at, loc)
	}
	return n
}

// WantsFor is how many of those are for the people in beds of a level.
func (s Staffing) WantsFor(r Role, l Level, there Point, at time.Time, loc *time.Location) int64 {
	for _, n := range s.Norms {
		if n.Role != r || n.Level != l {
			continue
		}
		people := there.People
		switch l {
		case ICU:
			people = there.Intensive
		case WardLevel:
			people -= there.Intensive
		case NoLevel:
		}
		if s.day(at, loc) {
			return n.Day.Of(people)
		}
		return n.Night.Of(people)
	}
	return 0
}

// OnDuty counts those who do the work of a role and are on duty at an instant.
func OnDuty(shifts []Shift, r Role, at time.Time) (n int64) {
	for _, s := range shifts {
		if s.Role.Does(r) && s.On(at) {
			n++
		}
	}
	return n
}

// Shortage is a time in which fewer of a role are on duty than the norm asks.
type Shortage struct {
	Role     Role
	From, To time.Time
	Wanted   int64
	OnDuty   int64
}

// Short is how many are missing.
func (s Shortage) Short() int64 { return s.Wanted - s.OnDuty }

// Shortages says when too few are on duty, from the first of the points until the last, by role and then by time:
//
//  1. From each point until the next there are as many people as the point says.
//  2. What is asked changes with them, and where day and night begin; who is on duty changes where a shift begins or ends, or was cancelled.
//  3. Between two such instants nothing changes. What is the same before and after one is told as one time.
func (s Staffing) Shortages(points []Point, shifts []Shift, loc *time.Location) (out []Shortage) {
	if len(points) < 2 {
		return nil
	}
	at := s.turns(points, shifts, loc)
	for _, role := range s.Roles() {
		p := 0
		for i := range at[:len(at)-1] {
			for p+1 < len(points) && !points[p+1].At.After(at[i]) {
				p++
			}
			x := Shortage{role, at[i], at[i+1], s.Wants(role, points[p], at[i], loc), OnDuty(shifts, role, at[i])}
			if x.Short() <= 0 {
				continue
			}
			if k := len(out) - 1; k >= 0 && out[k].Role == x.Role && out[k].To.Equal(x.From) && out[k].Wanted == x.Wanted && out[k].OnDuty == x.OnDuty {
				out[k].To = x.To
				continue
			}
			out = append(out, x)
		}
	}
	return out
}

// turns are the instants at which what is asked, or who is on duty, can change; the first and the last point are among them.
func (s Staffing) turns(points []Point, shifts []Shift, loc *time.Location) (at []time.Time) {
	first, last := points[0].At, points[len(points)-1].At
	add := func(t time.Time) {
		if !t.Before(first) && !t.After(last) {
			at = append(at, t)
		}
	}
	for _, p := range points {
		add(p.At)
	}
	for _, x := range shifts {
		add(x.From)
		add(x.Until())
	}
	y, m, d := first.In(loc).Date()
	for k := 0; ; k++ {
		if time.Date(y, m, d+k, 0, 0, 0, 0, loc).After(last) {
			break
		}
		for _, of := range []time.Duration{s.DayFrom, s.NightFrom} {
			add(time.Date(y, m, d+k, 0, int(of/time.Minute), 0, 0, loc))
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return slices.CompactFunc(at, time.Time.Equal)
}

// Loop is somebody who works in the contaminated zone, in a closed loop: they live apart, and go out only a time after they last worked there.
type Loop struct {
	Worker  string
	Since   time.Time // they first worked there
	Last    time.Time // they last work there, as it is planned
	Out     time.Time // from when they may go out
	Crosses []ShiftID // their shifts in the clean zone before that
}

// Loops says who is in a closed loop at an instant, given all their shifts wherever they are: whoever has begun to work in a contaminated zone, until they have stayed apart
// for a time after the last such shift. A shift that is planned within that time keeps them in. Where no time is asked nobody is in a loop.
func Loops(shifts []Shift, now time.Time, apart time.Duration) (out []Loop) {
	if apart <= 0 {
		return nil
	}
	by := map[string][]Shift{}
	for _, s := range shifts {
		if s.From.Before(s.Until()) {
			k := WorkerKey(s.Worker)
			by[k] = append(by[k], s)
		}
	}
	for _, list := range by {
		slices.SortFunc(list, func(a, b Shift) int { return a.From.Compare(b.From) })
		var l Loop
		for _, s := range list {
			if s.Zone != ContaminatedZone {
				continue
			}
			if l.Worker == "" || s.From.After(l.Out) {
				if l.Worker != "" && now.Before(l.Out) {
					break
				}
				l = Loop{Worker: s.Worker, Since: s.From}
			}
			l.Last = later(l.Last, s.Until())
			l.Out = l.Last.Add(apart)
		}
		if l.Worker == "" || now.Before(l.Since) || !now.Before(l.Out) {
			continue
		}
		for _, s := range list {
			if s.Zone == CleanZone && s.From.Before(l.Out) && s.Until().After(l.Since) {
				l.Crosses = append(l.Crosses, s.ID)
			}
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Loop) int { return strings.Compare(WorkerKey(a.Worker), WorkerKey(b.Worker)) })
	return out
}
