package treatment

import (
	"time"

	"firebreak/internal/facility"
)

// Beds is how the beds of some rooms stand.
type Beds struct {
	Beds        int64 // of rooms that are not broken
	Occupied    int64 // somebody lies in them
	Booked      int64 // kept for somebody who is on the way
	Cleaning    int64 // of rooms that are being cleaned or converted, and empty
	Convertible int64 // of empty rooms that can become intensive care within a day
}

// Free is how many beds can be given away now.
func (b Beds) Free() int64 { return b.Beds - b.Occupied - b.Booked - b.Cleaning }

// Taken is how many are occupied or kept.
func (b Beds) Taken() int64 { return b.Occupied + b.Booked }

// Add adds other rooms.
func (b Beds) Add(o Beds) Beds {
	return Beds{b.Beds + o.Beds, b.Occupied + o.Occupied, b.Booked + o.Booked, b.Cleaning + o.Cleaning, b.Convertible + o.Convertible}
}

// BedsByLevel counts the beds of one facility by level of care. stays are those that hold a bed there.
func BedsByLevel(rooms []facility.Room, stays []facility.Stay) map[facility.Level]Beds {
	in, booked := map[facility.RoomID]int64{}, map[facility.RoomID]int64{}
	for _, s := range stays {
		switch s.State {
		case facility.In:
			in[s.Room]++
		case facility.Booked:
			booked[s.Room]++
		case facility.Left, facility.Dropped: // hold no bed
		}
	}
	out := map[facility.Level]Beds{}
	for _, m := range rooms {
		one := Beds{Beds: m.Beds, Occupied: in[m.ID], Booked: booked[m.ID]}
		switch {
		case m.State == facility.Broken:
			one.Beds = one.Taken()
		case m.State == facility.Cleaning:
			one.Cleaning = max(0, m.Beds-one.Taken())
		case m.Convertible && m.Level == facility.WardLevel && one.Taken() == 0:
			one.Convertible = m.Beds
		}
		out[m.Level] = out[m.Level].Add(one)
	}
	return out
}

// Usable says in how long a facility can take people: at once, after the order to open it, or when the opening that is under way is over. False where it takes nobody.
func Usable(f facility.Facility, now time.Time) (in time.Duration, ok bool) {
	switch f.State {
	case facility.Open:
		return 0, true
	case facility.Opening:
		return max(0, f.StateAt.Add(f.ReadyIn).Sub(now)), true
	case facility.Reserve:
		return f.ReadyIn, true
	case facility.Closing:
	}
	return 0, false
}
