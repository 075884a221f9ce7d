package transferplan

import (
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// Adult is somebody of a child's household, and whether they can go along with the child if they choose to.
type Adult struct {
	Person person.ID
	Sex    person.Sex
	Age    person.Age // person.AgeUnknown where nobody knows
	Not    string     // why not: goes (goes along, or is moved with the child, already), case, away (is somewhere else), moved (is moved otherwise); empty: they can
}

// Why an adult cannot go along.
const (
	NotGoes  = "goes"
	NotCase  = "case"
	NotAway  = "away"
	NotMoved = "moved"
)

// young says who is too young to be alone, by the pack of an outbreak today.
func young(o outbreak.Outbreak, now time.Time) (is func(person.Person) bool, today day.Day, err error) {
	pack, err := protocol.Load(o.Pack)
	if err != nil {
		return nil, today, err
	}
	zone, err := o.Location()
	if err != nil {
		return nil, today, err
	}
	until := pack.Isolation.ChildUntil
	today = day.In(now, zone)
	return func(p person.Person) bool {
		age := p.AgeAt(today)
		return until.Set() && age != person.AgeUnknown && int(age) <= until.Value
	}, today, nil
}

// IsChild says whether somebody who is moved is too young to be alone where they go.
func IsChild(r *store.Reader, o outbreak.Outbreak, q *transfer.Request, now time.Time) (bool, error) {
	if !apart(q) {
		return false, nil
	}
	is, _, err := young(o, now)
	if err != nil {
		return false, err
	}
	p, err := r.Person(q.Person)
	return err == nil && is(p), err
}

// apart says whether somebody goes where nobody cares for children.
func apart(q *transfer.Request) bool {
	return q.Purpose == transfer.ToIsolation || q.Purpose == transfer.ToQuarantine
}

func waits(q *transfer.Request) bool { return !q.State.Over() && q.State != transfer.Aboard }

// Adults lists the adults of the household of a child who is to be moved, by number.
func Adults(r *store.Reader, o outbreak.Outbreak, q *transfer.Request, now time.Time) ([]Adult, error) {
	is, today, err := young(o, now)
	if err != nil || q.Household == 0 {
		return nil, err
	}
	houses, err := r.Households([]person.HouseholdID{q.Household})
	if err != nil {
		return nil, err
	}
	ids := houses[q.Household]
	people, err := r.PeopleByID(ids)
	if err != nil {
		return nil, err
	}
	sick, err := r.CasesOfPeople(ids, o.ID)
	if err != nil {
		return nil, err
	}
	stays, err := r.StaysOf(ids)
	if err != nil {
		return nil, err
	}
	live, err := r.LiveRequestsOf(o.ID, ids)
	if err != nil {
		return nil, err
	}
	var out []Adult
	for _, id := range ids {
		p := people[id]
		if is(p) {
			continue
		}
		a := Adult{Person: id, Sex: p.Sex, Age: p.AgeAt(today)}
		at := facility.ID(0)
		for _, s := range stays[id] {
			if s.State == facility.In && s.Outbreak == o.ID {
				at = s.Facility
			}
		}
		x, moving := live[id]
		switch {
		case moving && x.Party == q.Party:
			a.Not = NotGoes
		case slices.ContainsFunc(sick[id], func(k cases.Case) bool { return !k.Closed() }):
			a.Not = NotCase
		case moving && x.Fixed():
			a.Not = NotMoved
		case at != q.From:
			a.Not = NotAway
		}
		out = append(out, a)
	}
	return out, nil
}

// alone finds the children who wait with no adult of theirs to go with, and none to come to.
func alone(r *store.Reader, o outbreak.Outbreak, list []transfer.Request, now time.Time) (map[transfer.RequestID]bool, error) {
	is, _, err := young(o, now)
	if err != nil {
		return nil, err
	}
	var ids []person.ID
	for i := range list {
		if q := &list[i]; waits(q) && apart(q) {
			ids = append(ids, q.Person)
		}
	}
	people, err := r.PeopleByID(ids)
	if err != nil {
		return nil, err
	}
	with := map[transfer.RequestID]bool{} // parties with an adult
	for i := range list {
		if q := &list[i]; waits(q) && apart(q) && !is(people[q.Person]) {
			with[q.Party] = true
		}
	}
	out := map[transfer.RequestID]bool{}
	var houses []person.HouseholdID
	for i := range list {
		if q := &list[i]; waits(q) && apart(q) && !with[q.Party] {
			out[q.ID] = true
			if q.Household != 0 {
				houses = append(houses, q.Household)
			}
		}
	}
	if len(houses) == 0 {
		return out, nil
	}
	slices.Sort(houses)
	mates, err := r.Households(slices.Compact(houses))
	if err != nil {
		return nil, err
	}
	ids = nil
	for _, h := range mates {
		ids = append(ids, h...)
	}
	if people, err = r.PeopleByID(ids); err != nil {
		return nil, err
	}
	stays, err := r.StaysOf(ids)
	if err != nil {
		return nil, err
	}
	var rooms []facility.RoomID
	for _, list := range stays {
		for _, s := range list {
			if s.State == facility.In && !s.AtHome() {
				rooms = append(rooms, s.Room)
			}
		}
	}
	slices.Sort(rooms)
	beside, err := r.FreeBeds(slices.Compact(rooms))
	if err != nil {
		return nil, err
	}
	for i := range list {
		q := &list[i]
		if !out[q.ID] {
			continue
		}
		for _, id := range mates[q.Household] {
			if is(people[id]) {
				continue
			}
			for _, s := range stays[id] {
				// They come to them, unless they are there for another family's child, with whom they have the room.
				if s.State == facility.In && !s.AtHome() && s.Class == q.Class && s.Outbreak == o.ID && s.Household == q.Household && beside[s.Room] > 0 {
					delete(out, q.ID)
				}
			}
		}
	}
	return out, nil
}
