package turnout

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var opened = time.Date(2022, 3, 5, 23, 0, 0, 0, time.UTC)

// arrivals plays a round to its end, by steps, and tells who came in each.
func arrivals(rng *rand.Rand, due int64, pace func(step int, missing float64) float64) []int64 {
	var out []int64
	for left := due; left > 0 && len(out) < 400; {
		mean := pace(len(out), float64(left))
		n := int64(math.Round(mean + math.Sqrt(max(mean, 0))*rng.NormFloat64()))
		n = min(max(n, 0), left)
		out = append(out, n)
		left -= n
	}
	return out
}

// kinds are how people may come; none of them is the model that the forecast plays.
func kinds(rng *rand.Rand, due float64) map[string]func(int, float64) float64 {
	wander := 0.0
	per := due / (4 * (6 + 18*rng.Float64())) // done in 6 to 24 hours at this pace
	return map[string]func(int, float64) float64{
		"as fast as the sites can": func(int, float64) float64 { return per },
		"sites come and go":        func(int, float64) float64 { wander += 0.08 * rng.NormFloat64(); return per * math.Exp(wander) },
		"fewer and fewer come":     func(_ int, left float64) float64 { return 1.5 * per * left / due },
		"fast, then the stragglers": func(_ int, left float64) float64 {
			return min(per, left*0.5)
		},
		"a slow start": func(step int, left float64) float64 { return min(per*min(1, float64(step+1)/10), left*0.4) },
	}
}

// TestForecastHoldsWhatItSays: of many rounds of each kind, forecast at several times, the end lies within the band about as often as the band says.
func TestForecastHoldsWhatItSays(t *testing.T) {
	t.Parallel()
	const rounds = 60
	rng := rand.New(rand.NewPCG(7, 7))
	inside, total, low, high := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	var width []float64
	for i := range rounds {
		due := int64(2000 * math.Pow(100, rng.Float64()))
		for kind, pace := range kinds(rng, float64(due)) {
			all := arrivals(rng, due, pace)
			need := due - int64((1-Enough)*float64(due))
			var end time.Time
			var sum int64
			for step, n := range all {
				if sum+n >= need {
					end = opened.Add(time.Duration((float64(step) + float64(need-sum)/float64(n)) * float64(Step)))
					break
				}
				sum += n
			}
			if end.IsZero() {
				continue // not done within four days: beyond what is forecast
			}
			for _, share := range []float64{0.2, 0.5, 0.8} {
				var came []Came
				var so int64
				step := 0
				for ; so < int64(share*float64(due)); step++ {
					came = append(came, Came{opened.Add(time.Duration(step) * Step), all[step]})
					so += all[step]
				}
				now := opened.Add(time.Duration(step) * Step)
				f := Forecast(rand.New(rand.NewPCG(uint64(i), 1)), came, due, due-so, now)
				if f.Outlook == Reached || f.Outlook == TooEarly {
					continue
				}
				if f.Outlook == Stalled {
					t.Errorf("%s, at %.0f %%: stalled", kind, 100*share)
					continue
				}
				total[kind]++
				switch {
				case !f.High.IsZero() && end.After(f.High.Add(time.Minute)):
					high[kind]++
				case end.Before(f.Low.Add(-time.Minute)):
					low[kind]++
				default:
					inside[kind]++
				}
				if !f.High.IsZero() {
					width = append(width, f.High.Sub(f.Low).Hours()/end.Sub(now).Hours())
				}
			}
		}
	}
	var all, of int
	for kind, n := range total {
		share := float64(inside[kind]) / float64(n)
		all, of = all+inside[kind], of+n
		t.Logf("%-26s %d forecasts, %.0f %% inside, %d ended earlier, %d later", kind, n, 100*share, low[kind], high[kind])
		if n < rounds/2 || share < 0.8 {
			t.Errorf("%s: %d forecasts, %.0f %% inside the band of 90 %%", kind, n, 100*share)
		}
	}
	var mean float64
	for _, w := range width {
		mean += w / float64(len(width))
	}
	t.Logf("all: %.1f %%; the band is %.2f times as wide as the time left", 100*float64(all)/float64(of), mean)
	if share := float64(all) / float64(of); share < 0.87 || share > 0.99 {
		t.Errorf("%.1f %% of all ends lie within the band of 90 %%", 100*share)
	}
	if mean > 2 {
		t.Errorf("a band %.1f times as wide as the time left tells nobody anything", mean)
	}
}

func TestForecastSaysWhenItCannot(t *testing.T) {
	t.Parallel()
	steady := func(n int, each int64) (out []Came) {
		for i := range n {
			out = append(out, Came{opened.Add(time.Duration(i) * Step), each})
		}
		return out
	}
	at := func(n int) time.Time { return opened.Add(time.Duration(n) * Step) }
	for _, x := range []struct {
		name         string
		came         []Came
		due, missing int64
		now          time.Time
		want         Outlook
	}{
		{"nobody came", nil, 1000, 1000, at(10), TooEarly},
		{"half an hour", steady(2, 500), 100000, 99000, at(2), TooEarly},
		{"a handful", steady(8, 2), 1000, 984, at(8), TooEarly},
		{"nobody for an hour", steady(8, 100), 10000, 9200, at(12), Stalled},
		{"99 of 100", steady(8, 100), 800, 8, at(8), Reached},
		{"nobody is due", nil, 0, 0, at(1), Reached},
		{"two hours at a pace", steady(8, 1000), 20000, 12000, at(8), Expected},
		{"too slow for two days", steady(8, 10), 1000000, 999920, at(8), Beyond},
	} {
		f := Forecast(rand.New(rand.NewPCG(1, 1)), x.came, x.due, x.missing, x.now)
		if f.Outlook != x.want {
			t.Errorf("%s: %+v, want %s", x.name, f, x.want)
		}
		if f.Outlook == Expected && (f.Low.After(f.At) || !f.High.IsZero() && f.High.Before(f.At) || f.Low.Before(x.now)) {
			t.Errorf("%s: %+v is no band", x.name, f)
		}
	}
}

func TestPaceAddsUp(t *testing.T) {
	t.Parallel()
	var f firsts
	f.put(5, opened)
	f.put(5, opened.Add(-time.Hour)) // an earlier tube came in later
	f.put(5, opened.Add(time.Hour))
	if got := startOf(f.base + int64(f.steps[5]) - 1); !got.Equal(opened.Add(-time.Hour)) {
		t.Errorf("the first time of person 5 is %s", got)
	}
	f.put(9, opened)
	f.move(5, 9)
	if got := startOf(f.base + int64(f.steps[9]) - 1); !got.Equal(opened.Add(-time.Hour)) || f.steps[5] != 0 {
		t.Errorf("after a merge person 9 came first at %s", got)
	}
	f.put(1, opened.Add(-400*24*time.Hour)) // a clock that is off stays within what is kept
	f.put(2, opened.Add(3000*24*time.Hour))
	if f.steps[1] != 1 || f.steps[2] != 1<<16-1 {
		t.Errorf("bounds: %d, %d", f.steps[1], f.steps[2])
	}
	var r ring
	for i := range 200 {
		r.add(opened.Add(time.Duration(i) * time.Minute))
	}
	if got := r.perHour(opened.Add(200 * time.Minute)); got < 58 || got > 62 {
		t.Errorf("%.1f an hour, want 60", got)
	}
	if got := r.perHour(opened.Add(400 * time.Minute)); got != 0 {
		t.Errorf("%.1f an hour after a long silence", got)
	}
}
