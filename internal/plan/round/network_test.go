package round

import (
	"os"
	"path/filepath"
	"testing"

	"firebreak/internal/plan/flow"
)

// smallestNetwork is the network of a city's smallest deadline, with its supplies.
func smallestNetwork(c City) (*network, []int64) {
	p := newProblem(&c)
	labs, sampling := p.bounds()
	from := max(labs, sampling)
	n := newRound(p, min(p.slots, from+240/p.period))
	n = newRound(p, n.smallest(from).slot)
	supply := append([]int64(nil), n.supply...)
	supply[n.sink] -= n.total
	return n, supply
}

// BenchmarkSimplex solves, from nothing, the network of FIREBREAK_CITY's smallest deadline. With FIREBREAK_NETWORK it writes it there too, for
// another solver to be compared with.
func BenchmarkSimplex(b *testing.B) {
	path := os.Getenv("FIREBREAK_CITY")
	if path == "" {
		b.Skip("FIREBREAK_CITY names no city (firebreak plan example --people 10000000)")
	}
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		b.Fatal(err)
	}
	c, err := ReadCity(f)
	if err != nil {
		b.Fatal(err)
	}
	n, supply := smallestNetwork(c)
	if to := os.Getenv("FIREBREAK_NETWORK"); to != "" {
		w, err := os.Create(filepath.Clean(to))
		if err != nil {
			b.Fatal(err)
		}
		if err := flow.WriteDIMACS(w, n.Network, supply); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		s, err := flow.NewSimplex(n.Network, supply)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Solve(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(s.Cost()), "cost")
		b.ReportMetric(float64(s.Pivots()), "pivots")
	}
	b.ReportMetric(float64(n.Nodes()), "nodes")
	b.ReportMetric(float64(n.Arcs()), "arcs")
}
