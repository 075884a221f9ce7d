package round_test

import (
	"fmt"
	"time"

	"firebreak/internal/plan/round"
)

// A server builds the city from what it has stored, and asks.
func ExampleMake() {
	city := round.City{
		Name: "two estates", Start: time.Date(2022, 3, 9, 7, 0, 0, 0, time.UTC), Period: 15, Deadline: 12,
		Classes: []round.Class{{ID: "precaution", Pool: 10}},
		Community: []round.Commune{
			{ID: "east", Lat: 36.86, Lon: 120.54, Groups: []round.Group{{Class: "precaution", People: 3000}}},
			{ID: "west", Lat: 36.86, Lon: 120.50, Groups: []round.Group{{Class: "precaution", People: 1500}}},
		},
		Zones: []round.Zone{{ID: "north", Lat: 36.87, Lon: 120.52}},
		Sites: []round.Site{
			{ID: "school", Zone: "north", Lat: 36.86, Lon: 120.53, Lanes: 6},
			{ID: "market", Zone: "north", Lat: 36.86, Lon: 120.51, Lanes: 3},
		},
		Labs: []round.Lab{{ID: "hospital", Lat: 36.90, Lon: 120.52, Turnaround: 4, Capacity: []round.Rate{{From: 0, To: 24, Tubes: 60}}}},
	}
	plan, err := round.Make(city, round.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("sampled by hour %g, results by hour %g, no plan before hour %g\n", plan.FinishSampling, plan.FinishResults, plan.LowerBound)
	for _, b := range plan.Bottleneck {
		fmt.Printf("%s from hour %g to %g; %s: %g hours earlier\n", b.Resource, b.From, b.To, b.Remedy, b.HoursSaved)
	}
	fmt.Println("valid:", round.Check(city, plan) == nil)
	// Output:
	// sampled by hour 5, results by hour 13.25, no plan before hour 13.25
	// laboratories from hour 1.75 to 9; pool 20 in precaution: 2.5 hours earlier
	// valid: true
}
