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
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

// tubeRow is a tube with several people in it.
type tubeRow struct {
	code     string
	result   lab.TubeResult
	resultAt time.Time
	checked  time.Time
	members  []memberRow
}

type memberRow struct {
	person person.ID
	at     time.Time
	hold   *screening.Hold
}

func onPerson(id person.ID) task.Subject { return task.Subject{Kind: task.OnPerson, ID: int64(id)} }

func onTube(id screening.TubeID) task.Subject { return task.Subject{Kind: task.OnTube, ID: int64(id)} }

// Pool enters what a laboratory says of a tube with several people in it, who were swabbed at an instant. A tube that is known already keeps its people, and its
// result is corrected.
func (w *World) Pool(code string, members []person.ID, swabbed time.Time, r lab.TubeResult) error {
	id := w.tubeCode[code]
	kind := journal.TubeCorrected
	if id == 0 {
		if len(members) < 2 {
			return fmt.Errorf("tube %s has one person in it: that is a specimen: %w", code, ErrUnknown)
		}
		t := &tubeRow{code: code}
		for _, p := range members {
			t.members = append(t.members, memberRow{person: p, at: swabbed})
		}
		w.tubes = append(w.tubes, t)
		id = screening.TubeID(len(w.tubes))
		w.tubeCode[code] = id
		for _, p := range members {
			w.tubesOf[p] = append(w.tubesOf[p], id)
		}
		switch {
		case r == lab.TubePositive:
			kind = journal.TubePositive
		case r.Again():
			kind = journal.TubeFailed
		}
	}
	t := w.tubes[id-1]
	first := t.result == lab.TubeAwaited
	t.result, t.resultAt = r, w.now
	if first && r == lab.TubeNegative {
		return nil // nothing follows: a city's negatives are counts
	}
	return w.happen(kind, onTube(id))
}

// Tell enters that somebody was told of the holds that stand for them.
func (w *World) Tell(p person.ID) error {
	for _, id := range w.tubesOf[p] {
		if h := w.share(id, p).hold; h.Stands() && h.ToldAt.IsZero() {
			h.ToldAt = w.now
		}
	}
	return w.happen(journal.PersonTold, onPerson(p))
}

// CheckTube enters that somebody looked for a swapped tube or a missing member.
func (w *World) CheckTube(code string) error {
	id := w.tubeCode[code]
	if id == 0 {
		return fmt.Errorf("tube %s: %w", code, ErrUnknown)
	}
	w.tubes[id-1].checked = w.now
	return w.happen(journal.TubeChecked, onTube(id))
}

// SelfTest enters a report of an antigen self-test.
func (w *World) SelfTest(p person.ID, r screening.SelfTestResult) error {
	w.lastSelfTest++
	w.selfTests[p] = append(w.selfTests[p], screening.SelfTest{ID: w.lastSelfTest, Person: p, At: w.now, Result: r})
	return w.happen(journal.SelfTestReported, onPerson(p))
}

// theLab is the one laboratory of a rehearsal.
const theLab lab.LaboratoryID = 1

func onLab() task.Subject { return task.Subject{Kind: task.OnLab, ID: int64(theLab)} }

// Unknown enters that the laboratory read a positive tube that no desk told of.
func (w *World) Unknown(code string) error {
	if w.unknownCode[code] != 0 {
		return fmt.Errorf("tube %s was told before: %w", code, ErrUnknown)
	}
	w.unknown = append(w.unknown, response.UnknownFacts{Number: len(w.unknown) + 1, ToldAt: w.now})
	w.unknownCode[code] = len(w.unknown)
	return w.happen(journal.UnknownPositive, onLab())
}

// Known enters that the desk of such a tube told of it, or that it is settled what the tube was.
func (w *World) Known(code string, how journal.Kind) error {
	n := w.unknownCode[code]
	if n == 0 || !w.unknown[n-1].Ended.IsZero() {
		return fmt.Errorf("tube %s: %w", code, ErrUnknown)
	}
	w.unknown[n-1].Ended = w.now
	return w.happen(how, onLab())
}

// LaboratoryFacts implements response.World.
func (w *World) LaboratoryFacts(id lab.LaboratoryID) (response.LaboratoryFacts, error) {
	return response.LaboratoryFacts{ID: id, Area: 1, District: 1, Unknown: slices.Clone(w.unknown)}, nil
}

// Appeal enters that somebody who is held, or restricted otherwise, disagrees.
func (w *World) Appeal(p person.ID, g screening.AppealGround) error {
	var until time.Time
	for _, h := range w.HoldsOf(p) {
		if h.Stands() && h.Until.After(until) {
			until = h.Until
		}
	}
	if r := w.RestrictionOf(p); r.Stands() && r.Terms().Until.After(until) {
		until = r.Terms().Until
	}
	if until.IsZero() {
		return fmt.Errorf("person %d is restricted by nothing: %w", p, ErrUnknown)
	}
	w.lastAppeal++
	w.appeals[p] = append(w.appeals[p], screening.Appeal{ID: w.lastAppeal, Person: p, Area: 1, District: 1, Ground: g, FiledAt: w.now, Until: until})
	return w.happen(journal.HoldAppealed, onPerson(p))
}

// Answer enters what the last appeal of somebody was answered. That two must agree to let somebody go is the order's to see to.
func (w *World) Answer(p person.ID, a screening.Answer) error {
	list := w.appeals[p]
	if len(list) == 0 || !list[len(list)-1].Open() {
		return fmt.Errorf("person %d has no appeal that waits: %w", p, ErrUnknown)
	}
	x := &list[len(list)-1]
	x.Answer, x.AnsweredAt = a, w.now
	if r := w.RestrictionOf(p); a == screening.AnswerLifted && r.Stands() && !r.MadeAt.After(x.FiledAt) {
		by := task.Because{Fact: task.FactRef{Seq: w.seq + 1}, Rule: "appeal", Clause: r.Now().Because.Clause, Pack: w.pack.Ref()}
		lifted, err := r.LiftOnAppeal("first", "second", "as the script says", by, w.now)
		if err != nil {
			return err
		}
		w.restrictions[r.Cause] = &lifted
		return w.happen(journal.AppealAnswered, r.Cause.Subject(), onPerson(p))
	}
	return w.happen(journal.AppealAnswered, onPerson(p))
}

// HoldsOf returns the holds of a person, by tube, whether they stand or not.
func (w *World) HoldsOf(p person.ID) []screening.Hold {
	var out []screening.Hold
	for _, id := range w.tubesOf[p] {
		if h := w.share(id, p).hold; h != nil {
			out = append(out, *h)
		}
	}
	return out
}

// heldBy is why somebody was last held, or let go.
func (w *World) heldBy(p person.ID) task.Because {
	for _, f := range slices.Backward(w.log) {
		if f.Subject == onPerson(p) && (f.Kind == journal.PersonHeld || f.Kind == journal.HoldLifted) {
			return f.By
		}
	}
	return task.Because{}
}

func (w *World) share(id screening.TubeID, p person.ID) *memberRow {
	t := w.tubes[id-1]
	return &t.members[slices.IndexFunc(t.members, func(m memberRow) bool { return m.person == p })]
}

// TubeFacts implements response.World.
func (w *World) TubeFacts(id screening.TubeID) (response.TubeFacts, error) {
	if id < 1 || int(id) > len(w.tubes) {
		return response.TubeFacts{}, fmt.Errorf("tube %d: %w", id, ErrUnknown)
	}
	t := w.tubes[id-1]
	f := response.TubeFacts{ID: id, Code: t.code, Area: 1, District: 1, Result: t.result, ResultAt: t.resultAt, Checked: t.checked}
	for _, m := range t.members {
		x := response.MemberFacts{Person: m.person, At: m.at, Specimens: w.specimens[m.person], Hold: copyOf(m.hold)}
		if id := w.caseOf[m.person]; id != 0 {
			x.Case = copyOf(&w.cases[id-1].Case)
		}
		if id := w.contactOf[m.person]; id != 0 {
			x.Contact = copyOf(&w.contacts[id-1].Contact)
		}
		f.Members = append(f.Members, x)
	}
	return f, nil
}

// PersonFacts implements response.World.
func (w *World) PersonFacts(p person.ID) (response.PersonFacts, error) {
	f := response.PersonFacts{Person: p, Specimens: w.specimens[p], SelfTests: w.selfTests[p], Appeals: slices.Clone(w.appeals[p]), Loc: w.loc, Restricted: w.RestrictionOf(p).Stands()}
	for _, id := range w.tubesOf[p] {
		t, m := w.tubes[id-1], w.share(id, p)
		f.Tubes = append(f.Tubes, response.ShareFacts{Tube: id, Area: 1, District: 1, Result: t.result, ResultAt: t.resultAt, At: m.at, Hold: copyOf(m.hold)})
	}
	if id := w.caseOf[p]; id != 0 {
		f.Case = copyOf(&w.cases[id-1].Case)
	}
	if id := w.contactOf[p]; id != 0 {
		f.Contact = copyOf(&w.contacts[id-1].Contact)
	}
	return f, nil
}

// copyOf lets rules see a record as it is now; nil for none.
func copyOf[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

func (w *World) applyToTubes(action response.Action) ([]response.Trigger, error) {
	switch a := action.(type) {
	case response.LookAgain:
		return []response.Trigger{a.Trigger}, nil
	case response.HoldPerson:
		m := w.share(a.Tube, a.Person)
		if m.hold.Stands() {
			return nil, nil
		}
		m.hold = &screening.Hold{Person: a.Person, Tube: a.Tube, Area: a.Area, District: a.District, Since: a.Since, Until: a.Until, Rule: a.Because.Rule, Clause: a.Because.Clause, Pack: a.Because.Pack}
		w.enter(journal.PersonHeld, onPerson(a.Person), a.Because)
		return nil, nil
	case response.LiftHold:
		h := w.share(a.Tube, a.Person).hold
		if !h.Stands() {
			return nil, nil
		}
		h.LiftedAt, h.Lifted = a.At, a.Why
		w.enter(journal.HoldLifted, onPerson(a.Person), a.Because)
		return nil, nil
	case response.ShortenHold:
		h := w.share(a.Tube, a.Person).hold
		if !h.Stands() || !a.Until.Before(h.Until) {
			return nil, nil
		}
		h.Until, h.Rule, h.Clause, h.Pack = a.Until, a.Because.Rule, a.Because.Clause, a.Because.Pack
		w.enter(journal.HoldShortened, onPerson(a.Person), a.Because)
		return nil, nil
	case response.OpenCaseOf:
		if id := w.caseOf[a.Person]; id != 0 && w.cases[id-1].Class != cases.Discarded {
			return nil, nil
		}
		k := cases.Case{Person: a.Person, Code: fmt.Sprintf("P%d", a.Person), Class: a.Class, NotedAt: a.At, Found: cases.FoundCommunity}
		if a.Class.Infected() {
			k.ConfirmedAt = a.At
		}
		for _, s := range w.specimens[a.Person] {
			if s.ID == a.Specimen {
				k.Sampled = day.In(s.TakenAt, w.loc)
			}
		}
		id := w.addCase(k)
		w.answered[a.Specimen] = id
		return []response.Trigger{w.enter(classKind(a.Class), onCase(id), a.Because)}, nil
	}
	return nil, fmt.Errorf("no way to apply %T", action)
}

// holdEnds returns the first end of a hold after now and not after an instant; zero for none.
func (w *World) holdEnds(to time.Time) time.Time {
	var at time.Time
	for _, t := range w.tubes {
		for _, m := range t.members {
			if m.hold.Stands() && m.hold.Until.After(w.now) && !m.hold.Until.After(to) && (at.IsZero() || m.hold.Until.Before(at)) {
				at = m.hold.Until
			}
		}
	}
	return at
}

// endHolds answers every hold that ends now.
func (w *World) endHolds() error {
	for _, t := range w.tubes {
		for _, m := range t.members {
			if m.hold.Stands() && !m.hold.Until.After(w.now) {
				if err := w.happen(journal.HoldOver, onPerson(m.person)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// AssistanceFacts implements response.World. One office plays a rehearsal: nobody asks another.
func (w *World) AssistanceFacts(id contact.AssistanceID) (response.AssistanceFacts, error) {
	return response.AssistanceFacts{}, fmt.Errorf("request for assistance %d: %w", id, ErrUnknown)
}
