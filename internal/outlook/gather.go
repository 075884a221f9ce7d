package outlook

import (
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/forecast"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/sitrep"
	"firebreak/internal/store"
	"firebreak/internal/treatment"
)

// leaving counts who leaves, by days after AsOf.
type leaving map[int]int

func (l leaving) standing() forecast.Standing {
	s, last := forecast.Standing{}, 0
	for d, n := range l {
		s.Now += n
		last = max(last, d)
	}
	left := s.Now
	for d := 1; d < last; d++ {
		left -= l[d]
		s.Still = append(s.Still, left)
	}
	return s
}

// in notes somebody who leaves on a day. Whose day has passed leaves soon; whose day passed long ago is not there any more, whatever the record says.
func (l leaving) in(after int) {
	const soon, long = 3, 14
	switch {
	case after > 0:
		l[after]++
	case after > -long:
		l[soon]++
	}
}

// foundOn is the day on which a case was found, and whether it counts: proven, probable, and not merged into another.
func foundOn(c *cases.Case, zone *time.Location) (day.Day, bool) {
	if c.MergedInto != 0 || c.Class == cases.Discarded || c.Class == cases.Suspected {
		return 0, false
	}
	for _, at := range []time.Time{c.ConfirmedAt, c.ReportedAt, c.NotedAt} {
		if d := day.In(at, zone); !d.IsZero() {
			return d, true
		}
	}
	return 0, false
}

// inForce is the pack that was in force at an instant.
func inForce(o outbreak.Outbreak, at time.Time) string {
	for _, e := range o.Earlier {
		if at.Before(e.Until) {
			return e.Pack
		}
	}
	return o.Pack
}

// gather reads what is known of an outbreak at the end of a day, all of it whoever asks: the caller has checked that they may know.
func gather(r *store.Reader, o outbreak.Outbreak, asOf day.Day, now time.Time) (s forecast.State, err error) {
	zone, err := o.Location()
	if err != nil {
		return s, err
	}
	today := day.In(now, zone)
	if asOf.IsZero() {
		asOf = today.Add(-1)
	}
	if asOf >= today {
		return s, &command.Invalid{Field: "as_of", Value: asOf.String(), Reason: "has not ended yet"}
	}
	end := asOf.Add(1).Start(zone)
	s = forecast.State{Outbreak: o.Name, AsOf: asOf, Pack: inForce(o, end.Add(-time.Microsecond))}
	p, err := protocol.Load(s.Pack)
	if err != nil {
		return s, err
	}
	tree, err := r.Tree()
	if err != nil {
		return s, err
	}
	if j, ok := tree.Get(o.Area); ok {
		s.People = int(min(j.Population, 2_000_000_000))
	}
	if err := gatherCases(r, o, p, zone, end, &s); err != nil {
		return s, err
	}
	if err := gatherContacts(r, o, p, zone, end, asOf == today.Add(-1), &s); err != nil {
		return s, err
	}
	if asOf == today.Add(-1) { // the report is of today's record: of an earlier day it would know what came later
		rep, err := sitrep.Read(r, o, store.Everywhere(), sitrep.Options{Now: now})
		if err != nil {
			return s, err
		}
		for _, x := range rep.Rt {
			if x.Mean != nil && x.End <= asOf && (rep.IncompleteFrom.IsZero() || x.End < rep.IncompleteFrom) {
				s.Rt = x.Mean
			}
		}
	}
	return s, nil
}

func gatherCases(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, zone *time.Location, end time.Time, s *forecast.State) error {
	found := map[day.Day]*forecast.FoundDay{}
	var open []cases.Case
	var ids []cases.ID
	first := s.AsOf.Add(1)
	err := r.EachCase(o.ID, nil, func(c cases.Case) error {
		d, ok := foundOn(&c, zone)
		if !ok || d > s.AsOf {
			return nil
		}
		first = min(first, d)
		f := found[d]
		if f == nil {
			f = &forecast.FoundDay{Day: d}
			found[d] = f
		}
		recent := d > s.AsOf.Add(-forecast.Recent)
		switch c.Found {
		case cases.FoundCommunity:
			f.Community++
			if recent && !c.Onset.IsZero() {
				s.Onsets = append(s.Onsets, min(max(d.Sub(c.Onset), -365), 365))
			}
		case cases.FoundInIsolation:
			f.Apart++
		default:
			f.Unknown++
		}
		if recent {
			s.Cases++
		}
		ids = append(ids, c.ID)
		if c.Outcome == cases.Open || c.OutcomeOn > s.AsOf {
			open = append(open, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for d := first; d <= s.AsOf; d = d.Add(1) {
		if f := found[d]; f != nil {
			s.Found = append(s.Found, *f)
		} else {
			s.Found = append(s.Found, forecast.FoundDay{Day: d})
		}
	}
	return gatherBeds(r, p, zone, end, ids, open, s)
}

// gatherBeds counts who has which bed, and when they are expected to leave it; and how ill cases were found to be at their worst.
func gatherBeds(r *store.Reader, p *protocol.Pack, zone *time.Location, end time.Time, ids []cases.ID, open []cases.Case, s *forecast.State) error {
	care, err := r.SeveritiesOf(ids)
	if err != nil {
		return err
	}
	for _, list := range care {
		worst := treatment.Unassessed
		for _, x := range list {
			if x.At.Before(end) && x.Severity.Worse(worst) {
				worst = x.Severity
			}
		}
		switch worst {
		case treatment.Unassessed:
			continue
		case treatment.Severe, treatment.Critical:
			s.Severe++
		case treatment.Moderate:
			s.Sick++
		case treatment.Asymptomatic, treatment.Mild:
		}
		s.Graded++
	}
	var openIDs []cases.ID
	for _, c := range open {
		openIDs = append(openIDs, c.ID)
	}
	admissions, err := r.AdmissionsOf(openIDs)
	if err != nil {
		return err
	}
	beds, ward, icu := leaving{}, leaving{}, leaving{}
	stay := max(p.Discharge.MinDays.Value, p.Discharge.ReviewDays.Value, p.Discharge.RetestDays.Value+1)
	for _, c := range open {
		into := beds
		since, _ := foundOn(&c, zone)
		days := stay
		for _, a := range admissions[c.ID] {
			if !a.AdmittedAt.Before(end) || !a.EndedAt.IsZero() && a.EndedAt.Before(end) {
				continue
			}
			into = ward
			if a.Level == facility.ICU {
				into, since, days = icu, day.In(a.LevelAt, zone), stay
			}
		}
		into.in(since.Add(days).Sub(s.AsOf))
	}
	s.Beds, s.Ward, s.ICU = beds.standing(), ward.standing(), icu.standing()
	return nil
}

// gatherContacts counts who is followed up and who is at a quarantine site, and until when. now says that the stays on record are those of AsOf.
func gatherContacts(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, zone *time.Location, end time.Time, now bool, s *forecast.State) error {
	followed, rooms := leaving{}, leaving{}
	ends := map[person.ID]day.Day{}
	err := r.EachContact(o.ID, func(c contact.Contact) error {
		if c.MergedInto != 0 || c.State == contact.Dropped || !c.ListedAt.Before(end) {
			return nil
		}
		if day.In(c.ListedAt, zone) > s.AsOf.Add(-forecast.Recent) {
			s.Listed++
		}
		if !c.EndedAt.IsZero() && c.EndedAt.Before(end) || c.State.Over() && c.EndedAt.IsZero() || c.EndsOn <= s.AsOf {
			return nil
		}
		left := c.EndsOn.Sub(s.AsOf) + 1
		followed.in(left)
		ends[c.Person] = c.EndsOn
		t := p.Tier(c.Tier)
		if left -= t.HomeDays.Value; t.Control.Value == protocol.Site && !c.QuarantineAt.IsZero() && c.QuarantineAt.Before(end) && left > 0 {
			rooms.in(left)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Followed, s.Rooms = followed.standing(), rooms.standing()
	if !now {
		return nil
	}
	list, err := r.Facilities(o.ID, store.Everywhere())
	if err != nil {
		return err
	}
	var sites []facility.ID
	for _, f := range list {
		if f.Kind == facility.QuarantineSite {
			sites = append(sites, f.ID)
		}
	}
	if len(sites) == 0 { // where contacts are is on their record only
		return nil
	}
	stays, err := r.StaysIn(sites)
	if err != nil {
		return err
	}
	rooms = leaving{}
	for _, at := range stays {
		for _, x := range at {
			if x.State != facility.In || x.InAt.IsZero() || !x.InAt.Before(end) {
				continue
			}
			left := 1
			if e, ok := ends[x.Person]; ok {
				left = max(1, e.Sub(s.AsOf)+1-p.Tiers.Close.HomeDays.Value)
			}
			rooms.in(left)
		}
	}
	s.Rooms = rooms.standing()
	return nil
}

// happened reads what each day brought, from a day on until yesterday.
func happened(r *store.Reader, o outbreak.Outbreak, from day.Day, now time.Time) ([]forecast.Happened, error) {
	zone, err := o.Location()
	if err != nil {
		return nil, err
	}
	last := day.In(now, zone).Add(-1)
	if last < from {
		return nil, nil
	}
	out := make([]forecast.Happened, last.Sub(from)+1)
	for i := range out {
		out[i] = forecast.Happened{Day: from.Add(i), Settled: true}
	}
	err = r.EachCase(o.ID, nil, func(c cases.Case) error {
		d, ok := foundOn(&c, zone)
		if !ok || d < from || d > last {
			return nil
		}
		h := &out[d.Sub(from)]
		h.Found++
		switch c.Found {
		case cases.FoundCommunity:
			h.Community++
		case cases.FoundInIsolation:
		default:
			h.Settled = false
		}
		return nil
	})
	return out, err
}
