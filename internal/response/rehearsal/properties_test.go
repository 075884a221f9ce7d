package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

var shanghai = time.FixedZone("UTC+8", 8*60*60)

func allPacks(t *testing.T) []*protocol.Pack {
	t.Helper()
	packs, err := protocol.List()
	if err != nil {
		t.Fatal(err)
	}
	return packs
}

// outbreak draws facts and enters them.
type outbreak struct {
	*World
	people int
}

func newOutbreak(p *protocol.Pack) *outbreak {
	w := New(p, shanghai)
	w.now = time.Date(2022, 7, 5, 9, 0, 0, 0, shanghai)
	return &outbreak{World: w}
}

// step enters one drawn fact and returns what it was.
func (o *outbreak) step(rt *rapid.T) (string, error) {
	op := rapid.SampledFrom([]string{"case", "contact", "contact", "secondary", "secondary", "expose", "unexpose", "check", "check", "result", "result", "result", "sample",
		"correct", "reach", "quarantine", "isolate", "admit", "report", "investigate", "list", "class", "onset", "close", "drop", "symptom", "prophylaxis", "waive", "zone", "time", "time"}).Draw(rt, "op")
	today := o.DayOf(o.now)
	back := rapid.IntRange(0, 6).Draw(rt, "back")
	aCase := func() cases.ID { return cases.ID(rapid.IntRange(1, len(o.cases)).Draw(rt, "case")) }
	aContact := func() contact.ID { return contact.ID(rapid.IntRange(1, len(o.contacts)).Draw(rt, "contact")) }
	if len(o.cases) == 0 && op != "time" {
		op = "case"
	}
	if len(o.contacts) == 0 && slices.Contains([]string{"secondary", "expose", "unexpose", "check", "reach", "quarantine", "drop", "symptom", "prophylaxis", "waive"}, op) {
		op = "contact"
	}
	switch op {
	case "case":
		o.people++
		c := cases.Case{Person: person.ID(o.people), Code: fmt.Sprint("P", o.people), Class: rapid.SampledFrom(cases.Classes()).Draw(rt, "class"), Area: 1, District: 1, NotedAt: o.now}
		if c.Class.Infected() {
			c.ConfirmedAt = o.now
		}
		if rapid.Bool().Draw(rt, "onset known") {
			c.Onset = today.Add(-back)
		}
		_, err := o.AddCase(c)
		return op, err
	case "contact", "secondary":
		o.people++
		c := contact.Contact{Person: person.ID(o.people), Code: fmt.Sprint("P", o.people), Tier: contact.Close, ListedAt: o.now, Area: 1, District: 1}
		e := Exposure{Last: today.Add(-back)}
		if op == "secondary" {
			c.Tier = contact.Secondary
			e.Parent = aContact()
		} else {
			e.Case = aCase()
		}
		_, err := o.AddContact(c, e)
		return op, err
	case "expose":
		return op, o.Expose(aContact(), Exposure{Case: aCase(), Last: today.Add(-back), Tier: aTier(rt)})
	case "unexpose":
		id := aContact()
		return op, o.EndExposure(id, rapid.SampledFrom(o.Exposures(id)).Draw(rt, "exposure"))
	case "check":
		k := contact.Check{On: today, At: o.now, Seen: rapid.Bool().Draw(rt, "seen")}
		if k.Seen && rapid.IntRange(0, 4).Draw(rt, "ill") == 0 {
			k.Symptoms = []string{"fever"}
		}
		id := aContact()
		k.Contact = id
		return op, o.Check(id, k)
	case "result", "sample":
		s := lab.Specimen{Method: rapid.SampledFrom([]lab.Method{lab.PCR, lab.PCR, lab.Antigen}).Draw(rt, "method"), TakenAt: o.now.Add(-time.Duration(back) * time.Hour)}
		if op == "result" {
			s.Result = rapid.SampledFrom([]lab.Result{lab.Negative, lab.Negative, lab.Positive, lab.Inconclusive}).Draw(rt, "result")
			s.ResultAt = o.now
		}
		_, err := o.Sample(o.anybody(rt), s)
		return op, err
	case "correct":
		p := o.anybody(rt)
		if all := o.Specimens(p); len(all) > 0 {
			return op, o.Result(p, all[len(all)-1].ID, rapid.SampledFrom([]lab.Result{lab.Negative, lab.Positive, lab.Invalid}).Draw(rt, "result"), o.now)
		}
	case "reach":
		return op, o.ChangeContact(aContact(), journal.ContactReached, func(c *contact.Contact) { reach(c, o.now) })
	case "quarantine":
		return op, o.ChangeContact(aContact(), journal.ContactQuarantined, func(c *contact.Contact) { reach(c, o.now); c.QuarantineAt = o.now })
	case "prophylaxis":
		return op, o.ChangeContact(aContact(), journal.ContactProphylaxis, func(c *contact.Contact) { c.ProphylaxisAt = o.now })
	case "symptom":
		return op, o.ChangeContact(aContact(), journal.ContactSymptom, func(c *contact.Contact) { c.Symptoms, c.SymptomOn = true, today })
	case "drop":
		return op, o.ChangeContact(aContact(), journal.ContactClosed, func(c *contact.Contact) {
			if s, err := c.State.Move(contact.Dropped); err == nil {
				c.State, c.EndedAt = s, o.now
			}
		})
	case "isolate":
		return op, o.ChangeCase(aCase(), journal.CaseIsolated, func(c *cases.Case) { c.IsolatedAt = o.now })
	case "admit":
		return op, o.ChangeCase(aCase(), journal.CaseAdmitted, func(c *cases.Case) { c.AdmittedAt = o.now })
	case "report":
		return op, o.ChangeCase(aCase(), journal.CaseReported, func(c *cases.Case) { c.ReportedAt = o.now })
	case "investigate":
		return op, o.ChangeCase(aCase(), journal.CaseInvestigated, func(c *cases.Case) { c.Investigated = o.now })
	case "list":
		return op, o.ChangeCase(aCase(), journal.ContactsListed, func(c *cases.Case) { c.ListedAt = o.now })
	case "class":
		class := rapid.SampledFrom(cases.Classes()).Draw(rt, "class")
		return op, o.ChangeCase(aCase(), journal.CaseCorrected, func(c *cases.Case) {
			c.Class = class
			if class.Infected() && c.ConfirmedAt.IsZero() {
				c.ConfirmedAt = o.now
			}
		})
	case "onset":
		return op, o.ChangeCase(aCase(), journal.CaseCorrected, func(c *cases.Case) { c.Onset = today.Add(-back) })
	case "close":
		return op, o.ChangeCase(aCase(), journal.CaseClosed, func(c *cases.Case) { c.Outcome, c.OutcomeOn = cases.Recovered, today })
	case "zone":
		return op, o.DecideZones(aCase(), zone.InForce)
	case "waive":
		s := onContact(aContact())
		for _, x := range o.Tasks(s) {
			if x.State == task.Open {
				return op, o.Waive(s, x.Key, "said so")
			}
		}
	case "time":
		return op, o.Advance(o.now.Add(time.Duration(rapid.IntRange(1, 100).Draw(rt, "hours")) * time.Hour))
	}
	return op, nil
}

// reach is what the command does when a contact is spoken to.
func reach(c *contact.Contact, at time.Time) {
	c.ReachedAt = at
	if c.State == contact.Listed {
		c.State = contact.Followed
	}
}

func (o *outbreak) anybody(rt *rapid.T) person.ID {
	return person.ID(rapid.IntRange(1, o.people).Draw(rt, "person"))
}

func TestPropertiesOfTheRulebook(t *testing.T) {
	t.Parallel()
	packs := allPacks(t)
	rapid.Check(t, func(rt *rapid.T) {
		o := newOutbreak(rapid.SampledFrom(packs).Draw(rt, "pack"))
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			facts := len(o.log)
			op, err := o.step(rt)
			if err != nil {
				rt.Fatalf("%s: %v", op, err) // an endless cascade and a farther tier ordered by SetTier are errors
			}
			o.checkExposures(rt, op)
			if bad := o.uncited(); len(bad) > 0 {
				rt.Fatalf("%s: clauses that are not in the pack: %s", op, strings.Join(bad, "; "))
			}
			o.checkTasks(rt, op)
			// The same facts again change nothing.
			for _, f := range slices.Clone(o.log[facts:]) {
				before, said, links := o.changes, o.String(), len(o.links)
				if err := o.Again(f); err != nil {
					rt.Fatalf("%s: %s again: %v", op, f.Kind, err)
				}
				if o.changes != before {
					rt.Fatalf("%s: %s again changed something:\n%s\n->\n%s\nnew links: %+v", op, f.Kind, said, o.String(), o.links[links:])
				}
			}
		}
	})
}

func (o *outbreak) checkTasks(rt *rapid.T, op string) {
	for _, x := range o.AllTasks() {
		switch {
		case x.Due.IsZero() || x.Owner == "":
			rt.Fatalf("%s: task %s of %v has no deadline or no owner", op, x.Kind, x.Subject)
		case x.Because.Rule == "" || x.Because.Clause == "" || x.Because.Pack != o.pack.Ref() || x.Because.Fact.Seq == 0:
			rt.Fatalf("%s: task %s of %v has no reason: %+v", op, x.Kind, x.Subject, x.Because)
		case x.State == task.Open && !x.EndedAt.IsZero() || x.State != task.Open && x.EndedAt.IsZero():
			rt.Fatalf("%s: task %s of %v is %s, ended at %s", op, x.Kind, x.Subject, x.State, x.EndedAt)
		case !x.NotBefore.IsZero() && x.Due.Before(x.NotBefore):
			rt.Fatalf("%s: task %s of %v is due before it can start", op, x.Kind, x.Subject)
		}
		if x.State != task.Open {
			continue
		}
		if c, ok := o.Case(cases.ID(x.Subject.ID)); ok && x.Subject.Kind == task.OnCase && c.Class == cases.Discarded {
			rt.Fatalf("%s: task %s is open for a case that is none", op, x.Kind)
		}
		if c, ok := o.Contact(contact.ID(x.Subject.ID)); ok && x.Subject.Kind == task.OnContact && c.State.Over() {
			rt.Fatalf("%s: task %s is open for a contact that is %s", op, x.Kind, c.State)
		}
	}
}

// String says the state that must not depend on the order of facts: what is open and till when, who is what.
func (w *World) String() string {
	var lines []string
	name := func(s task.Subject) string {
		switch s.Kind {
		case task.OnCase:
			return "case " + w.cases[s.ID-1].Code
		case task.OnPerson:
			return fmt.Sprint("person ", s.ID)
		case task.OnTube:
			return "tube " + w.tubes[s.ID-1].code
		default:
		}
		return "contact " + w.contacts[s.ID-1].Code
	}
	for _, x := range w.AllTasks() {
		if x.State == task.Open {
			ordinal := fmt.Sprint(x.Ordinal)
			if x.Subject.Kind == task.OnPerson && x.Ordinal <= len(w.tubes) && x.Kind != task.SampleSelfTest {
				ordinal = w.tubes[x.Ordinal-1].code // tubes are numbered as they come
			}
			if x.Kind == task.TellRestriction {
				ordinal = "newest" // its number is of the versions there were, and each order of facts has its own
			}
			lines = append(lines, fmt.Sprintf("%s %s %s %s due %s", name(x.Subject), x.Kind, ordinal, x.Owner, x.Due))
		}
	}
	for _, c := range w.cases {
		lines = append(lines, fmt.Sprintf("case %s %s %s %d zones", c.Code, c.Class, c.Found, len(c.zones)))
	}
	for _, c := range w.contacts {
		ends := c.EndsOn
		if c.State.Over() {
			ends = 0 // of no meaning any more
		}
		lines = append(lines, fmt.Sprintf("contact %s %s %s %s", c.Code, c.Tier, c.State, ends))
	}
	for _, r := range w.Restrictions() {
		if r.Stands() {
			v := r.Terms()
			lines = append(lines, fmt.Sprintf("%s restricted %s %v until %s then %s %s", name(r.Cause.Subject()), v.Kind, v.Moving, v.Until, v.Then, v.ThenAt))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestOrderOfIndependentFactsDoesNotMatter(t *testing.T) {
	t.Parallel()
	packs := allPacks(t)
	// A is a case with contacts B and D; C met B. Each fact is about one thing, and all come at the same time.
	build := func(t *rapid.T, p *protocol.Pack) *outbreak {
		o := newOutbreak(p)
		on := day.MustParse("2022-07-04")
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := o.AddCase(cases.Case{Person: 1, Code: "A", Class: cases.Confirmed, Onset: on, ConfirmedAt: o.now, NotedAt: o.now, Area: 1})
		must(err)
		_, err = o.AddContact(contact.Contact{Person: 2, Code: "B", Tier: contact.Close, ListedAt: o.now}, Exposure{Case: 1, Last: on})
		must(err)
		_, err = o.AddContact(contact.Contact{Person: 3, Code: "C", Tier: contact.Secondary, ListedAt: o.now}, Exposure{Parent: 1, Last: on})
		must(err)
		_, err = o.AddContact(contact.Contact{Person: 4, Code: "D", Tier: contact.Close, ListedAt: o.now}, Exposure{Case: 1, Last: on})
		must(err)
		must(o.Advance(o.now.Add(26 * time.Hour)))
		return o
	}
	sample := func(p person.ID, r lab.Result) func(*outbreak) error {
		return func(o *outbreak) error {
			_, err := o.Sample(p, lab.Specimen{Method: lab.PCR, TakenAt: o.now, Result: r, ResultAt: o.now})
			return err
		}
	}
	names := []string{"A isolated", "A reported", "A investigated", "A onset", "A discarded", "B reached", "C reached", "B positive", "B negative", "C negative", "C positive",
		"D positive", "C checked", "D missed", "D ill", "C exposed to A", "zone decided"}
	facts := map[string]func(*outbreak) error{
		"A isolated": func(o *outbreak) error {
			return o.ChangeCase(1, journal.CaseIsolated, func(c *cases.Case) { c.IsolatedAt = o.now })
		},
		"A reported": func(o *outbreak) error {
			return o.ChangeCase(1, journal.CaseReported, func(c *cases.Case) { c.ReportedAt = o.now })
		},
		"A investigated": func(o *outbreak) error {
			return o.ChangeCase(1, journal.CaseInvestigated, func(c *cases.Case) { c.Investigated = o.now })
		},
		"A onset": func(o *outbreak) error {
			return o.ChangeCase(1, journal.CaseCorrected, func(c *cases.Case) { c.Onset = day.MustParse("2022-07-02") })
		},
		"A discarded": func(o *outbreak) error {
			return o.ChangeCase(1, journal.CaseCorrected, func(c *cases.Case) { c.Class = cases.Discarded })
		},
		"B reached": func(o *outbreak) error {
			return o.ChangeContact(1, journal.ContactReached, func(c *contact.Contact) { reach(c, o.now) })
		},
		"C reached": func(o *outbreak) error {
			return o.ChangeContact(2, journal.ContactReached, func(c *contact.Contact) { reach(c, o.now) })
		},
		"B positive": sample(2, lab.Positive), "B negative": sample(2, lab.Negative),
		"C positive": sample(3, lab.Positive), "C negative": sample(3, lab.Negative), "D positive": sample(4, lab.Positive),
		"C checked": func(o *outbreak) error {
			return o.Check(2, contact.Check{Contact: 2, On: o.DayOf(o.now), At: o.now, Seen: true})
		},
		"D missed": func(o *outbreak) error {
			return o.Check(3, contact.Check{Contact: 3, On: o.DayOf(o.now), At: o.now})
		},
		"D ill": func(o *outbreak) error {
			return o.ChangeContact(3, journal.ContactSymptom, func(c *contact.Contact) { c.Symptoms, c.SymptomOn = true, o.DayOf(o.now) })
		},
		"C exposed to A": func(o *outbreak) error { return o.Expose(2, Exposure{Case: 1, Last: day.MustParse("2022-07-05")}) },
		"zone decided":   func(o *outbreak) error { return o.DecideZones(1, zone.InForce) },
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(packs).Draw(rt, "pack")
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 2, 3, rapid.ID[string]).Draw(rt, "facts")
		if slices.Contains(some, "A discarded") && slices.Contains(some, "D ill") {
			rt.Skip("not independent: whether an ill person is suspected depends on whether they met a case")
		}
		var said [2]string
		for i := range said {
			o := build(rt, p)
			for j := range some {
				name := some[j]
				if i == 1 {
					name = some[len(some)-1-j]
				}
				if err := facts[name](o); err != nil {
					rt.Fatalf("%s: %v", name, err)
				}
			}
			said[i] = o.String()
		}
		if said[0] != said[1] {
			rt.Errorf("%v\n%s\n\nthe other way round\n%s", some, said[0], said[1])
		}
	})
}

func TestDiscardingTheOnlySourceVoidsWhatIsOpen(t *testing.T) {
	t.Parallel()
	packs := allPacks(t)
	rapid.Check(t, func(rt *rapid.T) {
		o := newOutbreak(rapid.SampledFrom(packs).Draw(rt, "pack"))
		if _, err := o.AddCase(cases.Case{Person: 1, Code: "A", Class: cases.Confirmed, Onset: o.DayOf(o.now), ConfirmedAt: o.now, Area: 1}); err != nil {
			rt.Fatal(err)
		}
		n := rapid.IntRange(1, 6).Draw(rt, "contacts")
		for i := range n {
			c := contact.Contact{Person: person.ID(i + 2), Code: fmt.Sprint("B", i), Tier: contact.Close, ListedAt: o.now}
			e := Exposure{Case: 1, Last: o.DayOf(o.now)}
			if i > 0 && rapid.Bool().Draw(rt, "secondary") {
				c.Tier, e = contact.Secondary, Exposure{Parent: contact.ID(rapid.IntRange(1, i).Draw(rt, "parent")), Last: o.DayOf(o.now)}
			}
			if _, err := o.AddContact(c, e); err != nil {
				rt.Fatal(err)
			}
		}
		if err := o.Advance(o.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "hours")) * time.Hour)); err != nil {
			rt.Fatal(err)
		}
		if err := o.ChangeCase(1, journal.CaseCorrected, func(c *cases.Case) { c.Class = cases.Discarded }); err != nil {
			rt.Fatal(err)
		}
		for _, x := range o.AllTasks() {
			if x.State == task.Open {
				rt.Errorf("task %s of %s %d is still open", x.Kind, x.Subject.Kind, x.Subject.ID)
			}
		}
		for _, c := range o.contacts {
			if !c.State.Over() {
				rt.Errorf("contact %s is %s", c.Code, c.State)
			}
		}
	})
}
