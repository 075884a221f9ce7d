// Package positives reads what a coordinator must know of positive tubes: who is in them, who is held until when, what single specimens say, who is late, and who stood
// or lives beside them. Screens and the interface show the same.
//
// It only reads. web and api import it; it imports store, protocol, response and the nouns.
package positives

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Tube is a positive tube.
type Tube struct {
	store.Tube
	Site    screening.Site
	Desk    string
	Members []Member
	Before  *store.Tube // closed at the same desk just before; nil for none
	After   *store.Tube
	Check   *task.Task // to look for a swapped tube or a missing member; nil while nothing asks for it
	Finding *store.TubeCheck
}

// Member is one of the people in it.
type Member struct {
	Person    person.ID
	Area      place.AreaID // where they live; 0 when unknown
	At        time.Time    // when they were swabbed
	Standing  string       // see response.MemberFacts.Standing
	Hold      *screening.Hold
	Sample    *task.Task  // the single specimen; nil where none is wanted
	Household []person.ID // who lives with them and is in no positive tube shown here
}

// Held counts who is held because of the tube.
func (t *Tube) Held() (n int) {
	for i := range t.Members {
		if t.Members[i].Hold.Stands() {
			n++
		}
	}
	return n
}

// Late counts the people whose single specimen is late.
func (t *Tube) Late(now time.Time) (n int) {
	for i := range t.Members {
		if x := t.Members[i].Sample; x != nil && x.State == task.Open && x.Late(now) {
			n++
		}
	}
	return n
}

// Settled says whether nothing is left to do about the tube: nobody is held, nobody is to be sampled, and no check is open.
func (t *Tube) Settled() bool {
	if t.Check != nil && t.Check.State == task.Open {
		return false
	}
	for i := range t.Members {
		m := &t.Members[i]
		if m.Hold.Stands() || m.Sample != nil && m.Sample.State == task.Open {
			return false
		}
	}
	return true
}

// Find names which tubes are asked for.
type Find struct {
	Outbreak outbreak.ID
	Within   store.Within // of the sites
	Before   screening.TubeID
	Limit    int
}

// Read returns positive tubes, the newest first, and what the next page starts before; 0 at the end.
func Read(r *store.Reader, p *protocol.Pack, f Find) (out []Tube, next screening.TubeID, err error) {
	list, err := r.PositivePools(f.Outbreak, f.Within, f.Before, f.Limit+1)
	if err != nil {
		return nil, 0, err
	}
	if len(list) > f.Limit {
		list = list[:f.Limit]
		next = list[f.Limit-1].ID
	}
	b := reading{r: r, p: p, o: f.Outbreak}
	out, err = b.tubes(list)
	return out, next, err
}

// reading is what was read for one page of tubes.
type reading struct {
	r *store.Reader
	p *protocol.Pack
	o outbreak.ID
}

func (b *reading) tubes(list []store.Tube) ([]Tube, error) {
	ids := make([]screening.TubeID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	members, err := b.r.MembersOfTubes(ids)
	if err != nil {
		return nil, err
	}
	holds, err := b.r.HoldsOfTubes(ids)
	if err != nil {
		return nil, err
	}
	checks, err := b.r.TubeChecks(ids)
	if err != nil {
		return nil, err
	}
	open, err := b.r.TasksOfMany(task.OnTube, idsOf(ids))
	if err != nil {
		return nil, err
	}
	var people []person.ID
	for _, id := range ids {
		for _, m := range members[id] {
			people = append(people, m.Person)
		}
	}
	slices.Sort(people)
	people = slices.Compact(people)
	facts, err := b.people(people)
	if err != nil {
		return nil, err
	}
	sites, desks := map[screening.SiteID]screening.Site{}, map[screening.DeviceID]string{}
	out := make([]Tube, len(list))
	for i, t := range list {
		x := Tube{Tube: t}
		if x.Site, err = once(sites, t.Site, b.r.Site); err != nil {
			return nil, err
		}
		if x.Desk, err = once(desks, t.Device, b.desk); err != nil {
			return nil, err
		}
		before, after, err := b.r.DeskNeighbours(t, 1)
		if err != nil {
			return nil, err
		}
		if len(before) > 0 {
			x.Before = &before[0]
		}
		if len(after) > 0 {
			x.After = &after[0]
		}
		for _, k := range open[int64(t.ID)] {
			if k.Kind == task.CheckTube && k.State != task.Void {
				x.Check = &k
			}
		}
		if c, ok := checks[t.ID]; ok {
			x.Finding = &c
		}
		for _, m := range members[t.ID] {
			x.Members = append(x.Members, facts.member(b.p, m, holds[t.ID]))
		}
		out[i] = x
	}
	return out, nil
}

// desk is which desk of its site a device stands at; none for one that is not known.
func (b *reading) desk(id screening.DeviceID) (string, error) {
	d, err := b.r.Device(id)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return d.Desk, err
}

func once[K comparable, V any](known map[K]V, k K, read func(K) (V, error)) (V, error) {
	if v, ok := known[k]; ok {
		return v, nil
	}
	v, err := read(k)
	known[k] = v
	return v, err
}

func idsOf[T ~int64](ids []T) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

// crowd is what is known of the people of a page.
type crowd struct {
	known      map[person.ID]person.Person
	facts      map[person.ID]response.MemberFacts // without a tube
	tasks      map[int64][]task.Task
	households map[person.HouseholdID][]person.ID
	shown      map[person.ID]bool
}

func (b *reading) people(ids []person.ID) (crowd, error) {
	c := crowd{facts: map[person.ID]response.MemberFacts{}, shown: map[person.ID]bool{}}
	var err error
	if c.known, err = b.r.PeopleByID(ids); err != nil {
		return c, err
	}
	specimens, err := b.r.SpecimensOfMany(ids, b.o)
	if err != nil {
		return c, err
	}
	sick, err := b.r.CasesOfPeople(ids, b.o)
	if err != nil {
		return c, err
	}
	met, err := b.r.ContactsOfPeople(ids, b.o)
	if err != nil {
		return c, err
	}
	if c.tasks, err = b.r.TasksOfMany(task.OnPerson, idsOf(ids)); err != nil {
		return c, err
	}
	var homes []person.HouseholdID
	for _, id := range ids {
		c.shown[id] = true
		f := response.MemberFacts{Person: id, Specimens: specimens[id]}
		for _, k := range sick[id] {
			if k.MergedInto == 0 && (f.Case == nil || f.Case.Class == cases.Discarded) {
				f.Case = &k
			}
		}
		if list := met[id]; len(list) > 0 {
			f.Contact = &list[0]
		}
		c.facts[id] = f
		if h := c.known[id].Household; h != 0 {
			homes = append(homes, h)
		}
	}
	slices.Sort(homes)
	if c.households, err = b.r.Households(slices.Compact(homes)); err != nil {
		return c, fmt.Errorf("read who lives with them: %w", err)
	}
	return c, nil
}

func (c *crowd) member(p *protocol.Pack, m store.TubeMember, holds []screening.Hold) Member {
	f := c.facts[m.Person]
	f.At = m.At
	who := c.known[m.Person]
	out := Member{Person: m.Person, Area: who.Area, At: m.At, Standing: f.Standing(p)}
	for i := range holds {
		if holds[i].Person == m.Person {
			out.Hold = &holds[i]
		}
	}
	for _, t := range c.tasks[int64(m.Person)] {
		// The first one, or where it gave no result the one that is still open.
		if t.Kind == task.ResampleSingle && t.State != task.Void && (t.Ordinal == int(m.Tube) || t.Ordinal >= response.OnceMore && t.State == task.Open) {
			if out.Sample == nil || t.State == task.Open {
				out.Sample = &t
			}
		}
	}
	if h := who.Household; h != 0 {
		for _, id := range c.households[h] {
			if !c.shown[id] {
				out.Household = append(out.Household, id)
			}
		}
	}
	return out
}

// Appeal is one that waits for its answer, with its task.
type Appeal struct {
	screening.Appeal
	Task *task.Task // nil where the pack in force has no clock for it
}

// OpenAppeals returns up to limit appeals of people who are still held, the one whose hold ends first at the top.
func OpenAppeals(r *store.Reader, o outbreak.ID, w store.Within, limit int) (out []Appeal, err error) {
	list, err := r.Appeals(o, w, true, 0, limit)
	if err != nil {
		return nil, err
	}
	people := make([]int64, len(list))
	for i := range list {
		people[i] = int64(list[i].Person)
	}
	tasks, err := r.TasksOfMany(task.OnPerson, people)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		x := Appeal{Appeal: a}
		for _, k := range tasks[int64(a.Person)] {
			if k.Kind == task.AnswerAppeal && k.Ordinal == int(a.ID) {
				x.Task = &k
			}
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b Appeal) int { return a.Until.Compare(b.Until) })
	return out, nil
}
