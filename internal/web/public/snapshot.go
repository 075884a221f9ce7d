package public

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/ui"
)

const (
	// fresh is for how long what was read serves everybody: however many ask, the database is asked six times a minute.
	fresh = 10 * time.Second
	// ahead is how long before its start a round is told.
	ahead = 48 * time.Hour
	// mostSites is how many sites a page lists; where there are more, one chooses a smaller area first.
	mostSites = 60
	// mostPages is how many rendered pages are kept beside what they show.
	mostPages = 400
)

// snapshot is what the public may know of rounds and sites at one instant. It does not change, but for the pages that were rendered from it.
type snapshot struct {
	at        time.Time
	zone      *time.Location
	tree      *place.Tree
	outbreaks []outbreakOf // that are not over, the newest first
	rounds    []screening.Round
	sites     []openSite                              // the shortest wait first
	within    map[place.AreaID]int                    // sites of an area and all below it
	turns     map[screening.RoundID]map[string][]slot // by the plan of a round: where people of an area go, by the code of where they live

	mu    sync.Mutex
	pages map[string]*page
}

// openSite is a site as it stands.
type openSite struct {
	screening.Site
	paused bool
	queue  screening.Queue
	wait   time.Duration
}

// rank puts where one can go soon first, and where nobody knows last but for those that are paused.
func (s *openSite) rank() int {
	switch {
	case s.paused:
		return 4
	case s.queue == screening.QueueShort, s.queue == screening.QueueReported:
		return 0
	case s.queue == screening.QueueFull:
		return 2
	}
	return 3
}

// read reads what the pages show.
func (p *Site) read(ctx context.Context) (*snapshot, error) {
	s := &snapshot{at: p.o.DB.Now(), zone: time.UTC, within: map[place.AreaID]int{}, turns: map[screening.RoundID]map[string][]slot{}, pages: map[string]*page{}}
	err := p.o.DB.View(ctx, func(r *store.Reader) error {
		outbreaks, err := r.Outbreaks()
		if err != nil {
			return err
		}
		if s.tree, err = r.Tree(); err != nil {
			return err
		}
		for _, o := range outbreaks {
			if o.Phase == outbreak.Ended {
				continue
			}
			if len(s.outbreaks) == 0 { // the newest names the hour
				if s.zone, err = o.Location(); err != nil {
					return err
				}
			}
			title := o.Title
			if title == "" {
				title = o.Name
			}
			s.outbreaks = append(s.outbreaks, outbreakOf{o.Name, title})
			if err := p.readOf(r, o.ID, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range s.sites {
		for _, j := range s.tree.Path(s.sites[i].Area) {
			s.within[j.ID]++
		}
	}
	slices.SortStableFunc(s.sites, func(a, b openSite) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.wait, b.wait), cmp.Compare(a.Code, b.Code))
	})
	return s, nil
}

// readOf reads the rounds and sites of one outbreak.
func (p *Site) readOf(r *store.Reader, o outbreak.ID, s *snapshot) error {
	rounds, err := r.Rounds(o)
	if err != nil {
		return err
	}
	var open screening.RoundID // the newest that is
	for _, x := range rounds {
		// A round of a group is told to the group, at work; it is nobody's turn because of where they live.
		if x.Group != "" {
			continue
		}
		if x.State == screening.Open && x.EndsAt.After(s.at) || x.State == screening.Planned && x.StartsAt.Before(s.at.Add(ahead)) && x.EndsAt.After(s.at) {
			s.rounds = append(s.rounds, x)
			if err := p.slots(r, x, s); err != nil {
				return err
			}
		}
		if x.State == screening.Open {
			open = max(open, x.ID)
		}
	}
	sites, err := r.Sites(o, store.Everywhere())
	if err != nil {
		return err
	}
	return p.waits(r, o, open, sites, s)
}

// roundsOf returns the rounds in which people of an area are due, the soonest first. homes are the buildings of the area, asked for where a plan has its people.
func (s *snapshot) roundsOf(area place.AreaID, homes func() []home) (out []Turn) {
	for _, r := range s.rounds {
		whole := slices.ContainsFunc(r.Areas, func(a place.AreaID) bool { return s.tree.Contains(a, area) })
		if !whole && !slices.ContainsFunc(r.Areas, func(a place.AreaID) bool { return s.tree.Contains(area, a) }) {
			continue
		}
		t := Turn{Name: r.Name, Open: r.State == screening.Open, Part: !whole, From: r.StartsAt, Until: r.EndsAt}
		if j, ok := s.tree.Get(area); ok && whole {
			// As the plan has it for the area itself, not for what lies below it.
			if slots := s.turns[r.ID][j.Code]; len(slots) > 0 {
				t.Slots = s.shown(slots)
				t.Buildings, t.Others = s.homesOf(slots, homes())
			}
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b Turn) int { return a.Until.Compare(b.Until) })
	return out
}

// area is the page of an area; the zero area is the top, where no buildings are asked for.
func (s *snapshot) area(lang i18n.Lang, id place.AreaID, homes func() []home) AreaView {
	name := func(j place.Jurisdiction) string {
		if lang != "zh" && j.NameEN != "" {
			return j.NameEN + " " + j.Name
		}
		return j.Name
	}
	href := func(j place.Jurisdiction) string { return "/public/" + string(lang) + "/areas/" + j.Code }
	out := AreaView{}
	if s.tree == nil {
		out.Unknown = true
		return out
	}
	var below []place.Jurisdiction
	if id == 0 {
		for _, r := range s.tree.Roots() {
			// Above the first area with something to choose there is nothing to choose.
			for len(s.tree.Children(r)) == 1 {
				r = s.tree.Children(r)[0].ID
			}
			if list := s.tree.Children(r); len(list) > 0 {
				below = append(below, list...)
			} else if j, ok := s.tree.Get(r); ok {
				below = append(below, j)
			}
		}
	} else {
		path := s.tree.Path(id)
		for _, j := range path[:len(path)-1] {
			if len(s.tree.Children(j.ID)) > 1 {
				out.Crumbs = append(out.Crumbs, ui.Crumb{Name: name(j), Href: href(j)})
			}
		}
		here := path[len(path)-1]
		out.Name, out.Rounds, below = name(here), s.roundsOf(id, homes), s.tree.Children(id)
		if len(out.Crumbs) > 0 {
			out.Crumbs = append(out.Crumbs, ui.Crumb{Name: name(here)})
		}
		for i := range s.sites {
			x := &s.sites[i]
			if !s.tree.Contains(id, x.Area) {
				continue
			}
			if len(out.Sites) == mostSites {
				out.More++
				continue
			}
			v := x.view()
			if j, ok := s.tree.Get(x.Area); ok && x.Area != id {
				v.Place = name(j)
			}
			out.Sites = append(out.Sites, v)
		}
	}
	for _, j := range below {
		out.Below = append(out.Below, Area{Name: name(j), Href: href(j), Sites: s.within[j.ID]})
	}
	return out
}

func (s *openSite) view() SiteView {
	out := SiteView{Name: s.Name, Code: s.Code, Lanes: s.Lanes, Paused: s.paused, Queue: string(s.queue), Wait: s.wait}
	if out.Name == "" {
		out.Name = s.Code
	}
	return out
}
