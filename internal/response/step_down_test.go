package response

import (
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/protocol"
	"firebreak/internal/treatment"
)

// Whoever needs less goes one step down, and never from intensive care out of the hospital.
func TestStepDown(t *testing.T) {
	t.Parallel()
	p, err := protocol.Load("covid19/2022-v9@1")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)
	onset, err := day.Parse("2022-03-10")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name     string
		level    facility.Level
		severity treatment.Severity
		atRisk   bool
		change   func(*CaseFacts)
		want     treatment.Setting
	}{
		{"severe in intensive care", facility.ICU, treatment.Severe, false, nil, ""},
		{"better in intensive care", facility.ICU, treatment.Moderate, false, nil, treatment.InWard},
		{"mild in intensive care", facility.ICU, treatment.Mild, false, nil, treatment.InWard},
		{"moderate in a ward", facility.WardLevel, treatment.Moderate, false, nil, ""},
		{"mild in a ward", facility.WardLevel, treatment.Mild, false, nil, treatment.AtSite},
		{"mild and at risk", facility.WardLevel, treatment.Mild, true, nil, ""},
		{"not assessed", facility.WardLevel, treatment.Unassessed, false, nil, ""},
		{"has left", facility.WardLevel, treatment.Mild, false, func(f *CaseFacts) { f.Care.Admissions[0].Ended = treatment.Discharged }, ""},
		{"has recovered", facility.WardLevel, treatment.Mild, false, func(f *CaseFacts) { f.Case.Outcome = cases.Recovered }, ""},
	} {
		f := CaseFacts{Case: cases.Case{ID: 1, Class: cases.Confirmed, Onset: onset, ConfirmedAt: now}, Loc: time.UTC, Care: CareFacts{Admissions: []treatment.Admission{{ID: 1, Case: 1, Level: x.level, AdmittedAt: now}}}}
		if x.severity != treatment.Unassessed {
			f.Care.Severity = []treatment.SeverityChange{{Case: 1, Severity: x.severity, AtRisk: x.atRisk, At: now}}
		}
		if x.change != nil {
			x.change(&f)
		}
		if got := StepDown(p, f, now); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}
