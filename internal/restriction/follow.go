package restriction

import (
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// Want is what the rulebook asks to stand for a cause.
type Want struct {
	Outbreak       outbreak.ID
	Cause          Cause
	Area, District place.AreaID
	Terms          Terms     // no Kind: nothing is asked
	Since          time.Time // when the newest reason for it arose: what two people agreed on before does not bind it
	Why            Ended     // why nothing is asked
	Because        task.Because
}

// Follow says what a restriction becomes by what the rulebook wants now, and whether that is a change. r is nil where there was none for the cause. now is when it is asked.
//
//  1. Nothing is wanted, or its end has passed: it ends.
//  2. Two people ended it, and no reason arose since: it stays so.
//  3. They made it milder, shorter or longer, and no reason arose since: their terms stand within what the cause asks for.
//  4. What is wanted differs from what stands: a new version.
//
// Follow of its own result changes nothing.
func Follow(r *Restriction, w Want, now time.Time) (Restriction, bool) {
	nothing := w.Terms.Kind == "" || w.Cause.IsZero()
	if r == nil {
		if nothing || !w.Terms.Until.After(now) {
			return Restriction{}, false
		}
		terms := w.Terms.whole()
		return Restriction{Outbreak: w.Outbreak, Cause: w.Cause, Area: w.Area, District: w.District, MadeAt: now, Offer: offer(terms.Kind),
			Versions: []Version{{N: 1, At: now, Change: Made, Terms: terms, Because: w.Because}}}, true
	}
	if w.Cause != r.Cause {
		return *r, false
	}
	out := r.copy()
	moved := out.Area != w.Area || out.District != w.District
	out.Area, out.District = w.Area, w.District
	if nothing {
		if r.Stands() {
			why := w.Why
			if why == NotEnded {
				why = EndedCorrected
			}
			out.end(why, now, w.Because)
		}
		return out, moved || r.Stands()
	}
	terms := r.agreed(w).whole()
	switch {
	case !terms.Until.After(now):
		if r.Stands() {
			at := r.Terms().Until
			if at.After(now) {
				at = now
			}
			out.end(EndedOver, at, w.Because)
			return out, true
		}
		return out, moved
	case !r.Stands():
		if hand, ok := r.endedByHand(); ok && !w.Since.After(hand) {
			return out, moved
		}
		out.Ended, out.EndedAt = NotEnded, time.Time{}
		out.add(Version{At: now, Change: Again, Terms: terms, Because: w.Because})
		out.Offer = offer(terms.Kind)
		return out, true
	}
	if c := r.Terms().to(terms); c != "" {
		out.add(Version{At: now, Change: c, Terms: terms, Because: w.Because})
		if c == Stricter {
			out.Offer = offer(terms.Kind)
		}
		return out, true
	}
	if r.Terms() != terms { // only the day of the next look
		out.Versions[len(out.Versions)-1].Terms = terms
		return out, true
	}
	return out, moved
}

// whole makes terms consistent: instants as they are kept, a look not after the end, and nothing that follows after it.
func (t Terms) whole() Terms {
	t.Until, t.ThenAt, t.Review = kept(t.Until), kept(t.ThenAt), kept(t.Review)
	if t.Review.IsZero() || t.Review.After(t.Until) {
		t.Review = t.Until
	}
	if t.Then != "" && (!t.Then.Milder(t.Kind) || !t.ThenAt.Before(t.Until)) {
		t.Then = ""
	}
	if t.Then == "" {
		t.ThenAt = time.Time{}
	}
	return t
}

// kept is an instant as stores keep it, so that the same instant is the same value.
func kept(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

// to names the change from one set of terms to another; empty where nothing that somebody is asked changes.
func (t Terms) to(o Terms) Change {
	switch {
	case o.Kind.Milder(t.Kind), o.Kind == t.Kind && o.Then != "" && (t.Then == "" || o.Then.Milder(t.Then)):
		return Milder
	case t.Kind.Milder(o.Kind), o.Kind == t.Kind && o.Moving && !t.Moving:
		return Stricter
	case o.Until.After(t.Until):
		return Longer
	case o.Until.Before(t.Until):
		return Shorter
	case o.Then != t.Then, !o.ThenAt.Equal(t.ThenAt):
		if o.ThenAt.After(t.ThenAt) {
			return Longer
		}
		return Shorter
	case t.Moving && !o.Moving:
		return Arrived
	}
	return ""
}

// agreed bends what a rule wants to what two people agreed on since the newest reason arose.
func (r *Restriction) agreed(w Want) Terms {
	t := w.Terms
	for _, v := range r.Versions {
		if !v.ByHand() || w.Since.After(v.At) {
			continue
		}
		switch v.Change {
		case Milder:
			if v.Kind.Milder(t.Kind) {
				t.Kind, t.Moving = v.Kind, false
			}
			if t.Then != "" && !t.Then.Milder(t.Kind) {
				t.Then = ""
			}
		case Shorter:
			if v.Until.Before(t.Until) {
				t.Until = v.Until
			}
		case Longer:
			if v.Until.After(t.Until) {
				t.Until = v.Until
			}
		default: // an end is in endedByHand; the others are no person's
		}
	}
	return t
}

// endedByHand is when two people last ended it, if that is how it ended.
func (r *Restriction) endedByHand() (time.Time, bool) {
	v := r.Now()
	return v.At, r.Ended == EndedAgreed || r.Ended == EndedAppeal
}

func (r *Restriction) add(v Version) {
	v.N = len(r.Versions) + 1
	r.Versions = append(r.Versions, v)
}

func (r *Restriction) end(why Ended, at time.Time, by task.Because) {
	r.Ended, r.EndedAt = why, at
	r.Proposal = Proposal{}
	r.add(Version{At: at, Change: Over, Terms: r.Terms(), Because: by})
}

// copy shares nothing that a change writes to.
func (r *Restriction) copy() Restriction {
	out := *r
	out.Versions = append(make([]Version, 0, len(r.Versions)+1), r.Versions...)
	return out
}

// offer is the milder option that a kind is weighed against when it is made by rule.
func offer(k Kind) Offer {
	if o := k.Options(); len(o) > 0 {
		return Offer{Kind: o[0], Why: ByEdition}
	}
	return Offer{Why: NoneMilder}
}
