// Package roster reads who of the staff is on duty at a facility, and how far that is what the pack asks for the people who are expected there.
//
// The working out is facility.Staffing and facility.Loops; how many people are expected is occupancy's. It keeps nothing. web, api and cmd import it; it imports store, occupancy, protocol and
// the nouns.
package roster

import (
	"slices"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/occupancy"
	"firebreak/internal/outbreak"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
)

// Ahead is how far it is looked ahead for who is missing: as far as reserves are counted.
const Ahead = 3 // days

// loopReach is from how long ago shifts are read to say who is in a closed loop. Nobody who has not worked in the contaminated zone for that long is in one.
const loopReach = 60 * 24 * time.Hour

// Need is what is asked of a role, and how many there are.
type Need struct {
	Role        facility.Role
	Wanted      int64     // now
	Intensive   int64     // of those, for people in intensive care
	OnDuty      int64     // now
	Short24     int64     // the most that are missing at once within 24 hours
	Short72     int64     // the same within three days
	From        time.Time // when somebody is first missing; zero: not in this time
	Hours       float64   // in which somebody is missing, of the three days
	Assumed     bool      // a number of it stands in no text that was seen
	NotAskedFor bool      // the pack says nothing of the role here
}

// Now is how many are missing now.
func (n Need) Now() int64 { return max(0, n.Wanted-n.OnDuty) }

// Report is the roster of a facility.
type Report struct {
	Facility facility.Facility
	Now      time.Time
	Until    time.Time // to where it is looked ahead
	Asked    bool      // the pack says how many staff a facility of the kind is to have
	People   int64     // who stay there now
	// Intensive is how many of those are in a bed of intensive care.
	Intensive int64
	Most      int64  // who are expected to stay there at most until then
	Needs     []Need // by role: those that the pack asks for, then others who are on the roster
	Short     []facility.Shortage
	On        []facility.Shift // on duty now
	Shifts    []facility.Shift // of the days that were asked for, cancelled ones included
	Loops     []facility.Loop  // of those whose shifts these are, or who are on duty until Until
}

// Read reads the roster of a facility for the days from one instant until another, and what is missing from now on. The caller has checked that it may be read.
func Read(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, f facility.Facility, now time.Time, loc *time.Location, from, to time.Time) (out Report, err error) {
	house, err := occupancy.ReadOne(r, o, p, f, now, loc, Ahead)
	if err != nil {
		return out, err
	}
	points := house.Points
	out = Report{Facility: f, Now: now, Until: points[len(points)-1].At, People: points[0].People, Intensive: points[0].Intensive}
	for _, x := range points {
		out.Most = max(out.Most, x.People)
	}
	ahead, err := r.Roster(f.ID, now, out.Until)
	if err != nil {
		return out, err
	}
	if out.Shifts, err = r.Roster(f.ID, from, to); err != nil {
		return out, err
	}
	for _, s := range ahead {
		if s.On(now) {
			out.On = append(out.On, s)
		}
	}
	staff := p.Isolation.Staff.Of(f.Kind)
	out.Asked = len(staff.Norms) > 0
	out.Short = staff.Shortages(points, ahead, loc)
	out.Needs = needs(&p.Isolation.Staff, f.Kind, out, ahead, loc)
	out.Loops, err = loops(r, o, p, now, append(ahead, out.Shifts...))
	return out, err
}

// needs sums up by role what is asked and what is missing.
func needs(rules *protocol.Staff, k facility.Kind, x Report, ahead []facility.Shift, loc *time.Location) (out []Need) {
	staff := rules.Of(k)
	roles := staff.Roles()
	now := facility.Point{People: x.People, Intensive: x.Intensive}
	there := map[facility.Role]bool{}
	for _, s := range ahead {
		there[s.Role] = true
	}
	var others []Need
	for _, role := range facility.Roles() {
		asked := slices.Contains(roles, role)
		one := Need{Role: role, OnDuty: facility.OnDuty(x.On, role, x.Now), NotAskedFor: !asked}
		if !asked {
			if there[role] {
				one.OnDuty = 0 // of those entered as this, and no others: doctors and nurses have rows of their own
				for _, s := range x.On {
					if s.Role == role {
						one.OnDuty++
					}
				}
				others = append(others, one)
			}
			continue
		}
		one.Wanted, one.Intensive = staff.Wants(role, now, x.Now, loc), staff.WantsFor(role, facility.ICU, now, x.Now, loc)
		one.Assumed = rules.Assumed(k, role)
		for _, s := range x.Short {
			if s.Role != role {
				continue
			}
			if one.From.IsZero() {
				one.From = s.From
			}
			if s.From.Before(x.Now.Add(24 * time.Hour)) {
				one.Short24 = max(one.Short24, s.Short())
			}
			one.Short72 = max(one.Short72, s.Short())
			one.Hours += s.To.Sub(s.From).Hours()
		}
		out = append(out, one)
	}
	return append(out, others...)
}

// loops says who of those on the roster is in a closed loop, by all their shifts, wherever they are.
func loops(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, now time.Time, shifts []facility.Shift) ([]facility.Loop, error) {
	apart := p.Isolation.Staff.Apart.Duration()
	if apart == 0 {
		return nil, nil
	}
	var keys []string
	for _, s := range shifts {
		if s.Zone == facility.ContaminatedZone {
			keys = append(keys, facility.WorkerKey(s.Worker))
		}
	}
	of, err := r.ShiftsOfWorkers(o.ID, keys, now.Add(-loopReach))
	if err != nil {
		return nil, err
	}
	var all []facility.Shift
	for _, list := range of {
		all = append(all, list...)
	}
	return facility.Loops(all, now, apart), nil
}

// Sign is whether staff are missing at a facility, in one line.
type Sign struct {
	Asked   bool  // the pack says how many staff a facility of the kind is to have
	Short   int64 // missing now, of all roles
	Short24 int64 // missing at once at most within 24 hours, of all roles
	From    time.Time
}

// signDays is how far it is looked ahead for a sign.
const signDays = 1

// Signs reads for facilities whether staff are missing now or within 24 hours. The caller has checked that they may be read.
func Signs(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, list []facility.Facility, now time.Time, loc *time.Location) (map[facility.ID]Sign, error) {
	ids := make([]facility.ID, len(list))
	for i, f := range list {
		ids[i] = f.ID
	}
	houses, err := occupancy.ReadHouses(r, o, p, list, now, loc, signDays)
	if err != nil {
		return nil, err
	}
	shifts, err := r.RosterOf(ids, now, now.AddDate(0, 0, signDays).Add(time.Hour))
	if err != nil {
		return nil, err
	}
	out := make(map[facility.ID]Sign, len(houses))
	for i := range houses {
		f := houses[i].Facility
		out[f.ID] = sign(p.Isolation.Staff.Of(f.Kind), houses[i].Points, shifts[f.ID], now, loc)
	}
	return out, nil
}

// sign sums up what is missing: now, and in the hour in which most are.
func sign(staff facility.Staffing, points []facility.Point, shifts []facility.Shift, now time.Time, loc *time.Location) (s Sign) {
	s.Asked = len(staff.Norms) > 0
	short := staff.Shortages(points, shifts, loc)
	for _, x := range short {
		if s.From.IsZero() || x.From.Before(s.From) {
			s.From = x.From
		}
		var at int64 // whoever else is missing when this begins
		for _, y := range short {
			if !x.From.Before(y.From) && x.From.Before(y.To) {
				at += y.Short()
			}
		}
		s.Short24 = max(s.Short24, at)
		if !x.From.After(now) {
			s.Short += x.Short()
		}
	}
	return s
}
