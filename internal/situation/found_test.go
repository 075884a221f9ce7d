package situation_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/day"
	"firebreak/internal/situation"
)

func shanghai(t testing.TB) []situation.FoundCount {
	t.Helper()
	var counts []situation.FoundCount
	for _, r := range table(t, dataFile(t, "shanghai_2022/daily.csv")) {
		counts = append(counts, situation.FoundCount{
			Day:       maybeDay(t, r["date"]),
			Isolated:  number(t, r["confirmed_in_quarantine"]) + number(t, r["asymptomatic_in_quarantine"]),
			Community: number(t, r["confirmed_in_community"]) + number(t, r["asymptomatic_in_community"]),
		})
	}
	return counts
}

func TestFoundShanghai(t *testing.T) {
	t.Parallel()
	f, err := situation.FoundOf(shanghai(t), situation.FoundOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Isolated+f.Community != 604193 || f.Community != 25021 {
		t.Errorf("found %d, of them %d in the community; want 604193, 25021", f.Isolated+f.Community, f.Community)
	}
	if len(f.Days) != 72 || f.Missing != 1 {
		t.Errorf("%d days, %d missing; want 72, 1", len(f.Days), f.Missing)
	}
	shares := map[string]float64{"2022-03-15": 68.8, "2022-03-18": 48.7, "2022-03-31": 83.0, "2022-04-07": 95.3, "2022-04-15": 96.2, "2022-04-22": 99.0, "2022-05-08": 99.8}
	peak := situation.FoundDay{}
	checked := 0
	for _, d := range f.Days {
		if d.Isolated+d.Community > peak.Isolated+peak.Community {
			peak = d
		}
		if want, ok := shares[d.Day.String()]; ok {
			checked++
			if got := fmt.Sprintf("%.1f", 100**d.Share); got != fmt.Sprintf("%.1f", want) {
				t.Errorf("%s: %s %% found in quarantine, want %.1f", d.Day, got, want)
			}
		}
		if gap := d.Day.String() == "2022-05-03"; gap != d.Missing || gap && (d.Share != nil || d.Zero) {
			t.Errorf("%s: missing %v, share %v, zero %v", d.Day, d.Missing, d.Share, d.Zero)
		}
	}
	if checked != len(shares) || peak.Day.String() != "2022-04-13" || peak.Isolated+peak.Community != 27605 {
		t.Errorf("checked %d, peak %d on %s", checked, peak.Isolated+peak.Community, peak.Day)
	}
	// Before 1 March nothing was found in the community either, but those days come before the first community case.
	var zero []string
	for d := range f.ZeroDays() {
		if d > day.MustParse("2022-03-31") {
			zero = append(zero, d.String())
		}
	}
	if !slices.Equal(zero, []string{"2022-04-29", "2022-04-30"}) {
		t.Errorf("community zero on %v, want 29 and 30 April only", zero)
	}
	if d := f.Days[f.AsOf.Sub(f.Days[0].Day)-8]; d.Day.String() != "2022-04-30" || *d.DaysSince != 2 {
		t.Errorf("as of %s %v days since the last community case, want 2 on 30 April", d.Day, *d.DaysSince)
	}
	if f.DaysSince == nil || *f.DaysSince != 0 || !f.Certain {
		t.Errorf("days since = %v, certain %v", f.DaysSince, f.Certain)
	}
}

func TestFoundSingapore(t *testing.T) {
	t.Parallel()
	f, err := situation.FoundOf(situation.FoundCounts(singapore(t).cases), situation.FoundOptions{GapsAreZero: true})
	if err != nil {
		t.Fatal(err)
	}
	if f.Isolated != 15 || f.Isolated+f.Community != 93 || f.Missing != 0 {
		t.Errorf("%d of %d found in isolation, want 15 of 93", f.Isolated, f.Isolated+f.Community)
	}
	is(t, "share", f.Share, 0.161, 0.0005)
}

func ExampleFoundOf() {
	d := day.MustParse("2022-03-14")
	f, err := situation.FoundOf([]situation.FoundCount{
		{Day: d, Isolated: 8, Community: 2},
		{Day: d.Add(1), Isolated: 5},
		// no bulletin on d+2
		{Day: d.Add(3), Isolated: 1},
	}, situation.FoundOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f %% found in isolation; %d days since %s, certain: %v\n", 100**f.Share, *f.DaysSince, f.LastCommunity, f.Certain)
	// Output: 87.5 % found in isolation; 3 days since 2022-03-14, certain: false
}

func TestFoundEdges(t *testing.T) {
	t.Parallel()
	d := day.MustParse("2022-03-14")
	count := func(n int, isolated, community int) situation.FoundCount {
		return situation.FoundCount{Day: d.Add(n), Isolated: isolated, Community: community}
	}
	none, err := situation.FoundOf(nil, situation.FoundOptions{AsOf: d})
	if err != nil || none.Share != nil || none.DaysSince != nil {
		t.Errorf("no counts: %+v, %v", none, err)
	}
	never, err := situation.FoundOf([]situation.FoundCount{count(1, 2, 0), count(0, 1, 0)}, situation.FoundOptions{AsOf: d.Add(4), GapsAreZero: true})
	if err != nil || never.DaysSince != nil || *never.Share != 1 || len(never.Days) != 5 || !never.Certain {
		t.Errorf("no community case ever: %+v, %v", never, err)
	}
	unknown, err := situation.FoundOf([]situation.FoundCount{count(0, 0, 1), {Day: d.Add(1), Unknown: 3}}, situation.FoundOptions{})
	if err != nil || unknown.Certain || unknown.Days[1].Zero || *unknown.DaysSince != 1 {
		t.Errorf("unknown settings: %+v, %v", unknown, err)
	}
	for name, counts := range map[string][]situation.FoundCount{
		"twice": {count(0, 1, 1), count(0, 2, 2)}, "negative": {count(0, -1, 0)}, "no day": {{Isolated: 1}}, "future": {count(99, 1, 1)},
	} {
		if _, err := situation.FoundOf(counts, situation.FoundOptions{AsOf: d.Add(9)}); !errors.Is(err, situation.ErrCounts) {
			t.Errorf("%s: %v, want ErrCounts", name, err)
		}
	}
	if _, err := situation.FoundOf([]situation.FoundCount{{Day: day.MustParse("1922-03-14")}, count(0, 1, 1)}, situation.FoundOptions{}); !errors.Is(err, situation.ErrSpan) {
		t.Errorf("a century: %v, want ErrSpan", err)
	}
	same := situation.Case{Confirmed: d, Isolated: d}
	for _, tc := range []struct {
		c    situation.Case
		want situation.Setting
	}{
		{same, situation.SettingCommunity},
		{situation.Case{Confirmed: d, Isolated: d.Add(-1)}, situation.SettingIsolated},
		{situation.Case{Report: d, Quarantined: d.Add(-3)}, situation.SettingIsolated},
		{situation.Case{Onset: d, Quarantined: d.Add(-3)}, situation.SettingUnknown},
		{situation.Case{Confirmed: d, Setting: situation.SettingIsolated}, situation.SettingIsolated},
	} {
		if got := tc.c.Found(); got != tc.want {
			t.Errorf("%+v found in %v, want %v", tc.c, got, tc.want)
		}
	}
}

// TestFoundProperties: the totals are those of the counts in any order, and DaysSince counts from the last day with a community case.
func TestFoundProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := day.MustParse("2022-01-01")
		var counts []situation.FoundCount
		var last day.Day
		isolated, community := 0, 0
		for i, n := range rapid.SliceOfN(rapid.IntRange(-1, 3), 1, 50).Draw(rt, "community") {
			if n < 0 {
				continue // no count for this day
			}
			counts = append(counts, situation.FoundCount{Day: d.Add(i), Isolated: i % 4, Community: n})
			isolated += i % 4
			community += n
			if n > 0 {
				last = d.Add(i)
			}
		}
		slices.Reverse(counts)
		f, err := situation.FoundOf(counts, situation.FoundOptions{AsOf: d.Add(60)})
		if err != nil || f.Isolated != isolated || f.Community != community || f.LastCommunity != last {
			rt.Fatalf("got %+v, %v", f, err)
		}
		if (f.DaysSince == nil) != last.IsZero() || f.DaysSince != nil && *f.DaysSince != d.Add(60).Sub(last) {
			rt.Fatalf("days since %v, last %s", f.DaysSince, last)
		}
		if len(counts) > 0 && len(f.Days) != f.Missing+len(counts) {
			rt.Fatalf("%d days, %d missing, %d counts", len(f.Days), f.Missing, len(counts))
		}
	})
}
