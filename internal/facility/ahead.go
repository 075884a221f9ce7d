package facility

import (
	"slices"
	"time"
)

// Prospect is one facility with what is expected of whoever has a bed there.
type Prospect struct {
	Facility
	Rooms  []Room
	Stays  []Stay               // that hold a bed: in, or booked
	Leaves map[StayID]time.Time // when somebody is expected to be out; not in it: nobody can say, and they stay
	Comes  map[StayID]time.Time // when somebody who is booked is expected; not in it: within the hour
	Came24 int64                // people who came in the last 24 hours
}

// Point is how full facilities are expected to be at an instant. A place is what one more stranger, or household, can be given: a private room, or a bed of a shared room or ward.
//
//	Places = InUse + Held + Turning + Free
type Point struct {
	At     time.Time
	People int64 // who are there
	// Intensive is how many of those are in a bed of intensive care.
	Intensive int64
	Places    int64 // that are in use, or can be
	InUse     int64 // somebody is there
	Held      int64 // booked, and nobody is there yet
	Turning   int64 // swabbed and disinfected after a stay
	Free      int64
	Wanted    int64 // people who are to have come by then, and have no bed yet
	Trend     int64 // the same, if no fewer come than in the last 24 hours
}

// Short is how many of those who are to have come find no place. With trend, if no fewer come than in the last 24 hours.
func (p Point) Short(trend bool) int64 {
	if trend {
		return max(0, p.Trend-p.Free)
	}
	return max(0, p.Wanted-p.Free)
}

// full says whether nobody more could be taken.
func (p Point) full(trend bool) bool {
	if trend {
		return p.Trend >= p.Free
	}
	return p.Wanted >= p.Free
}

// Tiers are places by how soon they can be used, each counted once.
type Tiers struct {
	Now                      int64 // of facilities that are open
	In24, In48, In72, Beyond int64 // of those that are being made ready, or are in reserve and would be ordered to open now
}

// Ahead is how full facilities are expected to be, hour by hour.
type Ahead struct {
	Points    []Point   // the first is now
	Full      time.Time // when the last place is given, by those who are known to come; zero: not in this time
	FullTrend time.Time // the same, if no fewer come than in the last 24 hours
	Came24    int64
	NoDay     int64 // people there of whom nobody can say when they leave: they are taken to stay
	Tiers
}

// At is the first point at or after an instant; the last one where there is none.
func (a Ahead) At(at time.Time) Point {
	for _, p := range a.Points {
		if !p.At.Before(at) {
			return p
		}
	}
	return a.Points[len(a.Points)-1]
}

// soonest is within which what is overdue is expected: somebody who should have left or come, a room that should be ready. Nobody knows better than that it is next.
const soonest = time.Hour

// LookAhead works out how full facilities of one kind will be, from now on for so many hours, as far as is known:
//
//  1. Who is there leaves when they are expected to; of whom nobody can say when, they stay.
//  2. When the last has left a room it is turned round for a time; then it is free. A room out of use is no place.
//  3. Who is booked holds a place from now on, and comes when they are expected.
//  4. A facility that is being made ready has places from its time on; one that closes gives none any more; one in reserve has none until somebody opens it.
//  5. Those who are to come and have no bed, each by their deadline, want one place each; under a trend no fewer come than in the last 24 hours, those who are booked included.
func LookAhead(now time.Time, hours int, turn time.Duration, list []Prospect, wanted []time.Time) Ahead {
	out := Ahead{Points: make([]Point, hours+1)}
	for h := range out.Points {
		out.Points[h].At = now.Add(time.Duration(h) * time.Hour)
	}
	booked := make([]int64, hours+1) // of those who hold a bed and come later, how many have come by then
	for i := range list {
		x := &list[i]
		out.Came24 += x.Came24
		out.add(x, now)
		byRoom, intensive := map[RoomID][]visit{}, map[RoomID]bool{}
		for _, m := range x.Rooms {
			intensive[m.ID] = m.Level == ICU
		}
		for _, s := range x.Stays {
			v, ok := x.visit(s, now)
			if !ok {
				continue
			}
			if v.here && v.leaves.IsZero() {
				out.NoDay++
			}
			byRoom[s.Room] = append(byRoom[s.Room], v)
			for h := range out.Points {
				p := &out.Points[h]
				if v.in(p.At) {
					p.People++
					if intensive[s.Room] {
						p.Intensive++
					}
				}
				if !v.here && !v.comes.After(p.At) {
					booked[h]++
				}
			}
		}
		for _, m := range x.Rooms {
			for h := range out.Points {
				p := &out.Points[h]
				p.room(m, byRoom[m.ID], x.takes(p.At, now), turn, now)
			}
		}
	}
	wanted = slices.SortedFunc(slices.Values(wanted), time.Time.Compare)
	n := 0
	for h := range out.Points {
		p := &out.Points[h]
		for n < len(wanted) && !wanted[n].After(p.At) {
			n++
		}
		p.Wanted = int64(n)
		p.Trend = max(p.Wanted, out.Came24*int64(h)/24-booked[h])
		if out.Full.IsZero() && p.full(false) {
			out.Full = p.At
		}
		if out.FullTrend.IsZero() && p.full(true) {
			out.FullTrend = p.At
		}
	}
	return out
}

// visit is a stay as it is expected to go.
type visit struct {
	here   bool // now
	comes  time.Time
	leaves time.Time // zero: nobody can say
}

func (v visit) in(at time.Time) bool {
	return !v.comes.After(at) && (v.leaves.IsZero() || at.Before(v.leaves))
}

func (x *Prospect) visit(s Stay, now time.Time) (v visit, ok bool) {
	soon := now.Add(soonest)
	switch s.State {
	case In:
		v.here, v.comes = true, now
	case Booked:
		v.comes = later(x.Comes[s.ID], soon)
	case Left, Dropped:
		return v, false
	}
	if at, known := x.Leaves[s.ID]; known {
		v.leaves = later(at, soon)
		if !v.leaves.After(v.comes) {
			v.leaves = v.comes // it is over before they come: the place is free again then
		}
	}
	return v, true
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// takes says whether the facility can give places at an instant.
func (x *Prospect) takes(at, now time.Time) bool {
	switch x.State {
	case Open:
		return true
	case Opening:
		return !at.Before(later(x.StateAt.Add(x.ReadyIn), now))
	case Reserve, Closing:
	}
	return false
}

// room counts the places of one room.
func (p *Point) room(m Room, visits []visit, takes bool, turn time.Duration, now time.Time) {
	places, in, held := m.Beds, int64(0), int64(0)
	var left time.Time // when the last of those who have gone went
	for _, v := range visits {
		switch {
		case v.in(p.At):
			in++
		case v.comes.After(p.At):
			held++
		case v.leaves.After(v.comes):
			left = later(left, v.leaves)
		}
	}
	if m.Use == Private {
		places, held, in = 1, min(held, 1), min(in, 1)
		held = min(held, 1-in)
	}
	p.InUse, p.Held, p.Places = p.InUse+in, p.Held+held, p.Places+in+held
	rest := max(0, places-in-held)
	if !takes || m.State == Broken || rest == 0 {
		return
	}
	p.Places += rest
	turning := in == 0 && !left.IsZero() && p.At.Before(left.Add(turn)) // those who share a room leave it one by one: it is turned round when the last has left
	if m.State == Cleaning {
		turning = turning || p.At.Before(later(m.StateAt.Add(turn), now.Add(soonest)))
	}
	if turning {
		p.Turning += rest
	} else {
		p.Free += rest
	}
}

// add counts the places of a facility by how soon they can be used.
func (t *Tiers) add(x *Prospect, now time.Time) {
	var n int64
	for _, m := range x.Rooms {
		switch {
		case m.State == Broken:
		case m.Use == Private:
			n++
		default:
			n += m.Beds
		}
	}
	wait := x.ReadyIn
	switch x.State {
	case Open:
		t.Now += n
		return
	case Opening:
		wait = x.StateAt.Add(x.ReadyIn).Sub(now)
	case Closing:
		return
	case Reserve:
	}
	const day = 24 * time.Hour
	switch {
	case wait <= day:
		t.In24 += n
	case wait <= 2*day:
		t.In48 += n
	case wait <= 3*day:
		t.In72 += n
	default:
		t.Beyond += n
	}
}
