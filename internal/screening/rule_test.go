package screening_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/place"
	"firebreak/internal/screening"
)

var rule = screening.PoolRule{Else: 20, Zones: map[string]int{"lockdown": 1, "controlled": 10, "precaution": 20}, Groups: map[screening.Group]int{"port-worker": 1, "pupil": 10}}

func TestPoolForIsTheSmallestOfAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		levels []string
		groups []screening.Group
		want   int
	}{
		{nil, nil, 20},
		{[]string{"lockdown"}, nil, 1},
		{[]string{"precaution", "controlled"}, nil, 10},
		{[]string{"unheard-of"}, []screening.Group{"unheard-of"}, 20},
		{[]string{"controlled"}, []screening.Group{"port-worker"}, 1},
		{nil, []screening.Group{"pupil"}, 10},
	} {
		if got := rule.PoolFor(c.levels, c.groups...); got != c.want {
			t.Errorf("PoolFor(%v, %v) = %d, want %d", c.levels, c.groups, got, c.want)
		}
	}
}

// city is 1 with districts 2 and 3; communities 4 and 5 are in 2, 6 in 3.
func city(t *testing.T) *place.Tree {
	t.Helper()
	tree, err := place.NewTree([]place.Jurisdiction{
		{ID: 1, Code: "1", Name: "c", Level: place.City},
		{ID: 2, Parent: 1, Code: "2", Name: "d", Level: place.District}, {ID: 3, Parent: 1, Code: "3", Name: "e", Level: place.District},
		{ID: 4, Parent: 2, Code: "4", Name: "f", Level: place.Community}, {ID: 5, Parent: 2, Code: "5", Name: "g", Level: place.Community},
		{ID: 6, Parent: 3, Code: "6", Name: "h", Level: place.Community},
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestPoolsOfARound(t *testing.T) {
	t.Parallel()
	tree := city(t)
	for name, c := range map[string]struct {
		areas  []place.AreaID
		group  screening.Group
		levels map[place.AreaID][]string
		most   int
		in     map[place.AreaID]int
	}{
		"no zones":             {[]place.AreaID{1}, "", nil, 20, map[place.AreaID]int{1: 20, 4: 20}},
		"a community locked":   {[]place.AreaID{1}, "", map[place.AreaID][]string{4: {"lockdown"}}, 20, map[place.AreaID]int{1: 20, 2: 20, 4: 1, 5: 20}},
		"a district around it": {[]place.AreaID{4, 6}, "", map[place.AreaID][]string{2: {"controlled"}}, 20, map[place.AreaID]int{4: 10, 6: 20}},
		"all of it controlled": {[]place.AreaID{2}, "", map[place.AreaID][]string{1: {"controlled"}, 4: {"precaution"}}, 10, map[place.AreaID]int{2: 10, 4: 10, 5: 10}},
		"a group":              {[]place.AreaID{1}, "port-worker", map[place.AreaID][]string{4: {"controlled"}}, 1, map[place.AreaID]int{1: 1, 4: 1}},
	} {
		r := screening.Round{Areas: c.areas}
		r.Pool, r.Pools = rule.PoolsOf(tree, c.areas, c.group, c.levels)
		if r.Pool != c.most {
			t.Errorf("%s: largest pool %d, want %d", name, r.Pool, c.most)
		}
		for a, want := range c.in {
			if got := r.PoolIn(tree, a); got != want {
				t.Errorf("%s: in area %d %d people a tube, want %d (pools %v)", name, a, got, want, r.Pools)
			}
		}
	}
}

// Whatever zones there are: in every area of a round a tube holds what the smallest rule on the path to it says, and never more than what devices are held to.
func TestPoolsOfFollowTheStrictestZoneAround(t *testing.T) {
	t.Parallel()
	tree := city(t)
	rapid.Check(t, func(rt *rapid.T) {
		levels := map[place.AreaID][]string{}
		for a := place.AreaID(1); a <= 6; a++ {
			if l := rapid.SliceOfN(rapid.SampledFrom([]string{"lockdown", "controlled", "precaution", "other"}), 0, 2).Draw(rt, "levels"); len(l) > 0 {
				levels[a] = l
			}
		}
		areas := rapid.SampledFrom([][]place.AreaID{{1}, {2}, {3}, {4, 6}, {5}, {2, 6}}).Draw(rt, "areas")
		r := screening.Round{}
		r.Pool, r.Pools = rule.PoolsOf(tree, areas, "", levels)
		for _, a := range areas {
			for _, j := range tree.Subtree(a) {
				var all []string
				for _, up := range tree.Path(j.ID) {
					all = append(all, levels[up.ID]...)
				}
				if got, want := r.PoolIn(tree, j.ID), rule.PoolFor(all); got != want {
					rt.Fatalf("area %d: %d people a tube, want %d", j.ID, got, want)
				}
			}
		}
	})
}

func TestRhythms(t *testing.T) {
	t.Parallel()
	daily, twice := screening.Rhythm{EveryDays: 1}, screening.Rhythm{TimesAWeek: 2, Apart: 48 * time.Hour}
	for _, c := range []struct {
		r    screening.Rhythm
		ok   bool
		days []int
	}{
		{daily, true, []int{0, 1, 2}},
		{twice, true, []int{0, 3, 7, 10, 14}},
		{screening.Rhythm{TimesAWeek: 3}, true, []int{0, 2, 4, 7}},
		{screening.Rhythm{TimesAWeek: 7}, true, []int{0, 1, 2, 3, 4, 5, 6, 7}},
		{screening.Rhythm{EveryDays: 3}, true, []int{0, 3, 6}},
		{screening.Rhythm{}, false, nil},
		{screening.Rhythm{EveryDays: 1, TimesAWeek: 2}, false, nil},
		{screening.Rhythm{TimesAWeek: 8}, false, nil},
		{screening.Rhythm{EveryDays: 61}, false, nil},
		{screening.Rhythm{EveryDays: -1}, false, nil},
		{screening.Rhythm{TimesAWeek: 4, Apart: 48 * time.Hour}, false, nil},
		{screening.Rhythm{EveryDays: 1, Apart: -time.Hour}, false, nil},
	} {
		if err := c.r.Check(); (err == nil) != c.ok {
			t.Errorf("%+v: %v, want ok %v", c.r, err, c.ok)
		}
		for n, want := range c.days {
			if got := c.r.Turn(n); got != want {
				t.Errorf("%+v: turn %d is on day %d, want %d", c.r, n, got, want)
			}
		}
	}
}

func TestDueRhythm(t *testing.T) {
	t.Parallel()
	loc := time.FixedZone("CST", 8*3600)
	at := func(d, h int) time.Time { return time.Date(2022, 7, d, h, 0, 0, 0, loc) }
	twice := screening.Rhythm{TimesAWeek: 2, Apart: 48 * time.Hour}
	for name, c := range map[string]struct {
		r        screening.Rhythm
		tests    []time.Time
		now      time.Time
		from, by time.Time
		late     bool
	}{
		"never tested":           {twice, nil, at(5, 9), at(5, 9), at(5, 9), false},
		"daily, this morning":    {screening.Rhythm{EveryDays: 1}, []time.Time{at(5, 9)}, at(5, 10), at(6, 0), at(7, 0), false},
		"daily, two days ago":    {screening.Rhythm{EveryDays: 1}, []time.Time{at(3, 9)}, at(5, 10), at(4, 0), at(5, 0), true},
		"twice a week":           {twice, []time.Time{at(1, 9), at(4, 9)}, at(5, 9), at(7, 0), at(9, 0), false},
		"twice a week, at night": {twice, []time.Time{at(4, 23)}, at(5, 9), at(7, 0), at(9, 0), false},
	} {
		got := screening.DueRhythm(c.r, c.tests, c.now, loc)
		if !got.From.Equal(c.from) || got.By.Add(time.Microsecond).Before(c.by) || got.By.After(c.by) || got.Late != c.late {
			t.Errorf("%s: due from %s by %s, late %v; want %s, %s, %v", name, got.From, got.By, got.Late, c.from, c.by, c.late)
		}
	}
}

// Turns are never closer than the tests must be apart, and there are as many in a week as the rhythm says.
func TestTurnsKeepTheRhythm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := screening.Rhythm{EveryDays: rapid.IntRange(0, 60).Draw(rt, "every"), TimesAWeek: rapid.IntRange(0, 7).Draw(rt, "times"), Apart: time.Duration(rapid.IntRange(0, 200).Draw(rt, "apart")) * time.Hour}
		if r.Check() != nil {
			return
		}
		week := 0
		for n := range 30 {
			if gap := time.Duration(r.Turn(n+1)-r.Turn(n)) * 24 * time.Hour; gap < r.Apart || gap < 24*time.Hour {
				rt.Fatalf("%+v: turns %d and %d are %s apart", r, n, n+1, gap)
			}
			if r.Turn(n) < 7 {
				week++
			}
		}
		if r.TimesAWeek > 0 && week != r.TimesAWeek {
			rt.Fatalf("%+v: %d turns in a week", r, week)
		}
	})
}

var nov2022 = screening.StopRule{Clean: 3, Wait: 72 * time.Hour, OnceMore: 1, Elsewhere: 3}

// rounds makes one round a day from 1 July; each word says how it ended: a number of community cases, or "?" for results that are open.
func rounds(days []int, found []int, pending ...int) []screening.Outcome {
	var out []screening.Outcome
	for i, d := range days {
		start := time.Date(2022, 7, d, 7, 0, 0, 0, time.UTC)
		o := screening.Outcome{Number: int64(i + 1), StartsAt: start, ClosedAt: start.Add(10 * time.Hour), Community: int64(found[i])}
		if slices.Contains(pending, i) {
			o.Pending = 2
		}
		out = append(out, o)
	}
	return out
}

func TestStopRule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		history []screening.Outcome
		day     int // of July, at noon
		step    screening.Step
		ground  screening.Ground
		round   int64
	}{
		"nothing yet":                {nil, 1, screening.GoOn, screening.NoRoundYet, 0},
		"two clean, no case":         {rounds([]int{1, 2}, []int{0, 0}), 3, screening.GoOn, screening.TooFewClean, 2},
		"three clean, no case":       {rounds([]int{1, 2, 3}, []int{0, 0, 0}), 4, screening.Stop, screening.AllClean, 3},
		"a case in the last":         {rounds([]int{1, 2}, []int{0, 3}), 3, screening.GoOn, screening.CommunityCase, 2},
		"a case two rounds ago":      {rounds([]int{1, 2, 3}, []int{1, 0, 0}), 4, screening.GoOn, screening.CommunityCase, 1},
		"results are open":           {rounds([]int{1, 2, 3}, []int{0, 0, 0}, 2), 4, screening.GoOn, screening.ResultsOpen, 3},
		"an open one between":        {rounds([]int{1, 2, 3, 4}, []int{0, 0, 0, 0}, 1), 5, screening.GoOn, screening.TooFewClean, 4},
		"three clean after a case":   {rounds([]int{1, 2, 3, 4}, []int{1, 0, 0, 0}), 5, screening.Pause, screening.Waiting, 4},
		"the wait is over":           {rounds([]int{1, 2, 3, 4}, []int{1, 0, 0, 0}), 8, screening.OnceMore, screening.WaitOver, 4},
		"one within the wait":        {rounds([]int{1, 2, 3, 4, 6}, []int{1, 0, 0, 0, 0}), 8, screening.OnceMore, screening.WaitOver, 5},
		"once more, clean":           {rounds([]int{1, 2, 3, 4, 8}, []int{1, 0, 0, 0, 0}), 9, screening.Stop, screening.AllClean, 5},
		"once more, and a case":      {rounds([]int{1, 2, 3, 4, 8}, []int{1, 0, 0, 0, 1}), 9, screening.GoOn, screening.CommunityCase, 5},
		"once more, results are out": {rounds([]int{1, 2, 3, 4, 8}, []int{1, 0, 0, 0, 0}, 4), 9, screening.GoOn, screening.ResultsOpen, 5},
	} {
		v := nov2022.Decide(c.history, time.Date(2022, 7, c.day, 12, 0, 0, 0, time.UTC))
		if v.Step != c.step || v.Ground != c.ground || v.Round != c.round {
			t.Errorf("%s: %s, %s, round %d; want %s, %s, %d", name, v.Step, v.Ground, v.Round, c.step, c.ground, c.round)
		}
	}
}

// Rounds never stop on a round with a community case or with open results, never with fewer clean rounds at the end than the rule asks, and the order of the history does not matter.
func TestRoundsStopOnlyWhenClean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(rt, "rounds")
		var list []screening.Outcome
		day := 1
		for i := range n {
			day += rapid.IntRange(1, 5).Draw(rt, "days")
			start := time.Date(2022, 7, day, 7, 0, 0, 0, time.UTC)
			list = append(list, screening.Outcome{Number: int64(i + 1), StartsAt: start, ClosedAt: start.Add(10 * time.Hour), Community: int64(rapid.IntRange(-2, 1).Draw(rt, "found")), Pending: int64(max(0, rapid.IntRange(-5, 1).Draw(rt, "pending")))})
			list[i].Community = max(0, list[i].Community)
		}
		now := time.Date(2022, 7, day+rapid.IntRange(0, 5).Draw(rt, "later"), 20, 0, 0, 0, time.UTC)
		v := nov2022.Decide(list, now)
		if v.Step != screening.GoOn {
			if len(list) < 3 {
				rt.Fatalf("%s after %d rounds", v.Step, len(list))
			}
			for _, o := range list[len(list)-3:] {
				if o.Community > 0 || o.Pending > 0 {
					rt.Fatalf("%s, and round %d was not clean", v.Step, o.Number)
				}
			}
		}
		turned := slices.Clone(list)
		slices.Reverse(turned)
		if again := nov2022.Decide(turned, now); again != v {
			rt.Fatalf("turned round: %+v, want %+v", again, v)
		}
	})
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		people int64
		per    int
		want   int64
	}{{10_000_000, 360, 27_778}, {360, 360, 1}, {361, 360, 2}, {0, 360, 0}, {5, 0, 0}} {
		if got := screening.Needs(c.people, c.per); got != c.want {
			t.Errorf("Needs(%d, %d) = %d, want %d", c.people, c.per, got, c.want)
		}
	}
}
