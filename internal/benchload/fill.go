package benchload

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Records of one transaction. Blocks of IDs are taken whole, so that the k-th record has the first ID plus k.
const (
	caseChunk    = 20_000
	contactChunk = 40_000
)

// rule is what the load's tasks give as their rule.
const (
	caseRule    = "case_confirmed"
	contactRule = "contact_listed"
)

// ErrOther is returned when the outbreak to fill holds records of something else, or of another load.
var ErrOther = errors.New("the outbreak holds other records than this load's")

// Progress is told how many records of how many are in.
type Progress func(done, of int)

// Fill writes the load into an outbreak, through the same inserts as an import: people with their dense numbers, cases, links, contacts and tasks with
// the counters of coverage, each chunk one transaction with one entry of the journal. What an earlier, interrupted Fill of the same load has
// committed is kept and gone on from. The store must hold nothing else of cases, contacts and people.
func (l *Load) Fill(ctx context.Context, db *store.DB, o outbreak.Outbreak, tell Progress) error {
	f := filler{Load: l, db: db, o: o}
	of := l.Cases + l.Contacts
	var next [2]int64
	err := db.View(ctx, func(r *store.Reader) (err error) {
		for i, name := range []string{"cases", "contacts"} {
			if next[i], err = r.Cursor(f.cursor(name)); err != nil {
				return err
			}
		}
		if next[0] == 0 {
			return nil
		}
		first, err := r.CaseByCode(o.ID, CaseCode(0))
		f.firstCase, f.firstPerson = first.ID, first.Person
		if err != nil || next[1] == 0 {
			return err
		}
		known, err := r.ContactsByCodes(o.ID, []string{ContactCode(0)})
		f.firstContact = known[ContactCode(0)].ID
		return err
	})
	if err != nil {
		return fmt.Errorf("go on with the load: %w", err)
	}
	for k := int(next[0]); k < l.Cases; k += caseChunk {
		if err := f.cases(ctx, k, min(k+caseChunk, l.Cases)); err != nil {
			return fmt.Errorf("load cases from %d: %w", k, err)
		}
		tell(min(k+caseChunk, l.Cases), of)
	}
	for k := int(next[1]); k < l.Contacts; k += contactChunk {
		if err := f.contacts(ctx, k, min(k+contactChunk, l.Contacts)); err != nil {
			return fmt.Errorf("load contacts from %d: %w", k, err)
		}
		tell(l.Cases+min(k+contactChunk, l.Contacts), of)
	}
	return nil
}

// Filled says whether the outbreak holds the whole load.
func (l *Load) Filled(ctx context.Context, db *store.DB, o outbreak.Outbreak) (whole bool, err error) {
	f := filler{Load: l, db: db, o: o}
	err = db.View(ctx, func(r *store.Reader) error {
		n, err := r.Cursor(f.cursor("cases"))
		if err != nil {
			return err
		}
		m, err := r.Cursor(f.cursor("contacts"))
		whole = n >= int64(l.Cases) && m >= int64(l.Contacts)
		return err
	})
	return whole, err
}

type filler struct {
	*Load
	db *store.DB
	o  outbreak.Outbreak

	firstCase    cases.ID
	firstPerson  person.ID // of the first case
	firstContact contact.ID
}

// cursor names how far this load has come: another load has another name, and so begins anew and fails.
func (f *filler) cursor(of string) string {
	return fmt.Sprintf("load/%s/%d/%d/%d/%d/%d", of, f.o.ID, f.Seed, f.Cases, f.Contacts, f.Tasks)
}

// chunk runs a transaction that writes records from to end, with its entry in the journal.
func (f *filler) chunk(ctx context.Context, of string, from, end int, write func(*store.Tx, task.FactRef) error) error {
	return f.db.Update(ctx, func(tx *store.Tx) error {
		sum := sha256.Sum256([]byte(fmt.Sprint(f.cursor(of), from, end)))
		payload, err := json.Marshal(map[string]any{"file": of + " of a synthetic load", "format": "load", "first_row": from + 1, "last_row": end, "rows": end - from, "sha256": fmt.Sprintf("%x", sum)})
		if err != nil {
			return err
		}
		ref, err := tx.Append(journal.Entry{Kind: journal.ImportChunk, Subject: task.Subject{Kind: task.OnOutbreak, ID: int64(f.o.ID)}, Outbreak: f.o.ID, Area: f.o.Area, Actor: "import:bench", Payload: payload})
		if err != nil {
			return err
		}
		if err := write(tx, ref); err != nil {
			return err
		}
		return tx.SetCursor(f.cursor(of), int64(end))
	})
}

func (f *filler) cases(ctx context.Context, from, end int) error {
	return f.chunk(ctx, "cases", from, end, func(tx *store.Tx, ref task.FactRef) error {
		made := make([]Case, 0, end-from)
		people := make([]person.Person, 0, end-from)
		for k := from; k < end; k++ {
			c := f.Case(k)
			made, people = append(made, c), append(people, c.Who)
		}
		if err := tx.AddPeople(people); err != nil {
			return err
		}
		id, err := tx.CaseIDs(end - from)
		if err != nil {
			return err
		}
		if from == 0 {
			f.firstCase, f.firstPerson = id, people[0].ID
		}
		if id != f.firstCase+cases.ID(from) || people[0].ID != f.firstPerson+person.ID(from) {
			return ErrOther
		}
		list := make([]*store.NewCase, len(made))
		var links []store.NewLink
		var changes []task.Change
		for i := range made {
			c, at := &made[i], task.FactRef{Seq: ref.Seq, Row: int64(from + i + 1)}
			c.ID, c.Outbreak, c.Person = id+cases.ID(i), f.o.ID, people[i].ID
			list[i] = &store.NewCase{Case: c.Case, Origin: at}
			if c.Infector >= 0 {
				links = append(links, store.NewLink{Origin: at, Link: cases.Link{Outbreak: f.o.ID, From: f.firstCase + cases.ID(c.Infector), To: c.ID, FromCode: CaseCode(c.Infector), ToCode: c.Code,
					Kind: cases.Transmission, Setting: c.Setting}})
			}
			changes = f.open(changes, task.Subject{Kind: task.OnCase, ID: int64(c.ID)}, at, caseRule, f.CaseTasks(from+i, *c))
		}
		if err := tx.AddCases(list); err != nil {
			return err
		}
		if _, err := tx.AddLinks(links); err != nil {
			return err
		}
		return tx.ApplyTaskChanges(f.o.ID, changes)
	})
}

// open completes a subject's tasks.
func (f *filler) open(to []task.Change, s task.Subject, at task.FactRef, rule string, list []task.Task) []task.Change {
	for _, t := range list {
		t.Subject = s
		t.Because.Fact, t.Because.Rule, t.Because.Pack = at, rule, f.o.Pack
		if t.State != task.Open {
			t.EndedBy = at
		}
		to = append(to, task.Change{Kind: task.OpenNew, Task: t})
	}
	return to
}

func (f *filler) contacts(ctx context.Context, from, end int) error {
	return f.chunk(ctx, "contacts", from, end, func(tx *store.Tx, ref task.FactRef) error {
		made := make([]Contact, 0, end-from)
		var people []person.Person
		for k := from; k < end; k++ {
			c := f.Contact(k)
			made = append(made, c)
			if c.Became < 0 {
				people = append(people, c.Who)
			}
		}
		if err := tx.AddPeople(people); err != nil {
			return err
		}
		id, err := tx.ContactIDs(end - from)
		if err != nil {
			return err
		}
		if from == 0 {
			f.firstContact = id
		}
		if id != f.firstContact+contact.ID(from) {
			return ErrOther
		}
		met, err := tx.ExposureIDs(len(made))
		if err != nil {
			return err
		}
		list, exposures := make([]*store.NewContact, len(made)), make([]*contact.Exposure, len(made))
		var changes []task.Change
		for i := range made {
			c, at := &made[i], task.FactRef{Seq: ref.Seq, Row: int64(from + i + 1)}
			c.ID, c.Outbreak = id+contact.ID(i), f.o.ID
			if c.Became >= 0 {
				c.BecameCase, c.Person = f.firstCase+cases.ID(c.Became), f.firstPerson+person.ID(c.Became)
			} else {
				c.Person, people = people[0].ID, people[1:]
			}
			if c.Met >= 0 {
				c.Case = f.firstCase + cases.ID(c.Met)
			} else {
				c.Contact.Parent = f.firstContact + contact.ID(c.Parent)
			}
			list[i] = &store.NewContact{Contact: c.Contact, Origin: at}
			exposures[i] = &contact.Exposure{ID: met + contact.ExposureID(i), Outbreak: c.Outbreak, Contact: c.ID, District: c.District, Case: c.Case, Parent: c.Contact.Parent,
				First: c.FirstExposed, Last: c.LastExposed, Tier: c.Tier, Setting: c.Setting}
			changes = f.open(changes, task.Subject{Kind: task.OnContact, ID: int64(c.ID)}, at, contactRule, f.ContactTasks(from+i, *c))
		}
		if err := tx.AddContacts(list); err != nil {
			return err
		}
		if err := tx.AddExposures(exposures); err != nil {
			return err
		}
		return tx.ApplyTaskChanges(f.o.ID, changes)
	})
}
