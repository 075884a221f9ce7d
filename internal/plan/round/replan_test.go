package round_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/plan/round"
)

// After a laboratory failed, sites closed and people stayed away, everybody is planned for once: before or after.
func TestReplanFreezesWhatHappened(t *testing.T) {
	t.Parallel()
	for _, mixed := range []bool{false, true} {
		c := city(t, 10_000, mixed, 15)
		before := mustMake(t, c, round.Options{NoRemedies: true})
		rapid.Check(t, func(t *rapid.T) {
			e := round.Events{Now: float64(rapid.IntRange(0, int(before.FinishResults*4)+4).Draw(t, "now")) / 4, Turnout: rapid.SampledFrom([]float64{0, 0.5, 0.93}).Draw(t, "turnout")}
			if rapid.Bool().Draw(t, "lab fails") {
				e.LabsDown = map[string]float64{rapid.SampledFrom(c.Labs).Draw(t, "lab").ID: e.Now}
			}
			if rapid.Bool().Draw(t, "site closes") {
				e.SitesClosed = map[string]float64{rapid.SampledFrom(c.Sites).Draw(t, "site").ID: e.Now}
			}
			rest, err := round.Continue(c, before, e)
			if err != nil {
				t.Fatal(err)
			}
			after := mustMake(t, rest, round.Options{NoRemedies: true, Before: &before})
			sameAnswer(t, mustMake(t, rest, round.Options{NoRemedies: true}), after, mixed)
			var people, tubes int64
			for _, a := range after.Frozen.Assignments {
				people += a.People
				tubes += a.Tubes
			}
			for _, x := range after.Frozen.Intake {
				tubes -= x.Tubes
			}
			if after.Complete && people+after.People != 10_000 {
				t.Fatalf("%d before, %d after", people, after.People)
			}
			for _, w := range rest.Done.Waiting {
				tubes -= w.Tubes
			}
			if tubes != 0 {
				t.Fatalf("%d tubes were taken and are neither begun with nor waiting", tubes)
			}
			if e.LabsDown == nil && e.SitesClosed == nil && e.Turnout == 0 && after.FinishResults > before.FinishResults+0.25 {
				t.Fatalf("nothing went wrong, results at %g instead of %g", after.FinishResults, before.FinishResults)
			}
		})
	}
}

func weight(p round.Plan) int64 {
	return p.Cost.Walking + p.Cost.Time + p.Cost.Carrying + p.Cost.Waiting
}

// sameAnswer checks that a plan that began with an earlier one is as good as one made from nothing.
func sameAnswer(t *rapid.T, anew, after round.Plan, mixed bool) {
	t.Helper()
	if mixed && !(anew.Complete && after.Complete) {
		return // how much of what cannot be done is done depends on the way there
	}
	if after.LowerBound != anew.LowerBound || after.Complete != anew.Complete || after.Proof != anew.Proof {
		t.Fatalf("bound %g, complete %v, %s; from nothing %g, %v, %s", after.LowerBound, after.Complete, after.Proof.Meaning, anew.LowerBound, anew.Complete, anew.Proof.Meaning)
	}
	if !mixed && after.FinishResults-after.Rounding.Hours != anew.FinishResults-anew.Rounding.Hours {
		t.Fatalf("results at %g, from nothing %g", after.FinishResults, anew.FinishResults)
	}
}

// Whatever is drawn, and whatever happens twice, beginning with the plan before gives a valid plan with the deadline of a start from nothing.
func TestReplanBeginsWithThePlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCity(t)
		mixed := rapid.Bool().Draw(t, "mixed")
		if !mixed {
			c.Classes = c.Classes[:1]
			for i := range c.Community {
				c.Community[i].Groups = c.Community[i].Groups[:1]
			}
		}
		plan := mustMake(t, c, round.Options{NoRemedies: true})
		for range 2 {
			e := round.Events{Now: c.Done.Now + float64(rapid.IntRange(0, 12).Draw(t, "later"))/4, LabsDown: map[string]float64{}, SitesClosed: map[string]float64{}}
			e.Turnout = rapid.SampledFrom([]float64{0, 0.8}).Draw(t, "turnout")
			if rapid.Bool().Draw(t, "lab fails") {
				e.LabsDown[rapid.SampledFrom(c.Labs).Draw(t, "lab").ID] = e.Now + 1
			}
			if rapid.Bool().Draw(t, "site closes") {
				e.SitesClosed[rapid.SampledFrom(c.Sites).Draw(t, "site").ID] = e.Now
			}
			rest, err := round.Continue(c, plan, e)
			if err != nil {
				t.Fatal(err)
			}
			anew, after := mustMake(t, rest, round.Options{NoRemedies: true}), mustMake(t, rest, round.Options{NoRemedies: true, Before: &plan})
			sameAnswer(t, anew, after, mixed)
			if limited := slices.ContainsFunc(c.Zones, func(z round.Zone) bool { return len(z.Samplers) > 0 }); !mixed && !limited && anew.Complete && weight(after) != weight(anew) {
				t.Fatalf("costs %d, from nothing %d", weight(after), weight(anew))
			}
			c, plan = rest, after
		}
	})
}

// A plan of another city, or one that makes no sense, only costs time.
func TestAnyPlanMayBeBegunWith(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	rapid.Check(t, func(t *rapid.T) {
		c, other := drawCity(t), drawCity(t)
		before := mustMake(t, other, round.Options{NoRemedies: true})
		before.Period, before.Start = c.Period, c.Start
		for i := range before.Intake {
			before.Intake[i].Tubes = rapid.SampledFrom([]int64{-3, 1, 1 << 62}).Draw(t, "tubes")
			before.Intake[i].From *= rapid.SampledFrom([]float64{-1, 1, 1e300}).Draw(t, "from")
		}
		for i := range before.Deliveries {
			before.Deliveries[i].Tubes = rapid.SampledFrom([]int64{-3, 1, 1 << 62}).Draw(t, "tubes")
		}
		mixed := len(c.Classes) > 1
		sameAnswer(t, mustMake(t, c, round.Options{NoRemedies: true}), mustMake(t, c, round.Options{NoRemedies: true, Before: &before}), mixed)
	})
}

func TestReplanRefuses(t *testing.T) {
	t.Parallel()
	c := city(t, 1000, false, 15)
	p := mustMake(t, c, round.Options{NoRemedies: true})
	for name, e := range map[string]round.Events{
		"no such lab":  {LabsDown: map[string]float64{"x": 1}},
		"no such site": {SitesClosed: map[string]float64{"x": 1}},
		"turnout":      {Turnout: 2},
		"before":       {Now: -1},
	} {
		var field *round.FieldError
		if _, err := round.Continue(c, p, e); !errors.As(err, &field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
