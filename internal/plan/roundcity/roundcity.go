// Package roundcity makes of a screening round, as it is known, the city that plan/round plans for: who is due where, the sites and their hours, the laboratories and theirs, and what has
// already happened.
//
// What is not known is assumed, and every assumption is told: a place without an outline on the map, a site or a laboratory without coordinates, a laboratory that has not said what it
// reads. Nothing that is missing is an error: a round without sites or laboratories is planned too, and the plan says what is short.
//
// It does no I/O and reads no clock; the same facts make the same city. It imports the nouns and plan/round; roundplan gathers the facts from the store and imports it.
package roundcity

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/plan/round"
	"firebreak/internal/screening"
)

// Facts are what is known of a round at an instant.
type Facts struct {
	Round screening.Round
	Tree  *place.Tree
	Zone  *time.Location // whose nights and opening hours count
	Now   time.Time
	// Result is how long after the end of sampling the last result is promised: the pack's clock from the closing of a tube to its result. 0: with the last sample.
	Result time.Duration
	// PerLane is how many people a lane samples in an hour, by the pack; 0: screening.Swabs.
	PerLane int
	Due     []Due
	// Outlines are where areas lie, of those whose outline is known.
	Outlines     map[place.AreaID]Ground
	Sites        []screening.Site
	Laboratories []Laboratory
	// Done is what has come in; the zero value before anybody was sampled.
	Done Done
}

// Due are people who live in an area, not counting areas below it: how many are due and neither exempt nor have refused, and how many of them were sampled.
type Due struct {
	Area            place.AreaID
	People, Sampled int64
}

// Ground is where an area lies and how far it reaches from its middle.
type Ground struct {
	Lat, Lon float64
	Reach    float64 // metres
}

// Laboratory is a laboratory, what it was seen to read in an hour lately, and the tubes that it has and has not read, of this round or any other.
type Laboratory struct {
	lab.Laboratory
	Measured float64
	InHand   int64
}

// Done is what has come in of a round.
type Done struct {
	Tubes  int64
	Swabs  int64
	Last   time.Time // when the last tube was closed
	Result time.Time // when the last result came in
	// Waiting are tubes of the round that no laboratory has, by the site that they come from.
	Waiting map[screening.SiteID]int64
}

// Note is one thing that was assumed, of how many.
type Note struct {
	Kind Kind     `json:"kind"`
	N    int64    `json:"n"`
	Of   int64    `json:"of,omitempty"`
	IDs  []string `json:"ids,omitempty"` // the first few
}

// Kind says what was assumed.
type Kind string

// What is assumed. Each is told where it happened.
const (
	NoSites         Kind = "no_sites"
	NoLaboratories  Kind = "no_laboratories"
	NobodyDue       Kind = "nobody_due"
	NoMap           Kind = "no_map"           // nothing is known of where anything lies: distances mean nothing
	AreasPlaced     Kind = "areas_placed"     // communities without an outline: spread around the middle of what they belong to
	SitesPlaced     Kind = "sites_placed"     // sites without coordinates: in the middle of their area
	LabsPlaced      Kind = "labs_placed"      // laboratories stand in the middle of their area, which is all that is known
	LabsMeasured    Kind = "labs_measured"    // have not said what they read: as they did lately
	LabsLeftOut     Kind = "labs_left_out"    // have not said what they read, and have read nothing lately
	LabsTurnaround  Kind = "labs_turnaround"  // have not said how long a run takes: Turnaround
	LateLaboratory  Kind = "waiting_moved"    // tubes at a laboratory that is not used: fetched from it again
	SitesAlwaysOpen Kind = "sites_always"     // sites without hours: open day and night
	Endless         Kind = "beyond_longest"   // the round is longer than can be planned: only its first ten days are
	AsManyAsNeeded  Kind = "as_many_as_asked" // samplers and couriers are not in the store: as many as the plan asks for
)

// Turnaround is how long a run takes at a laboratory that has not said it. Assumed, as for a mobile one (plan/round).
const Turnaround = 4 * time.Hour

// longest is the last hour that can be planned (plan/round).
const longest = 240

// ErrOver is returned for a round that began so long ago that nothing of it can be planned any more.
var ErrOver = errors.New("the round began more than ten days ago: nothing can be planned for it any more")

// ErrState is returned for a round that is neither planned nor open.
var ErrState = errors.New("only a round that is planned or open is planned for")

// Class names the class of people whose tubes hold so many.
func Class(pool int) string { return fmt.Sprintf("tubes-of-%d", pool) }

// Build makes the city of a round, and tells what was assumed.
func Build(f Facts) (round.City, []Note, error) {
	if f.Round.State != screening.Planned && f.Round.State != screening.Open {
		return round.City{}, nil, ErrState
	}
	f.Sites = slices.Clone(f.Sites)
	b := &builder{f: f, start: f.Round.StartsAt.In(f.Zone)}
	c := round.City{Name: fmt.Sprintf("%d %s", f.Round.Number, f.Round.Name), Start: b.start, Community: []round.Commune{}, Zones: []round.Zone{}, Sites: []round.Site{}, Labs: []round.Lab{}}
	now := max(0, f.Now.Sub(b.start).Hours())
	if now > longest-1 {
		return round.City{}, nil, ErrOver
	}
	c.Deadline = math.Round(60*f.Round.EndsAt.Add(f.Result).Sub(b.start).Hours()) / 60
	if c.Deadline > longest {
		c.Deadline = longest
		b.note(Endless, 1, 1)
	}
	c.Horizon = math.Ceil(min(longest, max(96, now+72, c.Deadline+24)))
	switch {
	case c.Horizon > 168:
		c.Period = 60
	case c.Horizon > 96:
		c.Period = 30
	default:
		c.Period = 15
	}
	c.Rules.Rate = float64(screening.Swabs)
	if f.PerLane > 0 {
		c.Rules.Rate = float64(f.PerLane)
	}
	slices.SortFunc(b.f.Sites, func(x, y screening.Site) int { return int(x.ID - y.ID) })
	for _, s := range b.f.Sites {
		if s.Located {
			b.known = append(b.known, s)
		}
	}
	b.locate()
	b.communities(&c)
	b.sites(&c)
	b.laboratories(&c)
	b.done(&c, now)
	b.note(AsManyAsNeeded, 1, 1)
	return c, b.notes, c.Validate()
}

type builder struct {
	f     Facts
	start time.Time
	at    map[place.AreaID]Ground // where areas lie, as far as they were asked for
	seen  map[place.AreaID]bool   // of at: from its own outline
	under map[place.AreaID]Ground // the middle of what is known to lie in an area
	known []screening.Site        // that are located, by ID
	notes []Note
}

func (b *builder) note(k Kind, n, of int64, ids ...string) {
	if n == 0 {
		return
	}
	const shown = 5
	b.notes = append(b.notes, Note{k, n, of, ids[:min(len(ids), shown)]})
}

func (b *builder) code(a place.AreaID) string {
	if j, ok := b.f.Tree.Get(a); ok {
		return j.Code
	}
	return fmt.Sprint(int64(a))
}

// communities lists who is due where, by how many a tube of theirs holds.
func (b *builder) communities(c *round.City) {
	var pools []int
	var placed []string
	known := false
	due := slices.Clone(b.f.Due)
	slices.SortFunc(due, func(x, y Due) int { return int(x.Area - y.Area) })
	for _, d := range due {
		if d.People <= 0 {
			continue
		}
		j, ok := b.f.Tree.Get(d.Area)
		if !ok {
			continue
		}
		at, own := b.ground(d.Area)
		if !own {
			placed = append(placed, j.Code)
		}
		known = known || own || at.Reach > 0
		pool := b.f.Round.PoolIn(b.f.Tree, d.Area)
		if !slices.Contains(pools, pool) {
			pools = append(pools, pool)
		}
		c.Community = append(c.Community, round.Commune{ID: j.Code, Name: j.Name, Lat: at.Lat, Lon: at.Lon, Groups: []round.Group{{Class: Class(pool), People: d.People}}})
		if n := min(d.Sampled, d.People); n > 0 {
			c.Done.Sampled = append(c.Done.Sampled, round.Sampled{Community: j.Code, Class: Class(pool), People: n})
		}
	}
	slices.Sort(pools)
	for _, n := range slices.Backward(pools) {
		c.Classes = append(c.Classes, round.Class{ID: Class(n), Pool: n})
	}
	if c.Classes == nil {
		c.Classes = []round.Class{{ID: Class(max(1, b.f.Round.Pool)), Pool: max(1, b.f.Round.Pool)}}
		b.note(NobodyDue, 1, 1)
	}
	if !b.anywhere() && len(c.Community) > 0 {
		b.note(NoMap, 1, 1)
		return
	}
	b.note(AreasPlaced, int64(len(placed)), int64(len(c.Community)), placed...)
}

// sites lists the sites of the round's area, and the zones in which couriers collect: streets, or else districts, or the areas of the sites themselves.
func (b *builder) sites(c *round.City) {
	var placed, always []string
	type sum struct {
		lat, lon float64
		n        int
	}
	zones := map[place.AreaID]*sum{}
	var order []place.AreaID
	for _, s := range b.f.Sites {
		if !b.used(s) {
			continue
		}
		site := round.Site{ID: s.Code, Name: s.Name, Lat: s.Lat, Lon: s.Lon, Lanes: int(s.Lanes)}
		if !s.Located {
			at, _ := b.ground(s.Area)
			site.Lat, site.Lon = at.Lat, at.Lon
			placed = append(placed, s.Code)
		}
		if s.Opens == s.Closes {
			always = append(always, s.Code)
		}
		for _, w := range b.windows(s.Opens, s.Closes, c.Horizon) {
			site.Open = append(site.Open, round.Window{From: w[0], To: w[1]})
		}
		z := b.zoneOf(s.Area)
		if zones[z] == nil {
			zones[z] = &sum{}
			order = append(order, z)
		}
		zones[z].lat, zones[z].lon, zones[z].n = zones[z].lat+site.Lat, zones[z].lon+site.Lon, zones[z].n+1
		site.Zone = b.code(z)
		c.Sites = append(c.Sites, site)
	}
	slices.Sort(order)
	for _, z := range order {
		n := float64(zones[z].n)
		c.Zones = append(c.Zones, round.Zone{ID: b.code(z), Lat: zones[z].lat / n, Lon: zones[z].lon / n})
	}
	if len(c.Sites) == 0 {
		b.note(NoSites, 1, 1)
	}
	b.note(SitesPlaced, int64(len(placed)), int64(len(c.Sites)), placed...)
	b.note(SitesAlwaysOpen, int64(len(always)), int64(len(c.Sites)), always...)
}

// used says whether people of the round may go to a site: it stands in the area around the round, or belongs to an area around that.
func (b *builder) used(s screening.Site) bool {
	t, a := b.f.Tree, b.f.Round.Area
	return !s.Closed && (t.Contains(a, s.Area) || t.Contains(s.Area, a))
}

// zoneOf is the area in which couriers collect from a site of an area.
func (b *builder) zoneOf(a place.AreaID) place.AreaID {
	for _, level := range []place.Level{place.Street, place.District} {
		if z := b.f.Tree.At(a, level); z != 0 {
			return z
		}
	}
	return a
}

func (b *builder) laboratories(c *round.City) {
	var placed, measured, out, turnaround []string
	list := slices.Clone(b.f.Laboratories)
	slices.SortFunc(list, func(x, y Laboratory) int { return int(x.ID - y.ID) })
	for _, l := range list {
		if l.Closed {
			continue
		}
		rate := func(s lab.Stretch) float64 { return float64(s.PerHour) }
		switch {
		case l.Says():
		case l.Measured > 0:
			rate = func(lab.Stretch) float64 { return l.Measured }
			measured = append(measured, l.Code)
		default:
			out = append(out, l.Code)
			continue
		}
		at, _ := b.ground(l.Area)
		placed = append(placed, l.Code)
		x := round.Lab{ID: l.Code, Name: l.Name, Lat: at.Lat, Lon: at.Lon, Turnaround: l.Turnaround.Hours(), Capacity: []round.Rate{}}
		if l.Turnaround <= 0 {
			x.Turnaround = Turnaround.Hours()
			turnaround = append(turnaround, l.Code)
		}
		for _, s := range l.Stretches(b.start, b.start.Add(time.Duration(c.Horizon*float64(time.Hour))), b.f.Zone) {
			if tubes := rate(s); tubes > 0 {
				x.Capacity = append(x.Capacity, round.Rate{From: s.From.Sub(b.start).Hours(), To: s.Until.Sub(b.start).Hours(), Tubes: tubes})
			}
		}
		c.Labs = append(c.Labs, x)
	}
	if len(c.Labs) == 0 {
		b.note(NoLaboratories, 1, 1)
	}
	n := int64(len(c.Labs))
	b.note(LabsPlaced, int64(len(placed)), n, placed...)
	b.note(LabsMeasured, int64(len(measured)), n, measured...)
	b.note(LabsLeftOut, int64(len(out)), n+int64(len(out)), out...)
	b.note(LabsTurnaround, int64(len(turnaround)), n, turnaround...)
}

// windows are the hours of the round, up to the last that is planned, in which something is open from one time of day to another; none where it never closes.
func (b *builder) windows(opens, closes time.Duration, until float64) [][2]float64 {
	if opens == closes {
		return nil
	}
	if closes < opens {
		closes += 24 * time.Hour
	}
	var out [][2]float64
	y, m, d := b.start.Date()
	for day := -1; ; day++ {
		at := func(t time.Duration) float64 {
			return time.Date(y, m, d+day, 0, int(t/time.Minute), 0, 0, b.f.Zone).Sub(b.start).Hours()
		}
		from, to := max(0, at(opens)), min(until, at(closes))
		if from >= until {
			return out
		}
		if to > from {
			out = append(out, [2]float64{from, to})
		}
	}
}

// done says what has happened by now.
func (b *builder) done(c *round.City, now float64) {
	c.Done.Now = now
	sites, zones, labs := map[screening.SiteID]screening.Site{}, map[string]bool{}, map[string]bool{}
	for _, s := range b.f.Sites {
		sites[s.ID] = s
	}
	for _, z := range c.Zones {
		zones[z.ID] = true
	}
	for _, l := range c.Labs {
		labs[l.ID] = true
	}
	at := map[string]int64{} // zone -> tubes
	collect := func(zone string, n int64) {
		if !zones[zone] && len(c.Zones) > 0 {
			zone = c.Zones[0].ID // of a site that is used no more: a courier has to go there all the same
		}
		at[zone] += n
	}
	for id, n := range b.f.Done.Waiting {
		collect(b.code(b.zoneOf(sites[id].Area)), n)
	}
	var moved int64
	for _, l := range b.f.Laboratories {
		switch {
		case l.InHand <= 0:
		case labs[l.Code]:
			c.Done.Waiting = append(c.Done.Waiting, round.Waiting{Lab: l.Code, Ready: now, Tubes: l.InHand})
		default:
			moved += l.InHand
			collect(b.code(b.zoneOf(l.Area)), l.InHand)
		}
	}
	b.note(LateLaboratory, moved, moved)
	for _, z := range c.Zones {
		if n := at[z.ID]; n > 0 {
			c.Done.Waiting = append(c.Done.Waiting, round.Waiting{Zone: z.ID, Ready: now, Tubes: n})
		}
	}
	slices.SortStableFunc(c.Done.Waiting, func(x, y round.Waiting) int {
		if x.Lab != y.Lab {
			if x.Lab < y.Lab {
				return -1
			}
			return 1
		}
		return 0
	})
	if b.f.Done.Tubes == 0 {
		return
	}
	hour := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return math.Round(60*min(now, max(0, t.Sub(b.start).Hours()))) / 60
	}
	c.Done.Frozen = &round.Frozen{Assignments: []round.Assignment{}, Intake: []round.Intake{}, People: b.f.Done.Swabs, Tubes: b.f.Done.Tubes, Sampling: hour(b.f.Done.Last), Results: hour(b.f.Done.Result)}
}
