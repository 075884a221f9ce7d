package rehearsal

import (
	"fmt"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// Advance moves the world's time on. On the way, each hold that ends is answered then, and each follow-up whose last day passes as the day begins; at its
// end zones are asked whether their lifting tests are met. A time before now is left alone.
func (w *World) Advance(to time.Time) error {
	for {
		ends := w.holdEnds(to)
		if at := w.restrictionEnds(to); !at.IsZero() && (ends.IsZero() || at.Before(ends)) {
			ends = at
		}
		var next contact.ID
		var at time.Time
		for _, c := range w.contacts {
			over := c.EndsOn.Add(1).Start(w.loc)
			if c.State.Over() || c.EndsOn.IsZero() || !over.After(w.now) || over.After(to) {
				continue
			}
			if next == 0 || over.Before(at) {
				next, at = c.ID, over
			}
		}
		if !ends.IsZero() && (next == 0 || !ends.After(at)) {
			w.now = ends
			if err := w.endHolds(); err != nil {
				return err
			}
			if err := w.endRestrictions(); err != nil {
				return err
			}
			continue
		}
		if next == 0 {
			break
		}
		// All that end at this instant, before time moves past it.
		w.now = at
		for _, c := range w.contacts {
			if !c.State.Over() && c.EndsOn.Add(1).Start(w.loc).Equal(at) {
				if err := w.happen(journal.FollowUpOver, onContact(c.ID)); err != nil {
					return err
				}
			}
		}
	}
	if to.After(w.now) {
		w.now = to
	}
	return w.watchZones()
}

// AddCase enters a case that the office learns of from outside.
func (w *World) AddCase(c cases.Case) (cases.ID, error) {
	id := w.addCase(c)
	if from := w.contactOf[c.Person]; from != 0 && c.Class != cases.Discarded {
		k := w.contacts[from-1]
		state, err := k.State.Move(contact.BecameCase)
		if err != nil {
			return 0, fmt.Errorf("contact %s: %w", k.Code, err)
		}
		k.State, k.BecameCase, k.EndedAt = state, id, w.now
		w.cases[id-1].from = from
		if err := w.happen(classKind(c.Class), onCase(id)); err != nil {
			return 0, err
		}
		return id, w.happen(journal.ContactBecameCase, onContact(from))
	}
	return id, w.happen(classKind(c.Class), onCase(id))
}

// AddContact lists a contact with its first exposure.
func (w *World) AddContact(c contact.Contact, e Exposure) (contact.ID, error) {
	c.ID = contact.ID(len(w.contacts) + 1)
	if c.State == "" {
		c.State = contact.Listed
	}
	w.contacts = append(w.contacts, &contactRow{Contact: c})
	w.contactOf[c.Person] = c.ID
	if err := w.expose(c.ID, e); err != nil {
		return 0, err
	}
	w.contacts[c.ID-1].FirstExposed, w.contacts[c.ID-1].LastExposed = e.First, e.Last
	return c.ID, w.happen(journal.ContactListed, onContact(c.ID))
}

// Expose adds an exposure to a contact, or tells one better.
func (w *World) Expose(id contact.ID, e Exposure) error {
	if err := w.expose(id, e); err != nil {
		return err
	}
	return w.happen(journal.ContactExposed, onContact(id))
}

// EndExposure takes back that a contact met somebody: e names whom.
func (w *World) EndExposure(id contact.ID, e Exposure) error {
	for i := range w.contacts[id-1].exposures {
		if k := &w.contacts[id-1].exposures[i]; k.SameSource(e) {
			k.EndedAt = w.now
			return w.happen(journal.ExposureEnded, onContact(id))
		}
	}
	return fmt.Errorf("exposure of contact %d: %w", id, ErrUnknown)
}

func (w *World) expose(id contact.ID, e Exposure) error {
	if int(e.Case) > len(w.cases) || int(e.Parent) > len(w.contacts) {
		return fmt.Errorf("exposure to case %d, contact %d: %w", e.Case, e.Parent, ErrUnknown)
	}
	if e.Tier == "" {
		e.Tier = w.contacts[id-1].Tier
	}
	w.join(id, e)
	return nil
}

func (w *World) join(id contact.ID, e Exposure) {
	c := w.contacts[id-1]
	for i := range c.exposures {
		if c.exposures[i].SameSource(e) {
			c.exposures[i] = c.exposures[i].Join(e)
			return
		}
	}
	c.exposures = append(c.exposures, e)
	if e.Case != 0 {
		w.cases[e.Case-1].contacts = append(w.cases[e.Case-1].contacts, id)
	}
	if e.Parent != 0 {
		w.contacts[e.Parent-1].children = append(w.contacts[e.Parent-1].children, id)
	}
}

// ChangeCase changes a case's facts and enters the kind of fact that it was.
func (w *World) ChangeCase(id cases.ID, kind journal.Kind, change func(*cases.Case)) error {
	change(&w.cases[id-1].Case)
	return w.happen(kind, onCase(id))
}

// ChangeContact changes a contact's facts and enters the kind of fact that it was.
func (w *World) ChangeContact(id contact.ID, kind journal.Kind, change func(*contact.Contact)) error {
	change(&w.contacts[id-1].Contact)
	return w.happen(kind, onContact(id))
}

// Check enters a follow-up check.
func (w *World) Check(id contact.ID, k contact.Check) error {
	c := w.contacts[id-1]
	c.checks = append(c.checks, k)
	slices.SortStableFunc(c.checks, func(a, b contact.Check) int {
		if a.On != b.On {
			return int(a.On - b.On)
		}
		return a.Slot - b.Slot
	})
	kind := journal.ContactMissed
	if k.Seen {
		kind = journal.ContactChecked
		if c.State == contact.Listed {
			c.State = contact.Followed
		}
		if c.ReachedAt.IsZero() {
			c.ReachedAt = k.At
		}
	}
	if k.Symptomatic() && !c.Symptoms {
		c.Symptoms, c.SymptomOn = true, k.On
	}
	return w.happen(kind, onContact(id))
}

// Sample enters a specimen, with its result when there is one already, and returns its ID.
func (w *World) Sample(p person.ID, s lab.Specimen) (lab.SpecimenID, error) {
	w.lastTaken++
	s.ID, s.Person = w.lastTaken, p
	w.specimens[p] = append(w.specimens[p], s)
	slices.SortStableFunc(w.specimens[p], func(a, b lab.Specimen) int { return a.TakenAt.Compare(b.TakenAt) })
	kind := journal.SpecimenTaken
	if s.Result != lab.Awaited {
		kind = journal.ResultReported
	}
	return s.ID, w.happen(kind, w.roles(p)...)
}

// Result enters or corrects the result of a specimen.
func (w *World) Result(p person.ID, id lab.SpecimenID, r lab.Result, at time.Time) error {
	for i := range w.specimens[p] {
		s := &w.specimens[p][i]
		if s.ID != id {
			continue
		}
		kind := journal.ResultReported
		if s.Result != lab.Awaited {
			kind = journal.ResultCorrected
		}
		s.Result, s.ResultAt = r, at
		return w.happen(kind, w.roles(p)...)
	}
	return fmt.Errorf("specimen %d: %w", id, ErrUnknown)
}

// roles lists what the person is in the outbreak.
func (w *World) roles(p person.ID) []task.Subject {
	var out []task.Subject
	if id := w.caseOf[p]; id != 0 {
		out = append(out, onCase(id))
	}
	if id := w.contactOf[p]; id != 0 {
		out = append(out, onContact(id))
	}
	return append(out, onPerson(p))
}

// DecideZones decides the zones proposed because of a case.
func (w *World) DecideZones(id cases.ID, to zone.State) error {
	about := []task.Subject{onCase(id)}
	for _, n := range w.cases[id-1].zones {
		z := &w.zones[n-1]
		z.State, z.DecidedAt = to, w.now
		z.Version++
		about = append(about, onZone(n))
	}
	return w.happen(journal.ZoneDecided, about...)
}

// ZoneFacts implements response.World.
func (w *World) ZoneFacts(id zone.ID) (response.ZoneFacts, error) {
	if id < 1 || int(id) > len(w.zones) {
		return response.ZoneFacts{}, fmt.Errorf("zone %d: %w", id, ErrUnknown)
	}
	f := response.ZoneFacts{Zone: w.zones[id-1], Loc: w.loc, Reviews: w.Tasks(onZone(id))}
	for _, c := range w.cases {
		if c.Area == f.Zone.Area && c.Class.Infected() && c.Found != cases.FoundInIsolation && c.MergedInto == 0 && c.ConfirmedAt.After(f.LastCase) {
			f.LastCase = c.ConfirmedAt
		}
	}
	return f, nil
}

// watchZones asks of each zone whether passing time or a case has changed something about its end.
func (w *World) watchZones() error {
	for _, z := range w.zones {
		f, err := w.ZoneFacts(z.ID)
		if err != nil {
			return err
		}
		if kind, _ := response.ZoneNews(response.Asked{Pack: w.pack, Now: w.now}, f); kind != "" {
			if err := w.happen(kind, onZone(z.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Waive ends an open task by a person's decision.
func (w *World) Waive(s task.Subject, key task.Key, reason string) error {
	for i := range w.ledger[s] {
		t := &w.ledger[s][i]
		if t.Key != key {
			continue
		}
		state, err := t.State.Move(task.Waived)
		if err != nil {
			return fmt.Errorf("waive %s: %w", key.Kind, err)
		}
		f := w.enter(journal.TaskWaived, s, task.Because{})
		t.State, t.EndedAt, t.EndedBy, t.EndReason = state, w.now, f.Ref, reason
		return nil
	}
	return fmt.Errorf("waive %s: %w", key.Kind, ErrUnknown)
}

// DayOf returns the day of an instant in the world's zone.
func (w *World) DayOf(t time.Time) day.Day { return day.In(t, w.loc) }

// Climb lets every late task climb as far as it should have by now, and returns how many climbed.
func (w *World) Climb() int {
	n := 0
	for s := range w.ledger {
		for i := range w.ledger[s] {
			steps, _ := response.Climbs(w.pack, w.ledger[s][i], w.now)
			w.ledger[s][i].Level += len(steps)
			n += len(steps)
		}
	}
	return n
}
