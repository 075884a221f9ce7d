package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/response"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// pooled is what an order knows of tubes that the rulebook looks at and of the people in them. A map holds an entry, perhaps empty, for everything that was read;
// holds are written at the order's end.
type pooled struct {
	tubes      map[screening.TubeID]*tubeRecord
	people     map[person.ID]*personRecord
	holds      map[holdKey]*holdRecord
	held       []holdKey // those that changed, in their order
	facts      []holdFact
	freshCases map[person.ID][]caseID // opened by this order
	merged     map[person.ID]person.ID
}

type holdKey struct {
	tube   screening.TubeID
	person person.ID
}

type holdFact struct {
	journal.Entry
	tube screening.TubeID
}

type tubeRecord struct {
	store.Tube
	area    place.AreaID // of the site
	checked time.Time
	members []store.TubeMember // by when they were swabbed
}

type personRecord struct {
	person.Person
	shares    []store.TubeMember // by tube
	cases     []caseID           // that the store has
	contacts  []contactID
	selfTests []screening.SelfTest
	appeals   []screening.Appeal
}

type holdRecord struct {
	screening.Hold
	fresh, changed bool
}

func newPooled() pooled {
	return pooled{tubes: map[screening.TubeID]*tubeRecord{}, people: map[person.ID]*personRecord{}, holds: map[holdKey]*holdRecord{}, freshCases: map[person.ID][]caseID{}}
}

func onTube(id screening.TubeID) task.Subject { return task.Subject{Kind: task.OnTube, ID: int64(id)} }

// lookAtTubes reads tubes that were not read yet: who is in them, who is held because of them, and what was found of them. What there is to know of the people is
// read by lookAtPeople.
func (w *world) lookAtTubes(ids []screening.TubeID) error {
	ids = slices.DeleteFunc(sortedSet(ids), func(id screening.TubeID) bool { return w.pool.tubes[id] != nil })
	if len(ids) == 0 {
		return nil
	}
	tubes, err := w.tx.TubesByID(ids)
	if err != nil {
		return err
	}
	members, err := w.tx.MembersOfTubes(ids)
	if err != nil {
		return err
	}
	holds, err := w.tx.HoldsOfTubes(ids)
	if err != nil {
		return err
	}
	checks, err := w.tx.TubeChecks(ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		t, ok := tubes[id]
		if !ok || t.Outbreak != w.o.ID {
			return fmt.Errorf("tube %d of outbreak %q: %w", id, w.o.Name, store.ErrNotFound)
		}
		rec := &tubeRecord{Tube: t, members: members[id], checked: checks[id].At}
		if len(rec.members) > 0 {
			rec.area = rec.members[0].Area
		}
		w.pool.tubes[id] = rec
		for _, h := range holds[id] {
			w.pool.holds[holdKey{h.Tube, h.Person}] = &holdRecord{Hold: h}
		}
	}
	return nil
}

// lookAtPeople reads what the rules for tubes ask of people who were not read yet: the tubes they are in, their single specimens, and whether they are cases or
// contacts.
func (w *world) lookAtPeople(ids []person.ID) error {
	ids = slices.DeleteFunc(sortedSet(ids), func(id person.ID) bool { return w.pool.people[id] != nil })
	if len(ids) == 0 {
		return nil
	}
	people, err := w.tx.PeopleByID(ids)
	if err != nil {
		return err
	}
	shares, err := w.tx.TubesOfPeople(ids, w.o.ID)
	if err != nil {
		return err
	}
	sick, err := w.tx.CasesOfPeople(ids, w.o.ID)
	if err != nil {
		return err
	}
	met, err := w.tx.ContactsOfPeople(ids, w.o.ID)
	if err != nil {
		return err
	}
	selfTests, err := w.tx.SelfTestsOf(ids, w.o.ID)
	if err != nil {
		return err
	}
	appeals, err := w.tx.AppealsOf(ids, w.o.ID)
	if err != nil {
		return err
	}
	specimens, err := w.tx.SpecimensOfMany(ids, w.o.ID)
	if err != nil {
		return err
	}
	stays, err := w.tx.StaysOf(ids)
	if err != nil {
		return err
	}
	w.ahead.prepare()
	maps.Copy(w.ahead.specimens, entries(ids, specimens))
	maps.Copy(w.ahead.stays, entries(ids, stays))
	var tubes []screening.TubeID
	for _, id := range ids {
		p := people[id]
		p.ID = id // who is not known any more is nobody's neighbour, and holds up no result
		rec := &personRecord{Person: p, shares: shares[id], selfTests: selfTests[id], appeals: appeals[id]}
		for _, c := range sick[id] {
			rec.cases = append(rec.cases, c.ID)
			w.ahead.cases[c.ID] = c
		}
		for _, c := range met[id] {
			rec.contacts = append(rec.contacts, c.ID)
			w.ahead.contacts[c.ID] = c
		}
		for _, m := range rec.shares {
			tubes = append(tubes, m.Tube)
		}
		w.pool.people[id] = rec
	}
	return w.lookAtTubes(tubes)
}

// sortedSet returns each of the IDs once, in order.
func sortedSet[T ~int64](ids []T) []T {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}

// memberIDs are the people in tubes that were read.
func (w *world) memberIDs(ids []screening.TubeID) []person.ID {
	var out []person.ID
	for _, id := range ids {
		for _, m := range w.pool.tubes[id].members {
			out = append(out, m.Person)
		}
	}
	return out
}

// TubeFacts implements response.World.
func (w *world) TubeFacts(id screening.TubeID) (response.TubeFacts, error) {
	if err := w.lookAtTubes([]screening.TubeID{id}); err != nil {
		return response.TubeFacts{}, err
	}
	t := w.pool.tubes[id]
	if err := w.lookAtPeople(w.memberIDs([]screening.TubeID{id})); err != nil {
		return response.TubeFacts{}, err
	}
	f := response.TubeFacts{ID: id, Code: t.Code, Area: t.area, District: t.District, Result: t.Result, ResultAt: t.ResultAt, Checked: t.checked, Earlier: w.earlier, Members: make([]response.MemberFacts, len(t.members))}
	for i, m := range t.members {
		p := w.pool.people[m.Person]
		x := response.MemberFacts{Person: m.Person, Area: p.Area, District: p.District, At: m.At, Hold: w.holdOf(id, m.Person)}
		var err error
		if x.Specimens, err = w.specimensOf(m.Person); err != nil {
			return f, err
		}
		if x.Case, x.Contact, err = w.rolesFor(p); err != nil {
			return f, err
		}
		f.Members[i] = x
	}
	return f, nil
}

// PersonFacts implements response.World.
func (w *world) PersonFacts(id person.ID) (response.PersonFacts, error) {
	if err := w.lookAtPeople([]person.ID{id}); err != nil {
		return response.PersonFacts{}, err
	}
	p := w.pool.people[id]
	f := response.PersonFacts{Person: id, Area: p.Area, District: p.District, SelfTests: p.selfTests, Appeals: p.appeals, Loc: w.loc, Earlier: w.earlier}
	if slices.ContainsFunc(p.appeals, func(a screening.Appeal) bool { return a.Open() }) {
		var err error
		if f.Restricted, err = w.restrictedNow(id, w.o.ID); err != nil {
			return f, err
		}
	}
	for _, m := range p.shares {
		t := w.pool.tubes[m.Tube]
		f.Tubes = append(f.Tubes, response.ShareFacts{Tube: m.Tube, Area: m.Area, District: m.District, Result: t.Result, ResultAt: t.ResultAt, At: m.At, Alone: t.People == 1, Hold: w.holdOf(m.Tube, id)})
	}
	var err error
	if f.Specimens, err = w.specimensOf(id); err != nil {
		return f, err
	}
	if f.Along, err = w.alongFacts(id); err != nil {
		return f, err
	}
	f.Case, f.Contact, err = w.rolesFor(p)
	return f, err
}

// rolesFor returns a person's case and contact as this order sees them; nil for none.
func (w *world) rolesFor(p *personRecord) (*cases.Case, *contact.Contact, error) {
	var list []cases.Case
	for _, id := range append(slices.Clone(p.cases), w.pool.freshCases[p.ID]...) {
		c, err := w.getCase(id)
		if err != nil {
			return nil, nil, err
		}
		if c.MergedInto == 0 {
			list = append(list, c.Case)
		}
	}
	var k *contact.Contact
	for _, id := range p.contacts {
		c, err := w.getContact(id)
		if err != nil {
			return nil, nil, err
		}
		if c.MergedInto == 0 {
			k = &c.Contact
		}
	}
	if k != nil {
		now := *k
		k = &now
	}
	return mainCase(list), k, nil
}

func (w *world) holdOf(t screening.TubeID, p person.ID) *screening.Hold {
	h := w.pool.holds[holdKey{t, p}]
	if h == nil {
		return nil
	}
	now := h.Hold
	return &now
}

// inTubes says whether the rules look at a tube that a person is in.
func (w *world) inTubes(id person.ID) (bool, error) {
	if p := w.pool.people[id]; p != nil {
		return len(p.shares) > 0, nil
	}
	if in, ok := w.ahead.inTubes[id]; ok {
		return in, nil
	}
	list, err := w.tx.TubesOfPeople([]person.ID{id}, w.o.ID)
	return len(list) > 0, err
}

// holdFact keeps a fact of a hold until the order's end: a report of hundreds of tubes holds thousands of people, and writes of them in a few strokes.
func (w *world) holdFact(kind journal.Kind, h *screening.Hold, at time.Time, b task.Because, payload map[string]any) error {
	payload["tube"] = h.Tube
	text, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	w.pool.facts = append(w.pool.facts, holdFact{journal.Entry{Kind: kind, Subject: onPerson(h.Person), Area: h.Area, At: at, Actor: "rule:" + b.Rule, Cause: b.Fact, Rule: b.Rule, Clause: b.Clause, Pack: b.Pack,
		Outbreak: w.o.ID, Payload: text}, h.Tube})
	return nil
}

// changeHold notes a hold that is to be written.
func (w *world) changeHold(k holdKey, h *holdRecord) {
	if !h.changed && !h.fresh {
		w.pool.held = append(w.pool.held, k)
	}
	h.changed = true
}

func (w *world) holdPerson(a response.HoldPerson) error {
	k := holdKey{a.Tube, a.Person}
	h := w.pool.holds[k]
	if h != nil && h.Stands() {
		return nil
	}
	if h == nil {
		h = &holdRecord{fresh: true}
		w.pool.holds[k] = h
		w.pool.held = append(w.pool.held, k)
	} else {
		w.changeHold(k, h)
	}
	h.Hold = screening.Hold{ID: h.ID, Outbreak: w.o.ID, Person: a.Person, Tube: a.Tube, Area: a.Area, District: a.District, Since: a.Since, Until: a.Until,
		Fact: a.Because.Fact.Seq, Rule: a.Because.Rule, Clause: a.Because.Clause, Pack: a.Because.Pack}
	return w.holdFact(journal.PersonHeld, &h.Hold, a.Since, a.Because, map[string]any{"until": a.Until.UTC()})
}

func (w *world) liftHold(a response.LiftHold) error {
	k := holdKey{a.Tube, a.Person}
	h := w.pool.holds[k]
	if h == nil || !h.Stands() {
		return nil
	}
	w.changeHold(k, h)
	h.LiftedAt, h.Lifted = a.At, a.Why
	return w.holdFact(journal.HoldLifted, &h.Hold, a.At, a.Because, map[string]any{"why": a.Why, "since": h.Since.UTC()})
}

func (w *world) shortenHold(a response.ShortenHold) error {
	k := holdKey{a.Tube, a.Person}
	h := w.pool.holds[k]
	if h == nil || !h.Stands() || !a.Until.Before(h.Until) {
		return nil
	}
	w.changeHold(k, h)
	from := h.Until
	h.Until, h.Fact, h.Rule, h.Clause, h.Pack = a.Until, a.Because.Fact.Seq, a.Because.Rule, a.Because.Clause, a.Because.Pack
	return w.holdFact(journal.HoldShortened, &h.Hold, w.now, a.Because, map[string]any{"from": from.UTC(), "until": a.Until.UTC()})
}

// flushHolds writes the holds that changed and what happened to them.
func (w *world) flushHolds() error {
	facts := make([]journal.Entry, len(w.pool.facts))
	for i := range facts {
		facts[i] = w.pool.facts[i].Entry
	}
	if _, err := w.tx.AppendAll(facts); err != nil {
		return err
	}
	var fresh, changed []*screening.Hold
	for _, k := range w.pool.held {
		if h := w.pool.holds[k]; h.fresh {
			fresh = append(fresh, &h.Hold)
		} else {
			changed = append(changed, &h.Hold)
		}
	}
	if err := w.tx.AddHolds(fresh); err != nil {
		return err
	}
	return w.tx.UpdateHolds(changed)
}

// openCaseOf opens a case of somebody who was neither a case nor a contact.
func (w *world) openCaseOf(a response.OpenCaseOf) ([]response.Trigger, error) {
	if err := w.lookAtPeople([]person.ID{a.Person}); err != nil {
		return nil, err
	}
	p := w.pool.people[a.Person]
	for _, id := range append(slices.Clone(p.cases), w.pool.freshCases[p.ID]...) {
		c, err := w.getCase(id)
		if err != nil {
			return nil, err
		}
		if c.Class != cases.Discarded || answeredBy(&c.Case, a.Specimen) {
			return nil, nil
		}
	}
	list, err := w.specimensOf(a.Person)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(s lab.Specimen) bool { return s.ID == a.Specimen })
	if i < 0 {
		return nil, fmt.Errorf("specimen %d of person %d: %w", a.Specimen, a.Person, store.ErrNotFound)
	}
	s := list[i]
	n := &store.NewCase{Case: cases.Case{Person: a.Person, Class: a.Class, Area: p.Area, District: p.District, Found: cases.FoundCommunity, NotedAt: a.At, Sampled: dayOf(s.TakenAt, w.loc),
		Attributes: map[string]string{attributeSpecimen: strconv.FormatInt(int64(s.ID), 10)}}}
	if n.Area == 0 {
		n.Area, n.District = s.Area, s.District
	}
	if n.Code, err = w.freeCaseCode(s.Code); err != nil {
		return nil, err
	}
	if a.Class.Infected() {
		n.ConfirmedAt = a.At
	}
	rec, err := w.newCase(n)
	if err != nil {
		return nil, err
	}
	kind := journal.CaseConfirmed
	if !a.Class.Infected() {
		kind = journal.CaseSuspected
	}
	t, err := w.byRule(kind, onCase(rec.ID), n.Area, a.At, a.Because, map[string]any{"class": a.Class, "code": n.Code, "person": a.Person, "specimen": a.Specimen, "found": n.Found})
	rec.fresh.Origin = t.Ref
	return []response.Trigger{t}, err
}

// freeCaseCode returns a code that no case has, after the label of the specimen that proved it.
func (w *world) freeCaseCode(label string) (string, error) {
	for n := 1; ; n++ {
		code := "P-" + label
		if n > 1 {
			code += "-" + strconv.Itoa(n)
		}
		taken := false
		for _, c := range w.cases {
			taken = taken || c.fresh != nil && c.Code == code
		}
		if !taken {
			_, err := w.tx.CaseByCode(w.o.ID, code)
			if isNotFound(err) {
				return code, nil
			}
			if err != nil {
				return "", err
			}
		}
	}
}
