package situation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/day"
	"firebreak/internal/situation"
)

func ExampleChainsOf() {
	d := day.MustParse("2022-03-04")
	onset := []day.Day{d, d.Add(2), d.Add(3), d.Add(6), 0, d.Add(1)}
	c, err := situation.ChainsOf(situation.ChainsInput{
		Cases: 6, Onset: onset, Directed: true, Unresolved: 1,
		Links: []situation.Link{{From: 0, To: 1}, {From: 0, To: 2}, {From: 2, To: 3}, {From: 2, To: 4}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("chains", c.Sizes, "singles", c.Singles, "generations", c.Generations, "infected by case 0:", c.OutDegree[0])
	for _, p := range c.Layout(onset, situation.LayoutOptions{}) {
		fmt.Printf("case %d below %2d: %s lane %.2f guessed %v\n", p.Case, p.Parent, p.Day, p.Lane, p.Guessed)
	}
	// Output:
	// chains [5] singles 1 generations [2 2 2] infected by case 0: 2
	// case 0 below -1: 2022-03-04 lane 0.75 guessed false
	// case 1 below  0: 2022-03-06 lane 0.00 guessed false
	// case 2 below  0: 2022-03-07 lane 1.50 guessed false
	// case 3 below  2: 2022-03-10 lane 1.00 guessed false
	// case 4 below  2: 2022-03-10 lane 2.00 guessed true
}

func chainsOf(t testing.TB, s *set, directed bool) situation.Chains {
	t.Helper()
	c, err := situation.ChainsOf(situation.ChainsInput{Cases: len(s.cases), Onset: s.onset, Links: s.links, Directed: directed, Unresolved: s.unresolved})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChainsMERS(t *testing.T) {
	t.Parallel()
	s := mers(t)
	c := chainsOf(t, s, true)
	if !slices.Equal(c.Sizes, []int{94, 3}) || c.Singles != 162-97 {
		t.Errorf("chains %v, %d singles; want [94 3], 65", c.Sizes, c.Singles)
	}
	if !slices.Equal(c.Generations, []int{67, 28, 64, 3}) {
		t.Errorf("generations %v, want [67 28 64 3]", c.Generations)
	}
	if c.Links != 98 || c.WithInfector != 95 || c.SeveralParents != 2 || c.Infectors != 11 || c.Unresolved != 0 || c.Duplicates+c.SelfLinks+c.Invalid+c.Loops != 0 {
		t.Errorf("links %d, with infector %d, several %d, infectors %d: %+v", c.Links, c.WithInfector, c.SeveralParents, c.Infectors,
			[]int{c.Unresolved, c.Duplicates, c.SelfLinks, c.Invalid, c.Loops})
	}
	// SeveralParents counts 2 cases for 98 links to 95 cases: one of them has three infectors.
	for id, want := range map[string]int32{"SK_14": 38, "SK_1": 26, "SK_16": 21, "SK_15": 4} {
		if got := c.OutDegree[s.index[id]]; got != want {
			t.Errorf("%s infected %d, want %d", id, got, want)
		}
	}
}

func TestChainsSingapore(t *testing.T) {
	t.Parallel()
	c := chainsOf(t, singapore(t), false)
	if len(c.Sizes) != 16 || !slices.Equal(c.Sizes[:8], []int{15, 9, 6, 5, 4, 3, 3, 3}) || c.Singles != 29 || c.Links != 65 || c.SelfLinks != 1 {
		// Of the 66 direct links one joins case 71 to itself.
		t.Errorf("%d chains %v, %d singles, %d links, %d to itself; want 16 [15 9 6 5 4 3 3 3 ...], 29, 65, 1", len(c.Sizes), c.Sizes, c.Singles, c.Links, c.SelfLinks)
	}
	if c.Generation != nil || c.OutDegree != nil {
		t.Error("undirected links have no generations")
	}
}

func TestChainsEbola(t *testing.T) {
	t.Parallel()
	s := ebola(t)
	c := chainsOf(t, s, true)
	// 1,711 chains and 3,741 cases with infector count cases that are only named in links as well; the caller decides
	// whether to list them. Here they are added as cases without onset.
	n := len(s.cases)
	all := &set{cases: slices.Clone(s.cases), onset: slices.Clone(s.onset), index: map[string]int32{}}
	for id, i := range s.index {
		all.index[id] = i
	}
	for _, r := range table(t, dataFile(t, "ebola_sim/contacts.csv")) {
		for _, id := range []string{r["infector"], r["case_id"]} {
			if _, ok := all.index[id]; !ok && id != "" {
				all.index[id] = int32(len(all.cases))
				all.cases = append(all.cases, situation.Case{})
				all.onset = append(all.onset, 0)
			}
		}
		all.link(r["infector"], r["case_id"])
	}
	full := chainsOf(t, all, true)
	t.Logf("list only: %d chains, largest %d, with infector %d, unresolved %d; with those only named: %d cases, %d chains, largest %d, with infector %d",
		len(c.Sizes), c.Sizes[0], c.WithInfector, c.Unresolved, len(all.cases), len(full.Sizes), full.Sizes[0], full.WithInfector)
	if full.Links != 3800 || len(all.cases) != n+59+1170-11 { // 11 are both: infected, and infectors of others
		t.Errorf("%d links, %d cases", full.Links, len(all.cases))
	}
	if len(full.Sizes) != 1711 || full.Sizes[0] != 14 || slices.Max(full.OutDegree) != 6 {
		t.Errorf("%d chains, largest %d, most secondary cases %d; want 1711, 14, 6", len(full.Sizes), full.Sizes[0], slices.Max(full.OutDegree))
	}
	if got := full.WithInfector; got != 3741+59 {
		t.Errorf("%d cases with infector, want 3741 on the list and 59 that are not", got)
	}
	if c.Unresolved+len(s.links) != 3800 {
		t.Errorf("%d unresolved of 3800, %d resolved", c.Unresolved, len(s.links))
	}
}

func TestChainsOddities(t *testing.T) {
	t.Parallel()
	d := day.MustParse("2022-03-04")
	in := situation.ChainsInput{
		Cases: 8, Directed: true, Unresolved: 4,
		// 0 -> 1 -> 2 -> 0 is a circle whose earliest case is 1; 3 hangs below it; 4 links itself; 5 -> 6 comes twice.
		Onset: []day.Day{0, d, d.Add(3), d.Add(5), d, d, d, d},
		Links: []situation.Link{{0, 1}, {1, 2}, {2, 0}, {2, 3}, {4, 4}, {5, 6}, {5, 6}, {-1, 3}, {0, 8}},
	}
	c, err := situation.ChainsOf(in)
	if err != nil {
		t.Fatal(err)
	}
	if c.Loops != 1 || c.InLoops != 3 || c.SelfLinks != 1 || c.Duplicates != 1 || c.Invalid != 2 || c.Unresolved != 4 || c.Links != 5 {
		t.Errorf("got %+v", c)
	}
	if !slices.Equal(c.Sizes, []int{4, 2}) || c.Singles != 2 {
		t.Errorf("chains %v, singles %d", c.Sizes, c.Singles)
	}
	if want := []int32{2, 0, 1, 2, 0, 0, 1, 0}; !slices.Equal(c.Generation, want) {
		t.Errorf("generations %v, want %v", c.Generation, want)
	}
	if p := c.Layout(in.Onset, situation.LayoutOptions{Singles: true}); len(p) != 8 {
		t.Errorf("%d points, want 8", len(p))
	}
	if p := c.Layout(nil, situation.LayoutOptions{Chains: 1}); len(p) != 4 || !p[0].Day.IsZero() || p[0].Guessed {
		t.Errorf("largest chain without onsets: %+v", p)
	}
	for _, bad := range []situation.ChainsInput{{Cases: -1}, {Cases: situation.MaxCases + 1}, {Cases: 2, Onset: []day.Day{d}}} {
		if _, err := situation.ChainsOf(bad); !errors.Is(err, situation.ErrArgument) {
			t.Errorf("%d cases: %v, want ErrArgument", bad.Cases, err)
		}
	}
	if c, err := situation.ChainsOf(situation.ChainsInput{}); err != nil || len(c.Layout(nil, situation.LayoutOptions{})) != 0 {
		t.Errorf("no cases: %+v, %v", c, err)
	}
}

// TestChainsProperties: components against a plain flood fill; every count adds up; neither the order of the links nor their
// direction (for components) matters; no two points of the drawing cover each other.
func TestChainsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(rt, "cases")
		index := rapid.Int32Range(-1, int32(n))
		links := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) situation.Link {
			return situation.Link{From: index.Draw(rt, "from"), To: index.Draw(rt, "to")}
		}), 0, 60).Draw(rt, "links")
		onset := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) day.Day {
			if rapid.IntRange(0, 4).Draw(rt, "known") == 0 {
				return 0
			}
			return day.MustParse("2020-01-01").Add(rapid.IntRange(0, 12).Draw(rt, "onset"))
		}), n, n).Draw(rt, "onset")
		directed := rapid.Bool().Draw(rt, "directed")
		in := situation.ChainsInput{Cases: n, Onset: onset, Links: links, Directed: directed}
		c, err := situation.ChainsOf(in)
		if err != nil {
			rt.Fatal(err)
		}
		if c.Links+c.SelfLinks+c.Duplicates+c.Invalid != len(links) {
			rt.Fatalf("%d links: %+v", len(links), c)
		}
		if got, want := fmt.Sprint(c.Component), fmt.Sprint(floodFill(n, links)); got != want {
			rt.Fatalf("components %s, want %s", got, want)
		}
		total := c.Singles
		for _, s := range c.Sizes {
			total += s
		}
		if total != n || !slices.IsSortedFunc(c.Sizes, func(a, b int) int { return b - a }) {
			rt.Fatalf("sizes %v and %d singles for %d cases", c.Sizes, c.Singles, n)
		}
		points := c.Layout(onset, situation.LayoutOptions{Singles: true})
		if len(points) != n {
			rt.Fatalf("%d points for %d cases", len(points), n)
		}
		type spot struct {
			d    day.Day
			x    int
			lane float64
		}
		seen := map[spot]int32{}
		for _, p := range points {
			s := spot{d: p.Day, lane: p.Lane}
			if p.Day.IsZero() {
				s.x = p.Depth
			}
			if other, ok := seen[s]; ok {
				rt.Fatalf("cases %d and %d are both at %+v", other, p.Case, s)
			}
			seen[s] = p.Case
			if !onset[p.Case].IsZero() && (p.Day != onset[p.Case] || p.Guessed) {
				rt.Fatalf("case %d with onset %s is drawn on %s", p.Case, onset[p.Case], p.Day)
			}
		}
		if directed {
			sum := 0
			for _, g := range c.Generations {
				sum += g
			}
			if sum != n || c.InLoops < 2*c.Loops {
				rt.Fatalf("generations %v; %d loops of %d cases", c.Generations, c.Loops, c.InLoops)
			}
			for _, l := range links {
				ok := l.From >= 0 && l.To >= 0 && int(l.From) < n && int(l.To) < n && l.From != l.To
				if ok && c.Loops == 0 && c.Generation[l.From] >= c.Generation[l.To] {
					rt.Fatalf("%d infected %d, but is not of an earlier generation: %v", l.From, l.To, c.Generation)
				}
			}
		}
		rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(rt, "shuffle")))
		in.Links = slices.Clone(links)
		rng.Shuffle(len(links), func(i, j int) { in.Links[i], in.Links[j] = in.Links[j], in.Links[i] })
		again, err := situation.ChainsOf(in)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(c) {
			rt.Fatalf("the order of links matters: %+v, %+v", c, again)
		}
	})
}

// floodFill numbers components as ChainsOf promises: by size, then by earliest case.
func floodFill(n int, links []situation.Link) []int32 {
	label := make([]int, n)
	for i := range label {
		label[i] = i
	}
	for changed := true; changed; {
		changed = false
		for _, l := range links {
			if l.From < 0 || l.To < 0 || int(l.From) >= n || int(l.To) >= n {
				continue
			}
			if m := min(label[l.From], label[l.To]); label[l.From] != m || label[l.To] != m {
				label[l.From], label[l.To] = m, m
				changed = true
			}
		}
	}
	size := make([]int, n)
	for _, l := range label {
		size[l]++
	}
	order := []int{}
	for i, s := range size {
		if s > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return size[b] - size[a] })
	out := make([]int32, n)
	for k, l := range order {
		for i := range label {
			if label[i] == l {
				out[i] = int32(k)
			}
		}
	}
	return out
}

func BenchmarkChains(b *testing.B) {
	const n = 1_000_000
	rng := rand.New(rand.NewPCG(1, 1))
	onset := make([]day.Day, n)
	links := make([]situation.Link, 0, n)
	d := day.MustParse("2020-01-01")
	for i := range onset {
		onset[i] = d.Add(i / 2000)
		if i > 5000 && rng.IntN(10) > 0 {
			links = append(links, situation.Link{From: int32(i - 1 - rng.IntN(5000)), To: int32(i)})
		}
	}
	in := situation.ChainsInput{Cases: n, Onset: onset, Links: links, Directed: true}
	c, err := situation.ChainsOf(in)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("cases=1e6", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := situation.ChainsOf(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("layout=1e6", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Layout(onset, situation.LayoutOptions{})
		}
	})
	line := make([]situation.Link, n-1) // one chain a million deep
	for i := range line {
		line[i] = situation.Link{From: int32(i), To: int32(i + 1)}
	}
	b.Run("one chain of 1e6", func(b *testing.B) {
		for b.Loop() {
			c, err := situation.ChainsOf(situation.ChainsInput{Cases: n, Links: line, Directed: true})
			if err != nil || c.Sizes[0] != n {
				b.Fatal(err)
			}
		}
	})
}
