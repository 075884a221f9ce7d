package facility

// Occupancy is how full a facility is.
type Occupancy struct {
	Rooms, Ready, Cleaning, Broken int64
	Beds                           int64 // of all rooms
	In, Booked                     int64 // people
	FreeRooms                      int64 // ready, and nobody has a bed in them
	FreeBeds                       int64 // that somebody could be given who lives with none of those who are there
}

// Count counts the rooms of a facility and the stays that hold a bed there.
func Count(rooms []Room, stays []Stay) (o Occupancy) {
	taken := map[RoomID]int64{}
	for _, s := range stays {
		switch s.State {
		case In:
			o.In++
		case Booked:
			o.Booked++
		case Left, Dropped:
			continue
		}
		taken[s.Room]++
	}
	for _, m := range rooms {
		o.Rooms++
		o.Beds += m.Beds
		switch m.State {
		case Cleaning:
			o.Cleaning++
			continue
		case Broken:
			o.Broken++
			continue
		case Ready:
		}
		o.Ready++
		switch n := taken[m.ID]; {
		case n == 0:
			o.FreeRooms++
			o.FreeBeds += m.Beds
		case m.Use != Private:
			o.FreeBeds += m.Beds - n
		}
	}
	return o
}
