package trip_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"firebreak/internal/plan/trip"
)

// instance makes up a file of n customers within reach of one depot.
func instance(n int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	fmt.Fprintf(&b, "MADE%d\n\nVEHICLE\nNUMBER     CAPACITY\n  %d         50\n\nCUSTOMER\nCUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME\n\n", n, n)
	fmt.Fprintf(&b, "    0      50      50       0         0       500       0\n")
	for i := range n {
		ready := r.IntN(250)
		fmt.Fprintf(&b, "%5d %7d %7d %7d %9d %9d %7d\n", i+1, r.IntN(100), r.IntN(100), 1+r.IntN(20), ready, ready+80+r.IntN(100), 10)
	}
	return b.String()
}

func mustRead(tb testing.TB, text string) trip.Instance {
	tb.Helper()
	in, err := trip.ReadSolomon(strings.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	return in
}

func TestToursPassTheirCheck(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 7, 60} {
		for _, c := range []trip.Convention{trip.Real, trip.Tenths} {
			in := mustRead(t, instance(n, uint64(n)))
			first, err := in.Solve(c, trip.Options{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			better, err := in.Solve(c, trip.Options{Seed: 1, Budget: trip.Steps(3000)})
			if err != nil {
				t.Fatal(err)
			}
			for _, tour := range []trip.Tour{first, better} {
				if err := trip.CheckTour(in, tour); err != nil {
					t.Errorf("%d customers, %s: %v", n, c, err)
				}
				if !tour.Complete {
					t.Errorf("%d customers, %s: %v are not served", n, c, tour.Unserved)
				}
			}
			if better.Distance > first.Distance {
				t.Errorf("%d customers, %s: %g after the search, %g before", n, c, better.Distance, first.Distance)
			}
		}
	}
}

// TestPathIsShortest compares six customers in one vehicle with all orders.
func TestPathIsShortest(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		text := strings.Replace(instance(6, seed), "  6         50", "  1         900", 1)
		in := mustRead(t, text)
		best := -1.0
		order := []int{1, 2, 3, 4, 5, 6}
		var permute func(int)
		permute = func(k int) {
			if k == len(order) {
				tour := trip.Tour{Convention: trip.Real, Vehicles: 1, Complete: true, Routes: [][]int{order}}
				tour.Distance = length(in, order)
				if trip.CheckTour(in, tour) == nil && (best < 0 || tour.Distance < best) {
					best = tour.Distance
				}
				return
			}
			for i := k; i < len(order); i++ {
				order[k], order[i] = order[i], order[k]
				permute(k + 1)
				order[k], order[i] = order[i], order[k]
			}
		}
		permute(0)
		tour, err := in.Solve(trip.Real, trip.Options{Seed: 1, Budget: trip.Steps(4000)})
		if err != nil {
			t.Fatal(err)
		}
		if tour.Complete != (best >= 0) || tour.Complete && tour.Distance > best+1e-6 {
			t.Errorf("seed %d: complete %v, %g; all orders: %g", seed, tour.Complete, tour.Distance, best)
		}
	}
}

func length(in trip.Instance, order []int) float64 {
	tour := trip.Tour{Convention: trip.Real, Vehicles: 1, Complete: true, Routes: [][]int{order}}
	err := trip.CheckTour(in, tour) // which says the distance that it finds
	var d, stated float64
	if err != nil {
		if _, scan := fmt.Sscanf(err.Error(), "a distance of %g, stated as %g", &d, &stated); scan != nil {
			return 0
		}
	}
	return d
}

func TestReadSolomonRefuses(t *testing.T) {
	t.Parallel()
	good := instance(3, 1)
	for name, c := range map[string]struct{ old, new, want string }{
		"no vehicles":     {"VEHICLE", "", "stands before VEHICLE"},
		"seven columns":   {"    0      50      50       0         0       500       0\n", "    0 50 50 0 0 500\n", "line 10: 6 columns"},
		"no number":       {"       500", "      soon", "is no number"},
		"numbered from 0": {"    0      50", "    1      50", "customer 1, want 0"},
		"capacity":        {"         50\n", "         -5\n", "want the number of vehicles"},
		"window":          {"         0       500", "       600       500", "window 600 to 500"},
	} {
		_, err := trip.ReadSolomon(strings.NewReader(strings.Replace(good, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func FuzzReadSolomon(f *testing.F) {
	f.Add([]byte(instance(3, 1)))
	f.Add([]byte("X\nVEHICLE\nNUMBER CAPACITY\n1 1\nCUSTOMER\n0 0 0 0 0 9 0\n1 1 1 1 0 9 1\n"))
	f.Add([]byte("VEHICLE\n1e9 NaN\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := trip.ReadSolomon(bytes.NewReader(b))
		if err != nil || len(in.Customers) > 50 {
			return
		}
		tour, err := in.Solve(trip.Real, trip.Options{Budget: trip.Steps(64)})
		if err != nil {
			t.Fatal(err)
		}
		if err := trip.CheckTour(in, tour); err != nil {
			t.Fatal(err)
		}
	})
}
