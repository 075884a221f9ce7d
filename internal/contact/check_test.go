package contact_test

import (
	"slices"
	"testing"
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/day"
)

func TestSlotAt(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at     string
		perDay int
		want   int
	}{
		{"2022-03-12T00:00:00+01:00", 2, 0}, {"2022-03-12T11:59:59+01:00", 2, 0}, {"2022-03-12T12:00:00+01:00", 2, 1}, {"2022-03-12T23:59:59+01:00", 2, 1},
		{"2022-03-12T23:00:00+01:00", 1, 0}, {"2022-03-12T23:00:00+01:00", 0, 0}, {"2022-03-12T17:00:00+01:00", 3, 2},
		{"2022-10-30T23:59:00+01:00", 2, 1}, // a day of 25 hours
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := contact.SlotAt(at, c.perDay, berlin); got != c.want {
			t.Errorf("%s, %d a day: %d, want %d", c.at, c.perDay, got, c.want)
		}
	}
}

// TestJoin: whoever answers for themselves adds to what staff wrote of the same check, and takes nothing away; of another check it is as they said.
func TestJoin(t *testing.T) {
	t.Parallel()
	on := day.Of(2022, time.March, 12)
	seen := contact.Check{Contact: 1, On: on, Slot: 1, Seen: true, Temperature: 38.1, Symptoms: []string{"cough"}, Note: "in bed"}
	told := contact.Check{Contact: 1, On: on, Slot: 1, Seen: true, Temperature: 36.6, Symptoms: []string{"fever"}, Self: true}
	got := told.Join(seen)
	if !slices.Equal(got.Symptoms, []string{"fever", "cough"}) || got.Temperature != 38.1 || got.Note != "in bed" || got.Self {
		t.Errorf("joined: %+v", got)
	}
	seen.Self = true
	if got := told.Join(seen); !got.Self {
		t.Error("two answers of their own are taken for one that staff wrote")
	}
	for name, before := range map[string]contact.Check{"missed": {Contact: 1, On: on, Slot: 1, Symptoms: []string{"x"}}, "another slot": {Contact: 1, On: on, Seen: true, Symptoms: []string{"x"}}, "another day": {Contact: 1, On: on + 1, Slot: 1, Seen: true, Symptoms: []string{"x"}}} {
		if got := told.Join(before); !slices.Equal(got.Symptoms, told.Symptoms) || !got.Self {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
