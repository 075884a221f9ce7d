package city

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"

	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/sim/params"
)

func options(t testing.TB, people int, seed uint64) Options {
	t.Helper()
	tree, err := qingdao.Tree()
	if err != nil {
		t.Fatal(err)
	}
	outlines, err := qingdao.Outlines()
	if err != nil {
		t.Fatal(err)
	}
	p, err := params.LoadCity()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Tree: tree, Outlines: outlines, People: people, Seed: seed, Params: p, Port: "370211"}
}

func build(t testing.TB, people int, seed uint64) *City {
	t.Helper()
	c, err := Build(options(t, people, seed))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var town = sync.OnceValue(func() func(testing.TB) *City {
	var c *City
	var once sync.Once
	return func(t testing.TB) *City {
		once.Do(func() { c = build(t, 200_000, 1) })
		return c
	}
})()

func TestEverybodyIsSomewhereOnce(t *testing.T) {
	t.Parallel()
	c := town(t)
	if c.People() != 200_000 {
		t.Fatalf("%d people, want 200000", c.People())
	}
	next := uint32(0)
	for _, a := range c.areas {
		if a.First != next {
			t.Fatalf("area %s begins with %d, want %d", a.Code, a.First, next)
		}
		next += a.People
	}
	if int(next) != c.People() {
		t.Fatalf("areas hold %d", next)
	}
	for p := range Person(c.People()) {
		first, n := c.Household(p)
		a := c.areas[c.AreaOf(p)]
		if uint32(p) < a.First || uint32(p) >= a.First+a.People {
			t.Fatalf("%d is not in area %s", p, a.Code)
		}
		if uint32(first) < a.First || uint32(first)+uint32(n) > a.First+a.People {
			t.Fatalf("household of %d leaves its area", p)
		}
		for q := first; q < first+Person(n); q++ {
			if f, m := c.Household(q); f != first || m != n {
				t.Fatalf("%d and %d do not agree on their household: %d+%d, %d+%d", p, q, first, n, f, m)
			}
		}
	}
	seen := map[uint32]bool{}
	for g := range uint32(c.Groups()) {
		for _, p := range c.Members(g) {
			if seen[p] || c.group[p] != g {
				t.Fatalf("%d is of two groups", p)
			}
			seen[p] = true
		}
	}
	for p := range Person(c.People()) {
		if r := c.RoleOf(p); (r >= Kindergarten) != seen[uint32(p)] {
			t.Fatalf("%d, %s, is of a group: %v", p, r, seen[uint32(p)])
		}
	}
	at := uint32(0)
	for i, s := range c.sites {
		if s.members.first != at || s.members.n == 0 {
			t.Fatalf("site %d begins with member %d, want %d; has %d", i, s.members.first, at, s.members.n)
		}
		at += s.members.n
	}
	if int(at) != len(c.members) {
		t.Fatalf("sites hold %d of %d members", at, len(c.members))
	}
}

func TestMarginals(t *testing.T) {
	t.Parallel()
	c := town(t)
	n := float64(c.People())
	var young, old, working, schooled, resident float64
	sizes := map[int]float64{}
	for p := range Person(c.People()) {
		switch age := c.AgeOf(p); {
		case age < 15:
			young++
		case age >= 60:
			old++
		}
		switch c.RoleOf(p) {
		case Worker:
			working++
		case Kindergarten, Primary, Middle, High:
			schooled++
		case Resident:
			resident++
		default:
		}
		if first, m := c.Household(p); first == p && c.RoleOf(p) != Resident {
			sizes[m]++
		}
	}
	within := func(what string, got, low, high float64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s is %.4f, want %.4f to %.4f", what, got, low, high)
		}
	}
	within("below 15", young/n, 0.13, 0.19)
	within("60 and above", old/n, 0.17, 0.25)
	within("working", working/n, 0.38, 0.55)
	within("at school", schooled/n, 0.11, 0.20)
	within("in care homes", resident/n, 0.0005, 0.006)
	households := 0.0
	for _, x := range sizes {
		households += x
	}
	for i, share := range c.params.Households.Value {
		got := sizes[i+1] / households
		if math.Abs(got-share) > 0.02 {
			t.Errorf("households of %d are %.3f, want %.3f", i+1, got, share)
		}
	}
	kinds := map[Kind]int{}
	for _, s := range c.sites {
		kinds[s.kind]++
	}
	for k := KindKindergarten; k <= KindDaily; k++ {
		if kinds[k] == 0 {
			t.Errorf("there is no %s", k)
		}
	}
	if kinds[KindPort] != 1 {
		t.Errorf("%d ports", kinds[KindPort])
	}
}

func TestSameSeedSameCity(t *testing.T) {
	t.Parallel()
	sum := func(c *City) string {
		h := uint64(14695981039346656037)
		add := func(x uint64) { h = (h ^ x) * 1099511628211 }
		for p := range c.age {
			add(uint64(c.age[p])<<40 | uint64(c.home[p])<<32 | uint64(c.group[p]))
		}
		for _, a := range c.areas {
			add(math.Float64bits(a.Middle[0]))
		}
		return fmt.Sprintf("%x", h)
	}
	a, b, other := sum(build(t, 50_000, 7)), sum(build(t, 50_000, 7)), sum(build(t, 50_000, 8))
	if a != b {
		t.Error("the same seed made two cities")
	}
	if a == other {
		t.Error("two seeds made the same city")
	}
}

func TestEverythingLiesInsideTheBoundaries(t *testing.T) {
	t.Parallel()
	c := town(t)
	o := options(t, 1000, 1)
	shapes := map[place.AreaID]orb.MultiPolygon{}
	for _, x := range o.Outlines {
		j, ok := o.Tree.ByCode(x.Code)
		shape, isShape := place.Shape(x.Geometry)
		if !ok || !isShape {
			t.Fatalf("outline %s", x.Code)
		}
		shapes[j.ID] = shape
	}
	inside := func(what string, district place.AreaID, p orb.Point) {
		t.Helper()
		if !planar.MultiPolygonContains(shapes[district], p) {
			t.Errorf("%s at %v lies outside of its district", what, p)
		}
	}
	for i := range c.areas {
		inside("community", c.areas[i].District, c.areas[i].Middle)
	}
	for p := Person(0); int(p) < c.People(); p += 997 {
		inside("home", c.areas[c.AreaOf(p)].District, c.HomePoint(p))
	}
	for s := range uint32(c.Sites()) {
		if s%13 == 0 {
			inside("site", c.areas[c.sites[s].area].District, c.SitePoint(s))
		}
	}
}

// If p meets q, q meets p: at the same minute, as long, in the same place.
func TestContactsAreMutual(t *testing.T) {
	t.Parallel()
	c := town(t)
	rapid.Check(t, func(t *rapid.T) {
		p := Person(rapid.IntRange(0, c.People()-1).Draw(t, "person"))
		day := rapid.IntRange(0, 400).Draw(t, "day")
		list := c.Contacts(nil, p, day)
		for _, x := range list {
			if x.With == p {
				t.Fatalf("%d meets themself on the %s", p, x.Layer)
			}
			found := 0
			for _, y := range c.Contacts(nil, x.With, day) {
				if y.With == p && y.Layer == x.Layer && y.Start == x.Start && y.Minutes == x.Minutes && (x.Layer <= Group || y.Slot == x.Slot) && y.Place == x.Place {
					found++
				}
			}
			if found != 1 {
				t.Fatalf("%d meets %d (%+v), who knows of it %d times: %+v", p, x.With, x, found, c.Contacts(nil, x.With, day))
			}
			if x.Minutes < 1 || x.Start < 0 || x.Start+x.Minutes > 24*60 {
				t.Fatalf("from %d for %d minutes", x.Start, x.Minutes)
			}
		}
		again := c.Contacts(nil, p, day)
		if fmt.Sprint(again) != fmt.Sprint(list) {
			t.Fatal("another list when asked again")
		}
	})
}

func TestPeopleMeetAsManyAsTheyShould(t *testing.T) {
	t.Parallel()
	c := town(t)
	var sum [Layers]float64
	total, n := 0.0, 0.0
	var buf []Contact
	for p := Person(0); int(p) < c.People(); p += 101 {
		for day := range 7 {
			buf = c.Contacts(buf[:0], p, day)
			for _, x := range buf {
				sum[x.Layer]++
			}
			total += float64(len(buf))
			n++
		}
	}
	for l := range Layer(Layers) {
		t.Logf("%s: %.2f a day", l, sum[l]/n)
		if sum[l] == 0 {
			t.Errorf("nobody meets anybody: %s", l)
		}
	}
	if mean := total / n; mean < 9 || mean > 18 {
		t.Errorf("people meet %.1f others a day, want about 13", mean)
	}
}

func BenchmarkBuild(b *testing.B) {
	o := options(b, 1_000_000, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Build(o); err != nil {
			b.Fatal(err)
		}
	}
}
