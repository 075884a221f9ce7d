package trip_test

import (
	"testing"
	"time"

	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/trip"
)

// TestWhoIsAboardAndLateIsBroughtStraight: they cannot be in time any more, and are not driven about, or kept at a door, while others are fetched.
func TestWhoIsAboardAndLateIsBroughtStraight(t *testing.T) {
	t.Parallel()
	party := func(id string, lat float64) bed.Party {
		return bed.Party{ID: id, Lat: lat, Lon: 120, Class: "case", People: []bed.Person{{ID: id, Sex: "f"}}}
	}
	d := trip.Day{
		Start:    time.Date(2022, 3, 5, 0, 0, 0, 0, time.UTC),
		Now:      600,
		Sites:    []bed.Site{{ID: "hall", Lat: 36.1, Lon: 120, Rooms: []bed.Rooms{{ID: "ward", Group: "ward", Count: 1, Beds: 10, Ward: true}}}},
		Vehicles: []trip.Vehicle{{ID: "van", Lat: 36, Lon: 120, Seats: 4, From: &trip.From{Lat: 36, Lon: 120, Minute: 600, Last: "case"}}},
		Requests: []trip.Request{
			{Party: party("aboard", 36), Deadline: 610, Aboard: "van"},
			{Party: party("next door", 36.001), Ready: 660, Deadline: 760},
		},
	}
	p := mustMake(t, d, trip.Options{Budget: trip.Steps(200)})
	if !p.Complete || len(p.Late) != 1 {
		t.Fatalf("complete: %t, late: %+v", p.Complete, p.Late)
	}
	if l := p.Late[0]; l.Request != "aboard" || l.Minutes > 25 { // the way alone takes 28.9 minutes
		t.Errorf("late: %+v; want who is aboard, by no more than the way takes", l)
	}
}
