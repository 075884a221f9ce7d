package rehearsal

import (
	"fmt"
	"slices"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/restriction"
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

// restrict applies what a rule says of a restriction. What could not be stored is an error here too.
func (w *World) restrict(a response.Restrict) ([]response.Trigger, error) {
	r := a.As
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("restriction of %s %d: %w", r.Cause.Subject().Kind, r.Cause.Subject().ID, err)
	}
	kind := journal.RestrictionChanged
	switch was := w.restrictions[r.Cause]; {
	case was == nil:
		kind, r.ID = journal.RestrictionMade, restriction.ID(len(w.restrictions)+1)
	case !r.Stands():
		kind = journal.RestrictionEnded
	}
	w.restrictions[r.Cause] = &r
	w.enter(kind, r.Cause.Subject(), r.Now().Because)
	p := w.personOf(r.Cause)
	if open := slices.ContainsFunc(w.appeals[p], func(a screening.Appeal) bool { return a.Open() }); kind == journal.RestrictionEnded && open {
		return []response.Trigger{{Kind: journal.RestrictionEnded, Subject: onPerson(p), Ref: r.Now().Because.Fact, At: w.now}}, nil
	}
	return nil, nil
}

func (w *World) personOf(c restriction.Cause) person.ID {
	if id := c.Case(); id != 0 {
		return w.cases[id-1].Person
	}
	return w.contacts[c.Contact()-1].Person
}

// Restrictions are all there are, whether they stand or not, in the order in which they were made.
func (w *World) Restrictions() []restriction.Restriction {
	out := make([]restriction.Restriction, 0, len(w.restrictions))
	for _, r := range w.restrictions {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b restriction.Restriction) int { return int(a.ID - b.ID) })
	return out
}

// RestrictionOf returns what binds a person as a case, or else as a contact; what bound them last where nothing does, and nil where nothing ever did.
func (w *World) RestrictionOf(p person.ID) *restriction.Restriction {
	c, k := w.restrictions[restriction.OfCase(w.caseOf[p])], w.restrictions[restriction.OfContact(w.contactOf[p])]
	if c.Stands() || c != nil && !k.Stands() {
		return copyOf(c)
	}
	return copyOf(k)
}

// change lets something happen to what binds a person.
func (w *World) change(p person.ID, kind journal.Kind, change func(*restriction.Restriction) error) error {
	r := w.RestrictionOf(p)
	if r == nil {
		return fmt.Errorf("restriction of person %d: %w", p, ErrUnknown)
	}
	if err := change(r); err != nil {
		return err
	}
	w.restrictions[r.Cause] = r
	return w.happen(kind, r.Cause.Subject())
}

// Notify enters that somebody was told what they are asked.
func (w *World) Notify(p person.ID) error {
	return w.change(p, journal.RestrictionTold, func(r *restriction.Restriction) error {
		r.ToldAt, r.ToldOf, r.ToldHow, r.ToldBy = w.now, r.Now().N, restriction.InPerson, "worker"
		return nil
	})
}

// Review enters that somebody looked whether it must go on.
func (w *World) Review(p person.ID) error {
	return w.change(p, journal.RestrictionReviewed, func(r *restriction.Restriction) error {
		r.ReviewedDue, r.ReviewedAt, r.ReviewedBy = r.Terms().Review, w.now, "worker"
		return nil
	})
}

// Agree enters that two people changed it, of whom the second may be the first: that is refused.
func (w *World) Agree(p person.ID, x restriction.Proposal, second string) error {
	return w.change(p, journal.RestrictionAgreed, func(r *restriction.Restriction) error {
		proposed, err := r.Propose(x, w.pack.Restrictions.ByHand(), w.now)
		if err != nil {
			return err
		}
		by := task.Because{Fact: task.FactRef{Seq: w.seq + 1}, Rule: "restriction", Clause: r.Now().Because.Clause, Pack: w.pack.Ref()}
		*r, err = proposed.Agree(second, by, w.now)
		return err
	})
}

// Need enters that somebody asked for something that is owed, or got it.
func (w *World) Need(p person.ID, k restriction.NeedKind, met bool) error {
	kind := journal.NeedAsked
	if met {
		kind = journal.NeedMet
	}
	return w.change(p, kind, func(r *restriction.Restriction) error {
		r.Needs = slices.Clone(r.Needs)
		if !met {
			r.Needs = append(r.Needs, restriction.Need{ID: restriction.NeedID(len(r.Needs) + 1), Restriction: r.ID, Kind: k, AskedAt: w.now, AskedBy: "public"})
			return nil
		}
		for i := range r.Needs {
			if n := &r.Needs[i]; n.Kind == k && n.Open() {
				n.MetAt, n.MetBy = w.now, "worker"
				return nil
			}
		}
		return fmt.Errorf("need %s: %w", k, ErrUnknown)
	})
}

// restrictionEnds returns the first end of a restriction after now and not after an instant; zero for none.
func (w *World) restrictionEnds(to time.Time) time.Time {
	var at time.Time
	for _, r := range w.restrictions {
		if until := r.Terms().Until; r.Stands() && until.After(w.now) && !until.After(to) && (at.IsZero() || until.Before(at)) {
			at = until
		}
	}
	return at
}

// endRestrictions answers every restriction that ends now.
func (w *World) endRestrictions() error {
	for _, r := range w.Restrictions() {
		if r.Stands() && !r.Terms().Until.After(w.now) {
			if err := w.happen(journal.RestrictionOver, r.Cause.Subject()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *script) restricted(attribute, code string) string {
	r := s.w.RestrictionOf(s.people[code])
	switch {
	case r == nil:
		return ""
	case attribute == "until":
		return r.Terms().Until.In(s.loc).Format("2006-01-02 15:04")
	case !r.Stands():
		return string(r.Ended)
	}
	return string(r.Terms().InForce(s.w.now))
}

// agree reads what two people changed: "milder KIND on GROUND", "longer until DAY TIME on GROUND", "ended on GROUND".
func (s *script) agree(code string, rest []string) error {
	if len(rest) < 3 {
		return fmt.Errorf("agree CODE milder KIND on GROUND: %w", ErrScript)
	}
	x := restriction.Proposal{Change: restriction.Change(rest[0]), By: "first", Words: "as the script says"}
	rest = rest[1:]
	if x.Change == restriction.Milder {
		k, err := restriction.ParseKind(rest[0])
		if err != nil {
			return err
		}
		x.Kind, rest = k, rest[1:]
	}
	k, err := clauses(rest, "until", "on")
	if err != nil {
		return err
	}
	if v := k["until"]; len(v) > 0 {
		if x.Until, _, err = s.instant(v); err != nil {
			return err
		}
	}
	if len(k["on"]) != 1 {
		return fmt.Errorf("on which ground?: %w", ErrScript)
	}
	if x.Ground, err = restriction.ParseGround(x.Change, k["on"][0]); err != nil {
		return err
	}
	return s.w.Agree(s.person(code), x, "second")
}

// need reads what somebody asked for, or got.
func (s *script) need(code string, rest []string) error {
	if len(rest) == 0 || len(rest) > 2 || len(rest) == 2 && rest[1] != "met" {
		return fmt.Errorf("need CODE KIND [met]: %w", ErrScript)
	}
	k, err := restriction.ParseNeed(rest[0])
	if err != nil {
		return err
	}
	return s.w.Need(s.person(code), k, len(rest) == 2)
}
