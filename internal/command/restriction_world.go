package command

import (
	"encoding/json"
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/restriction"
	"firebreak/internal/task"
)

// restricted is what an order knows of restrictions: an entry, perhaps nil, for every cause that was read. They are written at the order's end.
type restricted struct {
	by    map[restriction.Cause]*restrictionRecord
	order []restriction.Cause // those that changed, in their order
	facts []journal.Entry
}

type restrictionRecord struct {
	restriction.Restriction
	had            int // versions that the store has; 0 for one that is new
	changed, fresh bool
}

func newRestricted() restricted {
	return restricted{by: map[restriction.Cause]*restrictionRecord{}}
}

// restrictionsAhead reads the restrictions of cases and contacts at once.
func (w *world) restrictionsAhead(of []cases.ID, met []contact.ID) error {
	ofCases, err := w.tx.RestrictionsOfCases(of)
	if err != nil {
		return err
	}
	ofContacts, err := w.tx.RestrictionsOfContacts(met)
	if err != nil {
		return err
	}
	for _, id := range of {
		w.knowRestriction(restriction.OfCase(id), ofCases[id])
	}
	for _, id := range met {
		w.knowRestriction(restriction.OfContact(id), ofContacts[id])
	}
	return nil
}

func (w *world) knowRestriction(c restriction.Cause, list []restriction.Restriction) {
	if _, known := w.restricted.by[c]; known {
		return
	}
	if len(list) == 0 {
		w.restricted.by[c] = nil
		return
	}
	w.restricted.by[c] = &restrictionRecord{Restriction: list[0], had: len(list[0].Versions)}
}

// restrictionRecord returns what a cause asks; nil for nothing ever. fresh: the cause came into being with this order.
func (w *world) restrictionRecord(c restriction.Cause, fresh bool) (*restrictionRecord, error) {
	if _, known := w.restricted.by[c]; !known && !fresh {
		found, err := w.tx.RestrictionOfCause(c)
		if err != nil {
			return nil, err
		}
		w.knowRestriction(c, found)
	}
	return w.restricted.by[c], nil
}

// restrictionOf is the same as rules see it.
func (w *world) restrictionOf(c restriction.Cause, fresh bool) (*restriction.Restriction, error) {
	rec, err := w.restrictionRecord(c, fresh)
	if err != nil || rec == nil {
		return nil, err
	}
	now := rec.Restriction
	return &now, nil
}

// restrict applies what a rule says of a restriction, and writes what changed to the journal.
func (w *world) restrict(r restriction.Restriction) ([]response.Trigger, error) {
	rec := w.restricted.by[r.Cause]
	was := 0
	stood := false
	if rec == nil {
		rec = &restrictionRecord{fresh: true}
		id, err := w.tx.RestrictionIDs(1)
		if err != nil {
			return nil, err
		}
		r.ID = id
		w.restricted.by[r.Cause] = rec
	} else {
		was, stood = len(rec.Versions), rec.Stands()
	}
	rec.Restriction = r
	w.touchRestriction(rec)
	for _, v := range r.Versions[was:] {
		kind := journal.RestrictionChanged
		switch {
		case v.N == 1:
			kind = journal.RestrictionMade
		case v.Change == restriction.Over && stood:
			kind = journal.RestrictionEnded
		}
		payload := map[string]any{"restriction": r.ID, "version": v.N, "change": v.Change, "kind": v.Kind, "until": v.Until.UTC()}
		if v.Change == restriction.Over {
			payload["why"] = r.Ended
		}
		text, err := json.Marshal(payload)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", kind, err)
		}
		b := v.Because
		w.restricted.facts = append(w.restricted.facts, journal.Entry{Kind: kind, Subject: r.Cause.Subject(), Area: r.Area, At: v.At, Actor: "rule:" + b.Rule, Cause: b.Fact, Rule: b.Rule, Clause: b.Clause, Pack: b.Pack,
			Outbreak: w.o.ID, Payload: text})
	}
	if !stood || r.Stands() {
		return nil, nil
	}
	return w.appealEnds(&r)
}

// appealEnds has the rules look at the person whose restriction has ended, where an appeal of theirs waits.
func (w *world) appealEnds(r *restriction.Restriction) ([]response.Trigger, error) {
	var who person.ID
	if id := r.Cause.Case(); id != 0 {
		c, err := w.getCase(id)
		if err != nil {
			return nil, err
		}
		who = c.Person
	} else {
		c, err := w.getContact(r.Cause.Contact())
		if err != nil {
			return nil, err
		}
		who = c.Person
	}
	appeals, err := w.tx.AppealsOf([]person.ID{who}, w.o.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range appeals[who] {
		if a.Open() {
			return []response.Trigger{{Kind: journal.RestrictionEnded, Subject: onPerson(who), Ref: r.Now().Because.Fact, At: w.now}}, nil
		}
	}
	return nil, nil
}

func (w *world) touchRestriction(rec *restrictionRecord) {
	if !rec.changed {
		w.restricted.order = append(w.restricted.order, rec.Cause)
	}
	rec.changed = true
}

// flushRestrictions writes the restrictions that changed, and what happened to them.
func (w *world) flushRestrictions() error {
	if _, err := w.tx.AppendAll(w.restricted.facts); err != nil {
		return err
	}
	w.restricted.facts = nil
	var fresh, changed []*restriction.Restriction
	had := map[restriction.ID]int{}
	for _, c := range w.restricted.order {
		if rec := w.restricted.by[c]; rec.fresh {
			fresh = append(fresh, &rec.Restriction)
		} else {
			changed = append(changed, &rec.Restriction)
			had[rec.ID] = rec.had
		}
	}
	if len(fresh) > 0 {
		if err := w.tx.AddRestrictions(fresh); err != nil {
			return err
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return w.tx.UpdateRestrictions(changed, had)
}

// endRestrictions lets the rules end restrictions whose last moment has passed.
func (u *unit) endRestrictions() (int, error) {
	over, err := u.tx.RestrictionsOver(u.o.ID, u.now, clockBatch)
	if err != nil {
		return 0, err
	}
	for i := range over {
		r := &over[i]
		u.knowRestriction(r.Cause, over[i:i+1])
		ref, err := u.fact(journal.RestrictionOver, r.Cause.Subject(), r.Area, u.now, map[string]any{"restriction": r.ID, "until": r.Terms().Until})
		if err != nil {
			return 0, err
		}
		if err := u.reactTo(journal.RestrictionOver, r.Cause.Subject(), ref); err != nil {
			return 0, err
		}
	}
	return len(over), nil
}

func (u *unit) reactTo(kind journal.Kind, s task.Subject, ref task.FactRef) error {
	return u.react(response.Trigger{Kind: kind, Subject: s, Ref: ref, At: u.now})
}
