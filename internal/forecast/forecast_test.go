package forecast

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// record is a contained outbreak after two weeks.
func record() State {
	s := State{Outbreak: "o", AsOf: start.Add(13), Pack: "covid19/2022-v9@1", People: 720_000, Onsets: []int{1, 2, 2, 3}, Cases: 31, Listed: 900, Followed: Standing{800, []int{700, 600, 400, 100}}, Rooms: Standing{500, []int{450, 300}}, Graded: 31, Sick: 3}
	for i, f := range [][2]int{{1, 0}, {0, 0}, {3, 0}, {2, 1}, {4, 3}, {2, 4}, {1, 3}, {0, 2}, {1, 2}, {0, 1}, {0, 1}, {0, 0}, {0, 0}, {0, 0}} {
		s.Found = append(s.Found, FoundDay{Day: start.Add(i), Community: f[0], Apart: f[1]})
	}
	return s
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheSameAgainWithAnyNumberOfWorkers(t *testing.T) {
	t.Parallel()
	o := options(t, model(t, CityPeople, 1, "omicron-ba2"))
	o.Replicates, o.Days, o.Lifted = 30, 20, true
	if testing.Short() { // workers meet as often, only not for as long
		o.Replicates, o.Days = 20, 14
	}
	var all []string
	for _, workers := range []int{1, 2, 5} {
		o.Workers = workers
		f, err := Make(record(), o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text(t, f))
	}
	if all[0] != all[1] || all[0] != all[2] {
		t.Error("the forecast depends on the number of workers")
	}
	o.Seed = 2
	f, err := Make(record(), o)
	if err != nil {
		t.Fatal(err)
	}
	if text(t, f) == all[0] {
		t.Error("another seed makes the same forecast")
	}
	for i := range f.Variants {
		v := &f.Variants[i]
		for _, s := range v.Series {
			if len(s.Days) != o.Days {
				t.Errorf("%s %s has %d days", v.Key, s.Quantity, len(s.Days))
			}
			for _, r := range append(slices.Clone(s.Days), s.All) {
				if !(0 <= r.Low90 && r.Low90 <= r.Low50 && r.Low50 <= r.Median && r.Median <= r.High50 && r.High50 <= r.High90) {
					t.Fatalf("%s %s: %+v is out of order", v.Key, s.Quantity, r)
				}
			}
		}
	}
	// Who is there now is counted in from the first day.
	if r := f.Variants[0].Of(Rooms).Days[0]; r.Low90 < 450 {
		t.Errorf("%+v rooms on the first day, 450 are still taken then", r)
	}
	// Nothing but the measures differs: where they are lifted, more are infected.
	if a, l := f.Variants[0].Of(Infections).All, f.Variants[2].Of(Infections).All; l.High90 < a.High90 || l.Median < a.Median {
		t.Errorf("with measures lifted %+v, without %+v", l, a)
	}
}

// A quicker response under the same luck never makes it later or larger, over a few records.
func TestQuickerIsNeverWorse(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	o := options(t, model(t, CityPeople, 1, "omicron-ba2"))
	o.Replicates, o.Days = 60, 40
	slow, quick := *o.A, *o.A
	slow.Clocks.ListContacts.Value, slow.Clocks.Quarantine.Value = 72, 48
	quick.Clocks.ListContacts.Value, quick.Clocks.Quarantine.Value = 6, 2
	if slow.Clocks.ListContacts.Unit != "h" {
		t.Fatalf("the clock counts in %q", slow.Clocks.ListContacts.Unit)
	}
	o.A, o.B = &quick, &slow
	for seed := range uint64(3) {
		o.Seed = seed + 1
		s := record()
		if seed == 1 { // nothing has turned yet
			s.Found, s.AsOf = s.Found[:6], start.Add(5)
		}
		f, err := Make(s, o)
		if err != nil {
			t.Fatal(err)
		}
		a, b := &f.Variants[0], &f.Variants[1]
		later := func(n *int) int {
			if n == nil {
				return o.Days + 1
			}
			return *n
		}
		if later(a.Zero.Median) > later(b.Zero.Median)+1 {
			t.Errorf("seed %d: last case after %d days when quick, %d when slow", seed, later(a.Zero.Median), later(b.Zero.Median))
		}
		// What has outgrown the model is told by its share: its numbers stay where they were then.
		if x, y := a.Of(Infections).All, b.Of(Infections).All; x.Median > y.Median*1.02+1 || a.Outgrown > b.Outgrown {
			t.Errorf("seed %d: infections %+v when quick, %+v when slow; outgrown %g and %g", seed, x, y, a.Outgrown, b.Outgrown)
		}
		if f.Difference[1].Quantity != Infections || f.Difference[1].Less < 0.5 {
			t.Errorf("seed %d: quick is less in a share of %g", seed, f.Difference[1].Less)
		}
	}
}

func TestStatesAreCheckedByField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field  string
		change func(*State)
	}{
		{"as_of", func(s *State) { s.AsOf = 0 }},
		{"pack", func(s *State) { s.Pack = "" }},
		{"people", func(s *State) { s.People = -1 }},
		{"found[3].day", func(s *State) { s.Found[3].Day++ }},
		{"found[2]", func(s *State) { s.Found[2].Apart = -1 }},
		{"found[0]", func(s *State) { s.Found[0].Community = 0 }},
		{"found", func(s *State) { s.AsOf++ }},
		{"onset_to_found[1]", func(s *State) { s.Onsets[1] = 4000 }},
		{"graded", func(s *State) { s.Severe = 30 }},
		{"rooms.still[1]", func(s *State) { s.Rooms.Still = []int{3, 4} }},
		{"followed.now", func(s *State) { s.Followed.Now = -1 }},
		{"rt", func(s *State) { s.Rt = new(-1.0) }},
	} {
		s := record()
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		c.change(&s)
		if err := s.Check(); !errors.Is(err, ErrState) || !strings.HasPrefix(err.Error(), c.field+":") {
			t.Errorf("%v, want %s to be told", err, c.field)
		}
	}
	o := options(t, nil)
	if _, err := Make(record(), o); !errors.Is(err, ErrOptions) {
		t.Errorf("without a model: %v", err)
	}
	if _, err := ReadState(strings.NewReader(`{"as_of":"2022-03-01","pack":"x","unheard":1}`)); !errors.Is(err, ErrState) {
		t.Errorf("an unknown field: %v", err)
	}
	if _, err := ReadState(strings.NewReader(`{"as_of":"2022-03-01","pack":"x"} {}`)); !errors.Is(err, ErrState) {
		t.Errorf("two states: %v", err)
	}
}

// What is read is a state that can be written and read again, or an error that says so.
func FuzzReadState(f *testing.F) {
	b, err := json.Marshal(record())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(`{"as_of":"2022-03-01","pack":"x","found":[{"day":"2022-03-01","community":1}]}`)
	f.Add(`{"as_of":"0000-00-00"}`)
	f.Fuzz(func(t *testing.T, in string) {
		s, err := ReadState(strings.NewReader(in))
		if err != nil {
			if !errors.Is(err, ErrState) {
				t.Fatalf("%v is not told as a state's error", err)
			}
			return
		}
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadState(strings.NewReader(string(b))); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
	})
}

func TestDraws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.Float64Range(0, 0.999999).Draw(t, "u")
		n := rapid.IntRange(0, 60).Draw(t, "n")
		p := rapid.Float64Range(0, 0.99).Draw(t, "p")
		q := rapid.Float64Range(0, 0.99).Draw(t, "q")
		if k := binomial(u, n, p); k < 0 || k > n || q >= p && binomial(u, n, q) < k {
			t.Fatalf("binomial(%g, %d, %g) = %d, of %g %d", u, n, p, k, q, binomial(u, n, q))
		}
		if k := poisson(u, 10*p); k < 0 || q >= p && poisson(u, 10*q) < k {
			t.Fatalf("poisson(%g, %g) = %d, of %g %d", u, 10*p, k, 10*q, poisson(u, 10*q))
		}
	})
	mean, many := 0.0, 20_000
	for i := range many {
		u := (float64(i) + 0.5) / float64(many)
		mean += (float64(binomial(u, 20, 0.3)) + float64(poisson(u, 4))) / float64(many)
	}
	if math.Abs(mean-10) > 0.01 {
		t.Errorf("means add up to %g, want 10", mean)
	}
}

func TestIntervalScores(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ low, high, level, x, want float64 }{{2, 6, 0.9, 4, 4}, {2, 6, 0.9, 1, 24}, {2, 6, 0.5, 8, 12}, {3, 3, 0.9, 3, 0}} {
		if got := IntervalScore(c.low, c.high, c.level, c.x); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: %g", c, got)
		}
	}
	f := &Forecast{From: start, Length: 20, Variants: []Variant{{Key: "a", Zero: When{Low90: new(1), High90: new(5)}}}}
	for _, q := range []Quantity{Found, Community} {
		s := Series{Quantity: q}
		for range 20 {
			s.Days = append(s.Days, Range{0, 1, 2, 3, 4})
		}
		f.Variants[0].Series = append(f.Variants[0].Series, s)
	}
	days := []Happened{{start.Add(-1), 50, 50, true}, {start, 3, 1, true}, {start.Add(1), 9, 1, false}, {start.Add(2), 0, 0, true}}
	s, ok := ScoreOf(f, "a", days)
	if !ok || len(s.Scored) != 2 || s.Scored[0].Days != 3 || s.Scored[0].Inside90 != 2 || s.Scored[0].Inside50 != 1 || s.Scored[1].Days != 2 || s.Scored[1].Inside90 != 2 || s.ZeroOn != nil {
		t.Errorf("%+v", s)
	}
	if got := *s.Scored[0].Interval90; math.Abs(got-(4+4+20*5+4)/3.0) > 1e-9 {
		t.Errorf("interval score %g", got)
	}
	days = days[:2]
	for k := 1; k < 8; k++ {
		days = append(days, Happened{start.Add(k), 0, 0, true})
	}
	if s, _ = ScoreOf(f, "a", days); s.ZeroOn == nil || *s.ZeroOn != 1 || !*s.ZeroInside {
		t.Errorf("the last case was on the first day: %+v", s)
	}
	if _, ok := ScoreOf(f, "c", days); ok {
		t.Error("there is no policy c")
	}
}
