package command

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/store"
	"firebreak/internal/trace"
	"firebreak/internal/whereabouts"
)

// namedOf are those who are close contacts of a case because somebody said so: a case in an interview, a contact, a roster. What visits show of them is followed as if visits had shown them with the case. Whom no visit
// knows is on the list of contacts, and nothing else can be found about them here.
func namedOf(r *store.Reader, city *whereabouts.City, k cases.Case, loc *time.Location) (out []trace.Named, err error) {
	exposures, err := r.ExposuresTo(k.ID)
	if err != nil {
		return nil, err
	}
	met := map[contact.ID]contact.Exposure{}
	var ids []contact.ID
	for _, e := range exposures {
		if e.Stands() && e.Tier == contact.Close && !e.Last.IsZero() {
			met[e.Contact] = e
			ids = append(ids, e.Contact)
		}
	}
	contacts, err := r.ContactsByID(ids)
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		n, ok := city.Number(c.Person)
		if !ok {
			continue
		}
		e := met[c.ID]
		from, to := cmp.Or(e.First, e.Last).Start(loc), e.Last.Add(1).Start(loc)
		if !e.From.IsZero() && e.To.After(e.From) {
			from, to = e.From, e.To
		}
		out = append(out, trace.Named{Person: n, Window: trace.Window{From: trace.At(from), To: trace.At(to)}})
	}
	slices.SortFunc(out, func(a, b trace.Named) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.From, b.From))
	})
	// Two records may turn out to be of one person.
	n := 0
	for _, x := range out {
		if n > 0 && out[n-1].Person == x.Person {
			out[n-1].To = max(out[n-1].To, x.To)
			continue
		}
		out[n] = x
		n++
	}
	return out[:n], nil
}
