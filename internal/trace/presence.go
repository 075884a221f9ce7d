package trace

import (
	"cmp"
	"slices"
)

// Presence is when somebody was in a place. A stay over midnight is one.
type Presence struct {
	Place    Place
	Kind     Kind
	From, To Instant
}

// Presences lists where a person was in a window, by time and then by place. Time in one place counts once, however often it was noted.
func (v *View) Presences(c Case) []Presence {
	w := v.pool.Get().(*work)
	defer v.pool.Put(w)
	w.stays = v.stays(w.stays[:0], c) // by place, day and time
	var out []Presence
	for _, s := range w.stays {
		p := Presence{Place: s.place, Kind: s.kind, From: s.begin + Instant(s.from), To: s.begin + Instant(s.to)}
		if n := len(out); n > 0 && out[n-1].Place == p.Place && out[n-1].To == p.From {
			out[n-1].To = p.To
			continue
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Presence) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Place, b.Place)) })
	return out
}
