package treatment

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/facility"
)

func TestSeverityOrder(t *testing.T) {
	t.Parallel()
	all := Severities()
	for i, a := range all {
		if got, err := ParseSeverity(string(a)); err != nil || got != a {
			t.Errorf("ParseSeverity(%q) = %q, %v", a, got, err)
		}
		for j, b := range all {
			if got, want := a.Worse(b), i > j; got != want {
				t.Errorf("%s.Worse(%s) = %v, want %v", a, b, got, want)
			}
		}
		if !a.Worse(Unassessed) {
			t.Errorf("%s is not worse than unassessed", a)
		}
	}
	if _, err := ParseSeverity(""); !errors.Is(err, ErrSeverity) {
		t.Errorf("empty severity: %v", err)
	}
}

func TestAdmissionEndsOnce(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)
	a := Admission{}
	if err := a.End(NotEnded, at, "x", ""); !errors.Is(err, ErrEnding) {
		t.Errorf("ended as not ended: %v", err)
	}
	if err := a.End(Discharged, at, "dr", ""); err != nil || a.Open() || !a.EndedAt.Equal(at) {
		t.Fatalf("%+v, %v", a, err)
	}
	if err := a.End(Died, at, "dr", ""); !errors.Is(err, ErrEnding) {
		t.Errorf("ended twice: %v", err)
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to EventState
		ok       bool
	}{{EventOpen, EventContained, true}, {EventOpen, EventClosed, false}, {EventContained, EventOpen, true}, {EventContained, EventClosed, true}, {EventClosed, EventOpen, false}} {
		if got, err := c.from.Move(c.to); (err == nil) != c.ok || c.ok && got != c.to {
			t.Errorf("%s to %s: %s, %v", c.from, c.to, got, err)
		}
	}
	for _, c := range []struct {
		from, to ProposalState
		ok       bool
	}{{Proposed, Accepted, true}, {Proposed, Declined, true}, {Proposed, Withdrawn, true}, {Declined, Accepted, false}, {Withdrawn, Proposed, false}} {
		if _, err := c.from.Move(c.to); (err == nil) != c.ok {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
}

// TestBedsAddUp: whatever the rooms and stays, occupied, kept, being cleaned and free beds are all the beds there are.
func TestBedsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var rooms []facility.Room
		var stays []facility.Stay
		in, kept := int64(0), int64(0)
		for i := range rapid.IntRange(1, 8).Draw(rt, "rooms") {
			m := facility.Room{ID: facility.RoomID(i + 1), Beds: rapid.Int64Range(1, 6).Draw(rt, "beds"), Level: rapid.SampledFrom([]facility.Level{facility.WardLevel, facility.ICU}).Draw(rt, "level"),
				Convertible: rapid.Bool().Draw(rt, "convertible"), State: rapid.SampledFrom([]facility.RoomState{facility.Ready, facility.Cleaning, facility.Broken}).Draw(rt, "state")}
			rooms = append(rooms, m)
			for b := range rapid.Int64Range(0, m.Beds).Draw(rt, "taken") {
				s := facility.Stay{Room: m.ID, Bed: b + 1, State: rapid.SampledFrom([]facility.StayState{facility.In, facility.Booked, facility.Left}).Draw(rt, "stay")}
				stays = append(stays, s)
				switch s.State {
				case facility.In:
					in++
				case facility.Booked:
					kept++
				default:
				}
			}
		}
		var all Beds
		for level, b := range BedsByLevel(rooms, stays) {
			if b.Free() < 0 || b.Convertible > b.Free() {
				rt.Fatalf("%s: %+v, %d free", level, b, b.Free())
			}
			if level == facility.ICU && b.Convertible != 0 {
				rt.Fatalf("intensive care can become intensive care: %+v", b)
			}
			all = all.Add(b)
		}
		if all.Occupied != in || all.Booked != kept {
			rt.Fatalf("%+v, want %d occupied and %d kept", all, in, kept)
		}
	})
}

func TestUsable(t *testing.T) {
	t.Parallel()
	now := time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		f    facility.Facility
		want time.Duration
		ok   bool
	}{
		{facility.Facility{State: facility.Open, ReadyIn: 48 * time.Hour}, 0, true},
		{facility.Facility{State: facility.Reserve, ReadyIn: 48 * time.Hour}, 48 * time.Hour, true},
		{facility.Facility{State: facility.Opening, ReadyIn: 48 * time.Hour, StateAt: now.Add(-24 * time.Hour)}, 24 * time.Hour, true},
		{facility.Facility{State: facility.Opening, ReadyIn: time.Hour, StateAt: now.Add(-24 * time.Hour)}, 0, true},
		{facility.Facility{State: facility.Closing}, 0, false},
	} {
		if got, ok := Usable(c.f, now); got != c.want || ok != c.ok {
			t.Errorf("%s: %s, %v, want %s, %v", c.f.State, got, ok, c.want, c.ok)
		}
	}
}
