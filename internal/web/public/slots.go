package public

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// slot is a site at which people of an area are awaited, between two instants.
type slot struct {
	site       string // code
	from, till time.Time
}

// slots reads where the people of a round go by its newest plan. What is over is not told.
func (p *Site) slots(r *store.Reader, x screening.Round, s *snapshot) error {
	if p.o.Plans == nil {
		return nil
	}
	plan, err := p.o.Plans.Latest(r, x.ID)
	if err != nil || plan == nil {
		return err
	}
	by := map[string][]slot{}
	for _, a := range plan.Plan.Assignments {
		at := slot{a.Site, plan.At(a.From).In(s.zone), plan.At(a.To).In(s.zone)}
		if !at.till.After(s.at) {
			continue
		}
		list := by[a.Community]
		// People of two classes who go to the same site at about the same time are told one time.
		if i := slices.IndexFunc(list, func(l slot) bool { return l.site == at.site && !l.from.After(at.till) && !at.from.After(l.till) }); i >= 0 {
			l := &list[i]
			if at.from.Before(l.from) {
				l.from = at.from
			}
			if at.till.After(l.till) {
				l.till = at.till
			}
			continue
		}
		by[a.Community] = append(list, at)
	}
	s.turns[x.ID] = by
	return nil
}

// slotsOf is where the people of an area go in a round, the earliest first: as the plan has it for the area itself, not for what lies below it.
func (s *snapshot) slotsOf(id screening.RoundID, area place.Jurisdiction) []Slot {
	var out []Slot
	for _, x := range s.turns[id][area.Code] {
		i := slices.IndexFunc(s.sites, func(o openSite) bool { return o.Code == x.site })
		if i < 0 {
			continue // it was closed since
		}
		v := s.sites[i].view()
		out = append(out, Slot{Site: v.Name, Code: v.Code, From: x.from, Until: x.till, SameDay: x.from.Format(time.DateOnly) == x.till.Format(time.DateOnly), Paused: v.Paused, Queue: v.Queue, Wait: v.Wait})
	}
	slices.SortStableFunc(out, func(a, b Slot) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Code, b.Code)) })
	return out
}
