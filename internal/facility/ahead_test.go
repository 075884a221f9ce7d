package facility

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var aheadNow = time.Date(2022, 3, 12, 13, 0, 0, 0, time.UTC)

func TestLookAhead(t *testing.T) {
	t.Parallel()
	const turn = 6 * time.Hour
	in := func(h int) time.Time { return aheadNow.Add(time.Duration(h) * time.Hour) }
	site := Prospect{Facility: Facility{State: Open}, Came24: 24,
		Rooms: []Room{{ID: 1, Beds: 2, Use: Private, State: Ready}, {ID: 2, Beds: 1, Use: Private, State: Cleaning, StateAt: in(-4)}, {ID: 3, Beds: 3, Use: Shared, State: Ready}, {ID: 4, Beds: 1, Use: Private, State: Broken}},
		Stays: []Stay{{ID: 1, Room: 1, State: In}, {ID: 2, Room: 1, State: In}, {ID: 3, Room: 3, State: In}, {ID: 4, Room: 3, State: Booked}, {ID: 5, Room: 3, State: Left}},
		// The two of room 1 leave after 10 and 12 hours, the one of room 3 has no day.
		Leaves: map[StayID]time.Time{1: in(10), 2: in(12)}, Comes: map[StayID]time.Time{4: in(5)},
	}
	a := LookAhead(aheadNow, 30, turn, []Prospect{site}, []time.Time{in(8), in(20), in(8), in(40)})
	for _, w := range []struct {
		hour int
		want Point
	}{
		{0, Point{People: 3, Places: 5, InUse: 2, Held: 1, Turning: 1, Free: 1}},
		{2, Point{People: 3, Places: 5, InUse: 2, Held: 1, Free: 2, Trend: 2}}, // room 2 is ready after its six hours
		{5, Point{People: 4, Places: 5, InUse: 3, Free: 2, Trend: 4}},          // who was booked has come, and is one of those that the trend has come
		{10, Point{People: 3, Places: 5, InUse: 3, Free: 2, Wanted: 2, Trend: 9}},
		{12, Point{People: 2, Places: 5, InUse: 2, Turning: 1, Free: 2, Wanted: 2, Trend: 11}},
		{18, Point{People: 2, Places: 5, InUse: 2, Free: 3, Wanted: 2, Trend: 17}},
		{20, Point{People: 2, Places: 5, InUse: 2, Free: 3, Wanted: 3, Trend: 19}},
	} {
		got := a.Points[w.hour]
		w.want.At = in(w.hour)
		if got != w.want {
			t.Errorf("after %d h: got %+v, want %+v", w.hour, got, w.want)
		}
	}
	if !a.Full.Equal(in(8)) || !a.FullTrend.Equal(in(1)) && !a.FullTrend.Equal(in(2)) {
		t.Errorf("full %v, with the trend %v", a.Full, a.FullTrend)
	}
	if a.NoDay != 1 || a.Now != 5 {
		t.Errorf("no day %d, places %d", a.NoDay, a.Now)
	}
	if s := a.Points[12].Short(true); s != 9 {
		t.Errorf("short by %d, want 9", s)
	}
}

// A reserve gives places to nobody, one that opens gives them from its time on, one that closes gives none any more; each is counted in one tier at most.
func TestLookAheadByState(t *testing.T) {
	t.Parallel()
	rooms := []Room{{ID: 1, Beds: 4, Use: Ward, State: Ready}, {ID: 2, Beds: 2, Use: Private, State: Ready}}
	for _, c := range []struct {
		name    string
		f       Facility
		now, at int64 // free now, and after 30 hours
		tiers   Tiers
	}{
		{"open", Facility{State: Open}, 5, 5, Tiers{Now: 5}},
		{"reserve", Facility{State: Reserve, ReadyIn: 48 * time.Hour}, 0, 0, Tiers{In48: 5}},
		{"opening", Facility{State: Opening, StateAt: aheadNow.Add(-20 * time.Hour), ReadyIn: 48 * time.Hour}, 0, 5, Tiers{In48: 5}},
		{"late to open", Facility{State: Opening, StateAt: aheadNow.Add(-60 * time.Hour), ReadyIn: 48 * time.Hour}, 5, 5, Tiers{In24: 5}},
		{"closing", Facility{State: Closing}, 0, 0, Tiers{}},
		{"far", Facility{State: Reserve, ReadyIn: 80 * time.Hour}, 0, 0, Tiers{Beyond: 5}},
		{"three days", Facility{State: Reserve, ReadyIn: 72 * time.Hour}, 0, 0, Tiers{In72: 5}},
	} {
		a := LookAhead(aheadNow, 30, 0, []Prospect{{Facility: c.f, Rooms: rooms}}, nil)
		if a.Points[0].Free != c.now || a.Points[30].Free != c.at || a.Tiers != c.tiers {
			t.Errorf("%s: free %d and %d, %+v; want %d and %d, %+v", c.name, a.Points[0].Free, a.Points[30].Free, a.Tiers, c.now, c.at, c.tiers)
		}
	}
}

// drawProspect draws a facility whose rooms hold as many as they may.
func drawProspect(t *rapid.T) Prospect {
	hour := func(label string, from, to int) time.Time {
		return aheadNow.Add(time.Duration(rapid.IntRange(from*60, to*60).Draw(t, label)) * time.Minute)
	}
	x := Prospect{Facility: Facility{State: rapid.SampledFrom([]State{Reserve, Opening, Open, Open, Closing}).Draw(t, "state"), StateAt: hour("since", -80, 0), ReadyIn: time.Duration(rapid.IntRange(0, 90).Draw(t, "ready in")) * time.Hour},
		Leaves: map[StayID]time.Time{}, Comes: map[StayID]time.Time{}, Came24: rapid.Int64Range(0, 60).Draw(t, "came")}
	for r := range rapid.IntRange(0, 6).Draw(t, "rooms") {
		m := Room{ID: RoomID(r + 1), Beds: rapid.Int64Range(1, 4).Draw(t, "beds"), Use: rapid.SampledFrom([]Use{Private, Shared, Ward}).Draw(t, "use"), State: rapid.SampledFrom([]RoomState{Ready, Ready, Cleaning, Broken}).Draw(t, "room"), StateAt: hour("room since", -20, 0)}
		x.Rooms = append(x.Rooms, m)
		for range rapid.Int64Range(0, m.Beds).Draw(t, "taken") {
			s := Stay{ID: StayID(len(x.Stays) + 1), Room: m.ID, State: rapid.SampledFrom([]StayState{In, Booked, Left, Dropped}).Draw(t, "stay")}
			x.Stays = append(x.Stays, s)
			if rapid.Bool().Draw(t, "has a day") {
				x.Leaves[s.ID] = hour("leaves", -10, 70)
			}
			if s.State == Booked && rapid.Bool().Draw(t, "expected") {
				x.Comes[s.ID] = hour("comes", -10, 70)
			}
		}
	}
	return x
}

func TestLookAheadProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const hours = 60
		turn := time.Duration(rapid.IntRange(0, 12).Draw(t, "turn")) * time.Hour
		list := make([]Prospect, rapid.IntRange(0, 3).Draw(t, "facilities"))
		for i := range list {
			list[i] = drawProspect(t)
		}
		var wanted []time.Time
		for range rapid.IntRange(0, 10).Draw(t, "wanted") {
			wanted = append(wanted, aheadNow.Add(time.Duration(rapid.IntRange(-10, 70).Draw(t, "due"))*time.Hour))
		}
		a := LookAhead(aheadNow, hours, turn, list, wanted)
		longer := LookAhead(aheadNow, hours, turn+2*time.Hour, list, wanted)
		more := LookAhead(aheadNow, hours, turn, list, append([]time.Time{aheadNow.Add(5 * time.Hour)}, wanted...))
		var alone []Ahead
		for i := range list {
			alone = append(alone, LookAhead(aheadNow, hours, turn, list[i:i+1], nil))
		}
		for h, p := range a.Points {
			if p.Places != p.InUse+p.Held+p.Turning+p.Free || min(p.InUse, p.Held, p.Turning, p.Free, p.Wanted, p.People) < 0 {
				t.Fatalf("after %d h the places do not add up: %+v", h, p)
			}
			if p.Trend < p.Wanted || h > 0 && p.Wanted < a.Points[h-1].Wanted {
				t.Fatalf("after %d h fewer come than are known to: %+v", h, p)
			}
			if p.People < p.InUse {
				t.Fatalf("after %d h places are in use by nobody: %+v", h, p)
			}
			if longer.Points[h].Free > p.Free {
				t.Fatalf("after %d h a longer disinfection frees places", h)
			}
			if m := more.Points[h]; m.Free != p.Free || m.Short(false) < p.Short(false) || m.Short(false) > p.Short(false)+1 {
				t.Fatalf("after %d h one more to come makes %+v of %+v", h, m, p)
			}
			var sum Point
			for _, x := range alone {
				q := x.Points[h]
				sum.People, sum.Places, sum.InUse, sum.Held, sum.Turning, sum.Free = sum.People+q.People, sum.Places+q.Places, sum.InUse+q.InUse, sum.Held+q.Held, sum.Turning+q.Turning, sum.Free+q.Free
			}
			if sum.People != p.People || sum.Places != p.Places || sum.InUse != p.InUse || sum.Held != p.Held || sum.Turning != p.Turning || sum.Free != p.Free {
				t.Fatalf("after %d h all together are %+v, one by one %+v", h, p, sum)
			}
			if full := !a.Full.IsZero() && !p.At.Before(a.Full); p.Wanted >= p.Free && !full {
				t.Fatalf("after %d h no place is left, and full only at %v: %+v", h, a.Full, p)
			}
		}
		if !a.FullTrend.IsZero() && !a.Full.IsZero() && a.FullTrend.After(a.Full) {
			t.Fatalf("with a trend full at %v, later than %v without", a.FullTrend, a.Full)
		}
		if !a.Full.IsZero() && !more.Full.IsZero() && more.Full.After(a.Full) {
			t.Fatal("one more to come fills the places later")
		}
	})
}

// Whoever stays longer never frees a place of a private room. (In a shared one they may: it is turned round, whole, only when the last has left.)
func TestLookAheadStayingLonger(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := drawProspect(t)
		for i := range x.Rooms {
			x.Rooms[i].Use = Private
		}
		before := LookAhead(aheadNow, 60, 4*time.Hour, []Prospect{x}, nil)
		for id, at := range x.Leaves {
			x.Leaves[id] = at.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "longer")) * time.Hour)
		}
		after := LookAhead(aheadNow, 60, 4*time.Hour, []Prospect{x}, nil)
		for h := range before.Points {
			if after.Points[h].People < before.Points[h].People {
				t.Fatalf("after %d h people who stay longer are fewer: %+v, before %+v", h, after.Points[h], before.Points[h])
			}
			if after.Points[h].Free > before.Points[h].Free {
				t.Fatalf("after %d h people who stay longer free a place: %+v, before %+v", h, after.Points[h], before.Points[h])
			}
		}
	})
}

// Nobody comes and nobody is there: nothing changes but rooms that become ready and facilities that open.
func TestLookAheadEmpty(t *testing.T) {
	t.Parallel()
	a := LookAhead(aheadNow, 3, time.Hour, nil, nil)
	if len(a.Points) != 4 || a.Points[3].Places != 0 || !a.Full.Equal(aheadNow) {
		t.Errorf("nothing is %+v", a)
	}
	if p := a.At(aheadNow.Add(90 * time.Minute)); !p.At.Equal(aheadNow.Add(2 * time.Hour)) {
		t.Errorf("at half past: %v", p.At)
	}
	if p := a.At(aheadNow.Add(90 * time.Hour)); !p.At.Equal(aheadNow.Add(3 * time.Hour)) {
		t.Errorf("beyond the end: %v", p.At)
	}
}
