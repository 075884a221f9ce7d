package command

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

type (
	caseID    = cases.ID
	contactID = contact.ID
)

// caseRecord is a case as the order sees it; it is written at the order's end when it changed.
type caseRecord struct {
	cases.Case
	fresh  *store.NewCase // not in the store yet
	known  bool           // of one that is fresh, and from a file: its person is not
	dirty  bool
	digest []byte
}

// contactRecord is the same for a contact.
type contactRecord struct {
	contact.Contact
	fresh  *store.NewContact
	dirty  bool
	digest []byte

	exposures []*exposureRecord // whom they met; read when first asked for
	read      bool              // exposures are all there are
}

type zoneKey struct {
	area  place.AreaID
	level zone.Level
}

// world is the response.World of one transaction. It holds the records that the order touches, so that rules see each
// other's changes, and writes them once, in bulk, at the end: an import of a thousand rows is one flush of each table.
type world struct {
	tx   *store.Tx
	o    outbreak.Outbreak
	pack *protocol.Pack
	loc  *time.Location
	// earlier are the packs that were in force before.
	earlier []response.Era
	tree    *place.Tree
	now     time.Time

	cases      map[caseID]*caseRecord
	contacts   map[contactID]*contactRecord
	caseOrder  []caseID // in order of first touch, so that writes are the same on every run
	contOrder  []contactID
	stands     map[task.Subject]int // index of the last Stand of a subject
	standing   []response.Stand     // the last Stand says it all: an earlier one is replaced in its place
	zonesAsked int                  // how often zoneAt had no answer
	zoneAt     map[zoneKey]bool
	linked     []cases.LinkID // drawn by rules
	kinds      map[facility.ID]facility.Kind
	needsElse  map[task.Subject]bool     // cases that need another care than they did
	broughtTo  map[person.ID]facility.ID // who stands at the door of a facility that could not take them in
	freed      []person.ID               // who does not go along with a child any more
	askAgain   []task.Subject            // whose open tasks want a transfer that another one stood in the way of
	ahead      ahead
	books      map[facility.ID]*book // facilities that the order has locked
	stays      map[facility.StayID]*facility.Stay
	assisted   *bool // whether anything was asked of another office in the outbreak; nil: not asked yet
	cared      *bool // whether anything is known of how cases of the outbreak are treated; nil: not asked yet
	pool       pooled
	restricted restricted
	// known are positive tubes that no desk had told of, and of which it is known since this order what they are.
	known map[lab.LaboratoryID][]response.UnknownFacts
}

// react lets the rulebook answer facts.
func (w *world) react(triggers ...response.Trigger) error {
	return response.React(w.pack, w.now, w, triggers...)
}

func (w *world) getCase(id caseID) (*caseRecord, error) {
	if c := w.cases[id]; c != nil {
		return c, nil
	}
	c, err := w.storedCase(id)
	if err != nil {
		return nil, err
	}
	if c.Outbreak != w.o.ID {
		return nil, fmt.Errorf("case %d of outbreak %q: %w", id, w.o.Name, store.ErrNotFound)
	}
	return w.holdCase(&caseRecord{Case: c}), nil
}

func (w *world) holdCase(c *caseRecord) *caseRecord {
	w.cases[c.ID] = c
	w.caseOrder = append(w.caseOrder, c.ID)
	return c
}

func (w *world) getContact(id contactID) (*contactRecord, error) {
	if c := w.contacts[id]; c != nil {
		return c, nil
	}
	c, err := w.storedContact(id)
	if err != nil {
		return nil, err
	}
	if c.Outbreak != w.o.ID {
		return nil, fmt.Errorf("contact %d of outbreak %q: %w", id, w.o.Name, store.ErrNotFound)
	}
	return w.holdContact(&contactRecord{Contact: c}), nil
}

func (w *world) holdContact(c *contactRecord) *contactRecord {
	w.contacts[c.ID] = c
	w.contOrder = append(w.contOrder, c.ID)
	return c
}

// newCase takes a case into the world and gives it its ID.
func (w *world) newCase(n *store.NewCase) (*caseRecord, error) {
	id, err := w.tx.CaseIDs(1)
	if err != nil {
		return nil, err
	}
	n.ID, n.Outbreak = id, w.o.ID
	if n.District == 0 && n.Area != 0 {
		n.District = w.tree.District(n.Area)
	}
	w.pool.freshCases[n.Person] = append(w.pool.freshCases[n.Person], id)
	return w.holdCase(&caseRecord{Case: n.Case, fresh: n}), nil
}

// newContact takes a contact into the world and gives it its ID.
func (w *world) newContact(n *store.NewContact) (*contactRecord, error) {
	id, err := w.tx.ContactIDs(1)
	if err != nil {
		return nil, err
	}
	n.ID, n.Outbreak = id, w.o.ID
	if n.District == 0 && n.Area != 0 {
		n.District = w.tree.District(n.Area)
	}
	return w.holdContact(&contactRecord{Contact: n.Contact, fresh: n}), nil
}

// CaseFacts implements response.World.
func (w *world) CaseFacts(id cases.ID) (response.CaseFacts, error) {
	c, err := w.getCase(id)
	if err != nil {
		return response.CaseFacts{}, err
	}
	f := response.CaseFacts{Case: c.Case, Loc: w.loc, Earlier: w.earlier}
	if f.Restriction, err = w.restrictionOf(restriction.OfCase(id), c.fresh != nil); err != nil {
		return f, err
	}
	if c.fresh != nil && c.fresh.Origin.Row > 0 && !c.known {
		// A case from a file whose person is new with it: there is nothing else to know, and nothing to look up.
		return f, nil
	}
	if f.Specimens, err = w.specimensOf(c.Person); err != nil {
		return f, err
	}
	if f.Contacts, err = w.countContactsOf(id); err != nil {
		return f, err
	}
	if f.Zones, err = w.zonesOf(id); err != nil {
		return f, err
	}
	if f.InTubes, err = w.inTubes(c.Person); err != nil {
		return f, err
	}
	if f.Stays, err = w.stayFacts(c.Person); err != nil {
		return f, err
	}
	if f.Care, err = w.careFacts(id, f.Stays); err != nil {
		return f, err
	}
	from, err := w.contactBecame(c.Person)
	if err != nil || from == nil {
		return f, err
	}
	held, err := w.getContact(from.ID)
	if err != nil {
		return f, err
	}
	now := held.Contact
	f.From = &now
	return f, nil
}

// became returns the case that a contact is now; nil where they are none.
func (w *world) became(c *contact.Contact) (*cases.Case, error) {
	if c.BecameCase == 0 {
		return nil, nil
	}
	k, err := w.getCase(c.BecameCase)
	if err != nil {
		return nil, err
	}
	now := k.Case
	return &now, nil
}

// ContactFacts implements response.World.
func (w *world) ContactFacts(id contact.ID) (response.ContactFacts, error) {
	c, err := w.getContact(id)
	if err != nil {
		return response.ContactFacts{}, err
	}
	f := response.ContactFacts{Contact: c.Contact, Loc: w.loc, Earlier: w.earlier}
	if f.Restriction, err = w.restrictionOf(restriction.OfContact(id), c.fresh != nil); err != nil {
		return f, err
	}
	if c.Case != 0 {
		s, err := w.getCase(c.Case)
		if err != nil {
			return f, err
		}
		source := s.Case
		f.Source = &source
	}
	if c.Parent != 0 {
		p, err := w.getContact(c.Parent)
		if err != nil {
			return f, err
		}
		parent := p.Contact
		f.Parent = &parent
		if f.ParentSpecimens, err = w.specimensOf(p.Person); err != nil {
			return f, err
		}
		if f.ParentBecame, err = w.became(&parent); err != nil {
			return f, err
		}
	}
	if f.Became, err = w.became(&c.Contact); err != nil {
		return f, err
	}
	if f.Exposures, err = w.exposureFacts(c); err != nil {
		return f, err
	}
	if c.fresh != nil && c.fresh.Origin.Row > 0 {
		return f, nil // as in CaseFacts
	}
	children, err := w.secondaryContacts(id)
	if err != nil {
		return f, err
	}
	for _, k := range children {
		if held := w.contacts[k.ID]; held == nil || !held.read || held.met(0, id) {
			f.Children = append(f.Children, k.ID)
		}
	}
	for _, k := range w.contOrder { // and those whose exposures of this order are not in the store yet
		if held := w.contacts[k]; held.read && held.met(0, id) && !slices.Contains(f.Children, k) {
			f.Children = append(f.Children, k)
		}
	}
	if f.Specimens, err = w.specimensOf(c.Person); err != nil {
		return f, err
	}
	if f.Stays, err = w.stayFacts(c.Person); err != nil {
		return f, err
	}
	if f.Assistance, err = w.assistanceFor(id); err != nil {
		return f, err
	}
	f.Checks, err = w.checks(id)
	return f, err
}

// Apply implements response.World.
func (w *world) Apply(a response.Action) ([]response.Trigger, error) {
	switch a := a.(type) {
	case response.Stand:
		if i, ok := w.stands[a.Subject]; ok {
			w.standing[i] = a
		} else {
			w.stands[a.Subject] = len(w.standing)
			w.standing = append(w.standing, a)
		}
		return nil, nil
	case response.OpenCase:
		return w.openCase(a)
	case response.Confirm:
		return w.confirm(a)
	case response.SetTier:
		return w.setTier(a)
	case response.Settle:
		return w.settle(a)
	case response.LinkCases:
		return nil, w.link(a)
	case response.StayAsCase:
		return w.stayAsCase(a)
	case response.StayAsContact:
		return w.stayAsContact(a)
	case response.SetFollowUp:
		c, err := w.getContact(a.Contact)
		if err == nil && c.EndsOn != a.EndsOn {
			c.EndsOn, c.dirty = a.EndsOn, true
		}
		return nil, err
	case response.Release:
		return w.release(a)
	case response.Resume:
		return w.resume(a)
	case response.ProposeZone:
		return w.proposeZone(a)
	case response.ProposeReserve:
		return w.proposeReserve(a)
	case response.WithdrawReserve:
		return w.withdrawReserve(a)
	case response.Restrict:
		return w.restrict(a.As)
	case response.HoldPerson:
		return nil, w.holdPerson(a)
	case response.LiftHold:
		return nil, w.liftHold(a)
	case response.ShortenHold:
		return nil, w.shortenHold(a)
	case response.OpenCaseOf:
		return w.openCaseOf(a)
	case response.LookAgain:
		return []response.Trigger{a.Trigger}, nil
	case response.Revisit:
		return []response.Trigger{{Kind: journal.ContactCorrected, Subject: onContact(a.Contact), Ref: a.Because.Fact, At: w.now}}, nil
	case response.MoveAssistance:
		return nil, w.moveAssistance(a)
	case response.RevisitContacts:
		out, err := w.assistanceAgain(a)
		if err != nil {
			return nil, err
		}
		list, err := w.contactsOf(a.Case)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			out = append(out, response.Trigger{Kind: journal.ContactCorrected, Subject: onContact(c.ID), Ref: a.Because.Fact, At: w.now})
		}
		return out, nil
	}
	return nil, fmt.Errorf("action %T is not known to the store's world", a)
}

func onCase(id cases.ID) task.Subject      { return task.Subject{Kind: task.OnCase, ID: int64(id)} }
func onContact(id contact.ID) task.Subject { return task.Subject{Kind: task.OnContact, ID: int64(id)} }
func onOutbreak(id outbreak.ID) task.Subject {
	return task.Subject{Kind: task.OnOutbreak, ID: int64(id)}
}

// byRule writes the fact that a rule brought about.
func (w *world) byRule(kind journal.Kind, s task.Subject, area place.AreaID, at time.Time, b task.Because, payload any) (response.Trigger, error) {
	ref, err := w.append(journal.Entry{Kind: kind, Subject: s, Area: area, At: at, Actor: "rule:" + b.Rule, Cause: b.Fact, Rule: b.Rule, Clause: b.Clause, Pack: b.Pack}, payload)
	return response.Trigger{Kind: kind, Subject: s, Ref: ref, At: at}, err
}

func (w *world) openCase(a response.OpenCase) ([]response.Trigger, error) {
	c, err := w.getContact(a.Contact)
	if err != nil {
		return nil, err
	}
	known, err := w.tx.CasesOf(c.Person)
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		held, err := w.getCase(k.ID)
		if err != nil {
			return nil, err
		}
		if held.Class != cases.Discarded || answeredBy(&held.Case, a.Specimen) {
			return nil, nil
		}
	}
	kind := journal.CaseConfirmed
	if !a.Class.Infected() {
		kind = journal.CaseSuspected
	}
	n := &store.NewCase{Case: cases.Case{Person: c.Person, Code: c.Code, Class: a.Class, Area: c.Area, District: c.District, Onset: c.SymptomOn, Found: a.Found, NotedAt: a.At,
		ExposedFrom: c.FirstExposed, ExposedTo: c.LastExposed, Attributes: map[string]string{attributeContact: c.Code}}}
	if len(known) > 0 {
		n.Code = fmt.Sprintf("%s-%d", c.Code, len(known)+1)
	} else if _, err := w.tx.CaseByCode(w.o.ID, n.Code); err == nil {
		n.Code = "K-" + c.Code // the code is a case's of somebody else
	}
	if a.Specimen != 0 {
		n.Attributes[attributeSpecimen] = strconv.FormatInt(int64(a.Specimen), 10)
		s, err := w.tx.Specimen(a.Specimen)
		if err != nil {
			return nil, err
		}
		n.Sampled = dayOf(s.TakenAt, w.loc)
	}
	if a.Class.Infected() {
		n.ConfirmedAt = a.At
	}
	if !c.QuarantineAt.IsZero() {
		n.IsolatedAt = c.QuarantineAt
	}
	rec, err := w.newCase(n)
	if err != nil {
		return nil, err
	}
	first, err := w.byRule(kind, onCase(rec.ID), c.Area, a.At, a.Because, map[string]any{"class": a.Class, "code": n.Code, "contact": c.ID, "specimen": a.Specimen, "found": a.Found})
	if err != nil {
		return nil, err
	}
	rec.fresh.Origin = first.Ref
	c.Contact.BecameCase, c.State, c.EndedAt, c.EndedBy, c.dirty = rec.ID, contact.BecameCase, a.At, a.Because.Rule, true
	if err := w.overAsContact(c, a.At, a.Because, false); err != nil {
		return nil, err
	}
	second, err := w.byRule(journal.ContactBecameCase, onContact(c.ID), c.Area, a.At, a.Because, map[string]any{"case": rec.ID})
	return []response.Trigger{first, second}, err
}

// answeredBy says whether a positive specimen was answered by a case that was ruled out: it opens no other one, however often the rules look at it.
func answeredBy(c *cases.Case, specimen lab.SpecimenID) bool {
	if c.Class != cases.Discarded || specimen == 0 {
		return false
	}
	id := strconv.FormatInt(int64(specimen), 10)
	return c.Attributes[attributeSpecimen] == id || slices.Contains(strings.Fields(c.Attributes[attributeAnswered]), id)
}

// answer notes on a case that was ruled out which positive specimens of its person it has answered.
func (w *world) answer(id cases.ID) error {
	c, err := w.getCase(id)
	if err != nil || c.Class != cases.Discarded {
		return err
	}
	list, err := w.specimensOf(c.Person)
	if err != nil {
		return err
	}
	var known []string
	for _, s := range list {
		if s.Result == lab.Positive {
			known = append(known, strconv.FormatInt(int64(s.ID), 10))
		}
	}
	if len(known) == 0 {
		return nil
	}
	c.Attributes = maps.Clone(c.Attributes)
	if c.Attributes == nil {
		c.Attributes = map[string]string{}
	}
	c.Attributes[attributeAnswered], c.dirty = strings.Join(known, " "), true
	return nil
}

func (w *world) confirm(a response.Confirm) ([]response.Trigger, error) {
	c, err := w.getCase(a.Case)
	if err != nil || c.Class == a.Class {
		return nil, err
	}
	from := c.Class
	kind := journal.CaseCorrected
	if a.Class.Infected() {
		kind, c.ConfirmedAt = journal.CaseConfirmed, a.At
	}
	if c.Onset.IsZero() {
		c.Onset = a.Onset
	}
	c.Class, c.dirty = a.Class, true
	t, err := w.byRule(kind, onCase(c.ID), c.Area, a.At, a.Because, map[string]any{"from": from, "class": a.Class, "specimen": a.Specimen})
	return []response.Trigger{t}, err
}

func (w *world) setTier(a response.SetTier) ([]response.Trigger, error) {
	c, err := w.getContact(a.Contact)
	if err != nil || !a.Tier.Nearer(c.Tier) {
		return nil, err
	}
	from := c.Tier
	c.Tier, c.TierAt, c.dirty = a.Tier, a.At, true
	if err := w.promote(c, a); err != nil {
		return nil, err
	}
	if c.State == contact.Released || c.State == contact.Lost || c.State == contact.Dropped {
		c.State, c.EndedAt, c.EndedBy = contact.Listed, time.Time{}, ""
		if !c.ReachedAt.IsZero() {
			c.State = contact.Followed
		}
	}
	t, err := w.byRule(journal.ContactTierChanged, onContact(c.ID), c.Area, a.At, a.Because, map[string]any{"from": from, "tier": a.Tier, "case": a.Case})
	return []response.Trigger{t}, err
}

func (w *world) release(a response.Release) ([]response.Trigger, error) {
	c, err := w.getContact(a.Contact)
	if err != nil || c.State.Over() {
		return nil, err
	}
	c.State, c.EndedAt, c.EndedBy, c.QuarantineAt, c.dirty = contact.Released, a.At, a.Because.Rule, time.Time{}, true
	if err := w.overAsContact(c, a.At, a.Because, true); err != nil {
		return nil, err
	}
	t, err := w.byRule(journal.ContactReleased, onContact(c.ID), c.Area, a.At, a.Because, nil)
	return []response.Trigger{t}, err
}

func (w *world) resume(a response.Resume) ([]response.Trigger, error) {
	c, err := w.getContact(a.Contact)
	if err != nil || !c.State.Over() {
		return nil, err
	}
	was := c.State
	if c.Contact.BecameCase != 0 {
		if err := w.answer(c.Contact.BecameCase); err != nil {
			return nil, err
		}
	}
	c.State, c.EndedAt, c.EndedBy, c.TierAt, c.dirty = contact.Listed, time.Time{}, "", a.At, true
	if was == contact.BecameCase || !c.ReachedAt.IsZero() {
		c.State = contact.Followed
	}
	c.Contact.BecameCase = 0
	t, err := w.byRule(journal.ContactCorrected, onContact(c.ID), c.Area, w.now, a.Because, map[string]any{"state": map[string]any{"from": was, "to": c.State}})
	return []response.Trigger{t}, err
}

// fewZones is how many places an order asks about one by one; an import asks about hundreds, and reads all zones at once.
const fewZones = 3

// zoneStands tells whether a zone is proposed or in force at a place and level.
func (w *world) zoneStands(key zoneKey) (bool, error) {
	if w.zonesAsked++; w.zonesAsked <= fewZones {
		there, err := w.tx.ZoneAt(w.o.ID, int64(key.area), key.level)
		return there != nil, err
	}
	if w.zonesAsked == fewZones+1 {
		list, err := w.tx.Zones(w.o.ID)
		if err != nil {
			return false, err
		}
		for _, z := range list {
			w.zoneAt[zoneKey{z.Area, z.Level}] = true
		}
	}
	return w.zoneAt[key], nil
}

// proposeZone proposes a zone on the community the case lives in. One zone serves all cases of a community; a case known only to its
// street, district or city proposes none, since nobody would lock down a district for one case.
func (w *world) proposeZone(a response.ProposeZone) ([]response.Trigger, error) {
	c, err := w.getCase(a.Case)
	if err != nil || c.Area == 0 || len(w.tree.Subtree(c.Area)) > 1 {
		return nil, err
	}
	key := zoneKey{c.Area, a.Level}
	if w.zoneAt[key] {
		return nil, nil
	}
	there, err := w.zoneStands(key)
	if err != nil {
		return nil, err
	}
	w.zoneAt[key] = true
	if there {
		return nil, nil
	}
	z := zone.Zone{Outbreak: w.o.ID, Area: c.Area, District: c.District, Level: a.Level, State: zone.Proposed, Case: c.ID, ProposedAt: w.now}
	if err := w.tx.AddZone(&z); err != nil {
		return nil, err
	}
	delete(w.ahead.zones, c.ID)
	t, err := w.byRule(journal.ZoneProposed, onCase(c.ID), c.Area, w.now, a.Because, map[string]any{"zone": z.ID, "level": z.Level})
	return []response.Trigger{t}, err
}
