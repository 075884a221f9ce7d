package command

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/response"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Merged is returned for an order on a record that was merged into another: give it on that one. Nothing was changed.
type Merged struct {
	Noun string // "case", "contact", "person"
	Code string
	Into string // what people call the one that goes on
}

// Error implements error.
func (e *Merged) Error() string {
	return fmt.Sprintf("%s %s was merged into %s", e.Noun, e.Code, e.Into)
}

// standing refuses a case that was merged.
func (u *unit) standingCase(c *caseRecord) error {
	if c.MergedInto == 0 {
		return nil
	}
	into, err := u.getCase(c.MergedInto)
	if err != nil {
		return err
	}
	return &Merged{"case", c.Code, into.Code}
}

// standingContact refuses a contact that was merged.
func (u *unit) standingContact(c *contactRecord) error {
	if c.MergedInto == 0 {
		return nil
	}
	into, err := u.getContact(c.MergedInto)
	if err != nil {
		return err
	}
	return &Merged{"contact", c.Code, into.Code}
}

// MergePeople says that two people on record are one. Kept goes on: their cases, contacts, specimens, tubes and holds are joined under it; where both have a case or a
// contact in one outbreak, those become one too, and the other record stays as it was, marked as merged.
type MergePeople struct {
	Kept   person.ID
	Gone   person.ID
	Seen   int64 // store.PairVersion when the caller compared the two; another's change since is a store.Conflict
	Reason string
	// Take names fields in which the record that goes counts: "person.sex", "case.onset", "contact.relation" (see MergeFields). In the others the one
	// that is kept counts where it says something. Only what both records have can be taken.
	Take []string
}

// undo is the way back of a merge, as person_merge keeps it.
type undo struct {
	Rows   []store.Was    `json:"rows"`
	Fields []string       `json:"fields"` // of the vault, that moved
	Tasks  []undoTask     `json:"tasks"`
	Zones  []int64        `json:"zones"` // proposed by it
	Met    []int64        `json:"met"`   // exposures that it brought about
	Links  []cases.LinkID `json:"links"` // the same
	In     []outbreak.ID  `json:"in"`
	// Of testing rounds: rows without an ID that moved, and holds that the rulebook began.
	Keyed []store.KeyedWas   `json:"keyed,omitempty"`
	Held  []screening.HoldID `json:"held,omitempty"`
}

// undoTask is a task as it was and as the merge left it; Before is nil for one that the merge opened.
type undoTask struct {
	Before *task.Task `json:"before,omitempty"`
	After  task.Task  `json:"after"`
}

// MergePeople carries out the order.
func (c *Commands) MergePeople(ctx context.Context, by By, in MergePeople) (out store.Merge, err error) {
	if in.Kept == in.Gone {
		return out, &Invalid{"gone", fmt.Sprint(in.Gone), "is the same record"}
	}
	if strings.TrimSpace(in.Reason) == "" {
		return out, &Invalid{Field: "reason", Reason: "is needed: why these two are one person"}
	}
	if err := checkTake(in.Take); err != nil {
		return out, err
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		m := &merging{c: c, tx: tx, by: by, in: in}
		out, err = m.run()
		return err
	})
	return out, err
}

// merging is one merge under way.
type merging struct {
	c      *Commands
	tx     *store.Tx
	by     By
	in     MergePeople
	kept   person.Person
	gone   person.Person
	ref    task.FactRef
	undo   undo
	before store.Image
	rows   store.Rows
}

func (m *merging) run() (store.Merge, error) {
	tx, in := m.tx, m.in
	var err error
	for _, p := range []struct {
		id   person.ID
		into *person.Person
	}{{in.Kept, &m.kept}, {in.Gone, &m.gone}} {
		if *p.into, err = tx.Person(p.id); err != nil {
			return store.Merge{}, err
		}
		into, err := tx.MergedInto(p.id)
		if err != nil {
			return store.Merge{}, err
		}
		if into != 0 {
			return store.Merge{}, &Merged{"person", fmt.Sprint(p.id), fmt.Sprint(into)}
		}
	}
	seen, err := tx.PairVersion(in.Kept, in.Gone)
	if err != nil {
		return store.Merge{}, err
	}
	if seen != in.Seen {
		return store.Merge{}, &store.Conflict{Noun: "person", ID: int64(in.Gone), Have: seen, Want: in.Seen}
	}
	if m.undo.In, err = pairMay(tx, m.by, m.kept, m.gone); err != nil {
		return store.Merge{}, err
	}
	if m.rows, err = tx.TieTo(in.Kept, in.Gone); err != nil {
		return store.Merge{}, err
	}
	if m.before, err = tx.Image(m.rows); err != nil {
		return store.Merge{}, err
	}
	payload, err := json.Marshal(map[string]any{"kept": in.Kept, "gone": in.Gone, "reason": in.Reason, "take": in.Take})
	if err != nil {
		return store.Merge{}, err
	}
	if m.ref, err = tx.Append(journal.Entry{Kind: journal.PersonMerged, Subject: onPerson(in.Kept), Area: m.kept.Area, Actor: m.by.Name(), Payload: payload}); err != nil {
		return store.Merge{}, err
	}
	if err := m.people(); err != nil {
		return store.Merge{}, err
	}
	if err := m.screened(); err != nil {
		return store.Merge{}, err
	}
	if err := m.stays(); err != nil {
		return store.Merge{}, err
	}
	for _, id := range m.undo.In {
		o, err := tx.Outbreak(id)
		if err != nil {
			return store.Merge{}, err
		}
		if err := m.records(o); err != nil {
			return store.Merge{}, fmt.Errorf("merge in outbreak %q: %w", o.Name, err)
		}
	}
	after, err := tx.Image(m.rows)
	if err != nil {
		return store.Merge{}, err
	}
	m.undo.Rows = m.before.Diff(after)
	text, err := json.Marshal(m.undo)
	if err != nil {
		return store.Merge{}, err
	}
	out := store.Merge{Kept: in.Kept, Gone: in.Gone, District: m.kept.District, At: tx.Now(), By: m.by.Name(), Reason: in.Reason, Seq: m.ref.Seq, Undo: text}
	return out, tx.AddMerge(&out)
}

func onPerson(id person.ID) task.Subject { return task.Subject{Kind: task.OnPerson, ID: int64(id)} }

// pairMay checks that the caller may write every record of two people, and returns the outbreaks they are in, in order.
func pairMay(tx *store.Tx, by By, people ...person.Person) ([]outbreak.ID, error) {
	var list []ofPerson
	for _, p := range people {
		have, err := tx.CasesOf(p.ID)
		if err != nil {
			return nil, err
		}
		for _, k := range have {
			list = append(list, ofPerson{k.Outbreak, auth.CaseWrite, k.Area})
		}
		contacts, err := tx.ContactsOfPerson(p.ID)
		if err != nil {
			return nil, err
		}
		for _, k := range contacts {
			list = append(list, ofPerson{k.Outbreak, auth.ContactWrite, k.Area})
		}
		tubes, err := tubesMay(tx, p)
		if err != nil {
			return nil, err
		}
		list = append(list, tubes...)
	}
	if len(list) == 0 {
		return nil, &Invalid{"gone", fmt.Sprint(people[len(people)-1].ID), "is in no outbreak, as a case, as a contact, or by a tube or a self-test"}
	}
	var out []outbreak.ID
	for _, k := range list {
		o, err := tx.Outbreak(k.o)
		if err != nil {
			return nil, err
		}
		if err := by.may(&tx.Reader, o, k.action, k.area, tx.Now()); err != nil {
			return nil, err
		}
		if !slices.Contains(out, k.o) {
			out = append(out, k.o)
		}
	}
	slices.Sort(out)
	return out, nil
}

// people joins what is known of the two as people: what the kept record does not say is taken from the other.
func (m *merging) people() error {
	p, g := &m.kept, m.gone
	p.Sex = cmp.Or(p.Sex, g.Sex)
	if p.Born.IsZero() && !g.Born.IsZero() {
		p.Born = g.Born
	}
	if p.Age == person.AgeUnknown {
		p.Age, p.AgeClass = g.Age, cmp.Or(p.AgeClass, g.AgeClass)
	}
	m.takePerson()
	if p.Area == 0 {
		p.Area, p.District = g.Area, g.District // and a number of their own there
	}
	if p.Area == g.Area {
		p.Household, p.Building = cmp.Or(p.Household, g.Household), cmp.Or(p.Building, g.Building)
	}
	people := []person.Person{*p}
	if err := m.tx.UpdatePeople(people); err != nil {
		return err
	}
	*p = people[0]
	if err := m.tx.SetMergedPerson(g.ID, p.ID); err != nil {
		return err
	}
	if err := m.tx.MoveSpecimens(g.ID, p.ID); err != nil {
		return err
	}
	if m.c.identities == nil {
		return nil
	}
	moved, err := m.c.identities.Move(m.tx, g.ID, p.ID)
	for _, f := range moved {
		m.undo.Fields = append(m.undo.Fields, f.String())
	}
	return err
}

// records joins the cases and contacts of the two in one outbreak, lets the rulebook answer, and notes what that changed.
func (m *merging) records(o outbreak.Outbreak) error {
	w, err := m.c.newWorld(m.tx, o)
	if err != nil {
		return err
	}
	u := &unit{world: w, by: m.by}
	var triggers []response.Trigger
	tell := func(kind journal.Kind, s task.Subject, area place.AreaID, payload any) error {
		ref, err := u.append(journal.Entry{Kind: kind, Subject: s, Area: area, Actor: u.by.Name(), Cause: m.ref}, payload)
		triggers = append(triggers, response.Trigger{Kind: kind, Subject: s, Ref: ref, At: u.now})
		return err
	}
	keptCases, goneCases, err := m.casesIn(o.ID)
	if err != nil {
		return err
	}
	keptContact, goneContact, err := m.contactsIn(o.ID)
	if err != nil {
		return err
	}
	// First the rows that hang on them: rules read those from the store.
	main, other := mainCase(keptCases), mainCase(goneCases)
	for _, k := range goneCases {
		if main != nil && k.ID == other.ID {
			if err := m.tx.MergeCase(o.ID, k.ID, main.ID, m.ref.Seq); err != nil {
				return err
			}
			continue
		}
		if err := m.tx.MoveCase(k.ID, m.kept.ID); err != nil {
			return err
		}
	}
	if goneContact != nil {
		if keptContact != nil {
			err = m.tx.MergeContact(goneContact.ID, keptContact.ID)
		} else {
			err = m.tx.MoveContact(goneContact.ID, m.kept.ID)
		}
		if err != nil {
			return err
		}
	}
	if err := m.exposures(main, other, keptContact, goneContact); err != nil {
		return err
	}
	if err := m.care(o.ID, main, other, keptContact, goneContact); err != nil {
		return err
	}
	// Then the records themselves, as rules see them.
	for _, k := range []*contact.Contact{keptContact, goneContact} {
		if k == nil {
			continue
		}
		if *k, err = m.tx.Contact(k.ID); err != nil {
			return err
		}
	}
	if main != nil && other != nil {
		rec, err := u.getCase(main.ID)
		if err != nil {
			return err
		}
		joinCases(&rec.Case, *other)
		if err := m.takeCase(u, &rec.Case, *other); err != nil {
			return err
		}
		rec.dirty = true
		if err := tell(journal.CaseMerged, onCase(other.ID), other.Area, map[string]any{"into": rec.Code}); err != nil {
			return err
		}
		if err := tell(journal.CaseMerged, onCase(rec.ID), rec.Area, map[string]any{"merged": other.Code}); err != nil {
			return err
		}
	} else if main == nil {
		main = other
		if main != nil {
			if err := tell(journal.CaseMerged, onCase(main.ID), main.Area, map[string]any{"person": m.kept.ID}); err != nil {
				return err
			}
		}
	}
	standing := cmp.Or(keptContact, goneContact)
	if standing != nil {
		rec, err := u.getContact(standing.ID)
		if err != nil {
			return err
		}
		if keptContact != nil && goneContact != nil {
			joinContacts(&rec.Contact, *goneContact)
			if err := m.takeContact(u, &rec.Contact, *goneContact); err != nil {
				return err
			}
			if err := tell(journal.ContactMerged, onContact(goneContact.ID), goneContact.Area, map[string]any{"into": rec.Code}); err != nil {
				return err
			}
		}
		// The contact and the case are one person now.
		if main != nil && other != nil && rec.Contact.BecameCase == other.ID {
			rec.Contact.BecameCase = main.ID
		}
		if main != nil && rec.Contact.BecameCase == 0 && main.Class != cases.Discarded {
			rec.Contact.BecameCase, rec.State, rec.EndedAt, rec.EndedBy = main.ID, contact.BecameCase, u.now, ""
		}
		if main != nil && rec.Case == main.ID {
			rec.Case = 0 // nobody is a contact of themselves
		}
		if rec.Parent == rec.ID {
			rec.Parent = 0
		}
		rec.dirty = true
		if err := tell(journal.ContactMerged, onContact(rec.ID), rec.Area, map[string]any{"person": m.kept.ID}); err != nil {
			return err
		}
	}
	if in, err := inOutbreak(w, m.kept.ID); err != nil {
		return err
	} else if in {
		triggers = append(triggers, mergedTriggers(journal.PersonMerged, m.ref, w, m.kept.ID, m.gone.ID)...)
	}
	zones, err := m.zonesOf(main)
	if err != nil {
		return err
	}
	if err := u.react(triggers...); err != nil {
		return err
	}
	return m.flush(w, main, zones)
}

// flush writes the world, and notes what that changes beyond the two people's own rows.
func (m *merging) flush(w *world, main *cases.Case, zones map[int64]bool) error {
	more := store.Rows{}
	for id, k := range w.cases {
		if k.dirty && !m.rows["cases"][int64(id)] {
			more.Add("cases", int64(id))
		}
	}
	for id, k := range w.contacts {
		if k.dirty && !m.rows["contact"][int64(id)] {
			more.Add("contact", int64(id))
		}
	}
	m.changedExposures(w, more)
	m.changedHolds(w, more)
	for _, c := range w.restricted.order {
		if r := w.restricted.by[c]; !r.fresh {
			more.Add("restriction", int64(r.ID))
		}
	}
	image, err := m.tx.Image(more)
	if err != nil {
		return err
	}
	for table, rows := range image {
		if m.before[table] == nil {
			m.before[table] = map[int64]map[string]store.Value{}
		}
		maps.Copy(m.before[table], rows)
		for id := range rows {
			m.rows.Add(table, id)
		}
	}
	was := map[task.ID]task.Task{}
	for _, s := range w.standing {
		list, err := m.tx.TasksOf(s.Subject)
		if err != nil {
			return err
		}
		for _, t := range list {
			was[t.ID] = t
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	m.begun(w)
	for _, s := range w.standing {
		list, err := m.tx.TasksOf(s.Subject)
		if err != nil {
			return err
		}
		for _, t := range list {
			before, there := was[t.ID]
			switch {
			case !there:
				m.undo.Tasks = append(m.undo.Tasks, undoTask{After: t})
			case before.Version != t.Version:
				m.undo.Tasks = append(m.undo.Tasks, undoTask{Before: &before, After: t})
			}
		}
	}
	now, err := m.zonesOf(main)
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if !zones[id] {
			m.undo.Zones = append(m.undo.Zones, id)
		}
	}
	return err
}

func (m *merging) zonesOf(main *cases.Case) (map[int64]bool, error) {
	out := map[int64]bool{}
	if main == nil {
		return out, nil
	}
	list, err := m.tx.ZonesOf(main.ID)
	for _, z := range list {
		out[int64(z.ID)] = true
	}
	return out, err
}

func (m *merging) casesIn(o outbreak.ID) (kept, gone []cases.Case, err error) {
	for _, side := range []struct {
		p    person.ID
		into *[]cases.Case
	}{{m.kept.ID, &kept}, {m.gone.ID, &gone}} {
		list, err := m.tx.CasesOf(side.p)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range list {
			if k.Outbreak == o && k.MergedInto == 0 {
				*side.into = append(*side.into, k)
			}
		}
	}
	return kept, gone, nil
}

func (m *merging) contactsIn(o outbreak.ID) (kept, gone *contact.Contact, err error) {
	if kept, err = m.tx.ContactBecame(m.kept.ID, o); err != nil {
		return nil, nil, err
	}
	gone, err = m.tx.ContactBecame(m.gone.ID, o)
	return kept, gone, err
}

// mainCase is the illness that a person's cases of one outbreak tell of: the first that was not discarded.
func mainCase(list []cases.Case) *cases.Case {
	for i := range list {
		if list[i].Class != cases.Discarded {
			return &list[i]
		}
	}
	if len(list) > 0 {
		return &list[0]
	}
	return nil
}

// joinCases takes from the other record what the kept one does not say. Of the two classes the surer counts.
func joinCases(k *cases.Case, o cases.Case) {
	surer := func(c cases.Class) int {
		return slices.Index([]cases.Class{cases.Discarded, cases.Suspected, cases.Probable, cases.Asymptomatic, cases.Confirmed}, c)
	}
	if surer(o.Class) > surer(k.Class) {
		k.Class = o.Class
	}
	if k.Area == 0 {
		k.Area, k.District = o.Area, o.District
	}
	k.Onset, k.Sampled = cmp.Or(k.Onset, o.Onset), cmp.Or(k.Sampled, o.Sampled)
	if k.ExposedFrom.IsZero() && k.ExposedTo.IsZero() {
		k.ExposedFrom, k.ExposedTo = o.ExposedFrom, o.ExposedTo
	}
	for _, t := range []struct {
		k *time.Time
		o time.Time
	}{{&k.NotedAt, o.NotedAt}, {&k.ReportedAt, o.ReportedAt}, {&k.VerifiedAt, o.VerifiedAt}, {&k.ConfirmedAt, o.ConfirmedAt}, {&k.IsolatedAt, o.IsolatedAt}, {&k.AdmittedAt, o.AdmittedAt},
		{&k.Investigated, o.Investigated}, {&k.ListedAt, o.ListedAt}} {
		if t.k.IsZero() {
			*t.k = t.o
		}
	}
	k.Found = cmp.Or(k.Found, o.Found)
	if k.Outcome == cases.Open {
		k.Outcome, k.OutcomeOn = o.Outcome, o.OutcomeOn
	}
	k.Setting, k.Hospital = cmp.Or(k.Setting, o.Setting), cmp.Or(k.Hospital, o.Hospital)
	if !k.Located {
		k.Lon, k.Lat, k.Located = o.Lon, o.Lat, o.Located
	}
	k.Attributes = joinAttributes(k.Attributes, o.Attributes)
}

// joinContacts takes from the other record what the kept one does not say; the nearer tier, the first and the last exposure and the earlier symptom
// count.
func joinContacts(k *contact.Contact, o contact.Contact) {
	if o.Tier.Nearer(k.Tier) {
		k.Tier, k.TierAt, k.Case, k.Parent = o.Tier, o.TierAt, o.Case, o.Parent
	}
	k.Case, k.Parent = cmp.Or(k.Case, o.Case), cmp.Or(k.Parent, o.Parent)
	if k.Case == 0 {
		k.SourceCode = cmp.Or(k.SourceCode, o.SourceCode)
	}
	if k.FirstExposed.IsZero() || !o.FirstExposed.IsZero() && o.FirstExposed < k.FirstExposed {
		k.FirstExposed = o.FirstExposed
	}
	k.LastExposed = max(k.LastExposed, o.LastExposed)
	for _, t := range []struct {
		k *time.Time
		o time.Time
	}{{&k.ReachedAt, o.ReachedAt}, {&k.QuarantineAt, o.QuarantineAt}, {&k.ProphylaxisAt, o.ProphylaxisAt}} {
		if t.k.IsZero() {
			*t.k = t.o
		}
	}
	if o.Symptoms {
		if k.SymptomOn.IsZero() || !o.SymptomOn.IsZero() && o.SymptomOn < k.SymptomOn {
			k.SymptomOn = o.SymptomOn
		}
		k.Symptoms = true
	}
	// Who is followed in one record is followed; who became a case in one did.
	rank := []contact.State{contact.Dropped, contact.Lost, contact.Released, contact.Listed, contact.Followed, contact.BecameCase}
	if slices.Index(rank, o.State) > slices.Index(rank, k.State) {
		k.State, k.EndedAt, k.EndedBy = o.State, o.EndedAt, o.EndedBy
		k.BecameCase = cmp.Or(k.BecameCase, o.BecameCase)
	}
	k.Relation, k.Setting = cmp.Or(k.Relation, o.Relation), cmp.Or(k.Setting, o.Setting)
	k.Attributes = joinAttributes(k.Attributes, o.Attributes)
}

func joinAttributes(k, o map[string]string) map[string]string {
	if len(o) == 0 {
		return k
	}
	out := maps.Clone(o)
	maps.Copy(out, k)
	return out
}
