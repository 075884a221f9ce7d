package facility

import "testing"

func TestCount(t *testing.T) {
	t.Parallel()
	rooms := []Room{
		{ID: 1, Beds: 2, Use: Private, State: Ready}, {ID: 2, Beds: 2, Use: Private, State: Ready}, {ID: 3, Beds: 4, Use: Shared, State: Ready},
		{ID: 4, Beds: 1, Use: Private, State: Cleaning}, {ID: 5, Beds: 1, Use: Private, State: Broken},
	}
	stays := []Stay{{Room: 2, State: In}, {Room: 3, State: Booked}, {Room: 3, State: In}, {Room: 1, State: Left}, {Room: 1, State: Dropped}}
	want := Occupancy{Rooms: 5, Ready: 3, Cleaning: 1, Broken: 1, Beds: 10, In: 2, Booked: 1, FreeRooms: 1, FreeBeds: 4}
	if got := Count(rooms, stays); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
