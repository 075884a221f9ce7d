package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Case is a case. Its fields are texts, as the form has them; empty ones say that nothing is known.
type Case struct {
	ID      int64             `json:"id"`
	Code    string            `json:"code"`
	Person  int64             `json:"person"`
	Class   string            `json:"class"`
	Area    string            `json:"area" doc:"Code of the smallest jurisdiction known."`
	Version int64             `json:"version" doc:"Name it in a correction."`
	Fields  map[string]string `json:"fields"`
	Known   bool              `json:"known,omitempty" doc:"Of one just entered: the register knew the document, so that no new person was made, and what it says of them was not changed."`
}

func (in *inside) caseView(c cases.Case) Case {
	return Case{int64(c.ID), c.Code, int64(c.Person), string(c.Class), in.code(c.Area), c.Version, command.CaseFields(c, in.loc, in.tree), false}
}

// Cases is a page.
type Cases struct {
	Items []Case `json:"items"`
	Next  string `json:"next,omitempty"`
	Prev  string `json:"prev,omitempty"`
}

// Person is what an order says of a person. What identifies them goes to the vault, and never comes back but by a reading of names.
type Person struct {
	ID   int64  `json:"id,omitempty" doc:"A person who is known; the rest is then left out."`
	Sex  string `json:"sex,omitempty"`
	Born string `json:"born,omitempty" doc:"YYYY-MM-DD"`
	Age  string `json:"age,omitempty" doc:"Whole years, where the day of birth is not known."`

	Name     string `json:"name,omitempty" writeOnly:"true" maxLength:"200" doc:"Kept in the vault."`
	Document string `json:"document,omitempty" writeOnly:"true" maxLength:"200" doc:"Number of an identity card, passport or the like; kept in the vault. Whose number the register has is that person: what is told of them and not yet on record is kept, and nothing on record changes."`
	Phone    string `json:"phone,omitempty" writeOnly:"true" maxLength:"200" doc:"Kept in the vault."`
}

func (p Person) order() command.PersonFields {
	return command.PersonFields{ID: person.ID(p.ID), Sex: p.Sex, Born: p.Born, Age: p.Age, Identity: command.IdentityFields{Name: p.Name, Document: p.Document, Phone: p.Phone}}
}

// NewCase enters a case.
type NewCase struct {
	Code   string            `json:"code,omitempty" maxLength:"200" doc:"Unique in the outbreak; made up when left out. Send one of your own, so that a request sent twice enters one case."`
	Person Person            `json:"person,omitempty"`
	Fields map[string]string `json:"fields" doc:"class is needed. An outbreak's own field is written x.name."`
}

// Correction changes fields of a record.
type Correction struct {
	Version int64             `json:"version" doc:"The version that was read."`
	Fields  map[string]string `json:"fields,omitempty" doc:"Only those that change; an empty text takes what is there away."`
	Reason  string            `json:"reason,omitempty"`
}

// Record is the input of what concerns one record.
type Record struct {
	Asked
	ID int64 `path:"id"`
}

// Entry is a fact of the journal.
type Entry struct {
	Seq        int64           `json:"seq"`
	Kind       string          `json:"kind"`
	At         *time.Time      `json:"at,omitempty"`
	RecordedAt *time.Time      `json:"recorded_at,omitempty"`
	Actor      string          `json:"actor"`
	Subject    task.Subject    `json:"subject"`
	Rule       string          `json:"rule,omitempty"`
	Clause     string          `json:"clause,omitempty"`
	Pack       string          `json:"pack,omitempty"`
	Cause      int64           `json:"cause,omitempty" doc:"seq of the fact that brought this one about."`
	Payload    json.RawMessage `json:"payload,omitempty"`
}

// Entries is a list of facts.
type Entries struct {
	Items []Entry `json:"items"`
	Next  string  `json:"next,omitempty"`
}

func entryView(e journal.Entry) Entry {
	return Entry{e.Seq, string(e.Kind), clock(e.At), clock(e.RecordedAt), e.Actor, e.Subject, e.Rule, e.Clause, e.Pack, e.Cause.Seq, e.Payload}
}

const historyMost = 500 // facts of one record that are shown

func (in *inside) history(s task.Subject, most int) (out Entries, err error) {
	list, err := in.EntriesOf(s, most)
	out.Items = make([]Entry, len(list))
	for i, e := range list {
		out.Items[i] = entryView(e)
	}
	return out, err
}

// days reads the two ends of a range of days.
func days(name, from, to string) (r store.DayRange, err error) {
	for _, end := range []struct {
		name, s string
		at      *day.Day
	}{{name + "_from", from, &r.From}, {name + "_to", to, &r.To}} {
		if end.s == "" {
			continue
		}
		if *end.at, err = day.Parse(end.s); err != nil {
			return r, &command.Invalid{Field: "query." + end.name, Value: end.s, Reason: "is not a day (YYYY-MM-DD)"}
		}
	}
	return r, nil
}

// oneCase reads one case for an action.
func (c *call) oneCase(action auth.Action, id int64, show func(*inside, cases.Case) error) error {
	var k cases.Case
	return c.record(action, "case", id, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
		var err error
		k, err = r.Case(cases.ID(id))
		return k.Outbreak, k.Area, err
	}, func(in *inside) error { return show(in, k) })
}

func seen(*inside, cases.Case) error { return nil }

type caseList struct {
	Listed
	Sort      string   `query:"sort" enum:"id,code,onset,reported" default:"id"`
	Class     []string `query:"class" doc:"suspected, probable, asymptomatic, confirmed or discarded, parted by commas"`
	Outcome   []string `query:"outcome" doc:"recovered, died or lost, parted by commas"`
	Open      bool     `query:"open" doc:"Only those without an outcome."`
	Found     []string `query:"found" doc:"isolation or community, parted by commas"`
	Code      string   `query:"code" doc:"The code begins with this."`
	OnsetFrom string   `query:"onset_from" doc:"YYYY-MM-DD"`
	OnsetTo   string   `query:"onset_to" doc:"YYYY-MM-DD, included"`
	Late      bool     `query:"late" doc:"Only those with a task that is late now."`
}

func (l *caseList) filter(now time.Time) (f store.CaseFilter, err error) {
	f.Code = l.Code
	if f.Classes, err = words("class", l.Class, cases.ParseClass); err != nil {
		return f, err
	}
	if f.Outcomes, err = words("outcome", l.Outcome, cases.ParseOutcome); err != nil {
		return f, err
	}
	if l.Open {
		f.Outcomes = append(f.Outcomes, cases.Open)
	}
	if f.Found, err = words("found", l.Found, cases.ParseFound); err != nil {
		return f, err
	}
	if l.Late {
		f.LateAt = now
	}
	f.OnsetOn, err = days("onset", l.OnsetFrom, l.OnsetTo)
	return f, err
}

func (s *server) cases() {
	operation(s, "list-cases", http.MethodGet, "/api/outbreaks/{outbreak}/cases", "List cases", 200, func(c *call, in *caseList) (out Cases, err error) {
		f, err := in.filter(c.now)
		if err != nil {
			return out, err
		}
		err = c.view(auth.CaseRead, in.Outbreak, in.Area, func(v *inside) error {
			f.Outbreak, f.Within = v.o.ID, v.within
			p, err := v.Cases(f, store.CaseOrder(in.Sort), in.page())
			out = Cases{Items: make([]Case, len(p.Cases)), Next: p.Next, Prev: p.Prev}
			for i, k := range p.Cases {
				out.Items[i] = v.caseView(k)
			}
			return err
		})
		return out, err
	})
	type create struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewCase
	}
	operation(s, "add-case", http.MethodPost, "/api/outbreaks/{outbreak}/cases", "Enter a case: whose document the register knows is that person; who has an open case in the outbreak gets no second, and the answer names the one they have; who is followed up as a contact is a case from now on", 201, func(c *call, in *create) (out Case, err error) {
		c.fields = command.CaseFieldNames()
		k, err := c.o.Commands.AddCase(c.ctx, c.by(), command.AddCase{Outbreak: in.Outbreak, Code: in.Body.Code, Person: in.Body.Person.order(), Fields: in.Body.Fields})
		if err != nil {
			return out, err
		}
		known := k.Known
		return out, c.oneCase(auth.CaseWrite, int64(k.ID), func(v *inside, k cases.Case) error {
			out = v.caseView(k)
			out.Known = known
			return nil
		})
	})
	operation(s, "get-case", http.MethodGet, "/api/cases/{id}", "A case with all its fields", 200, func(c *call, in *Record) (out Case, err error) {
		return out, c.oneCase(auth.CaseRead, in.ID, func(v *inside, k cases.Case) error {
			out = v.caseView(k)
			return nil
		})
	})
	type correct struct {
		Record
		Body Correction
	}
	operation(s, "correct-case", http.MethodPatch, "/api/cases/{id}", "Correct a case or fill in fields; 409 with the case as it is now where somebody else was first", 200, func(c *call, in *correct) (out Case, err error) {
		c.fields = command.CaseFieldNames()
		if err := c.oneCase(auth.CaseWrite, in.ID, seen); err != nil {
			return out, err
		}
		if _, err := c.o.Commands.CorrectCase(c.ctx, c.by(), command.CorrectCase{Case: cases.ID(in.ID), Version: in.Body.Version, Fields: in.Body.Fields, Reason: in.Body.Reason}); err != nil {
			return out, c.conflictCase(in.ID, err)
		}
		return out, c.oneCase(auth.CaseWrite, in.ID, func(v *inside, k cases.Case) error {
			out = v.caseView(k)
			return nil
		})
	})
	operation(s, "list-case-tasks", http.MethodGet, "/api/cases/{id}/tasks", "All tasks of a case, oldest first", 200, func(c *call, in *Record) (out Tasks, err error) {
		if _, err := c.within(auth.TaskRead); err != nil {
			return out, err
		}
		return out, c.oneCase(auth.CaseRead, in.ID, func(v *inside, k cases.Case) error {
			out, err = v.tasksOf(c, task.Subject{Kind: task.OnCase, ID: in.ID})
			return err
		})
	})
	operation(s, "list-case-contacts", http.MethodGet, "/api/cases/{id}/contacts", "The contacts of a case that the caller may read", 200, func(c *call, in *Record) (out Contacts, err error) {
		w, err := c.within(auth.ContactRead)
		if err != nil {
			return out, err
		}
		return out, c.oneCase(auth.CaseRead, in.ID, func(v *inside, k cases.Case) error {
			list, err := v.ContactsOf(k.ID)
			v.within = w
			out, err = v.contactViews(list, err)
			return err
		})
	})
	operation(s, "list-case-links", http.MethodGet, "/api/cases/{id}/links", "The links of a case, either way", 200, func(c *call, in *Record) (out Links, err error) {
		return out, c.oneCase(auth.CaseRead, in.ID, func(v *inside, k cases.Case) error {
			list, err := v.LinksOf(k.ID)
			out.Items = linkViews(list)
			return err
		})
	})
	operation(s, "list-case-history", http.MethodGet, "/api/cases/{id}/history", "The newest facts about a case, newest first", 200, func(c *call, in *Record) (out Entries, err error) {
		return out, c.oneCase(auth.CaseRead, in.ID, func(v *inside, k cases.Case) error {
			out, err = v.history(task.Subject{Kind: task.OnCase, ID: in.ID}, historyMost)
			return err
		})
	})
}

// conflictCase adds to a conflict what changed meanwhile, where the caller may read it.
func (c *call) conflictCase(id int64, err error) error {
	var conflict *store.Conflict
	if !errors.As(err, &conflict) {
		return err
	}
	fields := map[string]string{}
	var changes Entries
	if see := c.oneCase(auth.CaseRead, id, func(v *inside, k cases.Case) (err error) {
		fields = v.caseView(k).Fields
		changes, err = v.history(task.Subject{Kind: task.OnCase, ID: id}, changesMost(conflict))
		return err
	}); see != nil {
		return err
	}
	return &failed{err, func(p *Problem) { p.Conflict.Fields, p.Conflict.Changes = fields, changes.Items }}
}

// changesMost is how many facts a conflict shows: each change of the version wrote one at least.
func changesMost(c *store.Conflict) int { return int(min(max(c.Have-c.Want, 1), 20)) }

// contactViews shows those in the bound.
func (in *inside) contactViews(list []contact.Contact, err error) (Contacts, error) {
	out := Contacts{Items: []Contact{}}
	for _, k := range list {
		if err != nil {
			break
		}
		var ok bool
		if ok, err = in.sees(k.Area); ok {
			out.Items = append(out.Items, in.contactView(k))
		}
	}
	return out, err
}
