package trace

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/contact"
	"firebreak/internal/day"
)

// The oracle answers every question from the plain list of visits, pair by pair and second by second where that is the plainest. It shares no code with the engine.

// town is a random small city, as given and as indexed.
type town struct {
	visits []Visit
	spots  map[Visit]Spot
	kinds  []Kind
	home   []uint32
	people int
	view   *View
	offset int
}

const noon = Instant(20_000*secondsOfDay + 12*3600)

func drawVisit(t *rapid.T, people, places int) Visit {
	start := noon + Instant(rapid.IntRange(-2*1440, 2*1440).Draw(t, "minute"))*60
	var length Instant
	if rapid.IntRange(0, 9).Draw(t, "a second") == 0 { // as one of which nobody knows how long it was is kept
		return Visit{Person(rapid.IntRange(0, people-1).Draw(t, "person")), Place(rapid.IntRange(0, places-1).Draw(t, "place")), start, start + 1}
	}
	switch rapid.IntRange(0, 9).Draw(t, "length") {
	case 0:
		length = Instant(rapid.IntRange(0, 5*secondsOfDay).Draw(t, "long"))
	case 1:
		length = Instant(rapid.IntRange(0, 1200).Draw(t, "seconds"))
	default:
		length = Instant(rapid.IntRange(0, 30).Draw(t, "minutes")) * 300
	}
	return Visit{Person(rapid.IntRange(0, people-1).Draw(t, "person")), Place(rapid.IntRange(0, places-1).Draw(t, "place")), start, start + length}
}

func drawTown(t *rapid.T) *town {
	c := &town{people: rapid.IntRange(2, 25).Draw(t, "people"), spots: map[Visit]Spot{}}
	places := rapid.IntRange(1, 200).Draw(t, "places")
	if rapid.Bool().Draw(t, "few places") {
		places = min(places, 4)
	}
	visits := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Visit { return drawVisit(t, c.people, places) }), 1, 120).Draw(t, "visits")
	for range rapid.IntRange(0, 5).Draw(t, "sent twice") {
		visits = append(visits, visits[rapid.IntRange(0, len(visits)-1).Draw(t, "again")])
	}
	for i := range places {
		c.kinds = append(c.kinds, Kind(i%3))
	}
	if rapid.Bool().Draw(t, "untimed") {
		for i := 0; i < places; i += 4 {
			c.kinds[i] = Untimed
		}
	}
	for range c.people {
		c.home = append(c.home, uint32(rapid.IntRange(0, 6).Draw(t, "home")))
	}
	for _, v := range visits {
		if _, ok := c.spots[v]; !ok && rapid.IntRange(0, 3).Draw(t, "spot known") == 0 {
			c.spots[v] = Spot{Row: int16(rapid.IntRange(1, 6).Draw(t, "row")), Column: 1}
			if rapid.Bool().Draw(t, "point") {
				c.spots[v] = Spot{Point: true, X: float32(rapid.IntRange(0, 4).Draw(t, "x")), Y: 1}
			}
		}
	}
	// In blocks, in any order.
	c.offset = rapid.SampledFrom([]int{0, 8 * 3600, -5 * 3600}).Draw(t, "offset")
	ix := NewIndex(c.offset)
	ix.SetKinds(c.kinds)
	ix.SetHomes(NewHomes(c.home))
	ix.change(func(v *View) { v.denseFrom = rapid.SampledFrom([]int{1, 1 << 20, 4}).Draw(t, "dense from") })
	if rapid.Bool().Draw(t, "counting sorts") {
		ix.builder.small = 0
	}
	order := rapid.Permutation(visits).Draw(t, "order")
	for len(order) > 0 {
		n := rapid.IntRange(1, len(order)).Draw(t, "block")
		b := Block{Visits: order[:n]}
		for _, v := range b.Visits {
			b.Spots = append(b.Spots, c.spots[v])
		}
		if err := ix.Add(b); err != nil {
			t.Fatal(err)
		}
		order = order[n:]
	}
	seen := map[Visit]bool{}
	for _, v := range visits {
		if !seen[v] {
			seen[v] = true
			c.visits = append(c.visits, v)
		}
	}
	if rapid.Bool().Draw(t, "settle") {
		ix.Settle(epoch.Add(30_000))
		if got := ix.View().Visits(); got != len(c.visits) {
			t.Fatalf("%d visits are held once settled, want %d", got, len(c.visits))
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "purge") == 0 {
		before := epoch.Add(20_000 - 1 + rapid.IntRange(0, 2).Draw(t, "purged days"))
		ix.Purge(before)
		c.visits = slices.DeleteFunc(c.visits, func(v Visit) bool { return c.dayOf(v.Start) < before })
	}
	c.view = ix.View()
	return c
}

func (c *town) dayOf(i Instant) day.Day {
	return epoch.Add(int(math.Floor(float64(int64(i)+int64(c.offset)) / secondsOfDay)))
}

func drawRules(t *rapid.T) *Rules {
	r := &Rules{Rates: []float32{1, 2, 0.5}, Household: "household", Encounter: uint32(rapid.SampledFrom([]int{1, 60, 900, 901}).Draw(t, "encounter")), EncounterKinds: rapid.SampledFrom([]Kinds{EveryKind, KindsOf(0, 2), EveryKind &^ KindsOf(Untimed), KindsOf(1, Untimed)}).Draw(t, "encounter kinds")}
	r.Clauses = []Clause{
		{Name: "rows", Tier: contact.Close, Kinds: KindsOf(0), AtLeast: uint32(rapid.SampledFrom([]int{1, 300}).Draw(t, "close")), Rows: 2, Metres: 1},
		{Name: "room", Tier: contact.Close, Kinds: KindsOf(1, 2), AtLeast: 900},
		{Name: "same place", Tier: contact.General, Kinds: EveryKind, AtLeast: 600},
	}
	if rapid.Bool().Draw(t, "no household") {
		r.Household = ""
	}
	if rapid.IntRange(0, 3).Draw(t, "nobody named") > 0 {
		r.Named = "named"
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	return r
}

func drawWindow(t *rapid.T) Window {
	from := noon + Instant(rapid.IntRange(-3*1440, 3*1440).Draw(t, "from"))*60
	return Window{from, from + Instant(rapid.IntRange(0, 5*secondsOfDay).Draw(t, "window"))}
}

// drawNamed draws who was named as a close contact of somebody, and when they were exposed.
func (c *town) drawNamed(t *rapid.T) (out []Named) {
	for p := range Person(c.people) {
		if rapid.IntRange(0, 4).Draw(t, "named") == 0 {
			out = append(out, Named{p, drawWindow(t)})
		}
	}
	return out
}

// met is what the oracle knows of one person beside a case.
type met struct {
	seconds     map[Place]map[Instant]bool
	first, last Instant
}

func overlap(a, b Visit) (from, to Instant) {
	return max(a.Start, b.Start), min(a.End, b.End)
}

// contacts is found second by second: a second together in a place counts once.
func (c *town) contacts(r *Rules, q Case) map[Person]*met {
	out := map[Person]*met{}
	for _, a := range c.visits {
		if a.Person != q.Person {
			continue
		}
		a.Start, a.End = max(a.Start, q.Window.From), min(a.End, q.Window.To)
		for _, b := range c.visits {
			from, to := overlap(a, b)
			if b.Person == q.Person || b.Place != a.Place || from >= to {
				continue
			}
			m := out[b.Person]
			if m == nil {
				m = &met{seconds: map[Place]map[Instant]bool{}, first: from, last: to}
				out[b.Person] = m
			}
			m.first, m.last = min(m.first, from), max(m.last, to)
			if m.seconds[a.Place] == nil {
				m.seconds[a.Place] = map[Instant]bool{}
			}
			for s := from; s < to; s++ {
				m.seconds[a.Place][s] = true
			}
		}
	}
	return out
}

func (m *met) total(c *town, kinds Kinds) (n uint32) {
	for p, s := range m.seconds {
		if kinds.Has(c.kinds[p]) {
			n += uint32(len(s))
		}
	}
	return n
}

func TestContactsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawTown(t)
		c.spots = nil // distances are tested apart
		r := drawRules(t)
		r.Clauses = r.Clauses[1:]
		q := Case{Person: Person(rapid.IntRange(0, c.people-1).Draw(t, "case")), Window: drawWindow(t), Named: c.drawNamed(t)}
		named := map[Person]Window{}
		for _, x := range q.Named {
			if from, to := max(x.From, q.Window.From), min(x.To, q.Window.To); r.Named != "" && from < to && x.Person != q.Person {
				named[x.Person] = Window{from, to}
			}
		}
		got := c.view.Contacts(r, q)
		want, doses := map[Person]string{}, map[Person]float64{}
		for p, m := range c.contacts(r, q) {
			because := ""
			for _, cl := range r.Clauses {
				if m.total(c, cl.Kinds) >= cl.AtLeast {
					because = fmt.Sprintf("%s %s", cl.Tier, cl.Name)
					break
				}
			}
			lives := r.Household != "" && c.home[p] != 0 && c.home[p] == c.home[q.Person]
			if lives && (because == "" || because == "general same place") {
				because = "close household"
			}
			at, told := named[p]
			if told {
				m.first, m.last = min(m.first, at.From), max(m.last, at.To)
			}
			if told && (because == "" || because == "general same place") {
				because = "close named"
			}
			if because != "" {
				dose := 0.0
				for pl, s := range m.seconds {
					dose += float64(len(s)) * weigh(r, c.kinds[pl]) / 3600
				}
				doses[p] = dose
				want[p] = fmt.Sprintf("%s, %d s, %d to %d", because, m.total(c, EveryKind), m.first, m.last)
			}
		}
		for p, h := range c.home {
			if p := Person(p); r.Household != "" && p != q.Person && h != 0 && h == c.home[q.Person] && want[p] == "" {
				want[p] = fmt.Sprintf("close household, 0 s, %d to %d", q.Window.From, q.Window.To)
			}
		}
		for p, at := range named {
			if want[p] == "" {
				want[p] = fmt.Sprintf("close named, 0 s, %d to %d", at.From, at.To)
			}
		}
		had := map[Person]string{}
		for i, x := range got.List {
			had[x.Person] = fmt.Sprintf("%s %s, %d s, %d to %d", got.Tier(i), got.Because(i), x.Seconds, x.First, x.Last)
			if got.ByName(i) != (got.Because(i) == "named") {
				t.Errorf("person %d is a contact by %s, by name %v", x.Person, got.Because(i), got.ByName(i))
			}
			if math.Abs(float64(x.Dose)-doses[x.Person]) > 1e-5*doses[x.Person] {
				t.Errorf("person %d has dose %g, want %g", x.Person, x.Dose, doses[x.Person])
			}
			if i > 0 {
				y := got.List[i-1]
				a, b := rankOf(got.Tier(i-1)), rankOf(got.Tier(i))
				if cmp.Or(cmp.Compare(a, b), cmp.Compare(x.Dose, y.Dose), cmp.Compare(y.Person, x.Person)) >= 0 {
					t.Fatalf("contact %d is not ranked after %d", i, i-1)
				}
			}
			sum, places := uint32(0), map[Place]bool{}
			encounters := got.Encounters(i)
			for _, e := range encounters {
				places[e.Place] = true
				sum += uint32(e.To - e.From)
			}
			if sum < x.Seconds {
				t.Fatalf("the encounters of %d sum up to %d of %d seconds", x.Person, sum, x.Seconds)
			}
		}
		compare(t, had, want)
	})
}

func rankOf(t contact.Tier) int {
	return slices.Index([]contact.Tier{contact.Close, contact.Secondary, contact.General}, t)
}

func compare(t *rapid.T, had, want map[Person]string) {
	t.Helper()
	for p, w := range want {
		if had[p] != w {
			t.Errorf("person %d: got %q, want %q", p, had[p], w)
		}
	}
	for p, h := range had {
		if _, ok := want[p]; !ok {
			t.Errorf("person %d: got %q, want nothing", p, h)
		}
	}
}

// A clause with a distance counts what is near enough, and what nobody knows the distance of.
func TestDistanceBoundsAClause(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawTown(t)
		// One visit of each person to a place, so that no second has two spots.
		type at struct {
			person Person
			place  Place
		}
		seen := map[at]bool{}
		c.visits = slices.DeleteFunc(c.visits, func(v Visit) bool {
			k := at{v.Person, v.Place}
			had := seen[k]
			seen[k] = true
			return had
		})
		ix := NewIndex(0)
		ix.SetKinds(c.kinds)
		b := Block{Visits: c.visits}
		for _, v := range c.visits {
			b.Spots = append(b.Spots, c.spots[v])
		}
		if err := ix.Add(b); err != nil {
			t.Fatal(err)
		}
		r := &Rules{Encounter: 1, Clauses: []Clause{{Name: "near", Tier: contact.Close, Kinds: EveryKind, AtLeast: 300, Rows: 2, Metres: 1}}}
		q := Case{Person: Person(rapid.IntRange(0, c.people-1).Draw(t, "case")), Window: Window{0, Never}}
		sums := map[Person]uint32{}
		for _, a := range c.visits {
			for _, o := range c.visits {
				from, to := overlap(a, o)
				if a.Person != q.Person || o.Person == q.Person || a.Place != o.Place || from >= to {
					continue
				}
				x, y := c.spots[a], c.spots[o]
				far := x.Row != 0 && y.Row != 0 && (x.Row-y.Row > 2 || y.Row-x.Row > 2)
				if x.Point && y.Point {
					far = math.Abs(float64(x.X-y.X)) > 1
				}
				if !far {
					sums[o.Person] += uint32(to - from)
				}
			}
		}
		want, had := map[Person]string{}, map[Person]string{}
		for p, n := range sums {
			if n >= 300 {
				want[p] = "near"
			}
		}
		got := ix.View().Contacts(r, q)
		for i, x := range got.List {
			had[x.Person] = got.Because(i)
		}
		compare(t, had, want)
	})
}

func drawSources(t *rapid.T, people int) (sources []Source, known []Person) {
	for p := range Person(people) {
		switch rapid.IntRange(0, 5).Draw(t, "role") {
		case 0:
			known = append(known, p)
		case 1, 2:
			s := Source{p, noon + Instant(rapid.IntRange(-3*1440, 2*1440).Draw(t, "exposed"))*60, Never}
			if rapid.Bool().Draw(t, "isolated") {
				s.Isolated = s.Exposed + Instant(rapid.IntRange(0, 3*secondsOfDay).Draw(t, "free for"))
			}
			sources = append(sources, s)
		}
	}
	return rapid.Permutation(sources).Draw(t, "sources"), known
}

func TestSecondariesAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawTown(t)
		r := drawRules(t)
		sources, known := drawSources(t, c.people)
		until := noon + Instant(rapid.IntRange(-1440, 4*1440).Draw(t, "until"))*60
		isSource, not := map[Person]Source{}, map[Person]bool{}
		for _, s := range sources {
			isSource[s.Person], not[s.Person] = s, true
		}
		for _, p := range known {
			not[p] = true
		}
		// The earliest moment from which somebody is with a source for an encounter, and with whom at that moment.
		want, via, dose := map[Person]Instant{}, map[Person][]Person{}, map[Person]float64{}
		for _, a := range c.visits {
			s, ok := isSource[a.Person]
			if !ok || !r.EncounterKinds.Has(c.kinds[a.Place]) {
				continue
			}
			a.Start, a.End = max(a.Start, s.Exposed), min(a.End, s.Isolated, until)
			for _, b := range c.visits {
				from, to := overlap(a, b)
				if not[b.Person] || b.Place != a.Place || to < from || from > a.End {
					continue
				}
				if a.End > a.Start {
					if m, n := minute(max(a.Start, b.Start)), minute(min(a.End, b.End)); m < n {
						dose[b.Person] += float64(n-m) / 60 * weigh(r, c.kinds[a.Place])
					}
				}
				long := Instant(r.Encounter)
				if c.kinds[a.Place] == Untimed {
					long = 1
				}
				if to-from < long {
					continue
				}
				if at, ok := want[b.Person]; !ok || from < at {
					want[b.Person], via[b.Person] = from, nil
				}
				if want[b.Person] == from {
					via[b.Person] = append(via[b.Person], a.Person)
				}
			}
		}
		got := c.view.Secondaries(r, sources, known, until)
		for i, s := range got {
			if at, ok := want[s.Person]; !ok || at != s.At || !slices.Contains(via[s.Person], s.Via) {
				t.Errorf("got %+v, want at %d via one of %v", s, at, via[s.Person])
			}
			if i > 0 && got[i-1].Person >= s.Person {
				t.Errorf("person %d comes after %d", s.Person, got[i-1].Person)
			}
		}
		if len(got) != len(want) {
			t.Errorf("got %d secondary contacts, want %d: %v %v", len(got), len(want), got, want)
		}
		ranked, total := c.view.Ranked(r, sources, known, until, -1)
		if total != len(want) || len(ranked) != total {
			t.Fatalf("ranked %d of %d, want %d", len(ranked), total, len(want))
		}
		for i, x := range ranked {
			if math.Abs(float64(x.Dose)-dose[x.Person]) > 1e-3*dose[x.Person]+1e-5 {
				t.Errorf("person %d has dose %g, want %g", x.Person, x.Dose, dose[x.Person])
			}
			if i > 0 && cmp.Or(cmp.Compare(x.Dose, ranked[i-1].Dose), cmp.Compare(ranked[i-1].Person, x.Person)) >= 0 {
				t.Errorf("%d is not ranked after %d", x.Person, ranked[i-1].Person)
			}
			if j, _ := slices.BinarySearchFunc(got, x.Person, func(s Secondary, p Person) int { return cmp.Compare(s.Person, p) }); got[j] != x.Secondary {
				t.Errorf("ranked as %+v, found as %+v", x.Secondary, got[j])
			}
		}
		// Asked again, out of memory that was used before.
		if again := c.view.Secondaries(r, sources, known, until); !slices.Equal(again, got) {
			t.Errorf("asked again: %v, at first %v", again, got)
		}
	})
}

// weigh is what an hour in a place of a kind counts.
func weigh(r *Rules, k Kind) float64 {
	if int(k) < len(r.Rates) {
		return float64(r.Rates[k])
	}
	return 1
}

func minute(i Instant) Instant { return i / 60 }

func TestBatchIsItsCases(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawTown(t)
		r := drawRules(t)
		var cases []Case
		for range rapid.IntRange(1, 5).Draw(t, "cases") {
			cases = append(cases, Case{Person: Person(rapid.IntRange(0, c.people-1).Draw(t, "case")), Window: drawWindow(t), Named: c.drawNamed(t)})
		}
		got := c.view.Batch(r, cases)
		isCase, first := map[Person]bool{}, map[Person]Met{}
		for _, q := range cases {
			isCase[q.Person] = true
		}
		n := 0
		for i, q := range cases {
			one := c.view.Contacts(r, q)
			n += len(one.List)
			for _, x := range one.List {
				if !slices.ContainsFunc(got.Links, func(l Link) bool {
					return l.Case == int32(i) && l.Person == x.Person && l.Seconds == x.Seconds && l.First == x.First && l.Last == x.Last && l.Dose == x.Dose
				}) {
					t.Errorf("case %d: no link to %+v", i, x)
				}
				if m, ok := first[x.Person]; !isCase[x.Person] && (!ok || x.First < m.First) {
					first[x.Person] = Met{x.Person, x.First, int32(i)}
				}
			}
		}
		if len(got.Links) != n {
			t.Errorf("%d links, want %d", len(got.Links), n)
		}
		var want []Met
		for _, m := range first {
			want = append(want, m)
		}
		sort.Slice(want, func(i, j int) bool { return want[i].Person < want[j].Person })
		if !slices.Equal(got.Contacts, want) {
			t.Errorf("contacts %v, want %v", got.Contacts, want)
		}
		size := rapid.IntRange(0, len(want)+1).Draw(t, "capacity")
		cut, left := got.Cut(size)
		if len(cut.Contacts) != min(size, len(want)) || left != len(want)-len(cut.Contacts) {
			t.Errorf("cut to %d of %d: %d stay, %d left", size, len(want), len(cut.Contacts), left)
		}
		touched := c.view.Preview(got, nil, noon+3*secondsOfDay, []int{size})[0]
		if second := c.view.Secondaries(r, cut.Sources(nil), cut.Known(), noon+3*secondsOfDay); touched != (Touched{len(cut.Contacts), len(second)}) {
			t.Errorf("preview says %+v, the order touches %d and %d", touched, len(cut.Contacts), len(second))
		}
	})
}

func TestSharedPlacesAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawTown(t)
		var cases []Case
		for p := range Person(c.people) {
			if rapid.Bool().Draw(t, "case") {
				cases = append(cases, Case{Person: p, Window: drawWindow(t)})
			}
		}
		type key struct {
			place Place
			day   day.Day
		}
		who := map[key]map[int32]bool{}
		visits := map[key]int{}
		for _, v := range c.visits {
			visits[key{v.Place, c.dayOf(v.Start)}]++
			for i, q := range cases {
				a, b := max(v.Start, q.Window.From), min(v.End, q.Window.To)
				if q.Person != v.Person || a >= b {
					continue
				}
				for d := c.dayOf(a); d <= c.dayOf(b-1); d = d.Add(1) {
					k := key{v.Place, d}
					if who[k] == nil {
						who[k] = map[int32]bool{}
					}
					who[k][int32(i)] = true
				}
			}
		}
		want := map[key]int{}
		for k, w := range who {
			if len(w) >= 3 {
				want[k] = len(w)
			}
		}
		got := c.view.Shared(cases, c.people)
		for _, s := range got {
			k := key{s.Place, s.Day}
			if want[k] != s.Cases || len(s.Who) != s.Cases || s.Visits != visits[k] {
				t.Errorf("got %+v, want %d cases and %d visits", s, want[k], visits[k])
			}
			mean := float64(len(cases)) * float64(visits[k]) / float64(c.people)
			if p := tail(s.Cases, mean); math.Abs(s.Score+math.Log10(p)) > 1e-6*s.Score+1e-9 {
				t.Errorf("%+v: score %g, want %g", s, s.Score, -math.Log10(p))
			}
		}
		if len(got) != len(want) {
			t.Errorf("got %d shared places, want %d", len(got), len(want))
		}
	})
}

// tail is P(X >= k) for X Poisson, summed from k upwards.
func tail(k int, mean float64) float64 {
	p := math.Exp(-mean)
	for i := 1; i <= k; i++ {
		p *= mean / float64(i)
	}
	sum := 0.0
	for i := k + 1; i < k+500; i++ {
		sum += p
		p *= mean / float64(i)
	}
	return sum
}

func TestPresencesAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawTown(t)
		q := Case{Person: Person(rapid.IntRange(0, c.people-1).Draw(t, "who")), Window: drawWindow(t)}
		// Second by second, in steps of the bounds that there are.
		bounds := map[Place][]Instant{}
		there := func(p Place, at Instant) bool {
			return slices.ContainsFunc(c.visits, func(v Visit) bool {
				return v.Person == q.Person && v.Place == p && max(v.Start, q.Window.From) <= at && at < min(v.End, q.Window.To)
			})
		}
		for _, v := range c.visits {
			if v.Person == q.Person {
				bounds[v.Place] = append(bounds[v.Place], max(v.Start, q.Window.From), min(v.End, q.Window.To))
			}
		}
		var want []Presence
		for p, list := range bounds {
			slices.Sort(list)
			var open *Presence
			for _, at := range slices.Compact(list) {
				switch is := there(p, at); {
				case is && open == nil:
					open = &Presence{Place: p, Kind: c.kinds[p], From: at}
				case !is && open != nil:
					open.To = at
					want, open = append(want, *open), nil
				}
			}
		}
		slices.SortFunc(want, func(a, b Presence) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Place, b.Place)) })
		if got := c.view.Presences(q); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
