package response

import (
	"testing"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
)

// A hold that stands when another pack is put in force ends when that pack says, but never later than people were told.
func TestPackChangeNeverLengthensAHold(t *testing.T) {
	t.Parallel()
	v9, err := protocol.Load("covid19/2022-v9")
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2022, 7, 5, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		hours int // that the pack now in force holds somebody at most
		after time.Duration
		want  string
	}{
		{"as long", 24, 6 * time.Hour, "stands"},
		{"longer", 48, 6 * time.Hour, "stands"},
		{"shorter", 12, 6 * time.Hour, "until " + since.Add(12*time.Hour).String()},
		{"shorter, and past", 12, 13 * time.Hour, "lifted over"},
		{"shorter, just now", 12, 12 * time.Hour, "lifted over"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := *v9
			p.Clocks.HoldLongest.Value = c.hours
			hold := &screening.Hold{Person: 1, Tube: 7, Since: since, Until: since.Add(24 * time.Hour)}
			f := TubeFacts{ID: 7, Result: lab.TubePositive, ResultAt: since, Members: []MemberFacts{{Person: 1, At: since.Add(-time.Hour), Hold: hold}, {Person: 2, At: since.Add(-time.Hour)}}}
			a := ask{&p, since.Add(c.after), Trigger{Kind: journal.OutbreakPackChanged}, "pack_changed"}
			got := "stands"
			for _, x := range onTubePackChanged(a, f) {
				switch x := x.(type) {
				case ShortenHold:
					if got = "until " + x.Until.String(); x.Because.Clause != "clocks.hold_longest" || x.Because.Rule != "pack_changed" {
						t.Errorf("because of %+v", x.Because)
					}
				case LiftHold:
					got = "lifted " + string(x.Why)
				}
			}
			if got != c.want {
				t.Errorf("the hold %s, want %s", got, c.want)
			}
		})
	}
}
