package response

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/protocol"
	"firebreak/internal/task"
)

// TestClimbsAsIfNeverDown: whenever the clock looks, and however rarely, a task stands where one stands that was looked at every hour, and the same steps
// were told for the same instants.
func TestClimbsAsIfNeverDown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &protocol.Pack{}
		due := time.Date(2022, 3, 5, 1, 0, 0, 0, time.UTC)
		var earned []time.Time // the reference: the hours of the pack, added up
		at := due
		for range rapid.IntRange(0, 4).Draw(t, "levels") {
			h := rapid.IntRange(1, 12).Draw(t, "hours")
			at = at.Add(time.Duration(h) * time.Hour)
			earned = append(earned, at)
			p.Escalation.After.Value = append(p.Escalation.After.Value, h)
			p.Escalation.To.Value = append(p.Escalation.To.Value, task.CommandPost)
		}
		k := task.Task{State: task.Open, Due: due}
		var told []Climb
		now := due
		for range rapid.IntRange(1, 6).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40*60).Draw(t, "minutes later")) * time.Minute)
			steps, again := Climbs(p, k, now)
			for _, s := range steps {
				if s.Level != k.Level+1 {
					t.Fatalf("climbs from level %d to %d", k.Level, s.Level)
				}
				k.Level = s.Level
				told = append(told, s)
			}
			want := 0
			for _, e := range earned {
				if !e.After(now) {
					want++
				}
			}
			if k.Level != want || len(told) != want {
				t.Fatalf("at %v level %d with %d steps told, want %d", now.Sub(due), k.Level, len(told), want)
			}
			switch {
			case want == len(earned) && !again.IsZero():
				t.Fatalf("at the top, to be looked at again at %v", again.Sub(due))
			case want < len(earned) && !again.Equal(earned[want]):
				t.Fatalf("to be looked at again at %v, want %v", again.Sub(due), earned[want].Sub(due))
			}
		}
		for i, s := range told {
			if !s.At.Equal(earned[i]) {
				t.Fatalf("step %d is told for %v, want %v", i+1, s.At.Sub(due), earned[i].Sub(due))
			}
		}
	})
}
