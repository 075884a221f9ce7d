package facility

import (
	"testing"
	"time"
)

// TestInspectionChanges: what an inspection found begins a deficiency, or ends it; what a later one found stays.
func TestInspectionChanges(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)
	open := []Deficiency{{ID: 7, Standard: "waste", Note: "no bags"}}
	for name, c := range map[string]struct {
		checked Checked
		looked  time.Time
		want    bool
		was     DeficiencyID
	}{
		"met, and nothing was open":       {Checked{Standard: "zones", Finding: Met}, time.Time{}, false, 0},
		"not met for the first time":      {Checked{Standard: "zones", Finding: Unmet}, at.Add(-time.Hour), true, 0},
		"still not met":                   {Checked{Standard: "waste", Finding: Unmet}, at.Add(-time.Hour), false, 0},
		"still not met, in another way":   {Checked{Standard: "waste", Finding: Unmet, Note: "no record"}, at.Add(-time.Hour), true, 7},
		"put right":                       {Checked{Standard: "waste", Finding: Met}, at.Add(-time.Hour), true, 7},
		"nothing of the kind any more":    {Checked{Standard: "waste", Finding: NotApplicable}, at.Add(-time.Hour), true, 7},
		"entered late: met":               {Checked{Standard: "waste", Finding: Met}, at.Add(time.Hour), false, 0},
		"entered late: not met":           {Checked{Standard: "zones", Finding: Unmet}, at.Add(time.Hour), false, 0},
		"at the same instant: the newest": {Checked{Standard: "waste", Finding: Met}, at, true, 7},
	} {
		got := Inspection{MadeAt: at, Checked: []Checked{c.checked}}.Changes(open, map[string]time.Time{c.checked.Standard: c.looked})
		if len(got) == 1 != c.want {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		if !c.want {
			continue
		}
		var was DeficiencyID
		if got[0].Was != nil {
			was = got[0].Was.ID
		}
		if was != c.was || got[0].Checked != c.checked {
			t.Errorf("%s: %+v, was %d", name, got[0], was)
		}
	}
}
