package command

import (
	"cmp"
	"maps"
	"slices"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// ahead holds what an order of many cases will ask of the store, read in a few queries before it asks: the rulebook looks at every contact of each case, and one
// query after another would take most of the order's time. Each map holds an entry, perhaps empty, for every key that was read, so that what is not in it is asked
// of the store as ever. It is right for as long as the store's rows are, which the order itself changes only at its end (flush); zones, which are written at once,
// are forgotten then.
type ahead struct {
	cases      map[cases.ID]cases.Case
	contacts   map[contact.ID]contact.Contact
	contactsOf map[cases.ID][]contact.Contact
	became     map[person.ID]*contact.Contact
	children   map[contact.ID][]contact.Contact
	exposures  map[contact.ID][]contact.Exposure
	specimens  map[person.ID][]lab.Specimen
	checks     map[contact.ID][]contact.Check
	zones      map[cases.ID][]zone.Zone
	tasks      map[task.Subject][]task.Task
	inTubes    map[person.ID]bool
	stays      map[person.ID][]facility.Stay
	care       map[cases.ID]response.CareFacts
}

// prepare makes room for what lookAtPeople reads beside what was read before it.
func (a *ahead) prepare() {
	if a.cases == nil {
		a.cases = map[cases.ID]cases.Case{}
	}
	if a.contacts == nil {
		a.contacts = map[contact.ID]contact.Contact{}
	}
	if a.specimens == nil {
		a.specimens = map[person.ID][]lab.Specimen{}
	}
	if a.tasks == nil {
		a.tasks = map[task.Subject][]task.Task{}
	}
	if a.stays == nil {
		a.stays = map[person.ID][]facility.Stay{}
	}
}

// entries makes an entry for every key of what was read of them.
func entries[K comparable, V any](keys []K, found map[K][]V) map[K][]V {
	for _, k := range keys {
		if _, ok := found[k]; !ok {
			found[k] = nil
		}
	}
	return found
}

// lookAhead reads what the rulebook will ask when these cases change: of them, and of everybody who met them. Those of another outbreak, or that are not there, are left to getCase.
func (w *world) lookAhead(ids []cases.ID) error {
	a := newAhead()
	people, err := a.readCases(w, ids)
	if err != nil {
		return err
	}
	if a.contactsOf, err = w.tx.ContactsOfMany(ids); err != nil {
		return err
	}
	entries(ids, a.contactsOf)
	var met []contact.ID
	for _, id := range ids {
		for _, c := range a.contactsOf[id] {
			if _, ok := a.contacts[c.ID]; !ok {
				a.contacts[c.ID] = c
				people = append(people, c.Person)
			}
			met = append(met, c.ID)
		}
	}
	slices.Sort(met)
	met = slices.Compact(met)
	if err := a.readAround(w, met, &people); err != nil {
		return err
	}
	return a.look(w, people, ids, met)
}

// lookAtCases reads what the rulebook asks of cases alone, without the people around them.
func (w *world) lookAtCases(ids []cases.ID) error {
	a := newAhead()
	people, err := a.readCases(w, ids)
	if err != nil {
		return err
	}
	return a.look(w, people, ids, nil)
}

// lookAtContacts reads what the rulebook asks of contacts: whom they met, who met them, specimens, checks and tasks.
func (w *world) lookAtContacts(ids []contact.ID) error {
	a := newAhead()
	list, err := w.tx.ContactsByID(ids)
	if err != nil {
		return err
	}
	people := make([]person.ID, 0, len(ids))
	for _, c := range list {
		a.contacts[c.ID] = c
		people = append(people, c.Person)
	}
	if err := a.readAround(w, ids, &people); err != nil {
		return err
	}
	return a.look(w, people, nil, ids)
}

// lookAtMany reads what the rulebook asks of cases, contacts and people that each change by themselves.
func (w *world) lookAtMany(of []cases.ID, met []contact.ID, who []person.ID) error {
	a := newAhead()
	maps.Copy(a.specimens, w.ahead.specimens)
	people, err := a.readCases(w, of)
	if err != nil {
		return err
	}
	list, err := w.tx.ContactsByID(slices.DeleteFunc(slices.Clone(met), func(id contact.ID) bool { _, known := w.ahead.contacts[id]; return known }))
	if err != nil {
		return err
	}
	for _, c := range list {
		a.contacts[c.ID] = c
	}
	for _, id := range met {
		if c, known := w.ahead.contacts[id]; known {
			a.contacts[id] = c
		}
		if c, there := a.contacts[id]; there {
			people = append(people, c.Person)
		}
	}
	if err := a.readAround(w, met, &people); err != nil {
		return err
	}
	if err := a.look(w, people, of, met); err != nil {
		return err
	}
	return w.lookAtPeople(who)
}

// byNoun parts subjects into cases, contacts and people; the others are left out.
func byNoun(list []task.Subject) (of []cases.ID, met []contact.ID, who []person.ID) {
	for _, s := range list {
		switch s.Kind {
		case task.OnCase:
			of = append(of, cases.ID(s.ID))
		case task.OnContact:
			met = append(met, contact.ID(s.ID))
		case task.OnPerson:
			who = append(who, person.ID(s.ID))
		default:
		}
	}
	return of, met, who
}

// lookAtSwabbed reads what the rulebook asks when people are swabbed, or their results come: as cases and contacts, and as members of tubes with others in them.
func (w *world) lookAtSwabbed(list []task.Subject) error {
	of, met, who := byNoun(list)
	sick, err := w.tx.CasesByID(of)
	if err != nil {
		return err
	}
	for _, c := range sick {
		who = append(who, c.Person)
	}
	near, err := w.tx.ContactsByID(met)
	if err != nil {
		return err
	}
	for _, c := range near {
		who = append(who, c.Person)
	}
	who = sortedSet(who)
	if err := w.lookAtPeople(who); err != nil {
		return err
	}
	var tubes []screening.TubeID
	for _, p := range who {
		r := w.pool.people[p]
		of, met = append(of, r.cases...), append(met, r.contacts...)
		for _, m := range r.shares {
			tubes = append(tubes, m.Tube)
		}
	}
	if err := w.lookAtPeople(w.memberIDs(sortedSet(tubes))); err != nil {
		return err
	}
	// What follows reads all around these, and keeps what was read of the others in their tubes.
	was := w.ahead
	if err := w.lookAtMany(sortedSet(of), sortedSet(met), nil); err != nil {
		return err
	}
	w.ahead.keep(was)
	return nil
}

// keep takes over what was read before and not again.
func (a *ahead) keep(was ahead) {
	for id, c := range was.cases {
		if _, ok := a.cases[id]; !ok {
			a.cases[id] = c
		}
	}
	for id, c := range was.contacts {
		if _, ok := a.contacts[id]; !ok {
			a.contacts[id] = c
		}
	}
	for p, list := range was.specimens {
		if _, ok := a.specimens[p]; !ok {
			a.specimens[p] = list
		}
	}
	for s, list := range was.tasks {
		if _, ok := a.tasks[s]; !ok {
			a.tasks[s] = list
		}
	}
}

// swabbed is told of a specimen that was written: specimens are, before the order's end.
func (a *ahead) swabbed(s lab.Specimen) {
	list, ok := a.specimens[s.Person]
	if !ok {
		return
	}
	list = slices.DeleteFunc(slices.Clone(list), func(x lab.Specimen) bool { return x.ID == s.ID })
	at, _ := slices.BinarySearchFunc(list, s, func(x, s lab.Specimen) int { return cmp.Or(x.TakenAt.Compare(s.TakenAt), cmp.Compare(x.ID, s.ID)) })
	a.specimens[s.Person] = slices.Insert(list, at, s)
}

// checked is told of a check that was written, as they are before the order's end.
func (a *ahead) checked(k contact.Check) {
	list, ok := a.checks[k.Contact]
	if !ok {
		return
	}
	list = slices.DeleteFunc(slices.Clone(list), func(x contact.Check) bool { return x.On == k.On && x.Slot == k.Slot })
	at, _ := slices.BinarySearchFunc(list, k, func(x, k contact.Check) int { return cmp.Or(cmp.Compare(x.On, k.On), cmp.Compare(x.Slot, k.Slot)) })
	a.checks[k.Contact] = slices.Insert(list, at, k)
}

func newAhead() *ahead {
	return &ahead{cases: map[cases.ID]cases.Case{}, contacts: map[contact.ID]contact.Contact{}, specimens: map[person.ID][]lab.Specimen{}, tasks: map[task.Subject][]task.Task{}}
}

// readCases reads cases, their zones, and whether their people were contacts before; it returns those people.
func (a *ahead) readCases(w *world, ids []cases.ID) (people []person.ID, err error) {
	if a.cases, err = w.tx.CasesByID(ids); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if c, ok := a.cases[id]; ok {
			people = append(people, c.Person)
		}
	}
	if a.zones, err = w.tx.ZonesOfMany(ids); err != nil {
		return nil, err
	}
	entries(ids, a.zones)
	if err := a.readCare(w, ids); err != nil {
		return nil, err
	}
	became, err := w.tx.ContactsBecame(people, w.o.ID)
	if err != nil {
		return nil, err
	}
	shares, err := w.tx.TubesOfPeople(people, w.o.ID)
	if err != nil {
		return nil, err
	}
	a.inTubes = make(map[person.ID]bool, len(people))
	for _, p := range people {
		a.inTubes[p] = len(shares[p]) > 0
	}
	a.became = make(map[person.ID]*contact.Contact, len(people))
	for _, p := range people {
		a.became[p] = nil
		if c, ok := became[p]; ok {
			a.became[p], a.contacts[c.ID] = &c, c
		}
	}
	return people, nil
}

// readAround reads whom contacts met, who met them, and their checks.
func (a *ahead) readAround(w *world, ids []contact.ID, people *[]person.ID) (err error) {
	if a.exposures, err = w.tx.ExposuresOfMany(ids); err != nil {
		return err
	}
	entries(ids, a.exposures)
	if err := a.readSources(w, ids, people); err != nil {
		return err
	}
	if a.children, err = w.tx.SecondaryContactsOfMany(ids); err != nil {
		return err
	}
	entries(ids, a.children)
	if a.checks, err = w.tx.ChecksOfMany(ids); err != nil {
		return err
	}
	entries(ids, a.checks)
	return nil
}

// look reads the specimens of people and the tasks of cases and contacts, and makes all that was read what the order asks first.
func (a *ahead) look(w *world, people []person.ID, of []cases.ID, met []contact.ID) (err error) {
	ask := slices.DeleteFunc(sortedSet(people), func(p person.ID) bool { _, known := a.specimens[p]; return known })
	specimens, err := w.tx.SpecimensOfMany(ask, w.o.ID)
	if err != nil {
		return err
	}
	maps.Copy(a.specimens, entries(ask, specimens))
	if a.stays, err = w.tx.StaysOf(people); err != nil {
		return err
	}
	entries(people, a.stays)
	if err := w.restrictionsAhead(of, met); err != nil {
		return err
	}
	if err := a.readTasks(w, task.OnCase, idsOf(of)); err != nil {
		return err
	}
	if err := a.readTasks(w, task.OnContact, idsOf(met)); err != nil {
		return err
	}
	w.ahead = *a
	return nil
}

// readSources reads whom the contacts met besides.
func (a *ahead) readSources(w *world, met []contact.ID, people *[]person.ID) error {
	var others []cases.ID
	var parents []contact.ID
	for _, id := range met {
		for _, e := range a.exposures[id] {
			if _, ok := a.cases[e.Case]; !ok && e.Case != 0 {
				others = append(others, e.Case)
			}
			if _, ok := a.contacts[e.Parent]; !ok && e.Parent != 0 {
				parents = append(parents, e.Parent)
			}
		}
	}
	more, err := w.tx.CasesByID(others)
	if err != nil {
		return err
	}
	maps.Copy(a.cases, more)
	above, err := w.tx.ContactsByID(parents)
	for _, c := range above {
		a.contacts[c.ID] = c
		*people = append(*people, c.Person)
	}
	return err
}

func idsOf[T ~int64](ids []T) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

func (a *ahead) readTasks(w *world, kind task.SubjectKind, ids []int64) error {
	found, err := w.tx.TasksOfMany(kind, ids)
	for _, id := range ids {
		a.tasks[task.Subject{Kind: kind, ID: id}] = found[id]
	}
	return err
}

func (w *world) storedCase(id cases.ID) (cases.Case, error) {
	if c, ok := w.ahead.cases[id]; ok {
		return c, nil
	}
	return w.tx.Case(id)
}

func (w *world) storedContact(id contact.ID) (contact.Contact, error) {
	if c, ok := w.ahead.contacts[id]; ok {
		return c, nil
	}
	return w.tx.Contact(id)
}

func (w *world) contactsOf(id cases.ID) ([]contact.Contact, error) {
	if list, ok := w.ahead.contactsOf[id]; ok {
		return list, nil
	}
	return w.tx.ContactsOf(id)
}

func (w *world) countContactsOf(id cases.ID) (int, error) {
	if list, ok := w.ahead.contactsOf[id]; ok {
		return len(list), nil
	}
	return w.tx.CountContactsOf(id)
}

func (w *world) contactBecame(p person.ID) (*contact.Contact, error) {
	if c, ok := w.ahead.became[p]; ok {
		return c, nil
	}
	return w.tx.ContactBecame(p, w.o.ID)
}

func (w *world) secondaryContacts(id contact.ID) ([]contact.Contact, error) {
	if list, ok := w.ahead.children[id]; ok {
		return list, nil
	}
	return w.tx.SecondaryContacts(id)
}

func (w *world) storedExposures(id contact.ID) ([]contact.Exposure, error) {
	if list, ok := w.ahead.exposures[id]; ok {
		return list, nil
	}
	return w.tx.Exposures(id)
}

func (w *world) specimensOf(p person.ID) ([]lab.Specimen, error) {
	if list, ok := w.ahead.specimens[p]; ok {
		return list, nil
	}
	return w.tx.SpecimensOf(p, w.o.ID)
}

func (w *world) checks(id contact.ID) ([]contact.Check, error) {
	if list, ok := w.ahead.checks[id]; ok {
		return list, nil
	}
	return w.tx.Checks(id)
}

func (w *world) zonesOf(id cases.ID) ([]zone.Zone, error) {
	if list, ok := w.ahead.zones[id]; ok {
		return list, nil
	}
	return w.tx.ZonesOf(id)
}

func (w *world) tasksOf(s task.Subject) ([]task.Task, error) {
	if list, ok := w.ahead.tasks[s]; ok {
		return list, nil
	}
	return w.tx.TasksOf(s)
}
