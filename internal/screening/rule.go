package screening

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"

	"firebreak/internal/place"
)

// Group names people who are tested in their own way because of what they do or where they are: "port-worker", "teacher". The pack says how; the register says who.
type Group string

var groupForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Valid says whether the name is small letters, digits and hyphens, of 40 bytes at most.
func (g Group) Valid() bool { return len(g) <= 40 && groupForm.MatchString(string(g)) }

// PoolRule is how many people a tube may hold, by the pack.
type PoolRule struct {
	Else   int // where nothing below says otherwise; 0: the pack knows no testing of everybody
	Zones  map[string]int
	Groups map[Group]int
}

// PoolFor returns how many people a tube may hold, of an area under zones of the levels, and of people of the groups: the smallest of what is said of any of them. A level or a group
// of which nothing is said changes nothing.
func (r PoolRule) PoolFor(levels []string, groups ...Group) int {
	out := r.Else
	for _, l := range levels {
		if n := r.Zones[l]; n > 0 {
			out = min(out, n)
		}
	}
	for _, g := range groups {
		if n := r.Groups[g]; n > 0 {
			out = min(out, n)
		}
	}
	return out
}

// AreaPool is the pool of a part of a round, with all that lies below it.
type AreaPool struct {
	Area place.AreaID
	Pool int
}

// PoolsOf works out a round's pools by the pack: levels holds the zones in force, those on one area together. It returns the largest pool of any of the areas, and each place where tubes
// must hold fewer: areas of the round, and areas below them with a zone of their own.
func (r PoolRule) PoolsOf(tree *place.Tree, areas []place.AreaID, group Group, levels map[place.AreaID][]string) (most int, fewer []AreaPool) {
	var groups []Group
	if group != "" {
		groups = []Group{group}
	}
	at := func(a place.AreaID) int {
		var all []string
		for _, j := range tree.Path(a) {
			all = append(all, levels[j.ID]...)
		}
		return r.PoolFor(all, groups...)
	}
	for _, a := range areas {
		most = max(most, at(a))
	}
	for _, a := range areas {
		for _, j := range tree.Subtree(a) {
			if j.ID != a && len(levels[j.ID]) == 0 {
				continue
			}
			if n := at(j.ID); n < most {
				fewer = append(fewer, AreaPool{j.ID, n})
			}
		}
	}
	slices.SortFunc(fewer, func(a, b AreaPool) int { return int(a.Area - b.Area) })
	return most, fewer
}

// PoolIn returns how many people of an area a tube of the round holds: what is said of the area or of one around it, otherwise the round's. What devices send is checked against the round's
// own, because a person may be sampled at any site.
func (r *Round) PoolIn(tree *place.Tree, area place.AreaID) int {
	out := r.Pool
	for _, p := range r.Pools {
		if p.Pool < out && tree.Contains(p.Area, area) {
			out = p.Pool
		}
	}
	return out
}

// Rhythm is how often somebody is tested: every so many days, or so many times a week; and how far apart two tests are at least.
type Rhythm struct {
	EveryDays  int
	TimesAWeek int
	Apart      time.Duration
}

// ErrRhythm is wrapped by Check.
var ErrRhythm = errors.New("a rhythm is every 1 to 60 days, or 1 to 7 times a week, with tests no further apart than it has days for")

// Check says whether the rhythm can be kept.
func (r Rhythm) Check() error {
	const most = 60
	switch every, times := r.EveryDays, r.TimesAWeek; {
	case every < 0 || times < 0 || every > 0 == (times > 0):
		return fmt.Errorf("every %d days and %d times a week: %w", every, times, ErrRhythm)
	case every > most || times > 7:
		return fmt.Errorf("every %d days, %d times a week: %w", every, times, ErrRhythm)
	case r.Apart < 0 || r.Apart > time.Duration(r.shortest())*24*time.Hour:
		return fmt.Errorf("at least %s apart: %w", r.Apart, ErrRhythm)
	}
	return nil
}

// shortest and longest are the days from one turn to the next.
func (r Rhythm) shortest() int {
	if r.EveryDays > 0 {
		return r.EveryDays
	}
	return 7 / r.TimesAWeek
}

func (r Rhythm) longest() int {
	if r.EveryDays > 0 {
		return r.EveryDays
	}
	return (7 + r.TimesAWeek - 1) / r.TimesAWeek
}

// Turn returns on which day after the first the turn of a number is, from 0: twice a week is day 0, 3, 7, 10 ...
func (r Rhythm) Turn(n int) int {
	if r.EveryDays > 0 {
		return n * r.EveryDays
	}
	return n/r.TimesAWeek*7 + n%r.TimesAWeek*7/r.TimesAWeek
}

// Due is when somebody is to be tested next: not before From, and by the end of By's day.
type Due struct {
	From time.Time
	By   time.Time
	Late bool
}

// DueRhythm says when somebody of a group is due next, whose tests so far were at those times; days are those of loc. Somebody who was never tested is due now.
func DueRhythm(r Rhythm, tests []time.Time, now time.Time, loc *time.Location) Due {
	if len(tests) == 0 {
		return Due{From: now, By: now}
	}
	last := slices.MaxFunc(tests, time.Time.Compare)
	y, m, d := last.In(loc).Date()
	due := Due{From: last.Add(r.Apart), By: time.Date(y, m, d+r.longest()+1, 0, 0, 0, 0, loc).Add(-time.Microsecond)}
	if first := time.Date(y, m, d+r.shortest(), 0, 0, 0, 0, loc); first.After(due.From) {
		due.From = first
	}
	due.Late = now.After(due.By)
	return due
}

// StopRule is when rounds of an area may end: so many clean rounds in a row; where a community case was found, also a wait after them and then so many more. A round is clean when all its
// results are there and nobody was found who was not already kept apart.
type StopRule struct {
	Clean     int // at least 1
	Wait      time.Duration
	OnceMore  int
	Elsewhere int // clean rounds where no community case was found at all
}

// Outcome is how a closed round ended.
type Outcome struct {
	Number    int64
	StartsAt  time.Time
	ClosedAt  time.Time
	Pending   int64 // tubes without a result that stands, or positive ones whose people are being tested again
	Community int64 // people found positive who were not already in quarantine or isolation
}

// Step is what the stop rule says.
type Step string

// The steps.
const (
	GoOn     Step = "go_on"
	Pause    Step = "wait"
	OnceMore Step = "once_more"
	Stop     Step = "stop"
)

// Ground is why it says so.
type Ground string

// The grounds.
const (
	NoRoundYet    Ground = "no_round"       // none was closed
	ResultsOpen   Ground = "results_open"   // the last round has tubes without a result
	CommunityCase Ground = "community_case" // found in Verdict.Round, and not enough clean rounds since
	TooFewClean   Ground = "too_few_clean"
	Waiting       Ground = "waiting"    // clean; the wait runs until Verdict.Until
	WaitOver      Ground = "wait_over"  // one more round is due
	AllClean      Ground = "clean_over" // the rule is met
)

// Verdict is what the stop rule says at a time.
type Verdict struct {
	Step   Step
	Ground Ground
	Round  int64 // the round of the ground: where the case was found, or the last one
	Clean  int   // clean rounds in a row
	Needed int   // of them, before the wait
	Until  time.Time
}

// Decide says whether rounds go on, wait, run once more or stop. history holds the closed rounds of one area, in any order.
func (s StopRule) Decide(history []Outcome, now time.Time) Verdict {
	list := slices.Clone(history)
	slices.SortFunc(list, func(a, b Outcome) int { return int(a.Number - b.Number) })
	found := slices.ContainsFunc(list, func(o Outcome) bool { return o.Community > 0 })
	v := Verdict{Step: GoOn, Ground: NoRoundYet, Needed: max(1, s.Elsewhere)}
	if found {
		v.Needed = max(1, s.Clean)
	}
	if len(list) == 0 {
		return v
	}
	first := len(list) // of the clean rounds at the end
	for first > 0 && list[first-1].Community == 0 && list[first-1].Pending == 0 {
		first--
	}
	run := list[first:]
	v.Clean, v.Round = len(run), list[len(list)-1].Number
	if v.Clean < v.Needed {
		switch v.Ground = TooFewClean; {
		case len(run) == 0 && list[len(list)-1].Community == 0:
			v.Ground = ResultsOpen
		case first > 0 && list[first-1].Community > 0:
			v.Ground, v.Round = CommunityCase, list[first-1].Number
		}
		return v
	}
	if !found || s.OnceMore == 0 {
		v.Step, v.Ground = Stop, AllClean
		return v
	}
	v.Until = run[v.Needed-1].ClosedAt.Add(s.Wait)
	more := 0
	for _, o := range run[v.Needed:] {
		if !o.StartsAt.Before(v.Until) {
			more++
		}
	}
	switch {
	case more >= s.OnceMore:
		v.Step, v.Ground = Stop, AllClean
	case now.Before(v.Until):
		v.Step, v.Ground = Pause, Waiting
	default:
		v.Step, v.Ground = OnceMore, WaitOver
	}
	return v
}

// Needs is what a round takes by the pack's ratios: rounded up, 0 where the pack gives none.
func Needs(people int64, perUnit int) int64 {
	if perUnit < 1 || people < 1 || people > math.MaxInt64-int64(perUnit) {
		return 0
	}
	return (people + int64(perUnit) - 1) / int64(perUnit)
}
