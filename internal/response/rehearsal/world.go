// Package rehearsal runs the rulebook in memory: the world that scenarios, properties and the simulator play in.
//
// It does no I/O, reads no clock and uses no chance. It imports response and what response imports; tests and sim import it.
package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/restriction"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
	"firebreak/internal/zone"
)

// ErrUnknown is wrapped when a case or a contact is asked for that is not there.
var ErrUnknown = errors.New("not in this rehearsal")

// ErrFarther is wrapped when a rule orders a farther tier, which no rule may.
var ErrFarther = errors.New("a rule may not order a farther tier")

// Exposure is one meeting that made a contact: with a case, or with a close contact. Without a tier it is of the tier that the contact is in.
type Exposure = contact.Exposure

type contactRow struct {
	contact.Contact
	exposures []Exposure
	children  []contact.ID
	checks    []contact.Check
}

type caseRow struct {
	cases.Case
	contacts []contact.ID
	zones    []zone.ID
	from     contact.ID
}

// World is an outbreak in memory. It is for one goroutine.
type World struct {
	pack *protocol.Pack
	loc  *time.Location
	now  time.Time
	seq  int64
	log  []Fact

	cases     []*caseRow
	contacts  []*contactRow
	zones     []zone.Zone
	links     []cases.Link
	specimens map[person.ID][]lab.Specimen
	lastTaken lab.SpecimenID
	answered  map[lab.SpecimenID]cases.ID // the case that answered a positive: opened on it, or ruled out with it
	caseOf    map[person.ID]cases.ID
	contactOf map[person.ID]contact.ID
	ledger    map[task.Subject][]task.Task

	restrictions map[restriction.Cause]*restriction.Restriction
	tubes        []*tubeRow
	tubeCode     map[string]screening.TubeID
	tubesOf      map[person.ID][]screening.TubeID
	selfTests    map[person.ID][]screening.SelfTest
	lastSelfTest screening.SelfTestID
	appeals      map[person.ID][]screening.Appeal
	lastAppeal   screening.AppealID

	treated     map[cases.ID]*careRow
	houses      []*houseRow
	proposals   []treatment.Proposal
	events      []treatment.Event
	eventCode   map[string]treatment.EventID
	unknown     []response.UnknownFacts // positive tubes that no desk told of, by number
	unknownCode map[string]int
	changes     int // of the ledger and of facts, ever
}

// Fact is an entry of the rehearsal's journal.
type Fact struct {
	response.Trigger
	By task.Because // what brought it about; zero when it came from outside
}

// New returns an empty world under a pack, with days counted in loc.
func New(p *protocol.Pack, loc *time.Location) *World {
	return &World{pack: p, loc: loc, specimens: map[person.ID][]lab.Specimen{}, answered: map[lab.SpecimenID]cases.ID{},
		caseOf: map[person.ID]cases.ID{}, contactOf: map[person.ID]contact.ID{}, ledger: map[task.Subject][]task.Task{},
		restrictions: map[restriction.Cause]*restriction.Restriction{}, tubeCode: map[string]screening.TubeID{}, tubesOf: map[person.ID][]screening.TubeID{}, selfTests: map[person.ID][]screening.SelfTest{}, appeals: map[person.ID][]screening.Appeal{}, unknownCode: map[string]int{},
		treated: map[cases.ID]*careRow{}, eventCode: map[string]treatment.EventID{}}
}

// Now returns the world's time.
func (w *World) Now() time.Time { return w.now }

// Location returns the zone that days are counted in.
func (w *World) Location() *time.Location { return w.loc }

// Pack returns the pack in force.
func (w *World) Pack() *protocol.Pack { return w.pack }

// Changes counts what has changed so far: tasks, classes, tiers, states. Rules that find everything as it should be leave it.
func (w *World) Changes() int { return w.changes }

// Log returns the facts so far, oldest first. Do not change it.
func (w *World) Log() []Fact { return w.log }

// Tasks returns the ledger of one subject, by kind and ordinal.
func (w *World) Tasks(s task.Subject) []task.Task {
	out := slices.Clone(w.ledger[s])
	slices.SortFunc(out, func(a, b task.Task) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Ordinal, b.Ordinal))
	})
	return out
}

// AllTasks returns the whole ledger, by subject, kind and ordinal.
func (w *World) AllTasks() []task.Task {
	var out []task.Task
	var people []person.ID
	for s := range w.ledger {
		if s.Kind == task.OnPerson {
			people = append(people, person.ID(s.ID))
		}
	}
	slices.Sort(people)
	for _, p := range people {
		out = append(out, w.Tasks(onPerson(p))...)
	}
	for i := range w.tubes {
		out = append(out, w.Tasks(onTube(screening.TubeID(i+1)))...)
	}
	for i := range w.cases {
		out = append(out, w.Tasks(task.Subject{Kind: task.OnCase, ID: int64(i + 1)})...)
	}
	for i := range w.contacts {
		out = append(out, w.Tasks(task.Subject{Kind: task.OnContact, ID: int64(i + 1)})...)
	}
	for i := range w.proposals {
		out = append(out, w.Tasks(onReserve(treatment.ProposalID(i+1)))...)
	}
	for i := range w.events {
		out = append(out, w.Tasks(onCareEvent(treatment.EventID(i+1)))...)
	}
	return out
}

// Case returns a case as it is now.
func (w *World) Case(id cases.ID) (cases.Case, bool) {
	if id < 1 || int(id) > len(w.cases) {
		return cases.Case{}, false
	}
	return w.cases[id-1].Case, true
}

// Contact returns a contact as it is now.
func (w *World) Contact(id contact.ID) (contact.Contact, bool) {
	if id < 1 || int(id) > len(w.contacts) {
		return contact.Contact{}, false
	}
	return w.contacts[id-1].Contact, true
}

// CaseOf returns the person's case, 0 for none.
func (w *World) CaseOf(p person.ID) cases.ID { return w.caseOf[p] }

// ContactOf returns the person as a contact, 0 for none.
func (w *World) ContactOf(p person.ID) contact.ID { return w.contactOf[p] }

// Specimens returns the person's specimens by time taken. Do not change them.
func (w *World) Specimens(p person.ID) []lab.Specimen { return w.specimens[p] }

// Zones returns the zones of a case.
func (w *World) Zones(id cases.ID) []zone.Zone {
	var out []zone.Zone
	for _, z := range w.cases[id-1].zones {
		out = append(out, w.zones[z-1])
	}
	return out
}

// CaseFacts implements response.World.
func (w *World) CaseFacts(id cases.ID) (response.CaseFacts, error) {
	if id < 1 || int(id) > len(w.cases) {
		return response.CaseFacts{}, fmt.Errorf("case %d: %w", id, ErrUnknown)
	}
	c := w.cases[id-1]
	f := response.CaseFacts{Case: c.Case, Specimens: w.specimens[c.Person], Contacts: len(c.contacts), Zones: w.Zones(id), Loc: w.loc, InTubes: len(w.tubesOf[c.Person]) > 0}
	f.Restriction = copyOf(w.restrictions[restriction.OfCase(id)])
	if c.from != 0 {
		from := w.contacts[c.from-1].Contact
		f.From = &from
	}
	if t := w.treated[id]; t != nil {
		f.Care = response.CareFacts{Severity: slices.Clone(t.severity), Admissions: slices.Clone(t.admissions)}
	}
	return f, nil
}

// ContactFacts implements response.World.
func (w *World) ContactFacts(id contact.ID) (response.ContactFacts, error) {
	if id < 1 || int(id) > len(w.contacts) {
		return response.ContactFacts{}, fmt.Errorf("contact %d: %w", id, ErrUnknown)
	}
	c := w.contacts[id-1]
	f := response.ContactFacts{Contact: c.Contact, Children: c.children, Specimens: w.specimens[c.Person], Checks: c.checks, Loc: w.loc, Restriction: copyOf(w.restrictions[restriction.OfContact(id)])}
	for _, e := range c.exposures {
		x := response.ExposureFacts{Exposure: e}
		if e.Case != 0 {
			source := w.cases[e.Case-1].Case
			x.Source = &source
		}
		if e.Parent != 0 {
			parent := w.contacts[e.Parent-1].Contact
			x.Parent, x.ParentSpecimens, x.ParentBecame = &parent, w.specimens[parent.Person], w.became(&parent)
		}
		f.Exposures = append(f.Exposures, x)
	}
	f.Became = w.became(&c.Contact)
	return f, nil
}

// became returns the case that a contact is now; nil where they are none.
func (w *World) became(c *contact.Contact) *cases.Case {
	if c.BecameCase == 0 {
		return nil
	}
	now := w.cases[c.BecameCase-1].Case
	return &now
}

// Links returns the links between cases that rules drew. Do not change them.
func (w *World) Links() []cases.Link { return w.links }

// Exposures returns the exposures of a contact. Do not change them.
func (w *World) Exposures(id contact.ID) []Exposure { return w.contacts[id-1].exposures }

// happen enters a fact and runs the rules on it.
func (w *World) happen(kind journal.Kind, subjects ...task.Subject) error {
	ts := make([]response.Trigger, 0, len(subjects))
	for _, s := range subjects {
		ts = append(ts, w.enter(kind, s, task.Because{}))
	}
	return response.React(w.pack, w.now, w, ts...)
}

func (w *World) enter(kind journal.Kind, s task.Subject, by task.Because) response.Trigger {
	w.seq++
	w.changes++
	t := response.Trigger{Kind: kind, Subject: s, Ref: task.FactRef{Seq: w.seq}, At: w.now}
	w.log = append(w.log, Fact{t, by})
	return t
}

// Again runs the rules on a fact that they have answered already.
func (w *World) Again(f Fact) error { return response.React(w.pack, w.now, w, f.Trigger) }

func onCase(id cases.ID) task.Subject { return task.Subject{Kind: task.OnCase, ID: int64(id)} }

func onZone(id zone.ID) task.Subject { return task.Subject{Kind: task.OnZone, ID: int64(id)} }

func onContact(id contact.ID) task.Subject { return task.Subject{Kind: task.OnContact, ID: int64(id)} }
