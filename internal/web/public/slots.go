package public

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// slot is a site at which people of an area are awaited, between two instants.
type slot struct {
	site       string // code
	from, till time.Time
	people     int64
}

// slots reads where the people of a round go by its newest plan, of each area the earliest first.
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
		by[a.Community] = join(by[a.Community], slot{a.Site, plan.At(a.From).In(s.zone), plan.At(a.To).In(s.zone), a.People})
	}
	for _, list := range by {
		slices.SortFunc(list, func(a, b slot) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.site, b.site)) })
	}
	s.turns[x.ID] = by
	return nil
}

// join adds a slot: people who go to the same site at about the same time, of two classes for example, are told one time.
func join(list []slot, at slot) []slot {
	i := slices.IndexFunc(list, func(l slot) bool { return l.site == at.site && !l.from.After(at.till) && !at.from.After(l.till) })
	if i < 0 {
		return append(list, at)
	}
	l := &list[i]
	if at.from.Before(l.from) {
		l.from = at.from
	}
	if at.till.After(l.till) {
		l.till = at.till
	}
	l.people += at.people
	return list
}

// shown is how slots are told. What is over is not, nor what is at a site that was closed since.
func (s *snapshot) shown(list []slot) []Slot {
	var out []Slot
	for _, x := range list {
		i := slices.IndexFunc(s.sites, func(o openSite) bool { return o.Code == x.site })
		if i < 0 || !x.till.After(s.at) {
			continue
		}
		v := s.sites[i].view()
		out = append(out, Slot{Site: v.Name, Code: v.Code, From: x.from, Until: x.till, SameDay: x.from.Format(time.DateOnly) == x.till.Format(time.DateOnly), Paused: v.Paused, Queue: v.Queue, Wait: v.Wait})
	}
	return out
}
