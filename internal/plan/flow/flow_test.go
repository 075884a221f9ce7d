package flow_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/plan/flow"
)

// anArc is an arc of a small network that a test keeps for itself.
type anArc struct {
	tail, head int
	cap, cost  int64
}

// cheapest is the oracle: successive shortest paths by Bellman and Ford over a matrix-free list, from every supply to every demand. It
// returns the most that can be met and the least cost of meeting it.
func cheapest(nodes int, arcs []anArc, supply []int64) (met, cost int64) {
	type edge struct {
		to, rev   int
		cap, cost int64
	}
	g := make([][]edge, nodes+2)
	add := func(u, v int, c, w int64) {
		g[u] = append(g[u], edge{v, len(g[v]), c, w})
		g[v] = append(g[v], edge{u, len(g[u]) - 1, 0, -w})
	}
	for _, a := range arcs {
		if a.tail != a.head {
			add(a.tail, a.head, a.cap, a.cost)
		}
	}
	s, t := nodes, nodes+1
	for v, b := range supply {
		if b > 0 {
			add(s, v, b, 0)
		} else if b < 0 {
			add(v, t, -b, 0)
		}
	}
	for {
		const far = int64(1) << 60
		dist := make([]int64, nodes+2)
		via := make([][2]int, nodes+2)
		for i := range dist {
			dist[i] = far
		}
		dist[s] = 0
		for changed := true; changed; {
			changed = false
			for u := range g {
				for i, e := range g[u] {
					if e.cap > 0 && dist[u] < far && dist[u]+e.cost < dist[e.to] {
						dist[e.to], via[e.to], changed = dist[u]+e.cost, [2]int{u, i}, true
					}
				}
			}
		}
		if dist[t] == far {
			return met, cost
		}
		least := far
		for v := t; v != s; v = via[v][0] {
			least = min(least, g[via[v][0]][via[v][1]].cap)
		}
		for v := t; v != s; v = via[v][0] {
			e := &g[via[v][0]][via[v][1]]
			e.cap -= least
			g[v][e.rev].cap += least
		}
		met += least
		cost += least * dist[t]
	}
}

func drawArcs(t *rapid.T, nodes int) []anArc {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) anArc {
		return anArc{rapid.IntRange(0, nodes-1).Draw(t, "tail"), rapid.IntRange(0, nodes-1).Draw(t, "head"), rapid.Int64Range(0, 9).Draw(t, "cap"), rapid.Int64Range(0, 12).Draw(t, "cost")}
	}), 0, 40).Draw(t, "arcs")
}

func drawSupply(t *rapid.T, nodes int) []int64 {
	supply := make([]int64, nodes)
	for range rapid.IntRange(0, 6).Draw(t, "pairs") {
		n := rapid.Int64Range(1, 8).Draw(t, "amount")
		supply[rapid.IntRange(0, nodes-1).Draw(t, "from")] += n
		supply[rapid.IntRange(0, nodes-1).Draw(t, "to")] -= n
	}
	return supply
}

func build(nodes int, arcs []anArc) *flow.Network {
	n := flow.NewNetwork(nodes, len(arcs))
	for _, a := range arcs {
		n.AddArc(a.tail, a.head, a.cap, a.cost)
	}
	return n
}

// fits checks that a flow respects capacities and supplies, and adds up to the cost the solver states.
func fits(t *rapid.T, s *flow.Simplex, nodes int, arcs []anArc, supply []int64) {
	t.Helper()
	left := append([]int64(nil), supply...)
	var cost int64
	for a, x := range arcs {
		f := s.Flow(a)
		if f < 0 || f > x.cap {
			t.Fatalf("arc %d carries %d of %d", a, f, x.cap)
		}
		left[x.tail] -= f
		left[x.head] += f
		cost += f * x.cost
	}
	if cost != s.Cost() {
		t.Fatalf("flow costs %d, the solver says %d", cost, s.Cost())
	}
	if s.Unmet() > 0 {
		return
	}
	for v := range nodes {
		if left[v] != 0 {
			t.Fatalf("node %d keeps %d", v, left[v])
		}
	}
}

func TestSimplexFindsTheCheapestFlow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(1, 10).Draw(t, "nodes")
		arcs, supply := drawArcs(t, nodes), drawSupply(t, nodes)
		s, err := flow.NewSimplex(build(nodes, arcs), supply)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Solve(); err != nil {
			t.Fatal(err)
		}
		fits(t, s, nodes, arcs, supply)
		var all int64
		for _, b := range supply {
			all += max(b, 0)
		}
		met, cost := cheapest(nodes, arcs, supply)
		if got := all - s.Unmet(); got != met || s.Cost() != cost {
			t.Fatalf("met %d at %d, want %d at %d", got, s.Cost(), met, cost)
		}
	})
}

// After any changes, going on from the old tree gives what a new solver gives.
func TestSimplexGoesOnAfterChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(2, 10).Draw(t, "nodes")
		arcs, supply := drawArcs(t, nodes), drawSupply(t, nodes)
		s, err := flow.NewSimplex(build(nodes, arcs), supply)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			if err := s.Solve(); err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(0, 8).Draw(t, "changes") {
				if len(arcs) > 0 {
					a := rapid.IntRange(0, len(arcs)-1).Draw(t, "arc")
					if rapid.Bool().Draw(t, "room") {
						arcs[a].cap = rapid.Int64Range(0, 9).Draw(t, "cap")
						s.SetCap(a, arcs[a].cap)
					} else {
						arcs[a].cost = rapid.Int64Range(0, 12).Draw(t, "cost")
						s.SetCost(a, arcs[a].cost)
					}
				}
				if rapid.Bool().Draw(t, "supply") {
					u, v, n := rapid.IntRange(0, nodes-1).Draw(t, "from"), rapid.IntRange(0, nodes-1).Draw(t, "to"), rapid.Int64Range(1, 5).Draw(t, "amount")
					supply[u] += n
					supply[v] -= n
					s.AddSupply(u, n)
					s.AddSupply(v, -n)
				}
			}
			if err := s.Solve(); err != nil {
				t.Fatal(err)
			}
			fits(t, s, nodes, arcs, supply)
			anew, err := flow.NewSimplex(build(nodes, arcs), supply)
			if err != nil {
				t.Fatal(err)
			}
			if err := anew.Solve(); err != nil {
				t.Fatal(err)
			}
			if (s.Unmet() == 0) != (anew.Unmet() == 0) || s.Unmet() == 0 && s.Cost() != anew.Cost() {
				t.Fatalf("going on: unmet %d, cost %d; anew: %d, %d", s.Unmet(), s.Cost(), anew.Unmet(), anew.Cost())
			}
		}
	})
}

// Whatever it begins with, a solver finds the least cost, with as much met.
func TestSimplexBeginsWithAnyGuess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(1, 10).Draw(t, "nodes")
		arcs, supply := drawArcs(t, nodes), drawSupply(t, nodes)
		n := build(nodes, arcs)
		anew, err := flow.NewSimplex(n, supply)
		if err != nil {
			t.Fatal(err)
		}
		if err := anew.Solve(); err != nil {
			t.Fatal(err)
		}
		guess := make([]int64, len(arcs))
		for a := range arcs {
			if guess[a] = anew.Flow(a); rapid.Bool().Draw(t, "other") {
				guess[a] = rapid.Int64Range(-2, 10).Draw(t, "guess")
			}
		}
		s, err := flow.NewSimplexFrom(n, supply, guess)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Solve(); err != nil {
			t.Fatal(err)
		}
		fits(t, s, nodes, arcs, supply)
		if s.Unmet() != anew.Unmet() || s.Cost() != anew.Cost() {
			t.Fatalf("from a guess: unmet %d, cost %d; anew: %d, %d", s.Unmet(), s.Cost(), anew.Unmet(), anew.Cost())
		}
		if len(arcs) == 0 {
			return
		}
		// It goes on after a change as any other does.
		a := rapid.IntRange(0, len(arcs)-1).Draw(t, "arc")
		arcs[a].cap = rapid.Int64Range(0, 9).Draw(t, "cap")
		s.SetCap(a, arcs[a].cap)
		if anew, err = flow.NewSimplex(build(nodes, arcs), supply); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Solve(), anew.Solve()); err != nil {
			t.Fatal(err)
		}
		fits(t, s, nodes, arcs, supply)
		if s.Unmet() != anew.Unmet() || s.Cost() != anew.Cost() {
			t.Fatalf("going on: unmet %d, cost %d; anew: %d, %d", s.Unmet(), s.Cost(), anew.Unmet(), anew.Cost())
		}
	})
}

func TestMaxFlowEqualsItsCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(2, 12).Draw(t, "nodes")
		arcs := drawArcs(t, nodes)
		source, sink := 0, nodes-1
		m := flow.NewMaxFlow(build(nodes, arcs), source, sink)
		if rapid.Bool().Draw(t, "from a guess") {
			m.Start(rapid.SliceOfN(rapid.Int64Range(-1, 10), len(arcs), len(arcs)).Draw(t, "guess"))
		}
		m.Run()
		for range rapid.IntRange(0, 3).Draw(t, "raises") {
			if len(arcs) > 0 {
				a, more := rapid.IntRange(0, len(arcs)-1).Draw(t, "arc"), rapid.Int64Range(0, 5).Draw(t, "more")
				arcs[a].cap += more
				m.Raise(a, more)
			}
		}
		value := m.Run()
		left := make([]int64, nodes)
		for a, x := range arcs {
			if f := m.Flow(a); f < 0 || f > x.cap {
				t.Fatalf("arc %d carries %d of %d", a, f, x.cap)
			} else {
				left[x.tail] -= f
				left[x.head] += f
			}
		}
		for v, n := range left {
			if want := map[int]int64{source: -value, sink: value}[v]; n != want {
				t.Fatalf("node %d gets %d, want %d", v, n, want)
			}
		}
		for name, side := range map[string][]bool{"source": m.SourceSide(), "sink": m.SinkSide()} {
			inside := func(v int) bool { return side[v] == (name == "source") }
			var cut int64
			for _, x := range arcs {
				if inside(x.tail) && !inside(x.head) {
					cut += x.cap
				}
			}
			if !inside(source) || inside(sink) || cut != value {
				t.Fatalf("the cut nearest the %s holds %d, the flow is %d", name, cut, value)
			}
		}
	})
}

func TestSimplexRefuses(t *testing.T) {
	t.Parallel()
	n := build(2, []anArc{{0, 1, flow.Inf, -1}, {1, 0, flow.Inf, 0}})
	if _, err := flow.NewSimplex(n, []int64{1, 0}); !errors.Is(err, flow.ErrUnbalanced) {
		t.Errorf("supplies that do not add up: %v", err)
	}
	s, err := flow.NewSimplex(n, []int64{1, -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Solve(); !errors.Is(err, flow.ErrUnbounded) {
		t.Errorf("a negative cycle without a limit: %v", err)
	}
}

func TestACostThatIsTooLargeIsAnError(t *testing.T) {
	t.Parallel()
	s, err := flow.NewSimplex(build(2, []anArc{{0, 1, 5, 1}}), []int64{1, -1})
	if err != nil {
		t.Fatal(err)
	}
	s.SetCost(0, math.MaxInt64/4)
	if err := s.Solve(); err == nil {
		t.Error("solved with prices that overflow")
	}
}

func TestDIMACS(t *testing.T) {
	t.Parallel()
	const text = "c two ways\np min 4 5\nn 1 4\nn 4 -4\na 1 2 0 4 2\na 1 3 0 2 2\na 2 3 0 2 1\na 2 4 0 3 3\na 3 4 0 5 1\n"
	p, err := flow.ReadDIMACS(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := flow.NewSimplex(p.Network, p.Supply)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Solve(); err != nil {
		t.Fatal(err)
	}
	if s.Cost() != 14 || s.Unmet() != 0 {
		t.Errorf("cost %d, unmet %d, want 14 and 0", s.Cost(), s.Unmet())
	}
	var b bytes.Buffer
	if err := flow.WriteDIMACS(&b, p.Network, p.Supply); err != nil {
		t.Fatal(err)
	}
	if got := "c two ways\n" + b.String(); got != text {
		t.Errorf("written as %q, want %q", got, text)
	}
	for _, bad := range []string{"", "n 1 2\n", "p min 2 1\n", "p mix 2 0\n", "p min 2 1\na 1 3 0 1 1\n", "p min 2 1\na 1 2 1 1 1\n", "p min 2 1\na 1 2 0 x 1\n", "p max 2 0\nn 1 s\n", "p min 999999999999 1\n"} {
		if _, err := flow.ReadDIMACS(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzDIMACS(f *testing.F) {
	f.Add("p min 2 1\nn 1 1\nn 2 -1\na 1 2 0 5 3\n")
	f.Add("p max 2 1\nn 1 s\nn 2 t\na 1 2 5\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			return
		}
		p, err := flow.ReadDIMACS(strings.NewReader(text))
		if err == nil && (p.Nodes() < 1 || len(p.Supply) != p.Nodes()) {
			t.Fatalf("%d nodes, %d supplies", p.Nodes(), len(p.Supply))
		}
	})
}
