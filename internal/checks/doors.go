package checks

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// doorKinds are the tasks that are done at somebody's door.
var doorKinds = []task.Kind{task.TellRestriction, task.CheckContact, task.MonitorHome, task.SampleContact, task.SampleHome, task.MeetNeed}

// Visit is somebody in quarantine, or watched, at home at whose door something is due today.
type Visit struct {
	Restriction restriction.Restriction
	Code        string          // of the case or contact
	Contact     contact.Contact // zero for a case
	Area        place.AreaID
	Person      person.ID
	Tasks       []task.Task // the first due first
	Last        contact.Check
}

// Need is what they asked for by a task to bring it; empty for another task.
func (v Visit) Need(t task.Task) restriction.NeedKind {
	for _, n := range v.Restriction.Needs {
		if t.Kind == task.MeetNeed && int64(t.Ordinal) == int64(n.ID) {
			return n.Kind
		}
	}
	return ""
}

// House is the visits of one building.
type House struct {
	Building place.Building // ID 0: not known
	Area     place.AreaID
	Visits   []Visit
}

// MostDoors is how many people at home a list looks at.
const MostDoors = 2000

// Doors reads whom to visit today of those who are in quarantine, or watched, at home: house by house, as people read their names. more says that there are more than MostDoors, and that these are
// those whose time is up first. The caller says within which areas.
//
//  1. Something is due today or late, and can be done now: the notice told, a check made, a sample taken, a need met.
//  2. Whoever has nothing due is not on the list.
func Doors(r *store.Reader, o outbreak.ID, w store.Within, loc *time.Location, now time.Time) (out []House, more bool, err error) {
	var list []restriction.Restriction
	for _, k := range []restriction.Kind{restriction.QuarantineHome, restriction.HomeMonitoring} {
		page, err := r.RestrictionList(o, store.RestrictionFilter{Within: w, Kind: k, Now: now, Limit: MostDoors})
		if err != nil {
			return nil, false, err
		}
		list, more = append(list, page.List...), more || page.Next != ""
	}
	var met []contact.ID
	var sick []cases.ID
	var contacts, ill []int64
	for i := range list {
		if id := list[i].Cause.Contact(); id != 0 {
			met, contacts = append(met, id), append(contacts, int64(id))
		} else if id := list[i].Cause.Case(); id != 0 {
			sick, ill = append(sick, id), append(ill, int64(id))
		}
	}
	known, err := r.ContactsByID(met)
	if err != nil {
		return nil, more, err
	}
	byID := map[contact.ID]contact.Contact{}
	for _, c := range known {
		byID[c.ID] = c
	}
	knownCases, err := r.CasesByID(sick)
	if err != nil {
		return nil, more, err
	}
	tasks := map[task.SubjectKind]map[int64][]task.Task{}
	if tasks[task.OnContact], err = r.TasksOfMany(task.OnContact, contacts); err != nil {
		return nil, more, err
	}
	if tasks[task.OnCase], err = r.TasksOfMany(task.OnCase, ill); err != nil {
		return nil, more, err
	}
	made, err := r.ChecksOfMany(met)
	if err != nil {
		return nil, more, err
	}
	end := day.In(now, loc).Add(1).Start(loc)
	var visits []Visit
	for _, x := range list {
		of := x.Cause.Subject()
		v := Visit{Restriction: x}
		if id := x.Cause.Contact(); id != 0 {
			v.Contact = byID[id]
			v.Code, v.Area, v.Person = v.Contact.Code, v.Contact.Area, v.Contact.Person
			if k := made[id]; len(k) > 0 {
				v.Last = k[len(k)-1]
			}
		} else {
			c := knownCases[x.Cause.Case()]
			v.Code, v.Area, v.Person = c.Code, c.Area, c.Person
		}
		for _, t := range tasks[of.Kind][of.ID] {
			if t.State == task.Open && slices.Contains(doorKinds, t.Kind) && t.Due.Before(end) && !t.NotBefore.After(now) {
				v.Tasks = append(v.Tasks, t)
			}
		}
		if len(v.Tasks) > 0 {
			slices.SortStableFunc(v.Tasks, func(a, b task.Task) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
			visits = append(visits, v)
		}
	}
	out, err = houses(r, visits)
	return out, more, err
}

// houses puts visits into the buildings where people live; those whose building is not known come last, by area.
func houses(r *store.Reader, visits []Visit) ([]House, error) {
	ids := make([]person.ID, 0, len(visits))
	for _, v := range visits {
		if v.Person != 0 {
			ids = append(ids, v.Person)
		}
	}
	people, err := r.PeopleByID(ids)
	if err != nil {
		return nil, err
	}
	var at []place.BuildingID
	for _, p := range people {
		if p.Building != 0 {
			at = append(at, p.Building)
		}
	}
	slices.Sort(at)
	buildings, err := r.BuildingsByID(slices.Compact(at))
	if err != nil {
		return nil, err
	}
	type key struct {
		area     place.AreaID
		building place.BuildingID
	}
	by := map[key]*House{}
	var out []*House
	for _, v := range visits {
		b := buildings[people[v.Person].Building]
		k := key{v.Area, b.ID}
		if b.ID != 0 {
			k.area = b.Area
		}
		if by[k] == nil {
			by[k] = &House{Building: b, Area: k.area}
			out = append(out, by[k])
		}
		by[k].Visits = append(by[k].Visits, v)
	}
	list := make([]House, len(out))
	for i, h := range out {
		slices.SortStableFunc(h.Visits, func(a, b Visit) int {
			return cmp.Or(a.Tasks[0].Due.Compare(b.Tasks[0].Due), cmp.Compare(a.Code, b.Code))
		})
		list[i] = *h
	}
	unknown := func(h House) int {
		if h.Building.ID == 0 {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b House) int {
		return cmp.Or(cmp.Compare(unknown(a), unknown(b)), cmp.Compare(a.Area, b.Area), place.CompareNames(a.Building.Name, b.Building.Name))
	})
	return list, nil
}
