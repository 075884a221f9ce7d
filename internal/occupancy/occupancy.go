// Package occupancy reads how full facilities are expected to be: who stays there and when the rules let them go, who is booked, who is to come and has no bed, and what stands in reserve.
//
// The working out is facility.LookAhead, the days of leaving are response.ContactLeaves and response.CaseLeaves. It keeps nothing. web, api and cmd import it; it imports store, response, protocol
// and the nouns.
package occupancy

import (
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// How many days are looked ahead: where nobody says, and at most. Who is found tomorrow is not known today, so that later days would only tell how many leave.
const (
	Days     = 5
	MostDays = 14
)

// mostWanted is how many people without a bed are read. Who comes after them is not counted, and Report.More says so.
const mostWanted = 20_000

// House is one facility with how full it is expected to be.
type House struct {
	facility.Facility
	facility.Ahead
}

// Kind is all facilities of a kind together.
type Kind struct {
	Kind   facility.Kind
	Houses int
	Wanted int // people who are to come and have no bed, whenever
	facility.Ahead
}

// Report is how full facilities are expected to be.
type Report struct {
	Now    time.Time
	Until  time.Time
	Turn   time.Duration // that a room is turned round, by the pack
	Kinds  []Kind        // those of which there are facilities
	Houses []House       // by code, as facilities are listed
	More   bool          // more people are to come than were read
}

// Read reads how full the facilities within a bound are expected to be over so many days.
func Read(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, w store.Within, now time.Time, loc *time.Location, days int) (out Report, err error) {
	list, err := r.Facilities(o.ID, w)
	if err != nil {
		return out, err
	}
	x := reading{r: r, o: o, p: p, now: now, loc: loc}
	out = Report{Now: now, Until: now.AddDate(0, 0, days), Turn: p.Isolation.TurnRoom.Duration()}
	wanted, more, err := x.wanted(w, list)
	if err != nil {
		return out, err
	}
	out.More = more
	all, err := x.prospects(list)
	if err != nil {
		return out, err
	}
	by := map[facility.Kind][]facility.Prospect{}
	for _, a := range all {
		by[a.Kind] = append(by[a.Kind], a)
		out.Houses = append(out.Houses, House{a.Facility, facility.LookAhead(now, 24*days, out.Turn, []facility.Prospect{a}, nil)})
	}
	for _, k := range facility.Kinds() {
		if len(by[k]) == 0 && len(wanted[k]) == 0 {
			continue
		}
		out.Kinds = append(out.Kinds, Kind{k, len(by[k]), len(wanted[k]), facility.LookAhead(now, 24*days, out.Turn, by[k], wanted[k])})
	}
	return out, nil
}

// ReadOne reads how full one facility is expected to be. The caller has checked that it may be read.
func ReadOne(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, f facility.Facility, now time.Time, loc *time.Location, days int) (out House, err error) {
	x := reading{r: r, o: o, p: p, now: now, loc: loc}
	all, err := x.prospects([]facility.Facility{f})
	if err != nil {
		return out, err
	}
	return House{f, facility.LookAhead(now, 24*days, p.Isolation.TurnRoom.Duration(), all, nil)}, nil
}

// ReadHouses reads how full facilities are expected to be, each by itself. The caller has checked that they may be read.
func ReadHouses(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, list []facility.Facility, now time.Time, loc *time.Location, days int) ([]House, error) {
	x := reading{r: r, o: o, p: p, now: now, loc: loc}
	all, err := x.prospects(list)
	if err != nil {
		return nil, err
	}
	out := make([]House, len(all))
	for i, a := range all {
		out[i] = House{a.Facility, facility.LookAhead(now, 24*days, p.Isolation.TurnRoom.Duration(), all[i:i+1], nil)}
	}
	return out, nil
}

type reading struct {
	r   *store.Reader
	o   outbreak.Outbreak
	p   *protocol.Pack
	now time.Time
	loc *time.Location
}

// comingKinds are the tasks by which somebody is to come to a facility.
func comingKinds() []task.Kind {
	return []task.Kind{task.QuarantineContact, task.MoveCase, task.AdmitCase, task.TransferCase, task.ReadmitCase}
}

// prospects reads facilities with what is expected of those who have a bed there.
func (x *reading) prospects(list []facility.Facility) ([]facility.Prospect, error) {
	ids := make([]facility.ID, len(list))
	for i, f := range list {
		ids[i] = f.ID
	}
	rooms, err := x.r.RoomsOf(ids)
	if err != nil {
		return nil, err
	}
	stays, err := x.r.StaysIn(ids)
	if err != nil {
		return nil, err
	}
	turned, err := x.r.Turnovers(x.o.ID, x.now.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	var sick []cases.ID
	var met []contact.ID
	for _, l := range stays {
		for _, s := range l {
			if s.CaseOf != 0 {
				sick = append(sick, s.CaseOf)
			} else {
				met = append(met, s.ContactOf)
			}
		}
	}
	leaves, err := x.leaving(sick, met)
	if err != nil {
		return nil, err
	}
	comes, err := x.coming(sick, met)
	if err != nil {
		return nil, err
	}
	out := make([]facility.Prospect, len(list))
	for i, f := range list {
		a := facility.Prospect{Facility: f, Rooms: rooms[f.ID], Stays: stays[f.ID], Leaves: map[facility.StayID]time.Time{}, Comes: map[facility.StayID]time.Time{}, Came24: turned[f.ID].Came}
		for _, s := range a.Stays {
			of := subjectOf(s)
			at, known := leaves[of]
			if s.State == facility.Booked {
				if due, ok := comes[of]; ok {
					a.Comes[s.ID] = due
				}
			} else if due, ok := comes[of]; ok && s.Class == facility.Case && s.State == facility.In && f.Kind != facility.Hospital {
				at, known = due, true // a case at a site who is to be brought to a hospital
			}
			if known && !at.IsZero() {
				a.Leaves[s.ID] = at
			}
		}
		out[i] = a
	}
	return out, nil
}

func subjectOf(s facility.Stay) task.Subject {
	if s.CaseOf != 0 {
		return task.Subject{Kind: task.OnCase, ID: int64(s.CaseOf)}
	}
	return task.Subject{Kind: task.OnContact, ID: int64(s.ContactOf)}
}

// leaving is when cases and contacts are expected to leave, as the rules say.
func (x *reading) leaving(sick []cases.ID, met []contact.ID) (map[task.Subject]time.Time, error) {
	out := map[task.Subject]time.Time{}
	contacts, err := x.r.ContactsByID(met)
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		out[task.Subject{Kind: task.OnContact, ID: int64(c.ID)}] = response.ContactLeaves(x.p, c, x.now, x.loc)
	}
	facts, err := x.cases(sick)
	if err != nil {
		return nil, err
	}
	for id, f := range facts {
		out[task.Subject{Kind: task.OnCase, ID: int64(id)}] = response.CaseLeaves(x.p, f, x.now)
	}
	return out, nil
}

// cases reads what the conditions of discharge and the need for care are decided by.
func (x *reading) cases(ids []cases.ID) (map[cases.ID]response.CaseFacts, error) {
	found, err := x.r.CasesByID(ids)
	if err != nil {
		return nil, err
	}
	var people []person.ID
	for _, c := range found {
		people = append(people, c.Person)
	}
	slices.Sort(people)
	specimens, err := x.r.SpecimensOfMany(slices.Compact(people), x.o.ID)
	if err != nil {
		return nil, err
	}
	severities, err := x.r.SeveritiesOf(ids)
	if err != nil {
		return nil, err
	}
	out := make(map[cases.ID]response.CaseFacts, len(found))
	for id, c := range found {
		out[id] = response.CaseFacts{Case: c, Specimens: specimens[c.Person], Loc: x.loc, Care: response.CareFacts{Severity: severities[id]}}
	}
	return out, nil
}

// coming is by when cases and contacts are to be brought to a facility: the deadline of the open task.
func (x *reading) coming(sick []cases.ID, met []contact.ID) (map[task.Subject]time.Time, error) {
	out := map[task.Subject]time.Time{}
	read := func(kind task.SubjectKind, ids []int64) error {
		tasks, err := x.r.TasksOfMany(kind, ids)
		for _, list := range tasks {
			for _, t := range list {
				if t.State == task.Open && slices.Contains(comingKinds(), t.Kind) {
					if due, ok := out[t.Subject]; !ok || t.Due.Before(due) {
						out[t.Subject] = t.Due
					}
				}
			}
		}
		return err
	}
	ids := make([]int64, len(sick))
	for i, id := range sick {
		ids[i] = int64(id)
	}
	if err := read(task.OnCase, ids); err != nil {
		return nil, err
	}
	ids = make([]int64, len(met))
	for i, id := range met {
		ids[i] = int64(id)
	}
	return out, read(task.OnContact, ids)
}

// wanted reads by when people who have no bed yet are to come, by the kind of facility that takes them: contacts whose tier asks for a site, and cases to where the pack has somebody so ill.
// A case comes to a hospital where there is no isolation site that takes anybody.
func (x *reading) wanted(w store.Within, list []facility.Facility) (out map[facility.Kind][]time.Time, more bool, err error) {
	out = map[facility.Kind][]time.Time{}
	due := map[task.Subject]time.Time{}
	hospital := map[task.Subject]bool{}
	filter := store.TaskFilter{Outbreak: x.o.ID, Within: w, States: []task.State{task.Open}, Kinds: comingKinds()}
	for page := (store.Page{Limit: 1000}); ; {
		got, err := x.r.Tasks(filter, store.ByDue, page)
		if err != nil {
			return nil, false, err
		}
		for _, t := range got.Tasks {
			if t.Kind == task.QuarantineContact && t.Owner != task.TransferDesk {
				continue // at home
			}
			if have, ok := due[t.Subject]; !ok || t.Due.Before(have) {
				due[t.Subject] = t.Due
			}
			hospital[t.Subject] = hospital[t.Subject] || t.Kind == task.TransferCase || t.Kind == task.ReadmitCase
		}
		if page.Cursor = got.Next; page.Cursor == "" {
			break
		}
		if len(due) >= mostWanted {
			more = true
			break
		}
	}
	var sick []cases.ID
	var met []contact.ID
	for s := range due {
		switch s.Kind {
		case task.OnCase:
			sick = append(sick, cases.ID(s.ID))
		case task.OnContact:
			met = append(met, contact.ID(s.ID))
		default:
		}
	}
	facts, err := x.cases(sick)
	if err != nil {
		return nil, false, err
	}
	contacts, err := x.r.ContactsByID(met)
	if err != nil {
		return nil, false, err
	}
	var people []person.ID
	for _, f := range facts {
		people = append(people, f.Case.Person)
	}
	for _, c := range contacts {
		people = append(people, c.Person)
	}
	slices.Sort(people)
	stays, err := x.r.StaysOf(slices.Compact(people))
	if err != nil {
		return nil, false, err
	}
	booked := func(id person.ID) bool {
		return slices.ContainsFunc(stays[id], func(s facility.Stay) bool { return s.State == facility.Booked })
	}
	for _, c := range contacts {
		if !booked(c.Person) {
			out[facility.QuarantineSite] = append(out[facility.QuarantineSite], due[task.Subject{Kind: task.OnContact, ID: int64(c.ID)}])
		}
	}
	site := slices.ContainsFunc(list, func(f facility.Facility) bool {
		return f.Kind == facility.IsolationSite && (f.State == facility.Open || f.State == facility.Opening)
	})
	for id, f := range facts {
		s := task.Subject{Kind: task.OnCase, ID: int64(id)}
		if booked(f.Case.Person) {
			continue
		}
		kind := facility.Hospital
		if site && !hospital[s] && !response.NeedOf(x.p, f).Setting.Hospital() {
			kind = facility.IsolationSite
		}
		out[kind] = append(out[kind], due[s])
	}
	return out, more, nil
}

// Table is the points of a page or a list: now, so many hours later, and then every day to the end.
func Table(a facility.Ahead) []facility.Point {
	if len(a.Points) == 0 {
		return nil
	}
	last := len(a.Points) - 1
	var out []facility.Point
	for _, h := range []int{0, 6, 12} {
		if h <= last {
			out = append(out, a.Points[h])
		}
	}
	for h := 24; h <= last; h += 24 {
		out = append(out, a.Points[h])
	}
	return out
}
