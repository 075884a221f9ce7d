package round_test

import (
	"errors"
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
			after := mustMake(t, rest, round.Options{NoRemedies: true})
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
