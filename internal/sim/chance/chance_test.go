package chance

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestPartnersAreMutual(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint32Range(0, 5000).Draw(t, "n")
		p := Key(rapid.Uint64().Draw(t, "key")).Pairs(n)
		alone := 0
		for i := range n {
			j, ok := p.Of(i)
			if !ok {
				alone++
				continue
			}
			if j >= n || j == i {
				t.Fatalf("partner of %d of %d is %d", i, n, j)
			}
			if back, ok := p.Of(j); !ok || back != i {
				t.Fatalf("%d meets %d, who meets %d", i, j, back)
			}
		}
		if n > 1 && alone > 2 {
			t.Fatalf("%d of %d are left alone, want at most two", alone, n)
		}
	})
}

func TestPartnersAreSpreadEvenly(t *testing.T) {
	t.Parallel()
	for _, n := range []uint32{3, 10, 37, 64, 1000} {
		const rounds = 20000
		seen := make([]float64, n)
		next := 0.0 // how often one and the next meet two who are neighbours too
		for k := range uint64(rounds) {
			p := Key(7).Of(k).Pairs(n)
			j, ok := p.Of(0)
			if ok {
				seen[j]++
			}
			if h, also := p.Of(1); ok && also && (h == j+1 || j == h+1) {
				next++
			}
		}
		want := rounds / float64(n)
		chi := 0.0
		for j, x := range seen {
			if j == 0 {
				continue
			}
			chi += (x - want) * (x - want) / want
		}
		// Chi square with n-1 degrees of freedom: mean n-1, standard deviation the root of twice that.
		if limit := float64(n-1) + 6*math.Sqrt(2*float64(n-1)); n > 3 && chi > limit {
			t.Errorf("n = %d: partners of 0 have a chi square of %.0f, want below %.0f", n, chi, limit)
		}
		if share := next / rounds; n >= 37 && share > 4/float64(n)+0.01 {
			t.Errorf("n = %d: two neighbours meet two neighbours in %.3f of the rounds", n, share)
		}
	}
}

func TestDrawsAreEven(t *testing.T) {
	t.Parallel()
	const n = 200_000
	sum, square, low := 0.0, 0.0, 0
	var hits [64]int
	k := Key(1).Of(2)
	for i := range uint64(n) {
		// Keys as the simulator makes them: by person, then by a small number.
		u := k.Of(i / 16).Draw(i % 16)
		x := Unit(u)
		sum, square = sum+x, square+x*x
		if u < Threshold(0.03) {
			low++
		}
		for b := range hits {
			hits[b] += int(u >> b & 1)
		}
	}
	if mean := sum / n; math.Abs(mean-0.5) > 5*math.Sqrt(1.0/12/n) {
		t.Errorf("mean is %.4f", mean)
	}
	if second := square / n; math.Abs(second-1.0/3) > 0.004 {
		t.Errorf("second moment is %.4f", second)
	}
	if got := float64(low) / n; math.Abs(got-0.03) > 5*math.Sqrt(0.03*0.97/n) {
		t.Errorf("%.4f lie under the bound of 0.03", got)
	}
	for b, h := range hits {
		if math.Abs(float64(h)/n-0.5) > 5*math.Sqrt(0.25/n) {
			t.Errorf("bit %d is set in %.4f of the draws", b, float64(h)/n)
		}
	}
}

func BenchmarkPartner(b *testing.B) {
	var sum uint32
	for i := range uint32(b.N) {
		p := Key(3).Of(uint64(i)).Pairs(4750)
		j, _ := p.Of(i % 4750)
		sum += j
	}
	_ = sum
}
